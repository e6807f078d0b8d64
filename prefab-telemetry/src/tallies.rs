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

use crate::{answer::Answer, bounds::Room};

/// Of how many `Tallies` a thread remembers its lane.
const REMEMBERED: usize = 4;

/// The places of a thread's first table.
const SMALLEST: usize = 16;

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
/// Whoever has state for each thread anyway keeps a lane there, and counts without a look at other state of the
/// thread. Handed to another `Telemetry` it begins anew; what was counted stays counted.
#[derive(Default)]
pub struct Lane(Option<Arc<Table>>);

impl Lane {
    /// Returns a lane without counters.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Tells whether nothing was counted in it.
    #[inline]
    pub const fn is_new(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("counters", &self.0.as_ref().map(|table| table.len())).finish()
    }
}

/// Counters of answers, by thread.
pub(crate) struct Tallies {
    number: u64,
    tables: Mutex<Vec<Arc<Table>>>,
    room: Room,
}

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// The lanes of those that keep none.
    static LANES: [Cell<Lane>; REMEMBERED] = const { [const { Cell::new(Lane::new()) }; REMEMBERED] };
}

impl Tallies {
    pub(crate) fn new(most: usize) -> Self {
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        Self { number, tables: Mutex::default(), room: Room::new(most) }
    }

    /// Hands over the thread's lane; a thread that is going down has a new one each time.
    #[inline]
    pub(crate) fn with_lane<R>(&self, record: impl FnOnce(&mut Lane) -> R) -> R {
        let place = usize::try_from(self.number).unwrap_or_default() % REMEMBERED;
        let mut lane = LANES.try_with(|lanes| lanes[place].take()).unwrap_or_default();
        let result = record(&mut lane);
        // Gone with the thread where it cannot be put back; what it counted is told all the same.
        let _ = LANES.try_with(|lanes| lanes[place].set(lane));
        result
    }

