//! The telemetry that a server receives.

mod in_use;

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
fn discarded_reports_are_counted_and_free_their_memory() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    server.refuse_reports(Some(StatusCode::SERVICE_UNAVAILABLE));
    let client = talkative(&server).build().unwrap();
    let ask = |times| (0..times).for_each(|_| assert_eq!(client.get_or("max-jobs", 0), 30));
    ask(1);
    within(5 * SECOND, "the first report", || !server.posts().is_empty());
    // Only the same message is sent again, and new evaluations are counted in place.
    within(5 * SECOND, "six posts", || {
        ask(1_000);
        server.posts().len() > 5
    });
    let posts = server.posts();
    assert!(posts[1..5].iter().all(|post| post.body == posts[0].body), "the same message five times");
    assert_ne!(posts[5].body, posts[0].body, "given up");
    assert!(posts[5].body.len() < posts[0].body.len() + 32, "{} bytes", posts[5].body.len());

    server.refuse_reports(None);
    within(5 * SECOND, "an accepted report", || received(&server).dropped > 0);
    client.close();
    let received = received(&server);
    // The first message had one counter and nothing else.
    assert_eq!(received.dropped, 1);
    assert_eq!(received.times("max-jobs") % 1_000, 0, "all but the first: {received:?}");
}

#[test]
fn a_permanent_rejection_is_not_retried() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    server.refuse_reports(Some(StatusCode::NOT_FOUND));
    let client = talkative(&server).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    within(5 * SECOND, "two reports", || server.posts().len() > 1);
    let posts = server.posts();
    assert_ne!(posts[0].body, posts[1].body);
    let second = wire::TelemetryEvents::decode(posts[1].body.clone()).unwrap();
    let [wire::TelemetryEvent { payload: Some(Payload::ClientStats(stats)) }] = &second.events[..] else {
        panic!("{second:?}")
    };
    assert_eq!(stats.dropped_event_count, 1);
}

#[test]
fn the_last_report_is_sent_on_close_and_on_drop() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let client = of(&server).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    client.close();
    assert_eq!(received(&server).times("max-jobs"), 1);
    client.close();

    let client = of(&server).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    drop(client);
    within(SECOND, "the report of the dropped client", || received(&server).times("max-jobs") == 2);
}

#[test]
fn a_close_waits_at_most_two_seconds_for_a_hanging_server() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let client = of(&server).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    server.delay(20 * SECOND);
    let started = Instant::now();
    client.close();
    let took = started.elapsed();
    assert!(took >= SECOND && took < 3 * SECOND, "{took:?}");
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
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

#[test]
fn nothing_is_reported_without_a_server_or_when_disabled() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let silent = |client: Client| {
        let _ = client.with(&user("u-1")).get_or("max-jobs", 0);
        throughout(SECOND / 10, "nothing is reported", || server.posts().is_empty());
        client.close();
        assert!(server.posts().is_empty());
    };
    let reporting = |builder: ClientBuilder| {
        builder
            .api_key(KEY)
            .telemetry_url(server.url())
            .collect_sync_interval(Duration::from_millis(20))
            .value("max-jobs", 1)
    };
    silent(reporting(Client::in_memory()).build().unwrap());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"configs": []}"#).unwrap();
    silent(reporting(Client::builder().datafile(file.path())).build().unwrap());
    let local = Client::builder().datasources(Datasources::LocalOnly).without_override_dir();
    silent(reporting(local).build().unwrap());
    let unwanted = talkative(&server)
        .collect_evaluation_summaries(false)
        .context_upload_mode(ContextUploadMode::None)
        .collect_loggers(false);
    silent(unwanted.build().unwrap());
    // A client without evaluations sends no report.
    let unasked = talkative(&server).build().unwrap();
    throughout(SECOND / 10, "nothing is reported", || server.posts().is_empty());
    unasked.close();
    assert!(server.posts().is_empty());
}

#[test]
fn reports_go_to_the_telemetry_url_with_only_what_is_enabled() {
    let (server, other) = (Upstream::start(), Upstream::start());
    server.set("max-jobs", 30);
    let client = talkative(&server)
        .telemetry_url(other.url())
        .collect_evaluation_summaries(false)
        .context_upload_mode(ContextUploadMode::ShapeOnly)
        .build()
        .unwrap();
    assert_eq!(client.with(&user("u-1")).get_or("max-jobs", 0), 30);
    client.close();
    assert!(server.posts().is_empty());
    let received = received(&other);
    assert_eq!((received.shapes.len(), received.examples.len(), received.answers.len()), (1, 0, 0));
    let wrong = of(&server).telemetry_url("nowhere").build().unwrap_err();
    assert!(wrong.to_string().starts_with("telemetry: `nowhere` is not a URL"), "{wrong}");
}

#[test]
fn a_report_beyond_the_message_limit_is_split() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let client = of(&server).build().unwrap();
    // Twice the limit of the server for one message, which is 2 MB.
    let about = "the properties of a user, ".repeat(400);
    for nth in 0..400 {
        let user = Context::new("user").with("key", format!("u-{nth}")).with("about", about.clone());
        assert_eq!(client.with(&user.into()).get_or("max-jobs", 0), 30);
    }
    client.close();
    let received = received(&server);
    assert!(server.posts().len() > 2 && server.posts().iter().all(|post| post.body.len() < 2_000_000));
    assert_eq!((received.examples.len(), received.times("max-jobs"), received.dropped), (400, 400, 0));
    assert!(received.instances.iter().all(|instance| *instance == received.instances[0]));
}
