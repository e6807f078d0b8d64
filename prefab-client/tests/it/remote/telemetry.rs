//! The telemetry that a server receives.

mod in_use;
mod sending;

use std::{
    thread,
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use prefab_client::{
    Client, ClientBuilder, Config, ConfigValue, Context, ContextSet, ContextUploadMode, Datasources, scope,
};
use prefab_core::{ConditionalValue, ConfigRow, Criterion, Operator};
use prefab_proto::wire::{self, config_value::Type, telemetry_event::Payload};
use prost::Message as _;

use prefab_testing::{
    throughout,
    upstream::{KEY, Upstream},
    within,
};

use super::{SECOND, of};

/// A client that reports every few milliseconds.
fn talkative(server: &Upstream) -> ClientBuilder {
    of(server).collect_sync_interval(Duration::from_millis(30))
}

fn user(key: &str) -> ContextSet {
    Context::new("user").with("key", key.to_owned()).with("age", 36).into()
}

/// Everything that a server has received.
#[derive(Default, Debug)]
struct Received {
    instances: Vec<String>,
    /// Key, value and count.
    answers: Vec<(String, String, i64)>,
    counters: Vec<wire::ConfigEvaluationCounter>,
    shapes: Vec<wire::ContextShape>,
    examples: Vec<wire::ContextSet>,
    loggers: Vec<wire::Logger>,
    dropped: u64,
}

fn received(server: &Upstream) -> Received {
    let mut received = Received::default();
    for post in server.posts().into_iter().filter(|post| post.taken) {
        let wire::TelemetryEvents { instance_hash, events } =
            wire::TelemetryEvents::decode(post.body).unwrap();
        assert!(!events.is_empty(), "an empty report is not sent");
        received.instances.push(instance_hash);
        events.into_iter().filter_map(|event| event.payload).for_each(|payload| received.add(payload));
    }
    received
}

impl Received {
    fn add(&mut self, payload: Payload) {
        match payload {
            Payload::Summaries(summaries) => {
                assert!(summaries.start <= summaries.end && summaries.start > 1_700_000_000_000);
                for summary in summaries.summaries {
                    for counter in summary.counters {
                        let value = shown(counter.selected_value.as_ref().unwrap());
                        self.count(&summary.key, value, counter.count);
                        self.counters.push(counter);
                    }
                }
            }
            Payload::ExampleContexts(examples) => {
                self.examples.extend(examples.examples.into_iter().filter_map(|it| it.context_set));
            }
            Payload::ContextShapes(shapes) => self.shapes.extend(shapes.shapes),
            Payload::Loggers(loggers) => self.loggers.extend(loggers.loggers),
            Payload::ClientStats(stats) => self.dropped += stats.dropped_event_count,
        }
    }

    fn count(&mut self, key: &str, value: String, count: i64) {
        match self.answers.iter_mut().find(|answer| answer.0 == key && answer.1 == value) {
            Some(answer) => answer.2 += count,
            None => self.answers.push((key.to_owned(), value, count)),
        }
    }

    fn times(&self, key: &str) -> i64 {
        self.answers.iter().filter(|answer| answer.0 == key).map(|answer| answer.2).sum()
    }
}

fn shown(value: &wire::ConfigValue) -> String {
    match value.r#type.as_ref().unwrap() {
        Type::Int(int) => int.to_string(),
        Type::Bool(bool) => bool.to_string(),
        Type::String(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

#[test]
fn evaluation_counts_and_contexts_are_reported() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let for_adults = Criterion {
        property_name: "user.age".into(),
        operator: Operator::PropIsOneOf,
        value_to_match: Some(["36"].into()),
    };
    let rules = vec![ConditionalValue::when(vec![for_adults], true), ConditionalValue::always(false)];
    server
        .set_config(Config { rows: vec![ConfigRow::default_row(rules)], ..Config::constant("adult", true) });
    let service = Context::new("service").with("name", "billing");
    let client = talkative(&server).global_context(service).build().unwrap();

    let live = client.live::<i64>("max-jobs").unwrap();
    let live_or = client.live_or("max-jobs", 1);
    for _ in 0..3 {
        assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
        assert!(client.with(&user("u-1")).enabled("adult"));
        assert!(!client.enabled("adult"));
        assert_eq!((live.get(), live_or.get()), (30, 30));
        assert!(client.get::<i64>("no-such-key").is_err());
    }
    let bound = client.with_context(user("u-2"));
    assert_eq!(bound.get_or("max-jobs", 0), 30);
    client.close();

    let received = received(&server);
    let mut answers = received.answers.clone();
    answers.sort();
    let answer = |key: &str, value: &str, count| (key.to_owned(), value.to_owned(), count);
    // The live handles of a key count as one evaluation.
    assert_eq!(
        answers,
        [answer("adult", "false", 3), answer("adult", "true", 3), answer("max-jobs", "30", 4 + 1)]
    );
    assert!(received.counters.iter().all(|counter| counter.config_id > Some(17_000_000_000_000_000)));
    let kinds =
        |name: &str| received.shapes.iter().find(|shape| shape.name == name).unwrap().field_types.clone();
    assert_eq!((kinds("user")["key"], kinds("user")["age"], kinds("service")["name"]), (2, 1, 2));
    // Each once, with the global context.
    assert_eq!(received.examples.len(), 2, "{:?}", received.examples);
    assert!(received.examples.iter().all(|example| example.contexts.len() == 2));
    assert_eq!(received.dropped, 0);
}

#[test]
fn confidential_values_are_reported_redacted() {
    let server = Upstream::start();
    let secret = ConfigValue { confidential: true, ..ConfigValue::from("s3cret") };
    server.set_config(Config::constant("password", secret));
    let client = talkative(&server).build().unwrap();
    assert_eq!(client.get::<String>("password").as_deref(), Ok("s3cret"));
    client.close();
    assert_eq!(received(&server).answers, [("password".to_owned(), "*****33e1b".to_owned(), 1)]);
    for post in server.posts() {
        assert!(!post.body.windows(6).any(|window| window == b"s3cret"));
    }
}

#[cfg(feature = "log")]
#[test]
fn a_line_is_counted_once_with_several_layers() {
    use prefab_client::LogLevel;
    use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};

    let server = Upstream::start();
    server.set("log-level.my_app", LogLevel::Info);
    let client = talkative(&server).build().unwrap();
    within(5 * SECOND, "the level", || client.log_level("my_app") == LogLevel::Info);
    let lines = tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::sink).with_filter(client.log_filter()))
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::sink).with_filter(client.log_filter()));
    {
        let _here = tracing::subscriber::set_default(lines);
        for _ in 0..3 {
            tracing::info!(target: "my_app::db", "counted");
        }
        tracing::error!(target: "my_app::db", "counted");
        tracing::debug!(target: "my_app::db", "held back");
    }
    client.close();
    let received = received(&server);
    let db: Vec<_> = received.loggers.iter().filter(|logger| logger.logger_name == "my_app.db").collect();
    let counts =
        |level: fn(&wire::Logger) -> Option<i64>| -> i64 { db.iter().copied().filter_map(level).sum() };
    assert_eq!((counts(|it| it.infos), counts(|it| it.errors), counts(|it| it.debugs)), (3, 1, 0));
    // Evaluations of log levels are not counted, only that a filter uses them.
    assert_eq!(received.times("log-level.my_app"), 1);
}

