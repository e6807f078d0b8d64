//! Counters of answers that each thread has to itself.
//!
//! A thread alone adds to its counters, so adding is a load and a store, and no other thread is met. Whoever
//! drains reads them and remembers how far. All else (new counters, larger tables, counters that nobody uses
//! any more, threads that are gone) happens under one lock, and seldom.

use std::{
    cell::Cell,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use crate::{bounds::Capacity, evaluation_count_key::EvaluationCountKey};

/// Of how many `CounterTables` a thread remembers its counters.
const CACHED_INSTANCES: usize = 4;

/// The slots of a thread's first table.
const MIN_SLOTS: usize = 16;

/// What an answer is known by: its own number, and its value's where that is made anew each time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    answer: u64,
    value: u64,
}

/// Set where the value counts, too. No process comes to that many answers.
const WITH_VALUE: u64 = 1 << 63;

impl Mark {
    /// Marks an answer that is always the same.
    #[inline]
    pub(crate) fn of(answer: u64) -> Self {
        Self { answer, value: 0 }
    }

    /// Marks an answer with a value.
    pub(crate) fn with_value(answer: u64, value: u64) -> Self {
        Self { answer: answer | WITH_VALUE, value }
    }
}

/// One thread's own counters, whichever `Telemetry` they are of; it begins without any.
///
/// Whoever has state for each thread anyway keeps a counters there, and counts without a look at other state of the
/// thread. Handed to another `Telemetry` it begins anew; what was counted stays counted.
#[derive(Default)]
pub struct ThreadCounters(Option<Arc<Table>>);

impl ThreadCounters {
    /// Returns a counters without counters.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Tells whether nothing was counted in it.
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

/// Counters of answers, by thread.
pub(crate) struct CounterTables {
    number: u64,
    tables: Mutex<Vec<Arc<Table>>>,
    capacity: Capacity,
}

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// The lanes of those that keep none.
    static COUNTERS: [Cell<ThreadCounters>; CACHED_INSTANCES] = const { [const { Cell::new(ThreadCounters::new()) }; CACHED_INSTANCES] };
}

impl CounterTables {
    pub(crate) fn new(max: usize) -> Self {
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        Self { number, tables: Mutex::default(), capacity: Capacity::new(max) }
    }

    /// Hands over the thread's counters; a thread that is going down has a new one each time.
    #[inline]
    pub(crate) fn with_thread_counters<R>(&self, record: impl FnOnce(&mut ThreadCounters) -> R) -> R {
        let slot = usize::try_from(self.number).unwrap_or_default() % CACHED_INSTANCES;
        let mut counters = COUNTERS.try_with(|lanes| lanes[slot].take()).unwrap_or_default();
        let result = record(&mut counters);
        // Gone with the thread where it cannot be put back; what it counted is key all the same.
        let _ = COUNTERS.try_with(|lanes| lanes[slot].set(counters));
        result
    }

    /// Counts an answer that this counters has met; tells whether it has.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn count(&self, counters: &ThreadCounters, mark: Mark) -> bool {
        counters.0.as_ref().is_some_and(|table| table.is_current_for(self.number) && table.count(mark))
    }

    /// Counts an answer, without a value of its own, that this counters has where it would be put first; tells whether it
    /// has.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn count_known(&self, counters: &ThreadCounters, answer: u64) -> bool {
        let Some(table) = &counters.0 else { return false };
        let last = table.slots.len().wrapping_sub(1);
        let slot = table.slots.get(usize::try_from(answer).unwrap_or_default() & last);
        let slot = slot.filter(|slot| slot.answer.load(Ordering::Relaxed) == answer);
        let slot = slot.filter(|_| table.is_current_for(self.number));
        slot.inspect(|slot| slot.add_one()).is_some()
    }

    /// Counts an answer that this counters may not have met. Nothing becomes of one that is not key; tells
    /// whether there was capacity.
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
        // It was met before the table was made anew, or has found capacity now.
        let counted = table.count(mark) || (self.capacity.take() && table.insert(mark, answer()));
        counters.0 = Some(table);
        counted
    }

    /// Returns a table with a free slot and without the slots that nobody uses any more.
    ///
    /// A counters without one takes up a table that no counters holds any more, of a thread that is gone or of a call within
    /// a call, so that there are never more tables than there were lanes at once.
    fn table_with_space(&self, table: Option<Arc<Table>>, tables: &mut Vec<Arc<Table>>) -> Arc<Table> {
        let left =
            || tables.iter_mut().find_map(|table| Arc::get_mut(table).is_some().then(|| Arc::clone(table)));
        let before = match table.or_else(left) {
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

    /// Hands over what was counted since the last time.
    pub(crate) fn drain(&self, mut key: impl FnMut(&Arc<EvaluationCountKey>, u64)) {
        self.tables().retain_mut(|table| {
            // Asked first: a thread that is gone adds nothing to what is read after.
            let is_gone = Arc::get_mut(table).is_some();
            table.drain(&mut key);
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
    /// The number of the `CounterTables` it is a part of.
    owner: u64,
    /// A power of two, and never quite full, so that every search ends.
    slots: Box<[Slot]>,
    len: AtomicU64,
    /// The same as long as all slots are in use; 0 once some were not for a while.
    current_for: AtomicU64,
}

#[derive(Default)]
struct Slot {
    /// The answer's number, with a bit of its own where the value counts, too; 0 for a free slot.
    answer: AtomicU64,
    value: AtomicU64,
    count: AtomicU64,
    /// The part of the count that was drained.
    drained: AtomicU64,
    /// Whether nothing came together between the last two drains.
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

    /// Returns the slot of a mark: its own, or the free one where it would go.
    #[inline]
    fn slot_of(&self, mark: Mark) -> &Slot {
        let last = self.slots.len() - 1;
        // Answers are numbered one after the other, so their numbers spread well as they are.
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

    /// Adds to a counter that is there; tells whether it is.
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
        // A free slot holds none.
        let _ = slot.key.set(key);
        slot.value.store(value, Ordering::Relaxed);
        slot.answer.store(answer, Ordering::Relaxed);
        self.len.fetch_add(1, Ordering::Relaxed);
    }

    fn drain(&self, key: &mut impl FnMut(&Arc<EvaluationCountKey>, u64)) {
        for slot in self.slots.iter().filter(|slot| slot.mark().is_some()) {
            let count = slot.count.load(Ordering::Relaxed);
            let new = count - slot.drained.swap(count, Ordering::Relaxed);
            slot.is_idle.store(new == 0, Ordering::Relaxed);
            match slot.key.get() {
                _ if new == 0 => self.current_for.store(0, Ordering::Relaxed),
                Some(Some(answer)) => key(answer, new),
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

    /// The thread of the table alone writes, so nothing can come between.
    #[inline]
    fn add_one(&self) {
        self.count.store(self.count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Tells whether it can go: nobody used it for a while, and all was drained.
    fn is_unused(&self) -> bool {
        self.is_idle.load(Ordering::Relaxed)
            && self.count.load(Ordering::Relaxed) == self.drained.load(Ordering::Relaxed)
    }
}
