//! Contexts: looked at once, seen after that.

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

/// Shapes and examples behind one lock, which contexts that were met before do not reach.
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

    /// Takes contexts in: several levels, the strongest first.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn record(&self, levels: &[&ContextSet], now_millis: impl FnOnce() -> i64, drops: &DropCount) {
        let fingerprint = match self.mode {
            ContextUploadMode::PeriodicExample => fingerprint(levels, |set| set.mark(|set| hash(set, true))),
            ContextUploadMode::ShapeOnly => shape_fingerprint(levels),
            ContextUploadMode::None => 0,
        };
        // Marked before they are taken in: a drain between the two has them taken in twice, never not at all.
        if fingerprint != 0 && self.seen.is_new(fingerprint) {
            self.record_new(levels, now_millis(), drops);
        }
    }

    /// Tells whether these contexts, with none besides, were met already. May not know some that were.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn knows(&self, contexts: &ContextSet) -> bool {
        match contexts.known_mark() {
            Some(mark) => self.seen.knows(mix(0, mark)),
            None => contexts.is_empty(),
        }
    }

    #[cold]
    fn record_new(&self, levels: &[&ContextSet], now_millis: i64, drops: &DropCount) {
        let merged = levels.iter().rev().fold(ContextSet::new(), |weaker, level| weaker.merged(level));
        let with_examples = self.mode == ContextUploadMode::PeriodicExample;
        let fingerprint = Fingerprint::of(&merged).filter(|_| with_examples);
        let mut collected = self.collected();
        drops.add(collected.shapes.add(&merged));
        if let Some(fingerprint) = fingerprint {
            drops.add(u64::from(!collected.examples.add(fingerprint, merged, now_millis)));
        }
    }

    /// Takes everything out.
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

/// Puts what levels of contexts fingerprint like into one number; 0 where all are empty.
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

/// Nobody outside is to know which contexts fingerprint alike.
static SEEDS: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// Hashes what makes a shape, and what makes an example of it.
#[inline(never)]
fn hash(set: &ContextSet, with_keys: bool) -> u64 {
    let mut hasher = SEEDS.build_hasher();
    for context in set.iter() {
        hasher.write(context.name().as_bytes());
        // The hasher takes the length of each name in; the kinds, which are small, go in all at once.
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
    // 0 stands for what was not hashed yet.
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

/// Looks that were met since the last drain. It may forget one, which then is taken in again, to no effect;
/// it takes a new one for an old one only where all 64 bits agree.
struct SeenContexts {
    buckets: Box<[Bucket; BUCKETS]>,
}

/// Looks whose lower bits agree, in one line of a processor's cache. With one place for each, two users of
/// sixty-four would drive one another out every other time.
#[derive(Default)]
#[repr(align(64))]
struct Bucket([AtomicU64; 8]);

/// A power of two. All buckets are 32 KiB, which stay in the cache of a processor that asks often.
const BUCKETS: usize = 512;

impl SeenContexts {
    fn new() -> Self {
        Self { buckets: Box::new(std::array::from_fn(|_| Bucket::default())) }
    }

    /// Marks a fingerprint, and tells whether it was not marked before. Known ones are only read, so that threads
    /// do not take the cache line from one another.
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

    /// Tells whether a fingerprint is where it would be put first.
    #[inline]
    fn knows(&self, fingerprint: u64) -> bool {
        let Bucket([first, ..]) = self.bucket(fingerprint);
        first.load(Ordering::Relaxed) == fingerprint
    }

    /// Some bits pick the bucket; all of them are compared within it.
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
