//! A repeated evaluation does not allocate, although it is counted.

use std::{hint::black_box, time::Duration};

use allocation_counter::measure;
use prefab_client::{Client, ClientBuilder, Config, Context, ContextSet, Datasources, OnInitFailure, scope};
use prefab_core::{WeightedValue, WeightedValues};

fn split() -> WeightedValues {
    let choice = |value: &str| WeightedValue { weight: 1, value: value.into() };
    WeightedValues { values: vec![choice("a"), choice("b")], hash_by_property_name: Some("user.key".into()) }
}

/// No server listens at the address: evaluations are only counted.
fn counting() -> ClientBuilder {
    Client::in_memory()
        .datasources(Datasources::All)
        .api_key("1-unused")
        .api_urls(["http://127.0.0.1:9"])
        .local_cache(false)
        .init_timeout(Duration::ZERO)
        .on_init_failure(OnInitFailure::Return)
}

#[test]
fn known_evaluations_are_counted_without_an_allocation() {
    let client = counting()
        .value("on", true)
        .value("max-jobs", 30)
        .config(Config::constant("split", split()))
        .global_context(Context::new("service").with("name", "billing"))
        .build()
        .unwrap();
    let user = ContextSet::from(Context::new("user").with("key", "u-1").with("age", 36));
    let crowd: Vec<_> =
        (0..64).map(|at| ContextSet::from(Context::new("user").with("key", format!("u-{at}")))).collect();
    let _request = scope::enter(ContextSet::from(Context::new("request").with("key", "r-1")));
    let ask = || {
        let view = client.with(black_box(&user));
        assert!(view.enabled("on"));
        assert_eq!(view.get_or("max-jobs", 0), 30);
        for user in &crowd {
            assert!(client.with(user).evaluate("split", |answer| answer.is_ok()));
        }
    };
    ask();
    let counted = measure(|| (0..100).for_each(|_| ask()));
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

/// The nested call finds the thread's counters in use, and must not create new ones each time.
#[test]
fn a_nested_call_is_counted_without_an_allocation() {
    let client = counting().value("on", true).value("max-jobs", 30).build().unwrap();
    let user = ContextSet::from(Context::new("user").with("key", "u-1"));
    let ask = || {
        let view = client.with(black_box(&user));
        assert!(view.evaluate("max-jobs", |answer| answer.is_ok() && view.enabled("on")));
    };
    ask();
    ask();
    let counted = measure(|| (0..100).for_each(|_| ask()));
    assert_eq!(counted.count_total, 0, "{counted:?}");
}
