//! The cost of a line with a fixed level, with `EnvFilter` and with Prefab levels, in one run.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_imports,
    reason = "a bench stops where it cannot be set up; its groups are modules of one file"
)]

use divan::{Bencher, black_box};
use prefab_client::{
    Client, Context, ContextSet, LogLevel,
    log::{LogFilter, LogOptions},
    scope,
};
use prefab_core::{Config, ConfigValue, Criterion, Operator};
use tracing::{Event, Subscriber, debug, info_span, level_filters::LevelFilter, subscriber::with_default};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    layer::{Context as LayerContext, Filter, SubscriberExt as _},
    registry, reload,
};

fn main() {
    divan::main();
}

const RULES: [usize; 3] = [1, 50, 500];

/// Discards lines.
struct Sink;

impl<S: Subscriber> Layer<S> for Sink {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        black_box(event.metadata());
    }
}

/// The line of all benches.
fn line() {
    debug!(target: "my_app::db::pool", size = black_box(3), "connection taken");
}

fn under(bencher: Bencher<'_, '_>, filter: impl Filter<Registry> + Send + Sync + 'static) {
    with_default(registry().with(Sink.with_filter(filter)), || {
        line();
        bencher.bench_local(line);
    });
}

/// Sets `rules` loggers to debug for one user. If `depends`, one of them is the logger of the line.
fn client(rules: usize, depends: bool) -> Client {
    let mut builder = Client::in_memory().value("log-level", LogLevel::Info);
    for nth in 0..rules {
        let own = depends && nth == rules / 2;
        let path = if own { "db".to_owned() } else { format!("module_{nth}") };
        builder = builder.config(for_ada(&format!("log-level.my_app.{path}")));
    }
    builder.build().unwrap()
}

fn for_ada(key: &str) -> Config {
    let mut config = Config::constant(key, LogLevel::Debug);
    config.rows[0].values[0].criteria.push(Criterion {
        property_name: "user.key".to_owned(),
        operator: Operator::PropIsOneOf,
        value_to_match: Some(ConfigValue::from(["ada"])),
    });
    config
}

fn prefab(client: &Client) -> LogFilter {
    client.log_filter_with(&LogOptions::default())
}

fn user(key: &str) -> ContextSet {
    Context::new("user").with("key", key).with("plan", "pro").into()
}

/// A filter with `rules` modules, and the module of the line if `on`.
fn env_filter(rules: usize, on: bool) -> EnvFilter {
    let mut directives = "info".to_owned();
    for nth in 0..rules {
        let module = if on && nth == rules / 2 { "db".to_owned() } else { format!("module_{nth}") };
        directives.push_str(",my_app::");
        directives.push_str(&module);
        directives.push_str("=debug");
    }
    directives.parse().unwrap()
}

/// No filter allows debug.
mod a_off_everywhere {
    use super::*;

    #[divan::bench]
    fn level_filter(bencher: Bencher<'_, '_>) {
        under(bencher, LevelFilter::INFO);
    }

    #[divan::bench]
    fn env_filter(bencher: Bencher<'_, '_>) {
        under(bencher, EnvFilter::new("info"));
    }

    #[divan::bench]
    fn prefab(bencher: Bencher<'_, '_>) {
        under(bencher, super::prefab(&client(0, false)));
    }
}

/// Other loggers are at debug, for all users or for one user; this one is not.
mod b_off_here {
    use super::*;

    #[divan::bench(args = RULES)]
    fn env_filter(bencher: Bencher<'_, '_>, rules: usize) {
        under(bencher, super::env_filter(rules, false));
    }

    #[divan::bench(args = RULES)]
    fn prefab(bencher: Bencher<'_, '_>, rules: usize) {
        under(bencher, super::prefab(&client(rules, false)));
    }
}

/// The line is printed for all users.
mod c_on {
    use super::*;

    #[divan::bench]
    fn level_filter(bencher: Bencher<'_, '_>) {
        under(bencher, LevelFilter::DEBUG);
    }

    #[divan::bench(args = RULES)]
    fn env_filter(bencher: Bencher<'_, '_>, rules: usize) {
        under(bencher, super::env_filter(rules, true));
    }

    #[divan::bench(args = RULES)]
    fn env_filter_reload(bencher: Bencher<'_, '_>, rules: usize) {
        under(bencher, reload::Layer::new(super::env_filter(rules, true)).0);
    }

    #[divan::bench(args = RULES)]
    fn prefab(bencher: Bencher<'_, '_>, rules: usize) {
        let client = client(rules, false);
        let _own = client.override_value("log-level.my_app.db", LogLevel::Debug);
        under(bencher, super::prefab(&client));
    }
}

/// The level of the line depends on the user, who is another one.
mod d_off_for_this_user {
    use super::*;

    #[divan::bench]
    fn env_filter_by_span_field(bencher: Bencher<'_, '_>) {
        by_span(bencher, "bob");
    }

    #[divan::bench(args = RULES)]
    fn prefab(bencher: Bencher<'_, '_>, rules: usize) {
        let _scope = scope::enter(user("bob"));
        under(bencher, super::prefab(&client(rules, true)));
    }
}

/// The level of the line depends on the user, who is the one of the rule.
mod e_on_for_this_user {
    use super::*;

    #[divan::bench]
    fn env_filter_by_span_field(bencher: Bencher<'_, '_>) {
        by_span(bencher, "ada");
    }

    #[divan::bench(args = RULES)]
    fn prefab(bencher: Bencher<'_, '_>, rules: usize) {
        let _scope = scope::enter(user("ada"));
        under(bencher, super::prefab(&client(rules, true)));
    }

    #[divan::bench(args = RULES)]
    fn prefab_counting(bencher: Bencher<'_, '_>, rules: usize) {
        let _scope = scope::enter(user("ada"));
        under(bencher, client(rules, true).log_filter_with(&LogOptions::default().count_lines(true)));
    }
}

/// The closest equivalent of a context in `EnvFilter`: the fields of the spans around the line.
fn by_span(bencher: Bencher<'_, '_>, user: &'static str) {
    let filter: EnvFilter = "info,[request{user=ada}]=debug".parse().unwrap();
    with_default(registry().with(Sink.with_filter(filter)), || {
        let _span = info_span!("request", user).entered();
        line();
        bencher.bench_local(line);
    });
}

/// A level changes, and a thousand callsites are evaluated again.
mod f_change {
    use super::*;

    macro_rules! times_ten {
        ($log:ident) => {
            $log!();
            $log!();
            $log!();
            $log!();
            $log!();
            $log!();
            $log!();
            $log!();
            $log!();
            $log!();
        };
    }
    macro_rules! one {
        () => {
            debug!(target: "my_app::many", "one of many");
        };
    }
    macro_rules! ten {
        () => {
            times_ten!(one);
        };
    }
    macro_rules! hundred {
        () => {
            times_ten!(ten);
        };
    }

    fn thousand() {
        times_ten!(hundred);
    }

    #[divan::bench(args = RULES)]
    fn prefab(bencher: Bencher<'_, '_>, rules: usize) {
        let client = client(rules, true);
        with_default(registry().with(Sink.with_filter(super::prefab(&client))), || {
            thousand();
            let mut levels = [LogLevel::Debug, LogLevel::Warn].into_iter().cycle();
            bencher.bench_local(|| {
                let level = levels.next().unwrap_or_default();
                // Two changes: the level is set and removed.
                drop(client.override_value("log-level.my_app.many", level));
            });
        });
    }
}
