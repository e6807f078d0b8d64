//! What is counted and reported, and what is not.

use std::sync::Arc;

use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue, Context, ContextSet, Entry, Layer,
    LogLevel, Provenance, Provided, ProvidedSource, Value, ValueType, WeightedValue, WeightedValues,
};
use prefab_eval::{Contexts, FixedHost, Reason, Ruleset, encrypt};
use prefab_telemetry::{ContextUploadMode, EvaluationCount, Limits, Options, Report, Telemetry};
use prost::Message as _;

fn config(key: &str, value: impl Into<ConfigValue>) -> Config {
    let rows = vec![ConfigRow::default_row(vec![ConditionalValue::always(value)])];
    Config { id: 7, key: key.to_owned(), config_type: ConfigType::Config, rows, ..Config::default() }
}

fn rules(configs: impl IntoIterator<Item = Config>) -> Ruleset {
    let provenance = Arc::new(Provenance::new(Layer::Remote, "test"));
    let entries = configs.into_iter().map(|config| Entry::new(config, provenance.clone()));
    Ruleset::build(entries, prefab_eval::Options::default())
}

fn telemetry() -> Telemetry {
    Telemetry::new(Options::default(), 0)
}

/// Evaluates `key` and counts the evaluation.
fn record(telemetry: &Telemetry, rules: &Ruleset, key: &str, host: &FixedHost) {
    let answer = rules.evaluate(key, &Contexts::default(), host);
    let answer = answer.unwrap_or_else(|error| panic!("{key}: {error}"));
    telemetry.count_evaluation(&answer);
}

fn counters(report: &Report, key: &str) -> Vec<EvaluationCount> {
    let summaries = report.summaries.iter().filter(|summary| summary.key == key);
    summaries.flat_map(|summary| summary.counts.clone()).collect()
}

#[test]
fn a_drain_visits_evaluated_keys_but_not_keys_that_are_only_in_use() {
    let (telemetry, rules) = (telemetry(), rules([config("evaluated", 1), config("in-use", 2)]));
    let host = FixedHost::default();
    record(&telemetry, &rules, "evaluated", &host);
    telemetry.count_in_use(&rules.evaluate("in-use", &Contexts::default(), &host).unwrap());
    let mut visited = Vec::new();
    let report = telemetry.drain_and_visit(1, |key| visited.push(key.to_owned()));
    assert_eq!(visited, ["evaluated"]);
    assert_eq!([counters(&report, "evaluated").len(), counters(&report, "in-use").len()], [1, 1]);
}

#[test]
fn a_count_contains_the_indices_and_the_value() {
    let check = |config: Config, index: Option<u32>, value: Value, reason: Reason| {
        let (telemetry, rules) = (telemetry(), rules([config]));
        let host = FixedHost::default().with_random(0.9).with_env_var("REGION", "eu");
        record(&telemetry, &rules, "flag", &host);
        let [counter] = &counters(&telemetry.drain(1), "flag")[..] else { panic!("one counter") };
        assert_eq!((counter.count, counter.config_id), (1, 7));
        assert_eq!((counter.weighted_value_index, &counter.selected_value), (index, &Some(value)));
        assert_eq!(counter.reason, reason);
    };
    check(config("flag", 3), None, Value::Int(3), Reason::Static);
    check(config("flag", 0.5), None, Value::Double(0.5), Reason::Static);
    check(config("flag", ["a", "b"]), None, Value::from(["a", "b"]), Reason::Static);
    check(config("flag", LogLevel::Warn), None, LogLevel::Warn.into(), Reason::Static);
    check(
        config("flag", std::time::Duration::from_secs(90)),
        None,
        Value::Duration("PT1M30S".to_owned()),
        Reason::Static,
    );
    let region = Provided { source: ProvidedSource::EnvVar, lookup: "REGION".to_owned() };
    let provided = Config { value_type: ValueType::String, ..config("flag", region) };
    check(provided, None, "eu".into(), Reason::Static);
    let choice = |weight, value: &str| WeightedValue { weight, value: value.into() };
    let weighted =
        WeightedValues { values: vec![choice(1, "a"), choice(1, "b")], hash_by_property_name: None };
    check(config("flag", weighted), Some(1), "b".into(), Reason::Split);
}

