//! State that each thread has nearly to itself.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

/// More than machines have cores, mostly: a thread then meets nobody at its lock, which costs two atomic
/// instructions on a cache line that no other thread touches.
const SHARDS: usize = 64;

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The thread's shard, in whichever `Shards`; threads are dealt out in turn.
    static PLACE: usize = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
}

/// One `T` per shard. What the shards hold is put together by whoever drains them.
pub(crate) struct Shards<T> {
    shards: Box<[Shard<T>]>,
}

/// Two cache lines apart, since processors fetch them in pairs.
#[repr(align(128))]
struct Shard<T>(Mutex<T>);

impl<T: Default> Shards<T> {
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Shard(Mutex::default())).collect() }
    }

    /// Locks the calling thread's shard.
    #[inline]
    pub(crate) fn mine(&self) -> MutexGuard<'_, T> {
        lock(&self.shards[PLACE.with(|place| *place) % self.shards.len()])
    }

    /// Locks every shard, one after the other.
    pub(crate) fn each(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.shards.iter().map(lock)
    }
}

/// Counts are whole after every statement, so a panic of another thread spoils none.
#[inline]
fn lock<T>(Shard(mutex): &Shard<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
