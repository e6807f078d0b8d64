//! Levels of a running client change while many threads log for different users: what must be printed is, what must
//! not be is not, and no thread blocks another.
//!
//! The state is global to the process, so there is only one test.
#![cfg(feature = "log")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use prefab_client::{Client, Config, ConfigValue, Context, ContextSet, LogLevel, log::LogOptions, scope};
use prefab_core::{ConditionalValue, ConfigRow, Criterion, Operator};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{Layer, layer::Context as LayerContext, layer::SubscriberExt as _};

const THREADS: usize = 8;
const LONG: Duration = Duration::from_secs(2);

/// Counts errors, debug lines and the client's own lines. It uses the client for each line.
#[derive(Clone)]
struct Counter {
    client: Client,
    counts: Arc<[AtomicUsize; 3]>,
}

impl Counter {
    fn count(&self, place: usize) -> usize {
        self.counts[place].load(Ordering::SeqCst)
    }
}

impl<S: Subscriber> Layer<S> for Counter {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        let place = match (event.metadata().target(), *event.metadata().level()) {
            ("shop::db", Level::ERROR) => 0,
            ("shop::db", _) => 1,
            _ => 2,
        };
        self.counts[place].fetch_add(1, Ordering::SeqCst);
        assert_eq!(self.client.get_or("max-jobs", 0), 30);
        // A line that is logged while a line is handled is filtered like any other.
        if place == 1 {
            tracing::trace!(target: "shop::inner", "never printed");
        }
    }
}

fn user(name: &'static str) -> ContextSet {
    Context::new("user").with("key", name).into()
}

fn for_ada(key: &str) -> Config {
    let is_ada = Criterion {
        property_name: "user.key".into(),
        operator: Operator::PropIsOneOf,
        value_to_match: Some(ConfigValue::from(["ada"])),
    };
    let rules = vec![
        ConditionalValue::when(vec![is_ada], LogLevel::Debug),
        ConditionalValue::always(LogLevel::Error),
    ];
    Config { rows: vec![ConfigRow::default_row(rules)], ..Config::constant(key, LogLevel::Error) }
}

#[test]
fn no_line_is_lost_while_a_client_changes_levels() {
    let client =
        Client::in_memory().value("max-jobs", 30).value("log-level", LogLevel::Error).build().unwrap();
    let counter = Counter { client: client.clone(), counts: Arc::default() };
    let filter = client.log_filter_with(&LogOptions::default().count_lines(true));
    let lines = tracing_subscriber::registry().with(counter.clone().with_filter(filter.clone()));
    tracing::subscriber::set_global_default(lines).unwrap();
    // The client logs its own lines during the changes.
    let _own = client.override_value("log-level.cloud.prefab.client.rust", LogLevel::Debug);

    let changes = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&changes);
    let listening = client.on_change(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    });

    let (done, logged) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|threads| {
        for thread in 0..THREADS {
            let (done, logged) = (&done, &logged);
            threads.spawn(move || {
                let _scope = scope::enter(user(if thread % 2 == 0 { "ada" } else { "bob" }));
                while !done.load(Ordering::Relaxed) {
                    tracing::error!(target: "shop::db", "always printed");
                    tracing::debug!(target: "shop::db", "printed for ada, at times");
                    logged.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for thread in 0..2 {
            let (done, client) = (&done, &client);
            threads.spawn(move || {
                let started = Instant::now();
                while started.elapsed() < LONG {
                    let key = if thread == 0 { "log-level.shop.db" } else { "log-level.shop" };
                    let _rule = client.override_config(for_ada(key));
                    let _other = client.override_value("log-level.elsewhere", LogLevel::Trace);
                }
                done.store(true, Ordering::Relaxed);
            });
        }
    });

    drop(listening);
    let (logged, changes) = (logged.into_inner(), changes.load(Ordering::SeqCst));
    let (errors, debugs, own) = (counter.count(0), counter.count(1), counter.count(2));
    println!(
        "{logged} lines at error and at debug, {changes} changes: {errors}, {debugs} and {own} of its own printed"
    );
    assert_eq!(errors, logged, "errors are printed at every level");
    assert!(debugs > 0 && debugs < logged, "{debugs} of {logged}");
    assert_eq!(own, changes, "each change is logged in one line");
    let sum: u64 = filter
        .line_counts()
        .unwrap()
        .take()
        .into_iter()
        .flat_map(|logger| logger.lines)
        .map(|line| line.1)
        .sum();
    assert_eq!(usize::try_from(sum).unwrap(), errors + debugs + own);

    // The last change applies to all threads.
    let check = |name, expected| {
        let _scope = scope::enter(user(name));
        let before = counter.count(1);
        tracing::debug!(target: "shop::db", "after it all");
        assert_eq!(counter.count(1) - before, expected, "{name}");
    };
    check("ada", 0);
    let rule = client.override_config(for_ada("log-level.shop"));
    check("ada", 1);
    check("bob", 0);
    drop(rule);
    check("ada", 0);
}