    /// Counts an answer that this lane has met; tells whether it has.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn count(&self, lane: &Lane, mark: Mark) -> bool {
        lane.0.as_ref().is_some_and(|table| table.is_fresh_for(self.number) && table.count(mark))
    }

    /// Counts an answer, without a value of its own, that this lane has where it would be put first; tells whether it
    /// has.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn count_at_once(&self, lane: &Lane, answer: u64) -> bool {
        let Some(table) = &lane.0 else { return false };
        let last = table.places.len().wrapping_sub(1);
        let place = table.places.get(usize::try_from(answer).unwrap_or_default() & last);
        let place = place.filter(|place| place.answer.load(Ordering::Relaxed) == answer);
        let place = place.filter(|_| table.is_fresh_for(self.number));
        place.inspect(|place| place.add_one()).is_some()
    }

    /// Counts an answer that this lane may not have met. Nothing becomes of one that is not told; tells
    /// whether there was room.
    #[cold]
    pub(crate) fn meet(&self, lane: &mut Lane, mark: Mark, answer: impl FnOnce() -> Option<Answer>) -> bool {
        let mut tables = self.tables();
        let table = lane.0.take().filter(|table| table.owner == self.number);
        let table = self.roomy(table, &mut tables);
        // It was met before the table was made anew, or has found room now.
        let counted = table.count(mark) || (self.room.take() && table.insert(mark, answer()));
        lane.0 = Some(table);
        counted
    }

    /// Returns a table with a free place and without the places that nobody uses any more.
    ///
    /// A lane without one takes up a table that no lane holds any more, of a thread that is gone or of a call within
    /// a call, so that there are never more tables than there were lanes at once.
    fn roomy(&self, table: Option<Arc<Table>>, tables: &mut Vec<Arc<Table>>) -> Arc<Table> {
        let left =
            || tables.iter_mut().find_map(|table| Arc::get_mut(table).is_some().then(|| Arc::clone(table)));
        let before = match table.or_else(left) {
            Some(table) if table.is_fresh_for(self.number) && !table.is_full() => return table,
            before => before,
        };
        let kept = |place: &&Place| place.mark().is_some() && !place.is_forgotten();
        let len = before.as_ref().map_or(0, |table| table.places.iter().filter(kept).count());
        let next = Arc::new(Table::new(self.number, (len * 2).next_power_of_two().max(SMALLEST)));
        if let Some(before) = before {
            before.places.iter().filter(kept).for_each(|place| next.take_over(place));
            self.room.give_back(before.len() - len);
            tables.retain(|table| !Arc::ptr_eq(table, &before));
        }
        tables.push(Arc::clone(&next));
        next
    }

    /// Hands over what was counted since the last time.
    pub(crate) fn drain(&self, mut told: impl FnMut(&Arc<Answer>, u64)) {
        self.tables().retain_mut(|table| {
            // Asked first: a thread that is gone adds nothing to what is read after.
            let is_gone = Arc::get_mut(table).is_some();
            table.drain(&mut told);
            if is_gone {
                self.room.give_back(table.len());
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
    /// The number of the `Tallies` it is a part of.
    owner: u64,
    /// A power of two, and never quite full, so that every search ends.
    places: Box<[Place]>,
    len: AtomicU64,
    /// The same as long as all places are in use; 0 once some were not for a while.
    fresh_for: AtomicU64,
}

#[derive(Default)]
struct Place {
    /// The answer's number, with a bit of its own where the value counts, too; 0 for a free place.
    answer: AtomicU64,
    value: AtomicU64,
    count: AtomicU64,
    /// The part of the count that was drained.
    drained: AtomicU64,
    /// Whether nothing came together between the last two drains.
    is_idle: AtomicBool,
    told: OnceLock<Option<Arc<Answer>>>,
}

impl Table {
    fn new(owner: u64, places: usize) -> Self {
        let places = (0..places).map(|_| Place::default()).collect();
        Self { owner, places, len: AtomicU64::new(0), fresh_for: AtomicU64::new(owner) }
    }

    #[inline]
    fn is_fresh_for(&self, owner: u64) -> bool {
        self.fresh_for.load(Ordering::Relaxed) == owner
    }

    fn len(&self) -> usize {
        usize::try_from(self.len.load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    fn is_full(&self) -> bool {
        self.len() >= self.places.len() / 4 * 3
    }

    /// Returns the place of a mark: its own, or the free one where it would go.
    #[inline]
    fn place_of(&self, mark: Mark) -> &Place {
        let last = self.places.len() - 1;
        // Answers are numbered one after the other, so their numbers spread well as they are.
        let spread = mark.answer.wrapping_add(mark.value.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32);
        let mut at = usize::try_from(spread & last as u64).unwrap_or_default();
        loop {
            let place = &self.places[at & last];
            match place.mark() {
                Some(other) if other != mark => at += 1,
                _ => return place,
            }
        }
    }

    /// Adds to a counter that is there; tells whether it is.
    #[inline]
    fn count(&self, mark: Mark) -> bool {
        let place = self.place_of(mark);
        let is_known = place.mark().is_some();
        if is_known {
            place.add_one();
        }
        is_known
    }

    /// Adds a counter, at one.
    fn insert(&self, mark: Mark, answer: Option<Answer>) -> bool {
        let place = self.place_of(mark);
        place.count.store(1, Ordering::Relaxed);
        self.fill(place, mark, answer.map(Arc::new));
        true
    }

    fn take_over(&self, other: &Place) {
        let Some(mark) = other.mark() else { return };
        let place = self.place_of(mark);
        let copy =
            |from: &AtomicU64, to: &AtomicU64| to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        copy(&other.count, &place.count);
        copy(&other.drained, &place.drained);
        self.fill(place, mark, other.told.get().cloned().flatten());
    }

    fn fill(&self, place: &Place, Mark { answer, value }: Mark, told: Option<Arc<Answer>>) {
        // A free place holds none.
        let _ = place.told.set(told);
        place.value.store(value, Ordering::Relaxed);
        place.answer.store(answer, Ordering::Relaxed);
        self.len.fetch_add(1, Ordering::Relaxed);
    }

    fn drain(&self, told: &mut impl FnMut(&Arc<Answer>, u64)) {
        for place in self.places.iter().filter(|place| place.mark().is_some()) {
            let count = place.count.load(Ordering::Relaxed);
            let new = count - place.drained.swap(count, Ordering::Relaxed);
            place.is_idle.store(new == 0, Ordering::Relaxed);
            match place.told.get() {
                _ if new == 0 => self.fresh_for.store(0, Ordering::Relaxed),
                Some(Some(answer)) => told(answer, new),
                _ => {}
            }
        }
    }
}

impl Place {
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
    fn is_forgotten(&self) -> bool {
        self.is_idle.load(Ordering::Relaxed)
            && self.count.load(Ordering::Relaxed) == self.drained.load(Ordering::Relaxed)
    }
}
