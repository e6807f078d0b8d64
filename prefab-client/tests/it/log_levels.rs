//! The levels of loggers, through the filter methods that `tracing` calls.
#![allow(clippy::unwrap_used, reason = "a test and its helpers")]

use std::{
    env, fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use prefab_client::{
    Client, Context, ContextSet, LogLevel,
    log::{LogFilter, LogOptions},
    scope,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    callsite::{Callsite, Identifier},
    field::FieldSet,
    metadata::Kind,
    subscriber::Interest,
};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::FilterExt as _,
    layer::{Context as LayerContext, SubscriberExt as _},
    registry,
};

/// A callsite for lines whose targets are created at run time.
struct MadeUp;

impl Callsite for MadeUp {
    fn set_interest(&self, _: Interest) {}
    fn metadata(&self) -> &Metadata<'_> {
        unreachable!("it is not registered")
    }
}

fn line(target: &str, level: Level) -> Metadata<'_> {
    let fields = FieldSet::new(&[], Identifier(&MadeUp));
    Metadata::new("line", target, level, None, None, None, fields, Kind::EVENT)
}

/// Returns the level at which the filter holds a logger, after checking that what `tracing` would remember of
/// its lines agrees.
fn level(filter: &LogFilter, target: &str) -> Option<Level> {
    let dispatch = Dispatch::new(registry().with(filter.clone()));
    let target: &'static str = Box::leak(target.to_owned().into_boxed_str());
    let printed = |level: Level| {
        let line: &'static Metadata<'static> = Box::leak(Box::new(line(target, level)));
        let (interest, enabled) = (dispatch.register_callsite(line), dispatch.enabled(line));
        assert!(!interest.is_always() || enabled, "{target} at {level} is remembered as always, wrongly");
        assert!(!interest.is_never() || !enabled, "{target} at {level} is remembered as never, wrongly");
        let hint = Layer::<Registry>::max_level_hint(filter);
        assert!(!enabled || hint.is_none_or(|hint| level <= hint), "{target} at {level} is above the hint");
        enabled
    };
    [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR].into_iter().find(|l| printed(*l))
}

fn client(datafile: &Json) -> Client {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("datafile.json");
    fs::write(&path, datafile.to_string()).unwrap();
    Client::builder().datafile(path).watch(false).build().unwrap()
}

fn config(key: &str, values: &Json) -> Json {
    json!({"id": "1", "key": key, "configType": "LOG_LEVEL", "valueType": "LOG_LEVEL", "rows": [{"values": values}]})
}

fn tracing_level(level: LogLevel) -> Option<Level> {
    prefab_log::level_filter(level).into_level()
}

#[test]
fn the_shared_cases_match_the_filter() {
    let Some(dir) = env::var_os("PREFAB_CONFORMANCE_DIR") else {
        return prefab_testing::skip("PREFAB_CONFORMANCE_DIR is not set");
    };
    let text = fs::read_to_string(PathBuf::from(dir).join("vectors.json")).unwrap();
    // The recorded result of one client is not JSON: it contains a bare `NaN`.
    let file: Json = serde_json::from_str(&text.replace("      NaN\n", "      null\n")).unwrap();
    let cases = ["agreed", "disputed"].into_iter().flat_map(|part| file[part].as_array().unwrap());
    let mut checked = 0;
    for case in cases.filter(|case| case["op"] == "loglevel") {
        let client = client(&json!({
            "configs": case["configs"],
            "configServicePointer": {"projectId": "1", "projectEnvId": case["project_env_id"]},
        }));
        let mut contexts = ContextSet::new();
        for (name, properties) in case["contexts"]["block"].as_object().into_iter().flatten() {
            let mut context = Context::new(name.clone());
            for (property, value) in properties.as_object().unwrap() {
                context.set(property.clone(), value["string"].as_str().unwrap());
            }
            contexts.set(context);
        }
        let _scope = scope::enter(contexts);
        let expected =
            case.get("recommended").unwrap_or(&case["expected"])["value"]["log_level"].as_str().unwrap();
        let logger = case["key"].as_str().unwrap();
        let filter = client.log_filter_with(&LogOptions::default());
        assert_eq!(level(&filter, logger), tracing_level(expected.parse().unwrap()), "{}", case["name"]);
        checked += 1;
    }
    println!("{checked} cases checked");
    assert!(checked >= 17, "only {checked} cases were found");
}

/// The search in its simplest form.
fn naive(tree: &[(String, LogLevel, Option<&str>)], logger: &str, user: Option<&str>) -> LogLevel {
    let segments: Vec<&str> = logger.split("::").flat_map(|part| part.split('.')).collect();
    for length in (0..=segments.len()).rev() {
        let key = std::iter::once("log-level")
            .chain(segments[..length].iter().copied())
            .collect::<Vec<_>>()
            .join(".");
        // Of two configs with one key the later one applies.
        let Some((_, level, only_for)) = tree.iter().rev().find(|(other, ..)| *other == key) else {
            continue;
        };
        if *level != LogLevel::NotSet && (only_for.is_none() || *only_for == user) {
            return *level;
        }
    }
    LogLevel::Warn
}

