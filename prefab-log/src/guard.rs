//! Thread-local state of a decision: whether one is in progress, and a buffer for paths.

use std::cell::{Cell, RefCell};

use crate::path;

thread_local! {
    static DECIDING: Cell<bool> = const { Cell::new(false) };
    static REFRESHING: Cell<bool> = const { Cell::new(false) };
    static PATH: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `decide`. Returns `None` if this thread is deciding already, because the resolver itself logs a line.
#[inline]
pub(crate) fn deciding<R>(decide: impl FnOnce() -> R) -> Option<R> {
    let _deciding = Flag::raise(&DECIDING)?;
    Some(decide())
}

/// Runs `refresh`, unless this thread is refreshing or deciding already.
pub(crate) fn refreshing(refresh: impl FnOnce()) {
    if DECIDING.get() {
        return;
    }
    if let Some(_refreshing) = Flag::raise(&REFRESHING) {
        refresh();
    }
}

/// Returns whether this thread is refreshing.
pub(crate) fn is_refreshing() -> bool {
    REFRESHING.get()
}

/// Passes the logger path of `target` to `read`. Allocates only on a thread's first call.
#[inline]
pub(crate) fn with_path<R>(target: &str, read: impl FnOnce(&str) -> R) -> R {
    if path::is_path(target) {
        return read(target);
    }
    let mut read = Some(read);
    let result = PATH.try_with(|text| {
        let mut text = text.try_borrow_mut().ok()?;
        text.clear();
        path::write(target, &mut text);
        read.take().map(|read| read(&text))
    });
    match (result, read) {
        (Ok(Some(result)), _) => result,
        // The thread is being destroyed and has no buffer.
        (_, Some(read)) => read(&crate::logger_path(target)),
        // `read` is taken only where its result is returned above.
        _ => unreachable!("the result of `read` was dropped"),
    }
}

/// A thread-local flag that is reset when the guard is dropped, also in a panic.
struct Flag(&'static std::thread::LocalKey<Cell<bool>>);

impl Flag {
    #[inline]
    fn raise(flag: &'static std::thread::LocalKey<Cell<bool>>) -> Option<Self> {
        (!flag.replace(true)).then_some(Self(flag))
    }
}

impl Drop for Flag {
    #[inline]
    fn drop(&mut self) {
        self.0.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_decision_is_none() {
        assert_eq!(deciding(|| deciding(|| 1)), Some(None));
        assert_eq!(deciding(|| 2), Some(2));
    }

    #[test]
    fn a_panic_ends_a_decision() {
        let panicked = std::panic::catch_unwind(|| deciding(|| panic!("a resolver that fails")));
        assert!(panicked.is_err());
        assert_eq!(deciding(|| 3), Some(3));
    }

    #[test]
    fn nested_paths_do_not_overwrite_each_other() {
        let both = with_path("a::b", |outer| with_path("c::d", |inner| format!("{outer} {inner}")));
        assert_eq!(both, "a.b c.d");
    }
}
