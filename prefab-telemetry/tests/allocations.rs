//! Counting a known entry does not allocate.

use std::{hint::black_box, sync::Arc};

use allocation_counter::measure;
use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigValue, Context, ContextSet, Entry, Layer, LogLevel,
    Provenance, Provided, ProvidedSource, Value, ValueType, WeightedValue, WeightedValues,
};
use prefab_eval::{Contexts, FixedHost, Ruleset};
use prefab_telemetry::{Options, Telemetry};

/// Runs `deed` and drains, then runs it again and counts the allocations.
fn check(telemetry: &Telemetry, what: &str, deed: impl Fn()) {
    deed();
    telemetry.drain(1);
    deed();
    let counted = measure(|| {
        for _ in 0..100 {
            deed();
        }
    });
    assert_eq!(counted.count_total, 0, "{what}: {counted:?}");
}

#[test]
fn a_known_evaluation_does_not_allocate() {
    let env = Provided { source: ProvidedSource::EnvVar, lookup: "LIST".to_owned() };
    let choice = WeightedValue { weight: 1, value: "only".into() };
    let weighted = WeightedValues { values: vec![choice], hash_by_property_name: None };
    let values: [(&str, ValueType, ConfigValue); 8] = [
        ("int", ValueType::Int, 3.into()),
        ("double", ValueType::Double, 0.5.into()),
        ("text", ValueType::String, "hello".into()),
        ("secret", ValueType::String, ConfigValue::from("hush").confidential()),
        ("list", ValueType::StringList, ["a", "b"].into()),
        ("json", ValueType::Json, Value::Json(r#"{"a": [1, 2.5, "x"]}"#.to_owned()).into()),
        ("split", ValueType::String, weighted.into()),
        ("env", ValueType::StringList, env.into()),
    ];
    let provenance = Arc::new(Provenance::new(Layer::Remote, "test"));
    let configs = values.map(|(key, value_type, value)| {
        let rows = vec![ConfigRow::default_row(vec![ConditionalValue::always(value)])];
        Config { key: key.to_owned(), value_type, rows, ..Config::default() }
    });
    let entries = configs.map(|config| Entry::new(config, provenance.clone()));
    let rules = Ruleset::build(entries, prefab_eval::Options::default());
    let telemetry = Telemetry::new(Options::default(), 0);
    let host = FixedHost::default().with_env_var("LIST", "[a, b]");
    for key in rules.keys() {
        let answer = rules.evaluate(key, &Contexts::default(), &host).unwrap();
        check(&telemetry, key, || telemetry.count_evaluation(black_box(&answer)));
    }
}

#[test]
fn known_contexts_do_not_allocate() {
    let telemetry = Telemetry::new(Options::default(), 0);
    let user = Context::new("user").with("key", "u-1").with("age", 36).with("groups", ["a", "b"]);
    let (user, service) = (ContextSet::from(user), ContextSet::from(Context::new("service").with("pod", 7)));
    check(&telemetry, "contexts", || telemetry.record_contexts(black_box(&[&user, &service]), || 1));
}

#[test]
fn a_known_logger_does_not_allocate() {
    let telemetry = Telemetry::new(Options::default(), 0);
    check(&telemetry, "log", || telemetry.count_line(black_box("my_app.db"), LogLevel::Info));
}
