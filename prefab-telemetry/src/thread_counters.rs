//! Counters of evaluations, one table per thread.
//!
//! Counters are single-writer: incrementing is a plain load and store without contention. A drain reads them and records how
//! far it has read. All other operations (new counters, larger tables, removal of unused counters and of tables of ended
//! threads) take one lock, and are rare.

use std::{
    cell::Cell,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use crate::{bounds::Capacity, evaluation_count_key::EvaluationCountKey};

/// The number of `CounterTables` for which a thread caches its counters.
const CACHED_INSTANCES: usize = 4;

/// The number of slots of a thread's first table.
const MIN_SLOTS: usize = 16;

/// Identifies a result: by its number, and by a hash of the value if that is computed for each evaluation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    answer: u64,
    value: u64,
}

/// Set if the value is part of the identity. Result numbers never get this large.
const WITH_VALUE: u64 = 1 << 63;

impl Mark {
    /// Identifies a precomputed result.
    #[inline]
    pub(crate) fn of(answer: u64) -> Self {
        Self { answer, value: 0 }
    }

    /// Identifies a computed result with its value.
    pub(crate) fn with_value(answer: u64, value: u64) -> Self {
        Self { answer: answer | WITH_VALUE, value }
    }
}

/// The counters of one thread; initially empty.
///
/// A caller that has its own state per thread keeps them there, so that counting needs no second thread-local access. When
/// they are passed to another `Telemetry`, they start again; the previous counts are kept.
#[derive(Default)]
pub struct ThreadCounters(Option<Arc<Table>>);

impl ThreadCounters {
    /// Returns empty counters.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Returns whether nothing has been counted.
    #[inline]
    pub const fn is_new(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for ThreadCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadCounters").field("counters", &self.0.as_ref().map(|table| table.len())).finish()
    }
}

/// Tables of counters, one per thread.
pub(crate) struct CounterTables {
    number: u64,
    tables: Mutex<Vec<Arc<Table>>>,
    capacity: Capacity,
}

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// The counters of callers that have no state per thread.
    static COUNTERS: [Cell<ThreadCounters>; CACHED_INSTANCES] = const { [const { Cell::new(ThreadCounters::new()) }; CACHED_INSTANCES] };
}

impl CounterTables {
    pub(crate) fn new(max: usize) -> Self {
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        Self { number, tables: Mutex::default(), capacity: Capacity::new(max) }
    }

    /// Passes the thread's counters to `record`. A thread that is being destroyed has new ones each time.
    #[inline]
    pub(crate) fn with_thread_counters<R>(&self, record: impl FnOnce(&mut ThreadCounters) -> R) -> R {
        let slot = usize::try_from(self.number).unwrap_or_default() % CACHED_INSTANCES;
        let mut counters = COUNTERS.try_with(|cached| cached[slot].take()).unwrap_or_default();
        let result = record(&mut counters);
        // If the thread is being destroyed, the counters are dropped; the table with their counts remains.
        let _ = COUNTERS.try_with(|cached| cached[slot].set(counters));
        result
    }

    /// Counts a result that these counters contain. Returns whether they do.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a function call costs more than the work of the function")]
    pub(crate) fn count(&self, counters: &ThreadCounters, mark: Mark) -> bool {
        counters.0.as_ref().is_some_and(|table| table.is_current_for(self.number) && table.count(mark))
    }

    /// Counts a precomputed result whose counter is in its preferred slot. Returns whether it is.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a function call costs more than the work of the function")]
    pub(crate) fn count_known(&self, counters: &ThreadCounters, answer: u64) -> bool {
        let Some(table) = &counters.0 else { return false };
        let last = table.slots.len().wrapping_sub(1);
        let slot = table.slots.get(usize::try_from(answer).unwrap_or_default() & last);
        let slot = slot.filter(|slot| slot.answer.load(Ordering::Relaxed) == answer);
        let slot = slot.filter(|_| table.is_current_for(self.number));
        slot.inspect(|slot| slot.add_one()).is_some()
    }

    /// Counts a result that these counters may not contain. Results without a key are not reported. Returns `false` if a limit
    /// is exceeded.
    #[cold]
    pub(crate) fn count_new(
        &self,
        counters: &mut ThreadCounters,
        mark: Mark,
        answer: impl FnOnce() -> Option<EvaluationCountKey>,
    ) -> bool {
        let mut tables = self.tables();
        let table = counters.0.take().filter(|table| table.owner == self.number);
        let table = self.table_with_space(table, &mut tables);
        // It was in the table before the table was rebuilt, or there is capacity for it now.
        let counted = table.count(mark) || (self.capacity.take() && table.insert(mark, answer()));
        counters.0 = Some(table);
        counted
    }

    /// Returns a table with a free slot and without unused counters.
    ///
    /// Counters without a table reuse one that no thread uses any more, so that there are never more tables than counters in use
    /// at the same time.
    fn table_with_space(&self, table: Option<Arc<Table>>, tables: &mut Vec<Arc<Table>>) -> Arc<Table> {
        let unused =
            || tables.iter_mut().find_map(|table| Arc::get_mut(table).is_some().then(|| Arc::clone(table)));
        let before = match table.or_else(unused) {
            Some(table) if table.is_current_for(self.number) && !table.is_full() => return table,
            before => before,
        };
        let kept = |slot: &&Slot| slot.mark().is_some() && !slot.is_unused();
        let len = before.as_ref().map_or(0, |table| table.slots.iter().filter(kept).count());
        let next = Arc::new(Table::new(self.number, (len * 2).next_power_of_two().max(MIN_SLOTS)));
        if let Some(before) = before {
            before.slots.iter().filter(kept).for_each(|slot| next.copy_from(slot));
            self.capacity.release(before.len() - len);
            tables.retain(|table| !Arc::ptr_eq(table, &before));
        }
        tables.push(Arc::clone(&next));
        next
    }

