//! Cache of front-end evaluations, by what they depend on.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use quick_cache::{Weighter, unsync};
use sha2::{Digest as _, Sha256};

use crate::project_cache::Caller;
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::clock::Clock;

/// Expected number of entries per environment. The limit is in bytes.
const EXPECTED: usize = 64;

/// Memory of an entry besides its body, in bytes.
const OVERHEAD: usize = 256;

/// How long evaluations that depend on the clock are cached.
const CLOCK_RESOLUTION_MILLIS: i64 = 1_000;

/// Everything that an evaluation depends on, besides the clock and chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Inputs([u8; 32]);

impl Inputs {
    /// Returns the inputs of a request with these encoded contexts, for a response in a format.
    pub fn of(caller: &Caller, contexts: &[u8], format: &str) -> Self {
        let ProjectId(project) = caller.project.id;
        let EnvironmentId(environment) = caller.environment;
        let mut hash = Sha256::new();
        // Another version of this program may produce another response.
        hash.update(concat!(env!("CARGO_PKG_VERSION"), "\n"));
        for number in [project, environment, caller.key_id, caller.channel.snapshot().last_id] {
            hash.update(number.to_be_bytes());
        }
        let user_id = caller.user_id.as_deref().unwrap_or_default();
        hash.update(user_id.len().to_be_bytes());
        hash.update(user_id);
        hash.update(format.len().to_be_bytes());
        hash.update(format);
        hash.update(contexts);
        Self(hash.finalize().into())
    }

    /// Returns the inputs of the same response, compressed. Both forms are cached, because neither compressing nor
    /// decompressing is fast.
    #[must_use]
    pub fn compressed(mut self) -> Self {
        self.0[0] ^= 1;
        self
    }

    /// Returns the entity tag of an evaluation that depends on nothing else.
    pub fn etag(&self) -> String {
        etag(&self.0)
    }

    /// Returns the entity tag of an evaluation. If it depends on more than its inputs, the tag is of the body.
    pub fn etag_of(&self, depends_on: DependsOn, body: &[u8]) -> String {
        match depends_on {
            DependsOn::Inputs => self.etag(),
            DependsOn::Clock | DependsOn::Chance => etag(&Sha256::digest(body).into()),
        }
    }
}

fn etag(hash: &[u8; 32]) -> String {
    // Weak: compressed and uncompressed bodies have the same one.
    format!("W/\"{}\"", hex::encode(&hash[..16]))
}

/// A response body, compressed if that is worthwhile.
#[derive(Debug)]
pub struct Body {
    /// The bytes of the body, compressed if `is_gzip` is set.
    pub bytes: Bytes,
    /// Whether the bytes are compressed with gzip.
    pub is_gzip: bool,
}

/// What else an evaluation depended on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependsOn {
    /// The request and the published configs only. The result can be cached until the next change.
    Inputs,
    /// The clock as well. The result can be cached for one second.
    Clock,
    /// Chance as well. The result cannot be cached.
    Chance,
}

/// An evaluation that was computed.
#[derive(Debug)]
pub struct Computed {
    /// The entity tag of the body, for `If-None-Match`.
    pub etag: String,
    /// The body of the response.
    pub body: Body,
    expires_at_millis: Option<i64>,
}

impl Computed {
    /// Creates the result of an evaluation, with its time of expiry.
    pub fn new(etag: String, body: Body, depends_on: DependsOn, now_millis: i64) -> Self {
        let expires_at_millis = match depends_on {
            DependsOn::Inputs => None,
            DependsOn::Clock => Some(now_millis + CLOCK_RESOLUTION_MILLIS),
            DependsOn::Chance => Some(now_millis),
        };
        Self { etag, body, expires_at_millis }
    }
}

/// Cache of front-end evaluations, limited per environment.
pub struct Cache {
    bytes: usize,
    clock: Clock,
    environments: Mutex<HashMap<EnvironmentId, Entries>>,
}

type Entries = unsync::Cache<Inputs, Arc<Computed>, BySize>;

#[derive(Clone)]
struct BySize;

impl Weighter<Inputs, Arc<Computed>> for BySize {
    fn weight(&self, _: &Inputs, computed: &Arc<Computed>) -> u64 {
        (OVERHEAD + computed.body.bytes.len()) as u64
    }
}

impl Cache {
    /// Creates a cache of at most this many bytes per environment.
    pub fn new(bytes: usize, clock: Clock) -> Self {
        Self { bytes, clock, environments: Mutex::default() }
    }

    /// Returns the cached result for these inputs, unless it has expired.
    pub fn get(&self, environment: EnvironmentId, inputs: &Inputs) -> Option<Arc<Computed>> {
        let environments = self.environments.lock().unwrap_or_else(PoisonError::into_inner);
        let computed = Arc::clone(environments.get(&environment)?.get(inputs)?);
        computed.expires_at_millis.is_none_or(|at| at > self.clock.now_millis()).then_some(computed)
    }

    /// Caches a result, unless it has already expired.
    pub fn insert(&self, environment: EnvironmentId, inputs: Inputs, computed: &Arc<Computed>) {
        if computed.expires_at_millis.is_some_and(|at| at <= self.clock.now_millis()) {
            return;
        }
        let mut environments = self.environments.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = environments.entry(environment);
        let entries = entries.or_insert_with(|| Entries::with_weighter(EXPECTED, self.bytes as u64, BySize));
        entries.insert(inputs, Arc::clone(computed));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW_MILLIS: i64 = 1_700_000_000_000;

    fn computed(inputs: &Inputs, length: usize, depends_on: DependsOn) -> Arc<Computed> {
        let body = Body { bytes: vec![0; length].into(), is_gzip: false };
        Arc::new(Computed::new(inputs.etag_of(depends_on, b"{}"), body, depends_on, NOW_MILLIS))
    }

    #[test]
    fn entries_are_limited_in_bytes() {
        let (cache, environment) = (Cache::new(10_000, Clock::stepped(NOW_MILLIS)), EnvironmentId(5));
        for number in 0..100 {
            let inputs = Inputs([number; 32]);
            cache.insert(environment, inputs, &computed(&inputs, 1_000, DependsOn::Inputs));
        }
        let kept = (0..100).filter(|number| cache.get(environment, &Inputs([*number; 32])).is_some()).count();
        assert!((1..=10).contains(&kept), "{kept}");
        assert!(cache.get(EnvironmentId(6), &Inputs([99; 32])).is_none());
    }

    #[test]
    fn entries_expire_by_what_they_depend_on() {
        let clock = Clock::stepped(NOW_MILLIS);
        let (cache, environment, inputs) =
            (Cache::new(10_000, clock.clone()), EnvironmentId(5), Inputs([7; 32]));
        cache.insert(environment, inputs, &computed(&inputs, 1, DependsOn::Chance));
        assert!(cache.get(environment, &inputs).is_none(), "chance is never cached");
        cache.insert(environment, inputs, &computed(&inputs, 1, DependsOn::Clock));
        clock.step(Duration::from_millis(999));
        assert!(cache.get(environment, &inputs).is_some());
        clock.step(Duration::from_millis(1));
        assert!(cache.get(environment, &inputs).is_none(), "the clock has moved on by a second");
        cache.insert(environment, inputs, &computed(&inputs, 1, DependsOn::Inputs));
        clock.step(Duration::from_secs(86_400));
        assert!(cache.get(environment, &inputs).is_some());
    }
}
