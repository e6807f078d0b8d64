//! Benchmarks of evaluations and of compiling rulesets.
//!
//! Run all with `cargo bench -p prefab-eval`, some with a filter: `cargo bench -p prefab-eval -- operator`.

use std::{hint::black_box, sync::Arc};

use divan::Bencher;
use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigSet, ConfigValue, Context, ContextSet, ContextValue,
    Criterion, Entry, IntRange, Layer, LayeredStore, LogLevel, Operand, Operator, Provenance, Update, Value,
    WeightedValue, WeightedValues,
};
use prefab_eval::{Contexts, FixedHost, Options, Ruleset};

/// The number of runs per sample, large enough for the resolution of the timer.
const RUNS: u32 = 2_000;

fn main() {
    divan::main();
}

fn config(id: i64, key: impl Into<String>, rules: Vec<ConditionalValue>) -> Config {
    Config { id, key: key.into(), rows: vec![ConfigRow::default_row(rules)], ..Config::default() }
}

fn criterion(property: &str, operator: Operator, value: impl Into<ConfigValue>) -> Criterion {
    Criterion { property_name: property.into(), operator, value_to_match: Some(value.into()) }
}

fn build(configs: Vec<Config>) -> Ruleset {
    let provenance = Arc::new(Provenance::new(Layer::Remote, "bench"));
    let entries = configs.into_iter().map(|config| Entry::new(config, Arc::clone(&provenance)));
    Ruleset::build(entries, Options::default())
}

fn user() -> ContextSet {
    let user = Context::new("user")
        .with("key", "5905ecd1-9bbf-4711-a663-4f713628a78c")
        .with("email", "ada.lovelace@analytical.test")
        .with("age", 36)
        .with("beta", true)
        .with("score", 0.5)
        .with("version", "2.11.3")
        .with("joined", "2024-12-05T10:30:00Z")
        .with("path", "services.users.web")
        .with("groups", ["staff", "early", "math"]);
    ContextSet::new().with(user).with(Context::new("device").with("os", "linux").with("mobile", false))
}

/// Measures one evaluation of `flag` for a user with nine properties.
fn evaluate(bencher: Bencher<'_, '_>, mut configs: Vec<Config>) {
    configs.extend((0..100).map(|at| Config::constant(format!("other.{at}"), at)));
    let ruleset = build(configs);
    let (user, host) = (user(), FixedHost::default().with_now_millis(1_764_000_000_000));
    let contexts = Contexts::of(&user);
    bencher.bench_local(|| {
        // Reads and drops the result, like a caller.
        let _ = black_box(ruleset.evaluate(black_box("flag"), black_box(&contexts), &host));
    });
}

#[divan::bench(sample_size = RUNS)]
fn static_by_key(bencher: Bencher<'_, '_>) {
    evaluate(bencher, vec![Config::constant("flag", true)]);
}

#[divan::bench(sample_size = RUNS)]
fn unknown_key(bencher: Bencher<'_, '_>) {
    evaluate(bencher, Vec::new());
}

#[divan::bench(sample_size = RUNS)]
fn one_ends_with_rule(bencher: Bencher<'_, '_>) {
    let ends = criterion("user.email", Operator::PropEndsWithOneOf, ["@analytical.test"]);
    let rules = vec![ConditionalValue::when(vec![ends], true), ConditionalValue::always(false)];
    evaluate(bencher, vec![config(1, "flag", rules)]);
}

/// Twenty rules with ten values each. The last one matches.
#[divan::bench(sample_size = RUNS)]
fn twenty_rules_of_ten_values(bencher: Bencher<'_, '_>) {
    let rules = (0..20).map(|rule| {
        let mut values: Vec<String> =
            (0..10).map(|at| format!("user-{rule}-{at}-0000000000000000")).collect();
        if rule == 19 {
            values[9] = String::from("5905ecd1-9bbf-4711-a663-4f713628a78c");
        }
        ConditionalValue::when(vec![criterion("user.key", Operator::PropIsOneOf, Value::from(values))], rule)
    });
    evaluate(bencher, vec![config(1, "flag", rules.collect())]);
}

