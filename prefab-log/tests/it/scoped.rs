//! A subscriber of one thread, and a refresh on another. It must be the only subscriber of its process.

use std::{sync::Arc, thread};

use crate::support::{Lines, Switch};
use prefab_core::LogLevel;
use prefab_log::{LogFilter, Settings};
use tracing::{debug, error};
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _, registry};

#[test]
fn a_refresh_on_another_thread_reaches_the_subscriber_of_this_one() {
    let switch = Switch::new(&[("", &[LogLevel::Warn])]);
    let filter = LogFilter::new(Settings::default());
    let refresh = filter.attach(Arc::<Switch>::clone(&switch));
    let lines = Lines::default();
    let log = || {
        debug!("debug");
        error!("error");
    };
    tracing::subscriber::with_default(registry().with(lines.clone().with_filter(filter)), || {
        log();
        assert_eq!(lines.take(), ["error"]);
        for (levels, expected) in
            [(LogLevel::Debug, &["debug", "error"][..]), (LogLevel::Error, &["error"][..])]
        {
            switch.set(&[("", &[levels])]);
            thread::scope(|scope| scope.spawn(|| refresh.refresh()).join()).unwrap();
            log();
            assert_eq!(lines.take(), expected);
        }
        assert_eq!(switch.asked(), 0, "and are remembered");
    });
}