#[test]
fn a_count_contains_the_index_of_the_allowable_value() {
    let allowable_values = vec!["red".into(), "blue".into()];
    let check = |value: &str, expected: Option<u32>| {
        let flag = Config { allowable_values: allowable_values.clone(), ..config("flag", value) };
        let (telemetry, rules) = (telemetry(), rules([flag]));
        record(&telemetry, &rules, "flag", &FixedHost::default());
        assert_eq!(counters(&telemetry.drain(1), "flag")[0].selected_index, expected, "{value}");
    };
    check("red", Some(0));
    check("blue", Some(1));
    check("green", None);
}

#[test]
fn log_levels_and_segments_are_not_counted() {
    let check = |config_type: ConfigType, counted: bool| {
        let rules = rules([Config { config_type, ..config("flag", true) }]);
        let telemetry = telemetry();
        record(&telemetry, &rules, "flag", &FixedHost::default());
        assert_eq!(!telemetry.drain(1).is_empty(), counted, "{config_type:?}");
    };
    check(ConfigType::Config, true);
    check(ConfigType::FeatureFlag, true);
    check(ConfigType::LogLevel, false);
    check(ConfigType::LogLevelV2, false);
    check(ConfigType::Segment, false);
}

#[test]
fn different_values_of_a_variable_have_separate_counts() {
    let region = Provided { source: ProvidedSource::EnvVar, lookup: "REGION".to_owned() };
    let rules = rules([Config { value_type: ValueType::String, ..config("region", region) }]);
    let telemetry = telemetry();
    for region in ["eu", "us", "eu"] {
        record(&telemetry, &rules, "region", &FixedHost::default().with_env_var("REGION", region));
    }
    let mut reported: Vec<_> = counters(&telemetry.drain(1), "region")
        .into_iter()
        .map(|counter| (counter.count, counter.selected_value.unwrap()))
        .collect();
    reported.sort_by_key(|(count, _)| *count);
    assert_eq!(reported, [(1, "us".into()), (2, "eu".into())]);
}

#[test]
fn a_new_version_of_a_config_has_a_separate_count() {
    let telemetry = telemetry();
    for (id, value) in [(1, "old"), (2, "new"), (2, "new")] {
        let rules = rules([Config { id, ..config("flag", value) }]);
        record(&telemetry, &rules, "flag", &FixedHost::default());
    }
    let reported: Vec<_> = counters(&telemetry.drain(1), "flag")
        .into_iter()
        .map(|counter| (counter.config_id, counter.count))
        .collect();
    assert_eq!(reported, [(1, 1), (2, 2)]);
}

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const SECRET: &str = "correct horse battery staple";

