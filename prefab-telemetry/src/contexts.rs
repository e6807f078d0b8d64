//! Contexts: looked at once, recognised after that.

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
    bounds::Drops,
    examples::{Examples, Fingerprint, key},
    report::{Example, Shape},
    shapes::{Shapes, number},
};

/// Shapes and examples behind one lock, which contexts that were met before do not reach.
pub(crate) struct Contexts {
    mode: ContextUploadMode,
    collected: Mutex<Collected>,
    recognised: Recognised,
}

struct Collected {
    shapes: Shapes,
    examples: Examples,
}

impl Contexts {
    pub(crate) fn new(mode: ContextUploadMode, limits: &Limits) -> Self {
        let shapes = Shapes::new(limits.shapes);
        let examples = Examples::new(limits.examples, limits.remembered_examples);
        Self { mode, collected: Mutex::new(Collected { shapes, examples }), recognised: Recognised::new() }
    }

    /// Takes contexts in: several levels, the strongest first.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn record(&self, levels: &[&ContextSet], now_millis: impl FnOnce() -> i64, drops: &Drops) {
        let look = match self.mode {
            ContextUploadMode::PeriodicExample => look(levels, |set| set.fingerprint(|set| hash(set, true))),
            ContextUploadMode::ShapeOnly => look_of_shapes(levels),
            ContextUploadMode::None => 0,
        };
        // Marked before they are taken in: a drain between the two has them taken in twice, never not at all.
        if look != 0 && self.recognised.is_new(look) {
            self.meet(levels, now_millis(), drops);
        }
    }

    /// Tells whether these contexts, with none besides, were met already. May not know some that were.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn knows(&self, contexts: &ContextSet) -> bool {
        match contexts.cached_fingerprint() {
            Some(mark) => self.recognised.knows(mix(0, mark)),
            None => contexts.is_empty(),
        }
    }

    #[cold]
    fn meet(&self, levels: &[&ContextSet], now_millis: i64, drops: &Drops) {
        let merged = levels.iter().rev().fold(ContextSet::new(), |weaker, level| weaker.overlay(level));
        let with_examples = self.mode == ContextUploadMode::PeriodicExample;
        let fingerprint = Fingerprint::of(&merged).filter(|_| with_examples);
        let mut collected = self.collected();
        drops.add(collected.shapes.add(&merged));
        if let Some(fingerprint) = fingerprint {
            drops.add(u64::from(!collected.examples.add(fingerprint, merged, now_millis)));
        }
    }

    /// Takes everything out.
    pub(crate) fn drain(&self, now_millis: i64) -> (Vec<Shape>, Vec<Example>) {
        let mut collected = self.collected();
        let taken = (collected.shapes.take(), collected.examples.take(now_millis));
        drop(collected);
        self.recognised.forget();
        taken
    }

    fn collected(&self) -> MutexGuard<'_, Collected> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts what levels of contexts look like into one number; 0 where all are empty.
#[inline]
fn look(levels: &[&ContextSet], hash: impl Fn(&ContextSet) -> u64) -> u64 {
    levels.iter().filter(|level| !level.is_empty()).fold(0, |look, level| mix(look, hash(level)))
}

#[inline]
fn mix(look: u64, hash: u64) -> u64 {
    (look.rotate_left(5) ^ hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[inline(never)]
fn look_of_shapes(levels: &[&ContextSet]) -> u64 {
    look(levels, |set| hash(set, false))
}

/// Nobody outside is to know which contexts look alike.
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
struct Recognised {
    buckets: Box<[Bucket; BUCKETS]>,
}

/// Looks whose lower bits agree, in one line of a processor's cache. With one place for each, two users of
/// sixty-four would drive one another out every other time.
#[derive(Default)]
#[repr(align(64))]
struct Bucket([AtomicU64; 8]);

/// A power of two. All buckets are 32 KiB, which stay in the cache of a processor that asks often.
const BUCKETS: usize = 512;

impl Recognised {
    fn new() -> Self {
        Self { buckets: Box::new(std::array::from_fn(|_| Bucket::default())) }
    }

    /// Marks a look, and tells whether it was not marked before. Known ones are only read, so that threads
    /// do not take the cache line from one another.
    #[inline]
    fn is_new(&self, look: u64) -> bool {
        let Bucket(places) = self.bucket(look);
        for place in places {
            match place.load(Ordering::Relaxed) {
                known if known == look => return false,
                0 => {
                    place.store(look, Ordering::Relaxed);
                    return true;
                }
                _ => {}
            }
        }
        let other = usize::try_from(look >> 61).unwrap_or_default();
        if let Some(place) = places.get(other) {
            place.store(look, Ordering::Relaxed);
        }
        true
    }

    /// Tells whether a look is where it would be put first.
    #[inline]
    fn knows(&self, look: u64) -> bool {
        let Bucket([first, ..]) = self.bucket(look);
        first.load(Ordering::Relaxed) == look
    }

    /// Some bits pick the bucket; all of them are compared within it.
    #[inline]
    fn bucket(&self, look: u64) -> &Bucket {
        &self.buckets[usize::try_from(look).unwrap_or_default() % BUCKETS]
    }

    fn forget(&self) {
        self.buckets
            .iter()
            .flat_map(|Bucket(places)| places)
            .for_each(|look| look.store(0, Ordering::Relaxed));
    }
}
