//! State that each thread uses mostly alone.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

/// More than most machines have cores. A thread rarely finds its lock taken; the lock costs two atomic instructions on a cache
/// line that no other thread uses.
const SHARDS: usize = 64;

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The index of the thread's shard. Threads are assigned in turn.
    static PLACE: usize = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
}

/// One `T` per shard. A drain merges them.
pub(crate) struct Shards<T> {
    shards: Box<[Shard<T>]>,
}

/// Aligned to two cache lines, because processors fetch them in pairs.
#[repr(align(128))]
struct Shard<T>(Mutex<T>);

impl<T: Default> Shards<T> {
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Shard(Mutex::default())).collect() }
    }

    /// Locks the shard of the calling thread.
    #[inline]
    pub(crate) fn mine(&self) -> MutexGuard<'_, T> {
        lock(&self.shards[PLACE.with(|place| *place) % self.shards.len()])
    }

    /// Locks every shard, one after the other.
    pub(crate) fn each(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.shards.iter().map(lock)
    }
}

/// Counts are consistent after every statement, so a panic of another thread does not matter.
#[inline]
fn lock<T>(Shard(mutex): &Shard<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
