//! Limits of the memory, over all shards.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The maximum length of a value, a logger's name or a context. Without it, the number of entries would not limit the
/// memory.
pub(crate) const MAX_TEXT_BYTES: usize = 16 * 1024;

/// The number of entries that may still be added. Relaxed, because no other data depends on it.
pub(crate) struct Capacity {
    taken: AtomicUsize,
    max: usize,
}

impl Capacity {
    pub(crate) fn new(max: usize) -> Self {
        Self { taken: AtomicUsize::new(0), max }
    }

    /// Reserves an entry. Returns `false` if none is left.
    pub(crate) fn take(&self) -> bool {
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| (taken < self.max).then(|| taken + 1))
            .is_ok()
    }

    /// Releases entries.
    pub(crate) fn release(&self, places: usize) {
        self.taken.fetch_sub(places, Ordering::Relaxed);
    }
}

/// The number of entries that were dropped.
#[derive(Default)]
pub(crate) struct DropCount(AtomicU64);

impl DropCount {
    pub(crate) fn add(&self, drops: u64) {
        self.0.fetch_add(drops, Ordering::Relaxed);
    }

    pub(crate) fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}
