//! Cache of the encoded responses of one snapshot, limited in bytes.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{audience::Audience, encoding::Encoding};

/// The request: everything newer than an id, for an audience, in an encoding.
pub(super) type ResponseKey = (i64, Audience, Encoding);

/// Maximum number of entries, so that adding up their sizes stays cheap.
const MAX_ENTRIES: usize = 1_024;

/// The memory that a cache entry needs.
pub(super) trait Cost {
    /// Returns the number of bytes. It may grow while the entry is cached.
    fn bytes(&self) -> usize;
}

/// Responses by request.
///
/// The full response for keys without a user is always kept and does not count toward the limit. Reconnecting clients
/// request few different responses, so a full cache is emptied.
pub(super) struct Cache<T> {
    limit: usize,
    entries: Mutex<HashMap<ResponseKey, T>>,
}

impl<T: Clone + Cost> Cache<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, entries: Mutex::default() }
    }

    /// Returns a response. Encodes and caches it if it is not cached.
    pub(super) fn get_or_encode(&self, key: ResponseKey, encode: impl FnOnce(&ResponseKey) -> T) -> T {
        // No update can panic half-way, so the map behind a poisoned lock is valid.
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = entries.get(&key) {
            return found.clone();
        }
        let encoded = encode(&key);
        let bytes = size_of(&encoded);
        if !is_full_response(&key) {
            if bytes > self.limit {
                return encoded;
            }
            if entries.len() >= MAX_ENTRIES || counted(&entries) + bytes > self.limit {
                entries.retain(|key, _| is_full_response(key));
            }
        }
        entries.insert(key, encoded.clone());
        encoded
    }

    /// Returns a response if it is cached, without waiting for one that is being encoded.
    pub(super) fn get(&self, key: &ResponseKey) -> Option<T> {
        self.entries.try_lock().ok()?.get(key).cloned()
    }

    #[cfg(test)]
    fn bytes(&self) -> usize {
        counted(&self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn counted<T: Cost>(entries: &HashMap<ResponseKey, T>) -> usize {
    entries.iter().filter(|(key, _)| !is_full_response(key)).map(|(_, response)| size_of(response)).sum()
}

fn size_of<T: Cost>(response: &T) -> usize {
    response.bytes() + std::mem::size_of::<(ResponseKey, T)>()
}

fn is_full_response((id, audience, _): &ResponseKey) -> bool {
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
    fn responses_stay_within_the_limit_and_the_full_one_is_always_cached() {
        let cache: Cache<usize> = Cache::new(10_000);
        let get = |id, bytes| cache.get_or_encode((id, Audience::default(), Encoding::Protobuf), |_| bytes);
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
    fn full_responses_of_users_count_toward_the_limit() {
        let cache: Cache<usize> = Cache::new(10_000);
        for key in 1..100 {
            let person = Audience::of(key, Some("ada"));
            cache.get_or_encode((0, person, Encoding::Json), |_| 3_000);
            assert!(cache.bytes() <= 10_000, "{}", cache.bytes());
        }
    }
}
