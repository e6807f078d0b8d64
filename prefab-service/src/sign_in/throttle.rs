//! Limit on attempts per name and time window, with bounded memory.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};

/// Maximum number of names in memory. Beyond it the oldest half is dropped.
const MAX_NAMES: usize = 10_000;

/// Counts attempts per name in a time window.
pub struct Throttle {
    most: u32,
    window: Duration,
    /// Attempts by the hash of the name, because strangers choose the names and their lengths.
    attempts: Mutex<HashMap<NameHash, Attempts>>,
}

/// The SHA-256 hash of a name.
type NameHash = [u8; 32];

#[derive(Clone, Copy)]
struct Attempts {
    since: Instant,
    count: u32,
}

/// The error for an attempt beyond the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    /// The time until the next attempt is allowed.
    pub after: Duration,
    /// Whether this is the first refusal in the window.
    pub is_first: bool,
}

impl Throttle {
    /// Creates a throttle that allows `most` attempts per name and `window`.
    pub fn new(most: u32, window: Duration) -> Self {
        Self { most, window, attempts: Mutex::default() }
    }

    /// Counts an attempt. Call it before the attempt, so that concurrent attempts all count.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`] beyond the limit.
    pub fn attempt(&self, name: &str, now: Instant) -> Result<(), RetryAfter> {
        let name = hash(name);
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.len() >= MAX_NAMES && !attempts.contains_key(&name) {
            make_room(&mut attempts, self.window, now);
        }
        let entry = attempts.entry(name).or_insert(Attempts { since: now, count: 0 });
        if now.duration_since(entry.since) >= self.window {
            *entry = Attempts { since: now, count: 0 };
        }
        entry.count = entry.count.saturating_add(1);
        if entry.count <= self.most {
            return Ok(());
        }
        let after = self.window.saturating_sub(now.duration_since(entry.since));
        Err(RetryAfter { after, is_first: entry.count == self.most + 1 })
    }

    /// Resets the count of a name after a successful attempt.
    pub fn reset(&self, name: &str) {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).remove(&hash(name));
    }
}

fn hash(name: &str) -> NameHash {
    Sha256::digest(name.as_bytes()).into()
}

fn make_room(attempts: &mut HashMap<NameHash, Attempts>, window: Duration, now: Instant) {
    attempts.retain(|_, entry| now.duration_since(entry.since) < window);
    if attempts.len() < MAX_NAMES {
        return;
    }
    let mut times: Vec<Instant> = attempts.values().map(|entry| entry.since).collect();
    let (_, middle, _) = times.select_nth_unstable(MAX_NAMES / 2);
    let middle = *middle;
    attempts.retain(|_, entry| entry.since > middle);
}

/// Returns the network that an address counts for: an IPv4 address itself, or the /64 network of an IPv6 address, because
/// one machine can use all addresses of it.
pub fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);

    #[test]
    fn attempts_beyond_the_limit_wait_for_the_window_to_end() {
        let throttle = Throttle::new(2, WINDOW);
        let start = Instant::now();
        assert_eq!(throttle.attempt("ann", start), Ok(()));
        assert_eq!(throttle.attempt("ann", start), Ok(()));
        let after = Duration::from_secs(50);
        let later = start + Duration::from_secs(10);
        assert_eq!(throttle.attempt("ann", later), Err(RetryAfter { after, is_first: true }));
        assert_eq!(throttle.attempt("ann", later), Err(RetryAfter { after, is_first: false }));
        assert_eq!(throttle.attempt("bea", later), Ok(()), "each name has its own limit");
        assert_eq!(throttle.attempt("ann", start + WINDOW), Ok(()));
        throttle.reset("ann");
        assert_eq!(throttle.attempt("ann", start + WINDOW), Ok(()));
    }

    #[test]
    fn memory_is_limited() {
        let throttle = Throttle::new(2, WINDOW);
        let start = Instant::now();
        for name in 0..3 * MAX_NAMES {
            let _ = throttle.attempt(&name.to_string(), start + Duration::from_micros(name as u64));
        }
        assert!(throttle.attempts.lock().unwrap().len() <= MAX_NAMES);
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
