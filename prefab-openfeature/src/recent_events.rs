//! Which events were emitted recently, so that a flag in a loop does not flood the log.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long an event outside a span is not repeated.
const INTERVAL: Duration = Duration::from_secs(60);

/// The maximum number of remembered events.
const MAX_ENTRIES: usize = 10_000;

/// What makes two events equal.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct EventKey<'e> {
    /// The id of the current span.
    pub(crate) span: Option<u64>,
    pub(crate) flag: &'e str,
    pub(crate) variant: Option<&'e str>,
    pub(crate) error_type: Option<&'e str>,
}

/// The times of emitted events, by hash, so that an entry has a fixed size.
#[derive(Debug, Default)]
pub(crate) struct RecentEvents {
    state: RandomState,
    emitted: Mutex<HashMap<u64, Instant>>,
}

impl RecentEvents {
    /// Returns whether an event is the first of its span, or outside a span the first within a minute, and remembers it.
    pub(crate) fn is_first(&self, event: EventKey<'_>, now: Instant) -> bool {
        let hash = self.state.hash_one(event);
        let is_recent = |at: Instant| now.saturating_duration_since(at) < INTERVAL;
        let mut emitted = self.emitted.lock().unwrap_or_else(PoisonError::into_inner);
        if emitted.get(&hash).is_some_and(|at| event.span.is_some() || is_recent(*at)) {
            return false;
        }
        if emitted.len() >= MAX_ENTRIES {
            emitted.retain(|_, at| is_recent(*at));
            // Too many different events within a minute. Some are repeated, which is better than growing.
            if emitted.len() >= MAX_ENTRIES {
                emitted.clear();
            }
        }
        emitted.insert(hash, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(span: Option<u64>, flag: &str) -> EventKey<'_> {
        EventKey { span, flag, variant: Some("on"), error_type: None }
    }

    #[test]
    fn an_event_outside_a_span_is_emitted_once_per_minute() {
        let (events, start) = (RecentEvents::default(), Instant::now());
        let emitted = |seconds| events.is_first(event(None, "a"), start + Duration::from_secs(seconds));
        let at: Vec<u64> = (0..200).filter(|seconds| emitted(*seconds)).collect();
        assert_eq!(at, [0, 60, 120, 180]);
    }

    #[test]
    fn an_event_in_a_span_is_emitted_once() {
        let (events, start) = (RecentEvents::default(), Instant::now());
        for span in [1, 2] {
            assert!(events.is_first(event(Some(span), "a"), start));
            for seconds in [0, 59, 60, 3_600] {
                let now = start + Duration::from_secs(seconds);
                assert!(!events.is_first(event(Some(span), "a"), now), "{span} {seconds}");
            }
        }
        assert!(events.is_first(event(None, "a"), start));
    }

    #[test]
    fn flags_variants_and_errors_are_different_events() {
        let (events, now) = (RecentEvents::default(), Instant::now());
        let of = |flag, variant, error_type| EventKey { span: None, flag, variant, error_type };
        let different = [
            of("a", Some("on"), None),
            of("a", Some("off"), None),
            of("b", Some("on"), None),
            of("a", None, Some("general")),
            of("a", None, Some("parse_error")),
        ];
        assert!(different.iter().all(|event| events.is_first(*event, now)));
        assert!(!different.iter().any(|event| events.is_first(*event, now)));
    }

    #[test]
    fn memory_is_bounded() {
        let (events, start) = (RecentEvents::default(), Instant::now());
        for number in 0..25_000_u64 {
            assert!(events.is_first(event(Some(number), "a"), start + Duration::from_millis(number)));
            assert!(events.emitted.lock().unwrap().len() <= MAX_ENTRIES);
        }
        // Only events of the last minute remain when there is no room.
        let later = start + Duration::from_secs(3_600);
        assert!((0..10_000_u64).all(|number| events.is_first(event(Some(50_000 + number), "a"), later)));
        assert!(events.emitted.lock().unwrap().len() <= MAX_ENTRIES);
    }
}
