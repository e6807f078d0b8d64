//! The state that the clones of a client share.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{Error, OnNoDefault, engine::Engine, worker::Worker};

/// The state that the clones of a client share.
pub(crate) struct Inner {
    pub(crate) engine: Arc<Engine>,
    pub(crate) on_no_default: OnNoDefault,
    /// The errors that have been logged, by key and code.
    pub(crate) reported: Mutex<HashSet<(String, &'static str)>>,
    pub(crate) worker: Mutex<Option<Worker>>,
}

/// Beyond this number, all logged errors are forgotten and may be logged again.
const MAX_REPORTED: usize = 10_000;

impl Inner {
    /// Returns whether this error has not been logged before, and records it.
    pub(crate) fn is_first_report(&self, error: &Error) -> bool {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.len() >= MAX_REPORTED {
            reported.clear();
        }
        reported.insert((error.key().unwrap_or_default().to_owned(), error.code()))
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}
