//! The cost of a call of the client.
//!
//! ```sh
//! cargo bench -p prefab-client
//! ```

use arc_swap::ArcSwap;
use divan::{Bencher, black_box};
use prefab_client::{Client, Config, Context, ContextSet, scope};
use prefab_core::{ConditionalValue, ConfigRow, Criterion, Operator, WeightedValue, WeightedValues};

fn main() {
    divan::main();
}

fn flag(key: &str, rules: Vec<ConditionalValue>) -> Config {
    Config { rows: vec![ConfigRow::default_row(rules)], ..Config::constant(key, true) }
}

fn ends_with() -> ConditionalValue {
    let criterion = Criterion {
        property_name: "user.email".into(),
        operator: Operator::PropEndsWithOneOf,
        value_to_match: Some(["@acme.test"].into()),
    };
    ConditionalValue::when(vec![criterion], true)
}

fn client() -> Client {
    in_memory().build().expect("a client in memory needs nothing")
}

/// A client that counts evaluations, for a server that does not exist.
#[cfg(feature = "telemetry")]
fn counting_client() -> Client {
    in_memory()
        .datasources(prefab_client::Datasources::All)
        .api_key("1-unused")
        .api_urls(["http://127.0.0.1:9"])
        .local_cache(false)
        .init_timeout(std::time::Duration::ZERO)
        .on_init_failure(prefab_client::OnInitFailure::Return)
        .build()
        .expect("the server is not waited for")
}

fn in_memory() -> prefab_client::ClientBuilder {
    let split = WeightedValues {
        values: [100, 200, 700]
            .into_iter()
            .zip(["a", "b", "c"])
            .map(|(weight, value)| WeightedValue { weight, value: value.into() })
            .collect(),
        hash_by_property_name: Some("user.key".into()),
    };
    Client::in_memory()
        .value("static", true)
        .value("number", 30)
        .value("text", "hello")
        .config(flag("ends-with", vec![ends_with(), ConditionalValue::always(false)]))
        .config(Config::constant("split", split))
}

fn user() -> ContextSet {
    Context::new("user").with("key", "user-1234").with("email", "ada@acme.test").with("plan", "pro").into()
}

#[divan::bench]
fn enabled_static(bencher: Bencher<'_, '_>) {
    let client = client();
    bencher.bench_local(|| client.enabled(black_box("static")));
}

#[cfg(feature = "telemetry")]
#[divan::bench]
fn enabled_static_counted(bencher: Bencher<'_, '_>) {
    let client = counting_client();
    bencher.bench_local(|| client.enabled(black_box("static")));
}

#[divan::bench]
fn get_number(bencher: Bencher<'_, '_>) {
    let client = client();
    bencher.bench_local(|| client.get_or(black_box("number"), 0));
}

#[divan::bench]
fn enabled_ends_with(bencher: Bencher<'_, '_>) {
    let (client, user) = (client(), user());
    bencher.bench_local(|| client.with(black_box(&user)).enabled(black_box("ends-with")));
}

#[cfg(feature = "telemetry")]
#[divan::bench]
fn enabled_ends_with_counted(bencher: Bencher<'_, '_>) {
    let (client, user) = (counting_client(), user());
    bencher.bench_local(|| client.with(black_box(&user)).enabled(black_box("ends-with")));
}

#[divan::bench]
fn enabled_ends_with_in_a_scope(bencher: Bencher<'_, '_>) {
    let client = client();
    let _scope = scope::enter(user());
    bencher.bench_local(|| client.enabled(black_box("ends-with")));
}

#[divan::bench]
fn split_borrowed(bencher: Bencher<'_, '_>) {
    let (client, user) = (client(), user());
    bencher.bench_local(|| {
        client
            .with(black_box(&user))
            .evaluate(black_box("split"), |answer| answer.ok().and_then(|answer| answer.weighted_value_index))
    });
}

#[divan::bench]
fn live_number(bencher: Bencher<'_, '_>) {
    let client = client();
    let live = client.live::<i64>("number").expect("the number is set");
    bencher.bench_local(|| black_box(&live).get());
}

#[derive(Config)]
struct Limits {
    number: i64,
}

/// A field of a config struct.
#[divan::bench]
fn config_struct_field(bencher: Bencher<'_, '_>) {
    let client = client();
    let limits = client.live_config::<Limits>().expect("the config struct");
    bencher.bench_local(|| black_box(&limits).load().number);
}

/// For comparison with [`config_struct_field`]: a field of a struct behind an `ArcSwap`.
#[divan::bench]
fn plain_field_behind_a_pointer(bencher: Bencher<'_, '_>) {
    let limits = ArcSwap::from_pointee(Limits { number: 30 });
    bencher.bench_local(|| black_box(&limits).load().number);
}

#[divan::bench]
fn live_text(bencher: Bencher<'_, '_>) {
    let client = client();
    let live = client.live::<String>("text").expect("the text is set");
    bencher.bench_local(|| black_box(&live).get());
}
