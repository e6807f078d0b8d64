//! Measures several threads that evaluate while the flags change.

use std::{
    hint::black_box,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use arc_swap::ArcSwap;

use crate::{Contestant, Edition, Fit, Item, Traffic, User, Work, alone, clock, outcome::Pace};

const SECONDS: Duration = Duration::from_secs(2);
const BETWEEN_SWAPS: Duration = Duration::from_millis(100);

/// One of this many calls is timed. A prime number, so that every item is timed.
const TIMED: usize = 61;
const MOST_TIMED: usize = 1 << 20;

/// Measures one reader, two readers, and two readers while all flags are replaced ten times per second.
pub fn measure<C: Contestant>(beside: usize) -> Result<Traffic> {
    let first = C::write(&Work::beside(beside, Edition::First))?;
    let second = C::write(&Work::beside(beside, Edition::Second))?;
    let current = ArcSwap::from_pointee(C::load(&first)?);
    let one = readers(&current, 1)?;
    let two = readers(&current, 2)?;

    let stop = AtomicBool::new(false);
    let (two_while_swapping, swaps) = thread::scope(|scope| {
        let writer = scope.spawn(|| swap(&current, [&second, &first], &stop));
        let pace = readers(&current, 2);
        stop.store(true, Ordering::Relaxed);
        let swaps = writer.join().map_err(|_| anyhow!("{}: a swap panicked", C::NAME))?;
        anyhow::Ok((pace?, swaps?))
    })?;
    let (swaps, took) = swaps;
    let swap_millis = took.as_secs_f64() * 1e3 / swaps.max(1) as f64;
    Ok(Traffic { beside, one, two, two_while_swapping, swap_millis, swaps })
}

fn swap<C: Contestant>(
    current: &ArcSwap<C>,
    documents: [&Vec<u8>; 2],
    stop: &AtomicBool,
) -> Result<(u64, Duration)> {
    let mut took = Duration::ZERO;
    let mut swaps = 0;
    for document in documents.into_iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let start = Instant::now();
        if C::RENEWS {
            current.load().renew(document)?;
        } else {
            current.store(C::load(document)?.into());
        }
        let spent = start.elapsed();
        took += spent;
        swaps += 1;
        thread::sleep(BETWEEN_SWAPS.saturating_sub(spent));
    }
    Ok((swaps, took))
}

fn readers<C: Contestant>(current: &ArcSwap<C>, count: usize) -> Result<Pace> {
    let stop = AtomicBool::new(false);
    let start = Instant::now();
    let done = thread::scope(|scope| {
        let readers: Vec<_> = (0..count).map(|_| scope.spawn(|| read(current, &stop))).collect();
        thread::sleep(SECONDS);
        stop.store(true, Ordering::Relaxed);
        readers
            .into_iter()
            .map(|reader| reader.join().map_err(|_| anyhow!("{}: a reader panicked", C::NAME))?)
            .collect::<Result<Vec<Reading>>>()
    })?;
    let wall = start.elapsed().as_secs_f64();
    let calls: usize = done.iter().map(|reading| reading.calls).sum();
    let cpu: Duration = done.iter().map(|reading| reading.cpu).sum();
    let mut timed: Vec<u64> = done.iter().flat_map(|reading| &reading.timed).copied().collect();
    timed.sort_unstable();
    Ok(Pace {
        calls_per_cpu_second: calls as f64 * count as f64 / cpu.as_secs_f64(),
        calls_per_second: calls as f64 / wall,
        slowest_of_1000_nanos: timed.get(timed.len() * 999 / 1000).copied().unwrap_or_default() as f64,
        waits: done.iter().map(|reading| reading.waits).sum(),
    })
}

struct Reading {
    calls: usize,
    cpu: Duration,
    timed: Vec<u64>,
    waits: u64,
}

fn read<C: Contestant>(current: &ArcSwap<C>, stop: &AtomicBool) -> Result<Reading> {
    // Each reader has its own, because readers would contend for the reference count of a shared one.
    let user = C::subject(&User::known());
    let held = current.load_full();
    let items: Vec<Item> = [Item::Static, Item::EndsWith, Item::OneOf20, Item::Split3]
        .into_iter()
        .filter(|item| C::fit(*item) != Fit::Never)
        .collect();
    let mut timed = Vec::with_capacity(MOST_TIMED);
    let mut calls = 0;
    let (cpu, waits) = (clock::of_thread(), alone::waits_of_thread()?);
    'asking: loop {
        for item in &items {
            if stop.load(Ordering::Relaxed) {
                break 'asking;
            }
            let start = calls_to_time(calls, timed.len()).then(Instant::now);
            if C::RENEWS {
                ask::<C>(&held, *item, &user);
            } else {
                ask::<C>(&current.load(), *item, &user);
            }
            if let Some(start) = start {
                timed.push(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
            }
            calls += 1;
        }
    }
    let (cpu, waits) =
        (clock::of_thread().saturating_sub(cpu), alone::waits_of_thread()?.saturating_sub(waits));
    Ok(Reading { calls, cpu, timed, waits })
}

fn calls_to_time(calls: usize, timed: usize) -> bool {
    calls.is_multiple_of(TIMED) && timed < MOST_TIMED
}

fn ask<C: Contestant>(contestant: &C, item: Item, user: &C::Subject) {
    if item == Item::Split3 {
        black_box(contestant.letter(black_box(item.key()), user));
    } else {
        black_box(contestant.enabled(black_box(item.key()), user));
    }
}
