//! Lines of the `log` crate. The state is global to the process, so there is only one test.

mod support;

use std::sync::Arc;

use prefab_core::LogLevel;
use prefab_log::{LogFilter, Settings};
use support::{Lines, Switch};
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _, registry};

#[test]
fn log_lines_are_filtered_by_their_original_target_and_counted() {
    let switch = Switch::new(&[("old.db", &[LogLevel::Debug])]);
    let filter = LogFilter::new(Settings { count_lines: true, ..Settings::default() });
    let lines = Lines::default();
    tracing::subscriber::set_global_default(registry().with(lines.clone().with_filter(filter.clone())))
        .unwrap();
    filter.bridge_log().unwrap();
    assert_eq!(log::max_level(), log::LevelFilter::Warn, "the default");

    let refresh = filter.attach(Arc::<Switch>::clone(&switch));
    assert_eq!(log::max_level(), log::LevelFilter::Debug);
    log::debug!(target: "old::db::pool", "one");
    log::debug!(target: "old::web", "held back");
    log::warn!(target: "old::web", "two");
    assert!(log::log_enabled!(target: "old::db", log::Level::Debug));
    assert_eq!(lines.take(), ["one", "two"]);

    switch.set(&[("old", &[LogLevel::Trace]), ("", &[LogLevel::Error])]);
    refresh.refresh();
    assert_eq!(log::max_level(), log::LevelFilter::Trace);
    log::trace!(target: "old::web", "three");
    log::warn!(target: "new", "held back");
    assert_eq!(lines.take(), ["three"]);

    switch.set(&[("", &[LogLevel::Error])]);
    refresh.refresh();
    assert_eq!(log::max_level(), log::LevelFilter::Warn, "the default may still hold somewhere");

    let counts = filter.line_counts().unwrap().take();
    let loggers: Vec<&str> = counts.iter().map(|counts| counts.logger.as_str()).collect();
    assert_eq!(loggers, ["old.db.pool", "old.web"]);
    assert_eq!(counts[1].lines, [(LogLevel::Trace, 1), (LogLevel::Warn, 1)]);
}
