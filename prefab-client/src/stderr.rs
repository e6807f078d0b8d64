//! Problems with files, for programs that log nothing.

use std::{
    collections::HashSet,
    fmt::Display,
    io::Write as _,
    sync::{Mutex, PoisonError},
};

/// The texts that were printed.
static PRINTED: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// The maximum number of different texts. Further ones are not printed.
const MAX_PRINTED: usize = 100;

/// Prints a problem with a file to standard error, once per process, if the program has no `tracing` subscriber.
///
/// A broken edit keeps the previous values, so nothing else would show it.
pub(crate) fn print_once(problem: &dyn Display) {
    if !tracing::dispatcher::has_been_set() && is_new(problem.to_string()) {
        // Without a standard error there is no place left.
        let _ = writeln!(std::io::stderr(), "prefab: {problem}");
    }
}

fn is_new(text: String) -> bool {
    let mut printed = PRINTED.lock().unwrap_or_else(PoisonError::into_inner);
    let printed = printed.get_or_insert_default();
    printed.len() < MAX_PRINTED && printed.insert(text)
}