    /// Passes what was counted since the last drain to `each`.
    pub(crate) fn drain(&self, mut each: impl FnMut(&Arc<EvaluationCountKey>, u64)) {
        self.tables().retain_mut(|table| {
            // Before the drain: an ended thread adds nothing to what is read afterwards.
            let is_gone = Arc::get_mut(table).is_some();
            table.drain(&mut each);
            if is_gone {
                self.capacity.release(table.len());
            }
            !is_gone
        });
    }

    fn tables(&self) -> MutexGuard<'_, Vec<Arc<Table>>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The counters of one thread: a hash table that only this thread adds to.
struct Table {
    /// The number of its `CounterTables`.
    owner: u64,
    /// A power of two, and never full, so that every search ends.
    slots: Box<[Slot]>,
    len: AtomicU64,
    /// Equal to `owner` while all slots are in use; 0 when some are unused.
    current_for: AtomicU64,
}

#[derive(Default)]
struct Slot {
    /// The number of the result, with `WITH_VALUE` if the value is part of the identity; 0 for a free slot.
    answer: AtomicU64,
    value: AtomicU64,
    count: AtomicU64,
    /// The part of the count that was drained.
    drained: AtomicU64,
    /// Whether nothing was counted between the last two drains.
    is_idle: AtomicBool,
    key: OnceLock<Option<Arc<EvaluationCountKey>>>,
}

impl Table {
    fn new(owner: u64, slots: usize) -> Self {
        let slots = (0..slots).map(|_| Slot::default()).collect();
        Self { owner, slots, len: AtomicU64::new(0), current_for: AtomicU64::new(owner) }
    }

    #[inline]
    fn is_current_for(&self, owner: u64) -> bool {
        self.current_for.load(Ordering::Relaxed) == owner
    }

    fn len(&self) -> usize {
        usize::try_from(self.len.load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    fn is_full(&self) -> bool {
        self.len() >= self.slots.len() / 4 * 3
    }

    /// Returns the slot of a result: its own, or the free one where it would be inserted.
    #[inline]
    fn slot_of(&self, mark: Mark) -> &Slot {
        let last = self.slots.len() - 1;
        // Results are numbered consecutively, so their numbers are well distributed.
        let spread = mark.answer.wrapping_add(mark.value.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32);
        let mut at = usize::try_from(spread & last as u64).unwrap_or_default();
        loop {
            let slot = &self.slots[at & last];
            match slot.mark() {
                Some(other) if other != mark => at += 1,
                _ => return slot,
            }
        }
    }

    /// Increments an existing counter. Returns whether it exists.
    #[inline]
    fn count(&self, mark: Mark) -> bool {
        let slot = self.slot_of(mark);
        let is_known = slot.mark().is_some();
        if is_known {
            slot.add_one();
        }
        is_known
    }

    /// Adds a counter, at one.
    fn insert(&self, mark: Mark, answer: Option<EvaluationCountKey>) -> bool {
        let slot = self.slot_of(mark);
        slot.count.store(1, Ordering::Relaxed);
        self.fill(slot, mark, answer.map(Arc::new));
        true
    }

    fn copy_from(&self, other: &Slot) {
        let Some(mark) = other.mark() else { return };
        let slot = self.slot_of(mark);
        let copy =
            |from: &AtomicU64, to: &AtomicU64| to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        copy(&other.count, &slot.count);
        copy(&other.drained, &slot.drained);
        self.fill(slot, mark, other.key.get().cloned().flatten());
    }

    fn fill(&self, slot: &Slot, Mark { answer, value }: Mark, key: Option<Arc<EvaluationCountKey>>) {
        // A free slot has no key, so this is never an error.
        let _ = slot.key.set(key);
        slot.value.store(value, Ordering::Relaxed);
        slot.answer.store(answer, Ordering::Relaxed);
        self.len.fetch_add(1, Ordering::Relaxed);
    }

    fn drain(&self, each: &mut impl FnMut(&Arc<EvaluationCountKey>, u64)) {
        for slot in self.slots.iter().filter(|slot| slot.mark().is_some()) {
            let count = slot.count.load(Ordering::Relaxed);
            let new = count - slot.drained.swap(count, Ordering::Relaxed);
            slot.is_idle.store(new == 0, Ordering::Relaxed);
            match slot.key.get() {
                _ if new == 0 => self.current_for.store(0, Ordering::Relaxed),
                Some(Some(key)) => each(key, new),
                _ => {}
            }
        }
    }
}

impl Slot {
    #[inline]
    fn mark(&self) -> Option<Mark> {
        let answer = self.answer.load(Ordering::Relaxed);
        (answer != 0).then(|| Mark { answer, value: self.value.load(Ordering::Relaxed) })
    }

    /// Only the thread of the table writes, so no update can be lost.
    #[inline]
    fn add_one(&self) {
        self.count.store(self.count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Returns whether the counter can be removed: unused for a while, and completely drained.
    fn is_unused(&self) -> bool {
        self.is_idle.load(Ordering::Relaxed)
            && self.count.load(Ordering::Relaxed) == self.drained.load(Ordering::Relaxed)
    }
}
