//! The results of the filter: for one layer and for all, for events and spans, before and after changes.

use std::sync::Arc;

use crate::support::{Lines, Switch};
use prefab_core::{LevelSet, LogLevel};
use prefab_log::{LevelResolver, LogFilter, Settings};
use tracing::{debug, error, info, info_span, subscriber::with_default, warn};
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _, registry};

fn filter(switch: &Arc<Switch>) -> LogFilter {
    let filter = LogFilter::new(Settings::default());
    filter.attach(Arc::<Switch>::clone(switch));
    filter
}

#[test]
fn targets_are_loggers_of_the_tree() {
    let filter = filter(&Switch::new(&[("my_app.db", &[LogLevel::Debug]), ("", &[LogLevel::Error])]));
    let lines = Lines::default();
    with_default(registry().with(lines.clone().with_filter(filter)), || {
        debug!(target: "my_app::db::pool", "one");
        debug!(target: "my_app.db", "two");
        debug!(target: "my_app::dbx", "not this");
        warn!(target: "my_app", "nor this");
        error!(target: "my_app", "three");
        let _span = info_span!(target: "my_app::db", "a span").entered();
        let _none = info_span!(target: "my_app::web", "no span").entered();
    });
    assert_eq!(lines.take(), ["one", "two", "three", "a span"]);
}

#[test]
fn a_filter_affects_one_layer_and_a_layer_affects_all() {
    let filter = filter(&Switch::new(&[("", &[LogLevel::Warn])]));
    let (own, other) = (Lines::default(), Lines::default());
    with_default(registry().with(own.clone().with_filter(filter.clone())).with(other.clone()), || {
        info!("to the other alone");
        warn!("to both");
    });
    assert_eq!(own.take(), ["to both"]);
    assert_eq!(other.take(), ["to the other alone", "to both"]);

    with_default(registry().with(own.clone()).with(filter), || {
        info!("to no layer");
        warn!("to both");
    });
    assert_eq!(own.take(), ["to both"]);
}

#[test]
fn the_resolver_is_called_per_line_only_if_the_level_depends_on_contexts() {
    let switch =
        Switch::new(&[("fixed", &[LogLevel::Info]), ("depends", &[LogLevel::Debug, LogLevel::Warn])]);
    let lines = Lines::default();
    with_default(registry().with(lines.clone().with_filter(filter(&switch))), || {
        for _ in 0..10 {
            info!(target: "fixed", "always");
            debug!(target: "fixed", "never");
            warn!(target: "depends", "warnings always, at either level");
        }
        assert_eq!(switch.asked(), 0);
        for _ in 0..10 {
            debug!(target: "depends", "sometimes");
        }
        assert_eq!(switch.asked(), 10);
    });
    assert_eq!(lines.take().len(), 30);
}

#[test]
fn a_changed_level_applies_to_known_lines_until_it_is_reverted() {
    let switch = Switch::new(&[("", &[LogLevel::Warn])]);
    let filter = filter(&switch);
    let lines = Lines::default();
    with_default(registry().with(lines.clone().with_filter(filter.clone())), || {
        let log = || debug!(target: "my_app", "line");
        log();
        assert_eq!(lines.take().len(), 0);
        switch.set(&[("my_app", &[LogLevel::Debug])]);
        filter.refresh_handle().refresh();
        log();
        assert_eq!(lines.take().len(), 1);
        switch.set(&[("", &[LogLevel::Warn])]);
        filter.refresh_handle().refresh();
        log();
        assert_eq!(lines.take().len(), 0);
    });
}

#[test]
fn the_bootstrap_level_applies_until_there_is_a_config() {
    let settings = Settings { bootstrap: LogLevel::Debug, default: LogLevel::Error, ..Settings::default() };
    let filter = LogFilter::new(settings);
    let lines = Lines::default();
    with_default(registry().with(lines.clone().with_filter(filter.clone())), || {
        let log = || info!(target: "my_app", "line");
        log();
        assert_eq!(lines.take().len(), 1, "there is no resolver");
        let switch = Switch::new(&[]);
        let refresh = filter.attach(Arc::<Switch>::clone(&switch));
        log();
        assert_eq!(lines.take().len(), 1, "the resolver has no config");
        switch.set(&[("other", &[LogLevel::Info])]);
        refresh.refresh();
        log();
        assert_eq!(lines.take().len(), 0, "the default holds");
    });
}

/// Logs a line in each of its methods.
struct Talkative;

impl LevelResolver for Talkative {
    fn level(&self, path: &str) -> Option<LogLevel> {
        error!(path, "evaluated");
        Some(LogLevel::Trace)
    }
    fn levels(&self, path: &str) -> LevelSet {
        error!(path, "foreseen");
        LevelSet::from_iter([LogLevel::Trace, LogLevel::Fatal])
    }
    fn levels_of_all(&self) -> LevelSet {
        error!("overseen");
        LevelSet::ALL
    }
}

#[test]
fn lines_logged_by_the_resolver_are_dropped() {
    let filter = LogFilter::new(Settings::default());
    let lines = Lines::default();
    with_default(registry().with(lines.clone().with_filter(filter.clone())), || {
        filter.attach(Arc::new(Talkative)).refresh();
        info!("one");
        info!("two");
    });
    let mut lines = lines.take();
    // During an interest decision, a line of the resolver may pass as one that is sometimes printed: an error
    // does at either level.
    lines.retain(|line| line != "foreseen" && line != "overseen");
    assert_eq!(lines, ["one", "two"]);
}

#[test]
fn printed_lines_are_counted() {
    let filter = LogFilter::new(Settings { count_lines: true, ..Settings::default() });
    filter.attach(Switch::new(&[("my_app", &[LogLevel::Info])]));
    with_default(registry().with(Lines::default().with_filter(filter.clone())), || {
        for _ in 0..3 {
            info!(target: "my_app::db", "counted");
            debug!(target: "my_app::db", "held back");
        }
    });
    let counts = filter.line_counts().map(prefab_log::LineCounts::take).unwrap_or_default();
    assert_eq!(counts.len(), 1);
    assert_eq!((counts[0].logger.as_str(), &counts[0].lines[..]), ("my_app.db", &[(LogLevel::Info, 3)][..]));
}
