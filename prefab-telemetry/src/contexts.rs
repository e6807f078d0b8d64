//! Records contexts: new ones in detail, known ones by a fingerprint.

use std::{
    hash::{BuildHasher as _, Hasher},
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use foldhash::fast::RandomState;
use prefab_core::{ContextSet, ContextValue};

use crate::{
    ContextUploadMode, Limits,
    bounds::DropCount,
    examples::{Examples, Fingerprint, key},
    report::{ContextShape, ExampleContext},
    shapes::{Shapes, number},
};

/// Shapes and examples behind one lock, which known contexts do not take.
pub(crate) struct Contexts {
    mode: ContextUploadMode,
    collected: Mutex<Collected>,
    seen: SeenContexts,
}

struct Collected {
    shapes: Shapes,
    examples: Examples,
}

impl Contexts {
    pub(crate) fn new(mode: ContextUploadMode, limits: &Limits) -> Self {
        let shapes = Shapes::new(limits.shapes);
        let examples = Examples::new(limits.examples, limits.remembered_examples);
        Self { mode, collected: Mutex::new(Collected { shapes, examples }), seen: SeenContexts::new() }
    }

    /// Records contexts in several levels, the most specific first.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a function call costs more than the work of the function")]
    pub(crate) fn record(&self, levels: &[&ContextSet], now_millis: impl FnOnce() -> i64, drops: &DropCount) {
        let fingerprint = match self.mode {
            ContextUploadMode::PeriodicExample => {
                fingerprint(levels, |set| set.fingerprint(|set| hash(set, true)))
            }
            ContextUploadMode::ShapeOnly => shape_fingerprint(levels),
            ContextUploadMode::None => 0,
        };
        // Marked before they are recorded: after a drain in between they are recorded twice, never not at all.
        if fingerprint != 0 && self.seen.is_new(fingerprint) {
            self.record_new(levels, now_millis(), drops);
        }
    }

    /// Returns whether these contexts, without others, are known. May return `false` for known ones.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a function call costs more than the work of the function")]
    pub(crate) fn knows(&self, contexts: &ContextSet) -> bool {
        match contexts.cached_fingerprint() {
            Some(mark) => self.seen.knows(mix(0, mark)),
            None => contexts.is_empty(),
        }
    }

    #[cold]
    fn record_new(&self, levels: &[&ContextSet], now_millis: i64, drops: &DropCount) {
        let merged = levels.iter().rev().fold(ContextSet::new(), |weaker, level| weaker.overlay(level));
        let with_examples = self.mode == ContextUploadMode::PeriodicExample;
        let fingerprint = Fingerprint::of(&merged).filter(|_| with_examples);
        let mut collected = self.collected();
        drops.add(collected.shapes.add(&merged));
        if let Some(fingerprint) = fingerprint {
            drops.add(u64::from(!collected.examples.add(fingerprint, merged, now_millis)));
        }
    }

    /// Returns everything and resets it.
    pub(crate) fn drain(&self, now_millis: i64) -> (Vec<ContextShape>, Vec<ExampleContext>) {
        let mut collected = self.collected();
        let taken = (collected.shapes.take(), collected.examples.take(now_millis));
        drop(collected);
        self.seen.clear();
        taken
    }

    fn collected(&self) -> MutexGuard<'_, Collected> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns a hash of levels of contexts; 0 if all are empty.
#[inline]
fn fingerprint(levels: &[&ContextSet], hash: impl Fn(&ContextSet) -> u64) -> u64 {
    levels
        .iter()
        .filter(|level| !level.is_empty())
        .fold(0, |fingerprint, level| mix(fingerprint, hash(level)))
}

#[inline]
fn mix(fingerprint: u64, hash: u64) -> u64 {
    (fingerprint.rotate_left(5) ^ hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[inline(never)]
fn shape_fingerprint(levels: &[&ContextSet]) -> u64 {
    fingerprint(levels, |set| hash(set, false))
}

/// Random, so that an attacker cannot choose contexts with equal hashes.
static SEEDS: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// Hashes what determines a shape, and optionally what determines an example.
#[inline(never)]
fn hash(set: &ContextSet, with_keys: bool) -> u64 {
    let mut hasher = SEEDS.build_hasher();
    for context in set.iter() {
        hasher.write(context.name().as_bytes());
        // The hasher includes the length of each name. The kinds are small and are hashed together.
        let mut kinds: u64 = 0;
        for (property, value) in context.properties() {
            hasher.write(property.as_bytes());
            kinds = kinds.wrapping_mul(31).wrapping_add(u64::from(number(value).unsigned_abs()));
        }
        hasher.write_u64(kinds);
        if with_keys && let Some(key) = key(context) {
            hash_key(key, &mut hasher);
        }
    }
    // 0 means not hashed yet.
    hasher.finish().max(1)
}

fn hash_key(key: &ContextValue, hasher: &mut impl Hasher) {
    match key {
        ContextValue::Null => {}
        ContextValue::String(text) => hasher.write(text.as_bytes()),
        ContextValue::Int(int) => hasher.write_i64(*int),
        ContextValue::Double(double) => hasher.write_u64(double.to_bits()),
        ContextValue::Bool(bool) => hasher.write_u8(u8::from(*bool)),
        ContextValue::StringList(list) => list.iter().for_each(|text| hasher.write(text.as_bytes())),
    }
}

/// Fingerprints seen since the last drain. One may be forgotten, and its contexts recorded again, without effect. A new
/// one is taken for a known one only if all 64 bits are equal.
struct SeenContexts {
    buckets: Box<[Bucket; BUCKETS]>,
}

/// Fingerprints with equal lower bits, in one cache line. With only one slot per bucket, two of 64 users would often evict
/// each other.
#[derive(Default)]
#[repr(align(64))]
struct Bucket([AtomicU64; 8]);

/// A power of two. All buckets take 32 KiB, which fit in the cache of a core.
const BUCKETS: usize = 512;

impl SeenContexts {
    fn new() -> Self {
        Self { buckets: Box::new(std::array::from_fn(|_| Bucket::default())) }
    }

    /// Marks a fingerprint. Returns whether it was new. Known ones are only read, so that threads do not contend for the cache
    /// line.
    #[inline]
    fn is_new(&self, fingerprint: u64) -> bool {
        let Bucket(places) = self.bucket(fingerprint);
        for place in places {
            match place.load(Ordering::Relaxed) {
                known if known == fingerprint => return false,
                0 => {
                    place.store(fingerprint, Ordering::Relaxed);
                    return true;
                }
                _ => {}
            }
        }
        let other = usize::try_from(fingerprint >> 61).unwrap_or_default();
        if let Some(place) = places.get(other) {
            place.store(fingerprint, Ordering::Relaxed);
        }
        true
    }

    /// Returns whether a fingerprint is in its preferred slot.
    #[inline]
    fn knows(&self, fingerprint: u64) -> bool {
        let Bucket([first, ..]) = self.bucket(fingerprint);
        first.load(Ordering::Relaxed) == fingerprint
    }

    /// Some bits select the bucket; within it all bits are compared.
    #[inline]
    fn bucket(&self, fingerprint: u64) -> &Bucket {
        &self.buckets[usize::try_from(fingerprint).unwrap_or_default() % BUCKETS]
    }

    fn clear(&self) {
        self.buckets
            .iter()
            .flat_map(|Bucket(places)| places)
            .for_each(|fingerprint| fingerprint.store(0, Ordering::Relaxed));
    }
}