#[test]
fn no_secret_is_reported() {
    let stored = encrypt(SECRET, KEY, [7; 12]).unwrap();
    let encrypted =
        ConfigValue { decrypt_with: Some("the-key".to_owned()), ..ConfigValue::from(stored.as_str()) };
    let from_env = Provided { source: ProvidedSource::EnvVar, lookup: "SECRET".to_owned() };
    let list = Value::StringList(vec![SECRET.to_owned()]);
    let choice = WeightedValue { weight: 1, value: ConfigValue::from(SECRET).confidential() };
    let weighted = WeightedValues { values: vec![choice], hash_by_property_name: None };
    let json = Value::Json(format!(r#"{{"password": "{SECRET}"}}"#));
    let configs = [
        config("the-key", ConfigValue::from(KEY).confidential()),
        config("encrypted", encrypted),
        config("plain", ConfigValue::from(SECRET).confidential()),
        config("list", ConfigValue::from(list).confidential()),
        config("json", ConfigValue::from(json).confidential()),
        config("weighted", weighted),
        Config { value_type: ValueType::String, ..config("env", ConfigValue::from(from_env).confidential()) },
    ];
    let (telemetry, rules) = (telemetry(), rules(configs));
    let keys = rules.keys();
    for key in &keys {
        record(&telemetry, &rules, key, &FixedHost::default().with_env_var("SECRET", SECRET));
    }
    let report = telemetry.drain(1);
    assert_eq!(report.summaries.len(), keys.len());
    for summary in &report.summaries {
        let Some(Value::String(value)) = &summary.counts[0].selected_value else { panic!("a text") };
        assert!(value.starts_with("*****") && value.len() == 10, "{}: {value}", summary.key);
    }
    let bytes = report.to_wire("instance").encode_to_vec();
    for reported in [format!("{report:?} {telemetry:?}"), String::from_utf8_lossy(&bytes).into_owned()] {
        for secret in [SECRET, KEY, stored.as_str()] {
            assert!(!reported.contains(secret), "{reported}");
        }
    }
}

#[test]
fn counts_of_long_values_omit_the_value() {
    let rules = rules([config("flag", "x".repeat(20_000))]);
    let telemetry = telemetry();
    record(&telemetry, &rules, "flag", &FixedHost::default());
    let counter = &counters(&telemetry.drain(1), "flag")[0];
    assert_eq!((counter.count, &counter.selected_value), (1, &None));
}

fn user(key: &str) -> ContextSet {
    Context::new("user").with("key", key).with("age", 36).into()
}

#[test]
fn an_example_is_reported_once_an_hour() {
    const MINUTE: i64 = 60_000;
    let telemetry = telemetry();
    let check = |minute: i64, contexts: &ContextSet, expected: usize| {
        telemetry.record_contexts(&[contexts], || minute * MINUTE);
        assert_eq!(telemetry.drain(minute * MINUTE).example_contexts.len(), expected, "minute {minute}");
    };
    check(0, &user("1"), 1);
    check(1, &user("1"), 0);
    check(2, &user("2"), 1);
    check(3, &user("1").with(Context::new("device").with("os", "linux")), 0);
    check(4, &user("1").with(Context::new("device").with("key", "d-1")), 1);
    check(59, &user("1"), 0);
    check(60, &user("1"), 1);
    check(61, &Context::new("user").with("age", 36).into(), 0);
    check(62, &user(""), 0);
}

#[test]
fn stronger_contexts_hide_weaker_ones() {
    let telemetry = telemetry();
    let strong = ContextSet::from(Context::new("user").with("beta", true));
    let weak = user("1").with(Context::new("service").with("name", "web"));
    telemetry.record_contexts(&[&strong, &weak], || 0);
    let report = telemetry.drain(1);
    let shapes: Vec<_> =
        report.context_shapes.iter().map(|shape| (shape.name.as_str(), &shape.properties)).collect();
    assert_eq!(format!("{shapes:?}"), r#"[("service", {"name": 2}), ("user", {"beta": 5})]"#);
    assert_eq!(report.example_contexts, [], "the user with a key is hidden");
}

#[test]
fn options_disable_parts_of_the_report() {
    let check = |options: Options, expected: [bool; 4]| {
        let (telemetry, rules) = (Telemetry::new(options, 0), rules([config("flag", true)]));
        record(&telemetry, &rules, "flag", &FixedHost::default());
        telemetry.record_contexts(&[&user("1")], || 0);
        telemetry.count_line("my_app", LogLevel::Info);
        let Report { summaries, context_shapes, example_contexts, loggers, .. } = telemetry.drain(1);
        let reported = [
            !summaries.is_empty(),
            !context_shapes.is_empty(),
            !example_contexts.is_empty(),
            !loggers.is_empty(),
        ];
        assert_eq!(reported, expected, "{options:?}");
    };
    let mode = |context_upload_mode| Options { context_upload_mode, ..Options::default() };
    check(mode(ContextUploadMode::PeriodicExample), [true, true, true, true]);
    check(mode(ContextUploadMode::ShapeOnly), [true, true, false, true]);
    check(mode(ContextUploadMode::None), [true, false, false, true]);
    check(Options { collect_evaluation_summaries: false, ..Options::default() }, [false, true, true, true]);
    check(Options { collect_loggers: false, ..Options::default() }, [true, true, true, false]);
}

#[test]
fn log_calls_are_counted_per_level() {
    let telemetry = telemetry();
    for level in [LogLevel::Debug, LogLevel::Info, LogLevel::Info, LogLevel::Fatal, LogLevel::NotSet] {
        telemetry.count_line("my_app.db", level);
    }
    let report = telemetry.drain(5);
    let logger = &report.loggers[0];
    assert_eq!(LogLevel::ALL.map(|level| logger.count(level)), [0, 0, 1, 2, 0, 0, 1]);
    let wire = report.to_wire("i");
    assert_eq!(wire.events.len(), 1);
    assert!(format!("{wire:?}").contains("debugs: Some(1), infos: Some(2), warns: None"), "{wire:?}");
}

#[test]
fn entries_beyond_the_limits_are_counted_as_dropped() {
    let limits = Limits { evaluations: 2, shapes: 3, examples: 1, remembered_examples: 2, loggers: 1 };
    let telemetry = Telemetry::new(Options { limits, ..Options::default() }, 0);
    let rules = rules(["a", "b", "c"].map(|key| config(key, true)));
    for key in ["a", "b", "c", "c", "a"] {
        record(&telemetry, &rules, key, &FixedHost::default());
    }
    for logger in ["x", "y"] {
        telemetry.count_line(logger, LogLevel::Info);
    }
    telemetry.record_contexts(&[&user("1")], || 0);
    telemetry.record_contexts(&[&user("2")], || 0);
    telemetry
        .record_contexts(&[&Context::new("device").with("os", "linux").with("mobile", true).into()], || 0);
    let report = telemetry.drain(1);
    assert_eq!(report.summaries.len(), 2);
    assert_eq!(report.loggers.len(), 1);
    assert_eq!(report.example_contexts.len(), 1);
    assert_eq!(report.context_shapes.iter().map(|shape| shape.properties.len()).sum::<usize>(), 3);
    // Two evaluations of `c`, a call of `y`, the second user, one of the device's properties.
    assert_eq!(report.dropped, 5);
    assert_eq!(telemetry.drain(2).dropped, 0);
}

#[test]
fn keys_without_evaluations_release_their_capacity() {
    let limits = Limits { evaluations: 1, loggers: 1, ..Limits::default() };
    let telemetry = Telemetry::new(Options { limits, ..Options::default() }, 0);
    let rules = rules(["a", "b"].map(|key| config(key, true)));
    record(&telemetry, &rules, "a", &FixedHost::default());
    telemetry.count_line("x", LogLevel::Info);
    assert_eq!(telemetry.drain(1).entries(), 2);
    assert!(telemetry.drain(2).is_empty());
    record(&telemetry, &rules, "b", &FixedHost::default());
    telemetry.count_line("y", LogLevel::Info);
    let report = telemetry.drain(3);
    assert_eq!((report.entries(), report.dropped), (2, 0));
}

#[test]
fn a_report_spans_the_time_between_two_drains() {
    let telemetry = Telemetry::new(Options::default(), 10);
    let spans: Vec<_> = [20, 30]
        .map(|now| telemetry.drain(now))
        .iter()
        .map(|report| (report.start_at_millis, report.end_at_millis))
        .collect();
    assert_eq!(spans, [(10, 20), (20, 30)]);
}
