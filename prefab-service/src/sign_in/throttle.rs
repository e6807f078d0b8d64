//! Limit on attempts per name and time window. All servers of one store count together.
//!
//! The store has the counts. In front of it, each server limits the attempts that reach the store, with bounded memory, so
//! that a stranger cannot cause a write per refused request.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use prefab_store::{AttemptCount, AttemptSubject, key::KeyHash};

/// Maximum number of names in memory. Beyond it the oldest half is dropped.
const MAX_NAMES: usize = 10_000;

/// How long a name is in memory. A refusal of the store is repeated for this time without asking the store again.
const MEMORY: Duration = Duration::from_secs(30);

/// Counts attempts per name in a time window.
pub struct Throttle {
    /// The kind of the names, which are hashed with it.
    kind: &'static str,
    most: u32,
    window: Duration,
    /// Attempts by the hash of the name, because strangers choose the names and their lengths.
    attempts: Mutex<HashMap<NameHash, Attempts>>,
}

/// The SHA-256 hash of a kind and a name.
type NameHash = [u8; 32];

/// The attempts of a name since a moment.
#[derive(Clone, Copy)]
struct Attempts {
    since: Instant,
    count: u32,
    /// The end of the time window, if the store refused an attempt.
    refused_until: Option<Instant>,
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
    pub fn new(kind: &'static str, most: u32, window: Duration) -> Self {
        Self { kind, most, window, attempts: Mutex::default() }
    }

    /// Returns what the store counts for a name.
    pub fn subject(&self, name: &str) -> AttemptSubject {
        let hash = KeyHash::of(&format!("{}\0{name}", self.kind));
        AttemptSubject { hash, most: self.most, window: self.window }
    }

    /// Checks an attempt before the store counts it. It lets one attempt more than the limit through, so that the store finds
    /// the first refusal of all servers.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`] if the store has refused the name recently, or if this server alone has seen too many attempts.
    pub fn check(&self, subject: &AttemptSubject, now: Instant) -> Result<(), RetryAfter> {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entry(&mut attempts, subject, now);
        if let Some(until) = entry.refused_until {
            return Err(RetryAfter { after: until.saturating_duration_since(now), is_first: false });
        }
        entry.count = entry.count.saturating_add(1);
        if entry.count > self.most.saturating_add(1) {
            let after = MEMORY.saturating_sub(now.duration_since(entry.since));
            return Err(RetryAfter { after, is_first: false });
        }
        Ok(())
    }

    /// Applies the count of the store.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`] beyond the limit.
    pub fn counted(
        &self,
        subject: &AttemptSubject,
        counted: AttemptCount,
        now: Instant,
    ) -> Result<(), RetryAfter> {
        if counted.count <= self.most {
            return Ok(());
        }
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        entry(&mut attempts, subject, now).refused_until = Some(now + counted.remaining);
        Err(RetryAfter { after: counted.remaining, is_first: counted.count == self.most + 1 })
    }

    /// Forgets a name after a successful attempt.
    pub fn forget(&self, subject: &AttemptSubject) {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).remove(&subject.hash.0);
    }
}

/// Returns what is in memory about a name, without what is too old.
fn entry<'a>(
    attempts: &'a mut HashMap<NameHash, Attempts>,
    subject: &AttemptSubject,
    now: Instant,
) -> &'a mut Attempts {
    let name = subject.hash.0;
    if attempts.len() >= MAX_NAMES && !attempts.contains_key(&name) {
        make_room(attempts, now);
    }
    let new = Attempts { since: now, count: 0, refused_until: None };
    let entry = attempts.entry(name).or_insert(new);
    let is_over = entry.refused_until.is_some_and(|until| until <= now);
    if is_over || now.duration_since(entry.since) >= MEMORY {
        *entry = new;
    }
    entry
}

fn make_room(attempts: &mut HashMap<NameHash, Attempts>, now: Instant) {
    attempts.retain(|_, entry| now.duration_since(entry.since) < MEMORY);
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

    const WINDOW: Duration = Duration::from_secs(300);

    fn throttle() -> Throttle {
        Throttle::new("name", 2, WINDOW)
    }

    #[test]
    fn a_refusal_is_repeated_without_the_store() {
        let (throttle, start) = (throttle(), Instant::now());
        let ann = throttle.subject("ann");
        assert_eq!(throttle.check(&ann, start), Ok(()));
        let remaining = Duration::from_secs(100);
        let refused = throttle.counted(&ann, AttemptCount { count: 3, remaining }, start);
        assert_eq!(refused, Err(RetryAfter { after: remaining, is_first: true }));
        let later = start + Duration::from_secs(10);
        let after = Duration::from_secs(90);
        assert_eq!(throttle.check(&ann, later), Err(RetryAfter { after, is_first: false }));
        assert_eq!(throttle.check(&throttle.subject("bea"), later), Ok(()), "each name has its own limit");
        assert_eq!(throttle.check(&ann, start + MEMORY), Ok(()), "the store is asked again");
        let again = throttle.counted(&ann, AttemptCount { count: 4, remaining }, start + MEMORY);
        assert_eq!(again, Err(RetryAfter { after: remaining, is_first: false }));
        throttle.forget(&ann);
        assert_eq!(throttle.check(&ann, start + MEMORY), Ok(()));
    }

    #[test]
    fn attempts_that_arrive_together_reach_the_store_once_more_than_allowed() {
        let (throttle, now) = (throttle(), Instant::now());
        let ann = throttle.subject("ann");
        let reached = (0..100).filter(|_| throttle.check(&ann, now).is_ok()).count();
        assert_eq!(reached, 3);
    }

    #[test]
    fn names_of_two_kinds_are_different_subjects() {
        let other = Throttle::new("other", 2, WINDOW);
        assert_ne!(other.subject("ann").hash.0, throttle().subject("ann").hash.0);
    }

    #[test]
    fn memory_is_limited() {
        let (throttle, start) = (throttle(), Instant::now());
        for name in 0..3 * MAX_NAMES {
            let at = start + Duration::from_micros(name as u64);
            let _ = throttle.check(&throttle.subject(&name.to_string()), at);
        }
        assert!(throttle.attempts.lock().unwrap().len() <= MAX_NAMES);
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
