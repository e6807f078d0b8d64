//! Conversion of Rust targets to Prefab logger paths.

use std::borrow::Cow;

/// Returns the logger path of a `tracing` or `log` target: `::` becomes `.`.
///
/// The case is kept.
///
/// # Examples
///
/// ```
/// use prefab_log::logger_path;
///
/// assert_eq!(logger_path("my_app::db::pool"), "my_app.db.pool");
/// assert_eq!(logger_path("audit"), "audit");
/// assert_eq!(logger_path("My.Own:target"), "My.Own:target");
/// ```
pub fn logger_path(target: &str) -> Cow<'_, str> {
    if is_path(target) {
        return Cow::Borrowed(target);
    }
    let mut path = String::with_capacity(target.len());
    write(target, &mut path);
    Cow::Owned(path)
}

/// Returns whether a target contains no `::`.
#[inline]
pub(crate) fn is_path(target: &str) -> bool {
    separator(target).is_none()
}

/// Appends the logger path of `target` to `path`.
#[inline]
pub(crate) fn write(target: &str, path: &mut String) {
    let mut rest = target;
    while let Some(at) = separator(rest) {
        path.push_str(&rest[..at]);
        path.push('.');
        rest = &rest[at + 2..];
    }
    path.push_str(rest);
}

// A search for one character is faster than the setup of a substring search.
#[inline]
fn separator(text: &str) -> Option<usize> {
    let mut start = 0;
    while let Some(at) = text[start..].find(':') {
        if text[start + at + 1..].starts_with(':') {
            return Some(start + at);
        }
        start += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_path_is_its_target_with_dots(target in "[a-z:.é]{0,12}") {
            prop_assert_eq!(logger_path(&target), target.replace("::", "."));
        }
    }
}
