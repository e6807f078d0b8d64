//! Encoded responses of one snapshot, within a bound of bytes.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{audience::Audience, encoding::Form};

/// What was asked for: everything newer than an id, for an audience, in a form.
pub(super) type Wanted = (i64, Audience, Form);

/// How many entries are kept at most, so that adding them up takes no time.
const MOST_ENTRIES: usize = 1_024;

/// What an entry of a cache needs in memory.
pub(super) trait Cost {
    /// Returns the number of bytes. It may grow while the entry is kept.
    fn bytes(&self) -> usize;
}

/// Responses by what was asked for.
///
/// The full response of keys that belong to no person is always kept and does not count. Reconnecting clients
/// ask for the same few of the others, so the cache is emptied when it is full.
pub(super) struct Cache<T> {
    limit: usize,
    kept: Mutex<HashMap<Wanted, T>>,
}

impl<T: Clone + Cost> Cache<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, kept: Mutex::default() }
    }

    /// Returns the response, and encodes it if it is not there.
    pub(super) fn get_or_encode(&self, wanted: Wanted, encode: impl FnOnce(&Wanted) -> T) -> T {
        // Nothing in here can panic half-way, so what a poisoned lock guards is whole.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.get(&wanted) {
            return found.clone();
        }
        let encoded = encode(&wanted);
        let bytes = size_of(&encoded);
        if !is_full_response(&wanted) {
            if bytes > self.limit {
                return encoded;
            }
            if kept.len() >= MOST_ENTRIES || counted(&kept) + bytes > self.limit {
                kept.retain(|wanted, _| is_full_response(wanted));
            }
        }
        kept.insert(wanted, encoded.clone());
        encoded
    }

    /// Returns the response if it is there, without waiting for one that is being encoded.
    pub(super) fn get(&self, wanted: &Wanted) -> Option<T> {
        self.kept.try_lock().ok()?.get(wanted).cloned()
    }

    #[cfg(test)]
    fn bytes(&self) -> usize {
        counted(&self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn counted<T: Cost>(kept: &HashMap<Wanted, T>) -> usize {
    kept.iter().filter(|(wanted, _)| !is_full_response(wanted)).map(|(_, response)| size_of(response)).sum()
}

fn size_of<T: Cost>(response: &T) -> usize {
    response.bytes() + std::mem::size_of::<(Wanted, T)>()
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
