//! How much capacity there is, over all shards.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The longest text that is kept: a value, a logger's name, a context. Longer ones are left out, or no number
/// of entries would bound the memory.
pub(crate) const MAX_TEXT_BYTES: usize = 16 * 1024;

/// Places for entries. Relaxed throughout: the number is all there is to agree on.
pub(crate) struct Capacity {
    taken: AtomicUsize,
    max: usize,
}

impl Capacity {
    pub(crate) fn new(max: usize) -> Self {
        Self { taken: AtomicUsize::new(0), max }
    }

    /// Takes a place, where there is one.
    pub(crate) fn take(&self) -> bool {
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| (taken < self.max).then(|| taken + 1))
            .is_ok()
    }

    /// Gives back places that were taken.
    pub(crate) fn release(&self, places: usize) {
        self.taken.fetch_sub(places, Ordering::Relaxed);
    }
}

/// How often something found no capacity.
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
