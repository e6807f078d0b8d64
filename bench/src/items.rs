//! Measures single calls.

use std::{collections::BTreeMap, hint::black_box, time::Duration};

use anyhow::Result;

use crate::{
    Contestant, Edition, Figure, Fit, Item, User, Work,
    clock::{self, Spread},
};

/// The number of other flags in the item `static-of-10k`.
pub(crate) const MANY: usize = 10_000;

/// The number of users in the item `split-3`, evaluated in turn.
const CROWD: usize = 64;

/// Measures every item.
pub(crate) fn measure<C: Contestant>() -> Result<BTreeMap<String, Figure>> {
    let mut figures = BTreeMap::new();
    let contestant = C::load(&C::write(&Work::alone())?)?;
    for item in Item::ALL {
        let instead = match C::fit(item) {
            Fit::Never => continue,
            Fit::Same => None,
            Fit::Instead(text) => Some(text.to_owned()),
        };
        figures.insert(item.name().to_owned(), Figure { instead, ..figure(call(&contestant, item)) });
    }
    drop(contestant);

    // An engine without users has nothing to convert.
    if size_of::<C::Subject>() > 0 {
        figures.insert("context".to_owned(), context::<C>());
    }

    let among_many = C::load(&C::write(&Work::beside(MANY, Edition::First))?)?;
    figures.insert("static-of-10k".to_owned(), figure(call(&among_many, Item::Static)));
    Ok(figures)
}

/// Returns a closure that makes one call of an item.
pub(crate) fn call<C: Contestant>(contestant: &C, item: Item) -> impl FnMut() {
    let known = C::subject(&User::known());
    let crowd: Vec<_> = (0..CROWD).map(|at| C::subject(&User::numbered(at * 7))).collect();
    let mut turn = 0;
    move || {
        if item == Item::Split3 {
            turn = (turn + 1) % CROWD;
            black_box(contestant.letter(black_box(item.key()), &crowd[turn]));
        } else {
            black_box(contestant.enabled(black_box(item.key()), black_box(&known)));
        }
    }
}

fn figure(mut work: impl FnMut()) -> Figure {
    let nanos = clock::per_call(|calls| {
        let start = clock::of_thread();
        for _ in 0..calls {
            work();
        }
        clock::of_thread().saturating_sub(start)
    });
    Figure { nanos, allocations: Some(allocations(work)), ..Figure::default() }
}

/// Counts the allocations of one call, after a warm-up.
fn allocations(mut work: impl FnMut()) -> f64 {
    const CALLS: u16 = 128;
    let counted = allocation_counter::measure(|| {
        for _ in 0..CALLS {
            work();
        }
    });
    counted.count_total as f64 / f64::from(CALLS)
}

/// Measures the conversion of a user to the engine's type, without dropping it.
fn context<C: Contestant>() -> Figure {
    const BATCH: u32 = 1_000;
    let user = User::known();
    let nanos: Spread = clock::per_call(|calls| {
        let mut left = calls;
        let mut took = Duration::ZERO;
        while left > 0 {
            let batch = left.min(BATCH);
            let mut made = Vec::with_capacity(batch as usize);
            let start = clock::of_thread();
            for _ in 0..batch {
                made.push(C::subject(black_box(&user)));
            }
            took += clock::of_thread().saturating_sub(start);
            black_box(made);
            left -= batch;
        }
        took
    });
    let allocations = allocations(|| drop(black_box(C::subject(black_box(&user)))));
    Figure { nanos, allocations: Some(allocations), ..Figure::default() }
}
