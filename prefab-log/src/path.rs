//! How Rust's names and Prefab's meet.

use std::borrow::Cow;

/// Returns the path of the logger that a `tracing` or `log` target names: `::` becomes `.`, nothing else
/// changes.
///
/// Case is kept: `log-level.com.Acme` is some Java class, and no Rust module.
///
/// ```
/// use prefab_log::logger_path;
///
/// assert_eq!(logger_path("my_app::db::pool"), "my_app.db.pool");
/// assert_eq!(logger_path("audit"), "audit");
/// assert_eq!(logger_path("My.Own:target"), "My.Own:target");
/// ```
pub fn logger_path(target: &str) -> Cow<'_, str> {
    if target.contains("::") { Cow::Owned(target.replace("::", ".")) } else { Cow::Borrowed(target) }
}