#[divan::bench(sample_size = RUNS)]
fn weighted(bencher: Bencher<'_, '_>) {
    evaluate(bencher, vec![Config::constant("flag", percentages())]);
}

fn percentages() -> WeightedValues {
    let choice = |weight, value: &str| WeightedValue { weight, value: value.into() };
    WeightedValues {
        values: vec![choice(10, "a"), choice(20, "b"), choice(30, "c"), choice(40, "d")],
        hash_by_property_name: Some("user.key".into()),
    }
}

#[divan::bench(sample_size = RUNS)]
fn segment_of_a_thousand_keys(bencher: Bencher<'_, '_>) {
    let mut keys: Vec<String> = (0..1000).map(|at| format!("{at:08}-9bbf-4711-a663-4f713628a78c")).collect();
    keys[500] = String::from("5905ecd1-9bbf-4711-a663-4f713628a78c");
    let member = criterion("user.key", Operator::PropIsOneOf, Value::from(keys));
    let segment = vec![ConditionalValue::when(vec![member], true), ConditionalValue::always(false)];
    let rules = vec![
        ConditionalValue::when(vec![criterion("", Operator::InSeg, "members")], true),
        ConditionalValue::always(false),
    ];
    evaluate(bencher, vec![config(1, "flag", rules), config(2, "members", segment)]);
}

/// The level of a logger that is four names below the key with a level.
#[divan::bench(sample_size = RUNS)]
fn log_level_walk_up(bencher: Bencher<'_, '_>) {
    let ruleset = build(vec![Config::constant("log-level.app", LogLevel::Debug)]);
    let host = FixedHost::default();
    bencher.bench_local(|| ruleset.log_level(black_box("app.db.pool.conn.tls"), &Contexts::default(), &host));
}

/// One criterion with a present property, per operator.
#[divan::bench(args = Operator::ALL.iter().map(|operator| operator.name()), sample_size = RUNS)]
fn operator(bencher: Bencher<'_, '_>, name: &str) {
    let operator = Operator::from_name(name).unwrap_or_default();
    let (property, value) = sides(operator);
    let rules = vec![
        ConditionalValue::when(vec![criterion(property, operator, value)], true),
        ConditionalValue::always(false),
    ];
    let member = ConditionalValue::when(vec![criterion("user.beta", Operator::PropIsOneOf, ["true"])], true);
    evaluate(bencher, vec![config(1, "flag", rules), config(2, "members", vec![member])]);
}

fn sides(operator: Operator) -> (&'static str, Value) {
    use Operator as O;
    match (operator, operator.operand()) {
        (O::PropStartsWithOneOf | O::PropDoesNotStartWithOneOf, _) => ("user.email", ["bob", "ada"].into()),
        (O::PropEndsWithOneOf | O::PropDoesNotEndWithOneOf, _) => {
            ("user.email", ["@example.test", "@analytical.test"].into())
        }
        (O::PropContainsOneOf | O::PropDoesNotContainOneOf, _) => {
            ("user.email", ["babbage", "lovelace"].into())
        }
        (_, Operand::List) => ("user.key", ["a", "b", "5905ecd1-9bbf-4711-a663-4f713628a78c"].into()),
        (_, Operand::Text) => ("user.path", "services.users".into()),
        (_, Operand::Range) => ("user.age", IntRange { start: Some(18), end: Some(65) }.into()),
        (O::PropGreaterThan | O::PropGreaterThanOrEqual, _) => ("user.age", 17.5.into()),
        (_, Operand::Number) => ("user.age", 65.into()),
        (_, Operand::Instant) => ("user.joined", 1_764_000_000_000_i64.into()),
        (_, Operand::Pattern) => ("user.email", r"^[\w.]+@(analytical|acme)\.test$".into()),
        (_, Operand::Version) => ("user.version", "2.11.0-rc.1".into()),
        (_, Operand::Segment) => ("", "members".into()),
        _ => ("user.key", Value::NotSet),
    }
}

