//! The cost of counting: `cargo bench -p prefab-telemetry`.
//!
//! The evaluations are prepared first, so that only the counting is measured.

use std::hint::black_box;

use divan::Bencher;
use prefab_core::{
    ConditionalValue, Config, ConfigRow, Context, ContextSet, Entry, Layer, LogLevel, Provenance, Value,
    WeightedValue, WeightedValues,
};
use prefab_eval::{Contexts, Evaluation, FixedHost, Options as RuleOptions, Ruleset};
use prefab_telemetry::{Options, Telemetry};

/// Samples long enough to hide the resolution of the timer.
const LONG: u32 = 5_000;

fn main() {
    divan::main();
}

fn rules(keys: usize) -> Ruleset {
    let choice = |weight, value: &str| WeightedValue { weight, value: value.into() };
    let values = vec![choice(500, "red"), choice(500, "blue")];
    let weighted = WeightedValues { values, hash_by_property_name: Some("user.key".to_owned()) };
    let json = Value::Json(format!(r#"{{"list": {:?}}}"#, vec!["some text of some length"; 100]));
    let named = [("text", Value::from("hello")), ("json", json), ("split", weighted.into())];
    let others = (0..keys).map(|at| (format!("key.{at}"), Value::Int(1)));
    let configs = named.into_iter().map(|(key, value)| (key.to_owned(), value)).chain(others);
    let provenance = std::sync::Arc::new(Provenance::new(Layer::Remote, "bench"));
    let entries = configs.zip(1..).map(|((key, value), id)| {
        let rows = vec![ConfigRow::default_row(vec![ConditionalValue::always(value)])];
        Entry::new(Config { id, key, rows, ..Config::default() }, provenance.clone())
    });
    Ruleset::build(entries, RuleOptions::default())
}

fn answer<'r>(rules: &'r Ruleset, key: &str, user: &ContextSet) -> Evaluation<'r> {
    let answer = rules.evaluate(key, &Contexts::of(user), &FixedHost::default());
    answer.unwrap_or_else(|error| panic!("{key}: {error}"))
}

fn user() -> ContextSet {
    let user = Context::new("user")
        .with("key", "5905ecd1-9bbf-4711-a663-4f713628a78c")
        .with("email", "ada.lovelace@analytical.test")
        .with("age", 36)
        .with("beta", true);
    ContextSet::new().with(user).with(Context::new("device").with("os", "linux").with("mobile", false))
}

/// One key, by every thread concurrently: the worst case for a shared counter.
#[divan::bench(args = ["text", "json", "split"], sample_size = LONG, threads = [1, 2, 4])]
fn evaluation(bencher: Bencher<'_, '_>, key: &str) {
    let (rules, user, telemetry) = (rules(0), user(), Telemetry::new(Options::default(), 0));
    bencher
        .with_inputs(|| answer(&rules, key, &user))
        .bench_refs(|answer| telemetry.count_evaluation(black_box(answer)));
}

/// A thousand keys in turn.
#[divan::bench(sample_size = LONG)]
fn evaluation_of_a_thousand_keys(bencher: Bencher<'_, '_>) {
    let (rules, user, telemetry) = (rules(1_000), user(), Telemetry::new(Options::default(), 0));
    let keys = rules.keys();
    let answers: Vec<_> = keys.iter().map(|key| answer(&rules, key, &user)).collect();
    let mut answers = answers.iter().cycle();
    bencher.bench_local(|| {
        if let Some(answer) = answers.next() {
            telemetry.count_evaluation(black_box(answer));
        }
    });
}

/// A user of four properties and a device of two.
#[divan::bench(sample_size = LONG, threads = [1, 2, 4])]
fn contexts(bencher: Bencher<'_, '_>) {
    let (user, telemetry) = (user(), Telemetry::new(Options::default(), 0));
    let empty = ContextSet::new();
    bencher.bench(|| telemetry.record_contexts(black_box(&[&user, &empty, &empty]), || 0));
}

#[divan::bench(sample_size = LONG)]
fn no_contexts(bencher: Bencher<'_, '_>) {
    let telemetry = Telemetry::new(Options::default(), 0);
    let empty = ContextSet::new();
    bencher.bench(|| telemetry.record_contexts(black_box(&[&empty, &empty, &empty]), || 0));
}

#[divan::bench(sample_size = LONG, threads = [1, 2, 4])]
fn log(bencher: Bencher<'_, '_>) {
    let telemetry = Telemetry::new(Options::default(), 0);
    bencher.bench(|| telemetry.count_line(black_box("my_app.storage.pool"), LogLevel::Info));
}

/// The cost of a report with ten thousand counters.
#[divan::bench(sample_size = 1, sample_count = 20)]
fn drain(bencher: Bencher<'_, '_>) {
    let (rules, telemetry) = (rules(10_000), Telemetry::new(Options::default(), 0));
    let keys = rules.keys();
    bencher
        .with_inputs(|| {
            for key in &keys {
                telemetry.count_evaluation(&answer(&rules, key, &ContextSet::new()));
            }
        })
        .bench_refs(|()| telemetry.drain(1));
}
