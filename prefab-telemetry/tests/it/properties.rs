//! Properties of the counts, with any input and any number of threads.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use prefab_core::{Config, Context, ContextSet, Entry, Layer, LogLevel, Provenance};
use prefab_eval::{Contexts, FixedHost, Ruleset};
use prefab_telemetry::{Limits, Options, Report, Telemetry};
use proptest::prelude::*;

fn rules(keys: usize) -> Ruleset {
    let provenance = Arc::new(Provenance::new(Layer::Remote, "test"));
    let configs = (0..keys).map(|at| Config::constant(format!("key.{at}"), "value"));
    let entries = configs.map(|config| Entry::new(config, provenance.clone()));
    Ruleset::build(entries, prefab_eval::Options::default())
}

fn counted(report: &Report) -> (u64, u64) {
    let counters = report.summaries.iter().flat_map(|summary| &summary.counts);
    let calls = report.loggers.iter().flat_map(|logger| LogLevel::ALL.map(|level| logger.count(level)));
    (counters.map(|counter| counter.count).sum(), calls.sum())
}

/// Threads count while another drains. Nothing is lost or counted twice.
#[test]
#[allow(clippy::disallowed_methods)] // Threads are what is tested.
fn counts_are_exact_under_many_threads() {
    const THREADS: usize = 100;
    const EACH: usize = 2_000;
    let (rules, telemetry, done) = (rules(10), Telemetry::new(Options::default(), 0), AtomicBool::new(false));
    let (evaluations, calls) = thread::scope(|scope| {
        let drainer = scope.spawn(|| {
            let (mut evaluations, mut calls) = (0, 0);
            while !done.load(Ordering::Acquire) {
                let counts = counted(&telemetry.drain(0));
                (evaluations, calls) = (evaluations + counts.0, calls + counts.1);
            }
            (evaluations, calls)
        });
        let workers: Vec<_> = (0..THREADS)
            .map(|worker| {
                let (rules, telemetry) = (&rules, &telemetry);
                scope.spawn(move || {
                    for at in 0..EACH {
                        let key = format!("key.{}", (worker + at) % 10);
                        let answer = rules.evaluate(&key, &Contexts::default(), &FixedHost::default());
                        telemetry.count_evaluation(&answer.unwrap());
                        telemetry.count_line(&key, LogLevel::Info);
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().unwrap();
        }
        done.store(true, Ordering::Release);
        drainer.join().unwrap()
    });
    let rest = telemetry.drain(0);
    let (rest_evaluations, rest_calls) = counted(&rest);
    let expected = u64::try_from(THREADS * EACH).unwrap();
    assert_eq!(evaluations + rest_evaluations, expected);
    assert_eq!(calls + rest_calls, expected);
    assert_eq!(rest.dropped, 0);
}

/// Something to record, or a drain.
#[derive(Clone, Debug)]
enum Deed {
    Evaluate(usize),
    Log(u8),
    See(u8, u8),
    Drain,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        6 => (0..20_usize).prop_map(Deed::Evaluate),
        6 => (0..20_u8).prop_map(Deed::Log),
        6 => (0..20_u8, 0..20_u8).prop_map(|(user, property)| Deed::See(user, property)),
        1 => Just(Deed::Drain),
    ];
    prop::collection::vec(deed, 0..200)
}

proptest! {
    #[test]
    fn limits_apply_and_drains_reset_them(deeds in deeds(), max in 0..12_usize) {
        let limits = Limits {
            evaluations: max, shapes: max, examples: max, remembered_examples: max, loggers: max,
        };
        let telemetry = Telemetry::new(Options { limits, ..Options::default() }, 0);
        let rules = rules(20);
        // The numbers of evaluations and lines that were counted, reported and dropped.
        let (mut made, mut reported, mut dropped, mut seen) = (0, 0, 0, 0);
        for deed in deeds.into_iter().chain([Deed::Drain]) {
            match deed {
                Deed::Evaluate(key) => {
                    let key = format!("key.{key}");
                    let answer = rules.evaluate(&key, &Contexts::default(), &FixedHost::default()).unwrap();
                    telemetry.count_evaluation(&answer);
                    made += 1;
                }
                Deed::Log(logger) => {
                    telemetry.count_line(&logger.to_string(), LogLevel::Warn);
                    made += 1;
                }
                Deed::See(user, property) => {
                    let user = Context::new("user").with("key", i64::from(user)).with(property.to_string(), 1);
                    telemetry.record_contexts(&[&ContextSet::from(user)], || 0);
                    seen += 1;
                }
                Deed::Drain => {
                    let report = telemetry.drain(0);
                    let counters: usize = report.summaries.iter().map(|summary| summary.counts.len()).sum();
                    let properties: usize =
                        report.context_shapes.iter().map(|shape| shape.properties.len()).sum();
                    for entries in [counters, properties, report.example_contexts.len(), report.loggers.len()] {
                        prop_assert!(entries <= max);
                    }
                    let (evaluations, calls) = counted(&report);
                    reported += evaluations + calls;
                    dropped += report.dropped;
                    prop_assert!(telemetry.drain(0).is_empty());
                }
            }
        }
        prop_assert!(reported <= made && made <= reported + dropped, "nothing vanishes uncounted");
        // At most two properties and one example are dropped each time contexts are recorded.
        prop_assert!(dropped <= made - reported + 3 * seen);
    }

    #[test]
    fn every_shape_and_every_example_is_reported_once(seen in prop::collection::vec((0..5_u8, 0..5_u8), 1..40)) {
        let telemetry = Telemetry::new(Options::default(), 0);
        for (user, property) in &seen {
            let user = Context::new("user").with("key", i64::from(*user)).with(property.to_string(), 1);
            telemetry.record_contexts(&[&ContextSet::from(user)], || 0);
        }
        let report = telemetry.drain(1);
        let users: std::collections::BTreeSet<_> = seen.iter().map(|(user, _)| user).collect();
        let properties: std::collections::BTreeSet<_> = seen.iter().map(|(_, property)| property).collect();
        prop_assert_eq!(report.example_contexts.len(), users.len());
        prop_assert_eq!(report.context_shapes[0].properties.len(), properties.len() + 1);
    }
}