#[test]
fn two_clients_count_separately() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let (one, other) = (of(&server).build().unwrap(), of(&server).build().unwrap());
    for _ in 0..3 {
        assert_eq!(one.get_or("max-jobs", 0), 30);
    }
    assert_eq!(other.get_or("max-jobs", 0), 30);
    one.close();
    let first = received(&server);
    assert_eq!(first.times("max-jobs"), 3);
    other.close();
    let both = received(&server);
    assert_eq!(both.times("max-jobs"), 4);
    assert_eq!(both.instances.len(), 2);
    assert_ne!(both.instances[0], both.instances[1]);
}

#[test]
fn a_flag_without_rules_is_counted_with_any_contexts() {
    let server = Upstream::start();
    server.set("on", true);
    let client = of(&server).build().unwrap();
    let ask = |client: &Client| {
        let one = user("u-1");
        for _ in 0..5 {
            assert!(client.with(&one).enabled("on"));
            assert!(client.enabled("on"));
        }
        assert!(client.with(&user("u-2")).enabled("on"));
        let _request = scope::enter(ContextSet::from(Context::new("request").with("path", "/")));
        for _ in 0..5 {
            assert!(client.with(&one).enabled("on"));
        }
        drop(scope::enter(user("u-3")));
        assert!(client.with_context(user("u-4")).enabled("on"));
        // The scope is open in the closure, too.
        let scopes = client.with(&one).evaluate("on", |_| scope::current().len());
        assert_eq!(scopes, 1);
    };
    ask(&client);
    thread::scope(|threads| {
        threads.spawn(|| ask(&client));
    });
    client.close();
    let received = received(&server);
    assert_eq!(received.times("on"), 2 * (10 + 1 + 5 + 1 + 1), "{:?}", received.answers);
    let keys = |example: &wire::ContextSet| {
        let user = example.contexts.iter().find(|context| context.r#type.as_deref() == Some("user"));
        let key = user.and_then(|user| user.values.get("key")).map(shown);
        (key.unwrap_or_default(), example.contexts.len())
    };
    let mut examples: Vec<_> = received.examples.iter().map(keys).collect();
    examples.sort();
    let key = |key: &str| key.to_owned();
    assert_eq!(examples, [(key("u-1"), 1), (key("u-2"), 1), (key("u-4"), 2)]);
    let shapes: Vec<_> = received.shapes.iter().map(|shape| shape.name.as_str()).collect();
    assert!(shapes.contains(&"user") && shapes.contains(&"request"), "{shapes:?}");
}

#[test]
fn counts_start_at_zero_after_each_report() {
    let server = Upstream::start();
    server.set("on", true);
    let client = talkative(&server).build().unwrap();
    let one = user("u-1");
    let mut asked = 0;
    within(20 * SECOND, "several reports with counts and shapes", || {
        assert!(client.with(&one).enabled("on"));
        asked += 1;
        let received = received(&server);
        received.instances.len() > 4 && received.shapes.len() > 2
    });
    client.close();
    assert_eq!(received(&server).times("on"), asked);
}