/// A lookup of a property in a small and in a large context.
#[divan::bench(args = [1, 16, 64], sample_size = RUNS)]
fn property_among(bencher: Bencher<'_, '_>, properties: i32) {
    let mut user = Context::new("user").with("zip", "1070");
    for at in 1..properties {
        user.set(format!("p-{at:02}"), ContextValue::from(at));
    }
    let rules = vec![ConditionalValue::when(vec![criterion("user.zip", Operator::PropIsOneOf, ["1070"])], 1)];
    let (ruleset, user, host) = (build(vec![config(1, "flag", rules)]), user.into(), FixedHost::default());
    let contexts = Contexts::of(&user);
    bencher.bench_local(|| drop(black_box(ruleset.evaluate(black_box("flag"), black_box(&contexts), &host))));
}

/// A realistic project: most configs are plain, some have criteria, percentages or patterns.
fn project(size: i32) -> Vec<Config> {
    let config = |at: i32| {
        let key = format!("team-{}.service-{}.setting-{at}", at % 7, at % 31);
        let rules = match at % 10 {
            0 => vec![ConditionalValue::always(percentages())],
            1 | 2 => vec![
                ConditionalValue::when(
                    vec![criterion("user.email", Operator::PropEndsWithOneOf, ["@acme.test", "@b.test"])],
                    true,
                ),
                ConditionalValue::always(false),
            ],
            3 => vec![
                ConditionalValue::when(
                    vec![
                        criterion("user.key", Operator::PropIsOneOf, ["a", "b", "c", "d", "e", "f"]),
                        criterion("device.os", Operator::PropIsNotOneOf, ["beos"]),
                    ],
                    "on",
                ),
                ConditionalValue::always("off"),
            ],
            4 if at % 100 == 4 => {
                let matches =
                    criterion("user.email", Operator::PropMatches, format!(r"^[\w.]+@acme{at}\.test$"));
                vec![ConditionalValue::when(vec![matches], at), ConditionalValue::always(0)]
            }
            5 => vec![ConditionalValue::always(LogLevel::Info)],
            _ => vec![ConditionalValue::always(at)],
        };
        self::config(i64::from(at) + 1, key, rules)
    };
    (0..size).map(config).collect()
}

#[divan::bench(args = [10, 1_000, 10_000], sample_count = 20, sample_size = 1)]
fn build_a_project(bencher: Bencher<'_, '_>, size: i32) {
    let provenance = Arc::new(Provenance::new(Layer::Remote, "bench"));
    let entries: Vec<Entry> =
        project(size).into_iter().map(|config| Entry::new(config, Arc::clone(&provenance))).collect();
    bencher
        .with_inputs(|| entries.clone())
        .bench_local_values(|entries| Ruleset::build(entries, Options::default()));
}

#[divan::bench(args = [10_000], sample_count = 50, sample_size = 1)]
fn update_one_config_of(bencher: Bencher<'_, '_>, size: i32) {
    let mut store = LayeredStore::default();
    let set = |configs| ConfigSet { configs, ..ConfigSet::default() }.into();
    store.apply(Update::Merge { set: set(project(size)), source: "bench".into() });
    let ruleset = Ruleset::from_store(&store, &Options::default());
    let changed = Config { id: i64::from(size) + 1, ..project(20).swap_remove(13) };
    let changed = store.apply(Update::Merge { set: set(vec![changed]), source: "bench".into() });
    assert_eq!(changed.len(), 1, "one config changed");
    bencher.bench_local(|| ruleset.with_changes(black_box(&store), black_box(&changed)));
}