fn logger() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "ab"]), 1..5).prop_map(|parts| parts.join("."))
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::from("log-level")), logger().prop_map(|path| format!("log-level.{path}"))]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]
    #[test]
    fn the_level_is_that_of_a_naive_search(
        tree in prop::collection::vec(
            (key(), prop::sample::select(LogLevel::ALL.to_vec()), prop::option::of(prop::sample::select(vec!["u", "v"]))),
            0..8,
        ),
        logger in logger(),
        colons: bool,
        user in prop::option::of(prop::sample::select(vec!["u", "v"])),
    ) {
        let configs: Vec<Json> = tree.iter().zip(1..).map(|((key, level, only_for), id)| {
            let criteria: Vec<Json> = only_for.iter().map(|user| json!({"propertyName": "user.key",
                "operator": "PROP_IS_ONE_OF", "valueToMatch": {"stringList": {"values": [user]}}})).collect();
            let mut config = config(key, &json!([{"criteria": criteria, "value": {"logLevel": level.name()}}]));
            config["id"] = json!(id.to_string());
            config
        }).collect();
        let client = client(&json!({ "configs": configs }));
        let filter = client.log_filter_with(&LogOptions::default());
        let target = if colons { logger.replace('.', "::") } else { logger };
        let _scope = scope::enter(user.map_or_else(ContextSet::new, |user| Context::new("user").with("key", user).into()));
        prop_assert_eq!(level(&filter, &target), tracing_level(naive(&tree, &target, user)));
    }
}

#[test]
fn the_bootstrap_level_applies_until_the_first_config() {
    let client = Client::in_memory().build().unwrap();
    let options = LogOptions::default().bootstrap_level(LogLevel::Debug).default_level(LogLevel::Info);
    let filter = client.log_filter_with(&options);
    assert_eq!(level(&filter, "my_app"), Some(Level::DEBUG));
    let _first = client.override_value("max-jobs", 30);
    assert_eq!(level(&filter, "my_app"), Some(Level::INFO));
}

#[test]
fn the_legacy_key_applies_to_the_lines_of_the_client() {
    let own = "cloud.prefab.client.rust";
    let check = |tree: &[(&str, &str)], expected| {
        let configs: Vec<Json> =
            tree.iter().map(|(key, level)| config(key, &json!([{"value": {"logLevel": level}}]))).collect();
        let filter = client(&json!({ "configs": configs })).log_filter_with(&LogOptions::default());
        assert_eq!(level(&filter, own), Some(expected), "{tree:?}");
    };
    check(&[], Level::WARN);
    check(&[("log-level", "ERROR")], Level::ERROR);
    check(&[("log-level", "ERROR"), ("log-level.prefab", "DEBUG")], Level::DEBUG);
    check(&[("log-level.cloud.prefab", "INFO"), ("log-level.prefab", "DEBUG")], Level::INFO);
}

#[test]
fn the_single_key_applies_after_the_log_level_keys() {
    let is = |property: &str, operator: &str, right: &str, level: &str| {
        json!({"criteria": [{"propertyName": property, "operator": operator,
            "valueToMatch": {"stringList": {"values": [right]}}}], "value": {"logLevel": level}})
    };
    let values = json!([
        is("reforge-sdk-logging.logger-path", "PROP_STARTS_WITH_ONE_OF", "my_app.db", "DEBUG"),
        is("quonfig-sdk-logging.key", "PROP_IS_ONE_OF", "my_app.web", "INFO"),
        is("user.key", "PROP_IS_ONE_OF", "ada", "TRACE"),
        {"value": {"logLevel": "ERROR"}}
    ]);
    let tree = config("log-level.my_app.db.tree", &json!([{"value": {"logLevel": "WARN"}}]));
    let client = client(&json!({"configs": [config("log-levels.default", &values), tree]}));
    let filter = client.log_filter_with(&LogOptions::default().logger_key("log-levels.default"));
    let check = |target, expected| assert_eq!(level(&filter, target), Some(expected), "{target}");
    check("my_app::db::pool", Level::DEBUG);
    check("my_app::web", Level::INFO);
    check("my_app::db::tree", Level::WARN);
    check("other", Level::ERROR);
    let _ada = scope::enter(ContextSet::from(Context::new("user").with("key", "ada")));
    check("other", Level::TRACE);
    check("my_app::db::pool", Level::DEBUG);

    let without = client.log_filter_with(&LogOptions::default());
    assert_eq!(level(&without, "my_app::web"), Some(Level::WARN));
}

#[test]
fn a_filter_follows_every_change_and_outlives_its_client() {
    let client = Client::in_memory().value("max-jobs", 30).build().unwrap();
    let filter = client.log_filter_with(&LogOptions::default());
    assert_eq!(level(&filter, "my_app::db"), Some(Level::WARN));
    let rule = client.override_value("log-level.my_app", LogLevel::Trace);
    assert_eq!(level(&filter, "my_app::db"), Some(Level::TRACE));
    drop(rule);
    assert_eq!(level(&filter, "my_app::db"), Some(Level::WARN));
    drop(client);
    assert_eq!(level(&filter, "my_app::db"), Some(Level::WARN));
}

#[test]
fn an_env_filter_can_be_used_together_with_it() {
    let client = Client::in_memory().value("log-level.my_app", LogLevel::Debug).build().unwrap();
    let prefab = || client.log_filter_with(&LogOptions::default());
    let env = || EnvFilter::new("warn,other=debug");
    let both = Printed::default();
    let either = Printed::default();
    let layers = registry()
        .with(both.clone().with_filter(prefab().and(env())))
        .with(either.clone().with_filter(prefab().or(env())));
    tracing::subscriber::with_default(layers, || {
        for _ in 0..2 {
            tracing::debug!(target: "my_app", "prefab");
            tracing::debug!(target: "other", "env");
            tracing::warn!(target: "third", "both");
        }
        assert_eq!((both.take(), either.take()), (2, 6));
        let _quiet = client.override_value("log-level", LogLevel::Error);
        tracing::warn!(target: "third", "env");
        assert_eq!((both.take(), either.take()), (0, 1));
    });
}

/// Counts printed lines.
#[derive(Clone, Default)]
struct Printed(Arc<AtomicUsize>);

impl Printed {
    fn take(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl<S: Subscriber> Layer<S> for Printed {
    fn on_event(&self, _: &Event<'_>, _: LayerContext<'_, S>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
