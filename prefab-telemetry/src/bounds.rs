//! How much room there is, over all shards.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The longest text that is kept: a value, a logger's name, a context. Longer ones are left out, or no number
/// of entries would bound the memory.
pub(crate) const MOST_TEXT: usize = 16 * 1024;

/// Places for entries. Relaxed throughout: the number is all there is to agree on.
pub(crate) struct Room {
    taken: AtomicUsize,
    most: usize,
}

impl Room {
    pub(crate) fn new(most: usize) -> Self {
        Self { taken: AtomicUsize::new(0), most }
    }

    /// Takes a place, where there is one.
    pub(crate) fn take(&self) -> bool {
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
                (taken < self.most).then(|| taken + 1)
            })
            .is_ok()
    }

    /// Gives back places that were taken.
    pub(crate) fn give_back(&self, places: usize) {
        self.taken.fetch_sub(places, Ordering::Relaxed);
    }
}

/// How often something found no room.
#[derive(Default)]
pub(crate) struct Drops(AtomicU64);

impl Drops {
    pub(crate) fn add(&self, drops: u64) {
        self.0.fetch_add(drops, Ordering::Relaxed);
    }

    pub(crate) fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}
