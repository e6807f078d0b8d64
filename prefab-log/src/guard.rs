//! What a thread remembers while a filter decides: that it does, and a text to write paths into.

use std::cell::{Cell, RefCell};

use crate::path;

thread_local! {
    static DECIDING: Cell<bool> = const { Cell::new(false) };
    static REFRESHING: Cell<bool> = const { Cell::new(false) };
    static PATH: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `decide`, unless this thread is deciding already: then a line was logged from inside a decision.
#[inline]
pub(crate) fn deciding<R>(decide: impl FnOnce() -> R) -> Option<R> {
    let _deciding = Flag::raise(&DECIDING)?;
    Some(decide())
}

/// Runs `refresh`, unless this thread refreshes or decides already.
pub(crate) fn refreshing(refresh: impl FnOnce()) {
    if DECIDING.get() {
        return;
    }
    if let Some(_refreshing) = Flag::raise(&REFRESHING) {
        refresh();
    }
}

/// Tells whether this thread is the one that refreshes.
pub(crate) fn is_refreshing() -> bool {
    REFRESHING.get()
}

/// Hands the logger path of `target` to `read`, without allocating once the thread has a buffer.
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
        // The thread is going down and has no buffer any more.
        (_, Some(read)) => read(&crate::logger_path(target)),
        // `read` is taken only where its result is returned above.
        _ => unreachable!("the result of `read` was dropped"),
    }
}

/// A flag of this thread that goes down with the guard, in a panic, too.
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
    fn a_decision_within_a_decision_is_none() {
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
    fn paths_within_paths_are_right_though_there_is_one_buffer() {
        let both = with_path("a::b", |outer| with_path("c::d", |inner| format!("{outer} {inner}")));
        assert_eq!(both, "a.b c.d");
    }
}
