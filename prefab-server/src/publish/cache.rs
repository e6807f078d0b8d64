//! Encoded responses of one snapshot, within a bound of bytes.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{frame::Form, snapshot::Audience};

/// What was asked for: everything newer than an id, for an audience, in a form.
pub(super) type Wanted = (i64, Audience, Form);

/// What an entry of a cache needs in memory.
pub(super) trait Cost {
    /// Returns the number of bytes, or an upper bound.
    fn bytes(&self) -> usize;
}

/// Responses by what was asked for.
///
/// The full response of keys that belong to no person is always kept and does not count. Reconnecting clients
/// ask for the same few of the others, so the cache is emptied when it is full.
pub(super) struct Cache<T> {
    limit: usize,
    entries: Mutex<Entries<T>>,
}

struct Entries<T> {
    kept: HashMap<Wanted, T>,
    /// The bytes of all entries that count.
    bytes: usize,
}

impl<T: Clone + Cost> Cache<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, entries: Mutex::new(Entries { kept: HashMap::new(), bytes: 0 }) }
    }

    /// Returns the response, and encodes it if it is not there.
    pub(super) fn get_or_encode(&self, wanted: Wanted, encode: impl FnOnce(&Wanted) -> T) -> T {
        // Nothing in here can panic half-way, so what a poisoned lock guards is whole.
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = entries.kept.get(&wanted) {
            return kept.clone();
        }
        let encoded = encode(&wanted);
        if is_full_response(&wanted) {
            entries.kept.insert(wanted, encoded.clone());
            return encoded;
        }
        let bytes = encoded.bytes() + size_of::<Wanted>() + size_of::<T>();
        if bytes <= self.limit {
            if entries.bytes + bytes > self.limit {
                entries.kept.retain(|wanted, _| is_full_response(wanted));
                entries.bytes = 0;
            }
            entries.bytes += bytes;
            entries.kept.insert(wanted, encoded.clone());
        }
        encoded
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }
}

fn is_full_response((id, audience, _): &Wanted) -> bool {
    *id == 0 && *audience == Audience::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Cost for usize {
        fn bytes(&self) -> usize {
            *self
        }
    }

    #[test]
    fn responses_are_kept_within_the_bound_and_the_full_one_always() {
        let cache: Cache<usize> = Cache::new(10_000);
        let get = |id, bytes| cache.get_or_encode((id, Audience::default(), Form::Protobuf), |_| bytes);
        assert_eq!(get(0, 50_000), 50_000);
        for id in 1..100 {
            get(id, 1_000);
            assert!(cache.bytes() <= 10_000, "{}", cache.bytes());
        }
        assert_eq!(get(99, 1), 1_000, "the newest is there");
        assert_eq!(get(200, 20_000), 20_000);
        assert_eq!(get(200, 1), 1, "what is larger than the bound is not kept");
        assert_eq!(get(0, 1), 50_000, "the full response is always there");
    }

    #[test]
    fn full_responses_of_persons_count() {
        let cache: Cache<usize> = Cache::new(10_000);
        for key in 1..100 {
            let person = Audience::of(key, Some("ada"));
            cache.get_or_encode((0, person, Form::Json), |_| 3_000);
            assert!(cache.bytes() <= 10_000, "{}", cache.bytes());
        }
    }
}
