//! Counts of log-in attempts, which all servers of one store share.

use std::time::Duration;

use crate::{StoreFuture, key::KeyHash};

/// Counts log-in attempts for all servers together.
pub trait LoginAttempts: Send + Sync + 'static {
    /// Counts an attempt for each subject, in the given order. It stops after the first subject that is beyond its limit, so
    /// that a refused attempt does not count for the others.
    ///
    /// Returns a count for each subject that was counted.
    fn count_attempts(&self, subjects: Vec<AttemptSubject>) -> StoreFuture<'_, Vec<AttemptCount>>;

    /// Deletes the counts of subjects.
    fn reset_attempts(&self, subjects: Vec<KeyHash>) -> StoreFuture<'_, ()>;

    /// Deletes the counts whose time window has ended. If more than `keep` counts are left, it also deletes those that end
    /// first.
    fn delete_ended_attempts(&self, keep: u32) -> StoreFuture<'_, ()>;
}

/// Something that attempts are counted for, and its limit.
#[derive(Clone, Copy, Debug)]
pub struct AttemptSubject {
    /// The hash of the subject. The store contains no e-mail address and no network address.
    pub hash: KeyHash,
    /// The number of attempts that are allowed in the time window.
    pub most: u32,
    /// The length of the time window, which starts with the first attempt.
    pub window: Duration,
}

/// The attempts of a subject in the current time window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptCount {
    /// The number of attempts, this one included. It stays at two more than the limit.
    pub count: u32,
    /// The time until the window ends.
    pub remaining: Duration,
}

impl AttemptSubject {
    /// Returns the highest count that is stored. It differs from the count of the first refused attempt.
    pub fn highest_count(&self) -> i64 {
        i64::from(self.most) + 2
    }
}
