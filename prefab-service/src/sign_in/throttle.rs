//! How often somebody may try, within bounds of memory.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How many are remembered at once. Where there are more, those who tried first are forgotten.
const MAX_NAMES: usize = 10_000;

/// Counts attempts by name within a window of time.
pub struct Throttle {
    most: u32,
    window: Duration,
    attempts: Mutex<HashMap<String, Attempts>>,
}

#[derive(Clone, Copy)]
struct Attempts {
    since: Instant,
    count: u32,
}

/// A refusal: one attempt too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    /// After how long to try again.
    pub after: Duration,
    /// Whether it is the first refusal in this window.
    pub is_first: bool,
}

impl Throttle {
    /// Creates a throttle that allows `most` attempts per name and `window`.
    pub fn new(most: u32, window: Duration) -> Self {
        Self { most, window, attempts: Mutex::default() }
    }

    /// Counts an attempt, before it is made: those made at once count all.
    pub fn attempt(&self, name: &str, now: Instant) -> Result<(), RetryAfter> {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.len() >= MAX_NAMES && !attempts.contains_key(name) {
            make_room(&mut attempts, self.window, now);
        }
        let entry = attempts.entry(name.to_owned()).or_insert(Attempts { since: now, count: 0 });
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

    /// Forgets the attempts of somebody who has proved to be who they say.
    pub fn reset(&self, name: &str) {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

fn make_room(attempts: &mut HashMap<String, Attempts>, window: Duration, now: Instant) {
    attempts.retain(|_, entry| now.duration_since(entry.since) < window);
    if attempts.len() < MAX_NAMES {
        return;
    }
    let mut times: Vec<Instant> = attempts.values().map(|entry| entry.since).collect();
    let (_, middle, _) = times.select_nth_unstable(MAX_NAMES / 2);
    let middle = *middle;
    attempts.retain(|_, entry| entry.since > middle);
}

/// Names where somebody is: one address, or of the newer kind the network, since a single machine has all of it.
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
        assert_eq!(throttle.attempt("bea", later), Ok(()), "others have their own bound");
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
