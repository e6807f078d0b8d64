//! Levels change while many threads log: no line is lost, nothing blocks, and the last change applies.
//!
//! The state is global to the process, so there is only one test.

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use prefab_core::LogLevel;
use prefab_log::{LogFilter, Settings};
use support::Switch;
use tracing::{Event, Level, Subscriber, debug, error};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _, registry};

const THREADS: usize = 8;
const LONG: Duration = Duration::from_secs(2);

/// Counts printed lines.
#[derive(Clone, Default)]
struct Counter(Arc<[AtomicUsize; 2]>);

impl Counter {
    fn errors(&self) -> usize {
        self.0[0].load(Ordering::SeqCst)
    }

    fn debugs(&self) -> usize {
        self.0[1].load(Ordering::SeqCst)
    }
}

impl<S: Subscriber> Layer<S> for Counter {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let place = usize::from(*event.metadata().level() != Level::ERROR);
        self.0[place].fetch_add(1, Ordering::SeqCst);
    }
}

/// Separate callsites, each first reached at a different time between changes.
macro_rules! first_met {
    ($log:ident: $($line:literal)*) => {
        [$({ fn line() { $log!(target: "my_app::db", line = $line, "first met"); } line as fn() }),*]
    };
}

const ERRORS: [fn(); 32] =
    first_met!(error: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
const DEBUGS: [fn(); 32] =
    first_met!(debug: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);

#[test]
fn no_line_is_lost_while_levels_change_under_many_threads() {
    const STATES: [&[(&str, &[LogLevel])]; 5] = [
        &[("", &[LogLevel::Error])],
        &[("my_app", &[LogLevel::Trace])],
        &[("my_app.db", &[LogLevel::Debug, LogLevel::Error])],
        &[("my_app.db", &[LogLevel::Fatal]), ("", &[LogLevel::Info])],
        &[],
    ];
    let switch = Switch::new(STATES[0]);
    let filter = LogFilter::new(Settings::default());
    let refresh = filter.attach(Arc::<Switch>::clone(&switch));
    let counter = Counter::default();
    tracing::subscriber::set_global_default(registry().with(counter.clone().with_filter(filter))).unwrap();

    let (done, logged, swaps) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (done, logged) = (&done, &logged);
            scope.spawn(move || {
                let mut turn = thread;
                while !done.load(Ordering::Relaxed) {
                    // Callsites are reached one after the other.
                    let place = (turn * turn / 64) % ERRORS.len();
                    ERRORS[place]();
                    DEBUGS[place]();
                    logged.fetch_add(1, Ordering::SeqCst);
                    turn += 1;
                }
            });
        }
        // Two threads change levels, so that refreshes run concurrently.
        for thread in 0..2 {
            let (done, swaps, switch, refresh) = (&done, &swaps, &switch, &refresh);
            scope.spawn(move || {
                let started = Instant::now();
                while started.elapsed() < LONG {
                    let swap = swaps.fetch_add(1, Ordering::Relaxed);
                    switch.set(STATES[(swap + thread) % STATES.len()]);
                    refresh.refresh();
                }
                done.store(true, Ordering::Relaxed);
            });
        }
    });

    let (logged, swaps) = (logged.into_inner(), swaps.into_inner());
    println!(
        "{logged} errors and as many debug lines on {THREADS} threads, {swaps} swaps, {} debug lines printed",
        counter.debugs()
    );
    assert_eq!(counter.errors(), logged, "errors are printed at every level");
    assert!(counter.debugs() > 0 && counter.debugs() < logged, "debug lines at some");

    for (state, printed) in
        [(STATES[1], DEBUGS.len()), (STATES[0], 0), (STATES[2], DEBUGS.len()), (STATES[3], 0)]
    {
        switch.set(state);
        refresh.refresh();
        let before = counter.debugs();
        for line in DEBUGS {
            line();
        }
        assert_eq!(counter.debugs() - before, printed, "the last word counts: {state:?}");
    }
}
