//! Config structs: what they read, what they report, and how they follow changes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use prefab_client::{Client, Config, ConfigValue, Error, LiveConfig};
use proptest::prelude::*;

#[derive(Clone, Debug, PartialEq, Config)]
#[config(prefix = "http.client", rename_all = "kebab-case", validate = Http::check)]
struct Http {
    timeout: Duration,
    #[config(default = 3)]
    max_retries: u32,
    proxy: Option<String>,
    #[config(key = "feature.http2", default)]
    http2: bool,
    #[config(nested)]
    pool: Pool,
}

#[derive(Clone, Debug, PartialEq, Config)]
#[config(prefix = "http.pool")]
struct Pool {
    #[config(default = 10, validate = at_least_one)]
    size: u16,
}

impl Http {
    fn check(&self) -> Result<(), String> {
        if self.max_retries > 0 && self.timeout.is_zero() {
            return Err("retries need a timeout".to_owned());
        }
        Ok(())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the macro passes references")]
fn at_least_one(size: &u16) -> Result<(), &'static str> {
    if *size == 0 { Err("expected at least 1") } else { Ok(()) }
}

fn client() -> Client {
    Client::in_memory().value("http.client.timeout", Duration::from_secs(30)).build().unwrap()
}

fn problems(client: &Client) -> Vec<String> {
    match client.live_config::<Http>() {
        Err(Error::Fields(errors)) => errors.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn fields_are_read_by_their_keys() {
    let client = client();
    let http = client.live_config::<Http>().unwrap();
    let expected = Http {
        timeout: Duration::from_secs(30),
        max_retries: 3,
        proxy: None,
        http2: false,
        pool: Pool { size: 10 },
    };
    assert_eq!(*http.get(), expected);
    assert_eq!(
        Http::keys(),
        [
            "http.client.timeout",
            "http.client.max-retries",
            "http.client.proxy",
            "feature.http2",
            "http.pool.size"
        ]
    );
}

#[test]
fn a_handle_follows_changes_and_keeps_valid_values() {
    let client = client();
    let http: LiveConfig<Http> = client.live_config().unwrap();
    let copy = http.clone();
    let proxy = client.override_value("http.client.proxy", "http://proxy.test");
    assert_eq!(http.load().proxy.as_deref(), Some("http://proxy.test"));
    let broken = client.override_value("http.client.max-retries", "many");
    let timeout = client.override_value("http.client.timeout", Duration::from_secs(5));
    assert_eq!(http.load().timeout, Duration::from_secs(30), "all values are from the last valid state");
    drop(broken);
    assert_eq!(http.load().timeout, Duration::from_secs(5));
    drop((proxy, timeout));
    assert_eq!((copy.load().proxy.clone(), copy.get().timeout), (None, Duration::from_secs(30)));
}

#[test]
fn all_invalid_fields_are_reported() {
    let client = Client::in_memory()
        .value("http.client.timeut", 1)
        .value("http.client.max-retries", -1)
        .value("feature.http2", "yes")
        .value("http.pool.size", 0)
        .build()
        .unwrap();
    assert_eq!(
        problems(&client),
        [
            "config `http.client.timeout`: no value and no default; did you mean `http.client.timeut`?",
            "config `http.client.max-retries`: expected an int that fits 32 unsigned bits, found the int -1",
            "config `feature.http2`: expected bool, found string",
            "config `http.pool.size`: expected at least 1",
        ]
    );
    let _timeout = client.override_value("http.client.timeout", Duration::ZERO);
    let _retries = client.override_value("http.client.max-retries", 1);
    let _http2 = client.override_value("feature.http2", true);
    let _size = client.override_value("http.pool.size", 1);
    assert_eq!(problems(&client), ["config `Http`: retries need a timeout"]);
}

/// Any value that a config may have, or none.
fn any_value() -> impl Strategy<Value = Option<ConfigValue>> {
    prop_oneof![
        Just(None),
        (-2_i64..5).prop_map(|int| Some(int.into())),
        any::<bool>().prop_map(|bool| Some(bool.into())),
        "[a-c]{0,3}".prop_map(|text| Some(text.into())),
        (0_u64..3).prop_map(|seconds| Some(Duration::from_secs(seconds).into())),
    ]
}

/// Reads the struct without the macro.
fn by_hand(client: &Client) -> Option<Http> {
    let missing = |key: &str| client.get::<prefab_client::JsonValue>(key).is_err();
    let http = Http {
        timeout: client.get("http.client.timeout").ok()?,
        max_retries: if missing("http.client.max-retries") {
            3
        } else {
            client.get("http.client.max-retries").ok()?
        },
        proxy: if missing("http.client.proxy") { None } else { Some(client.get("http.client.proxy").ok()?) },
        http2: if missing("feature.http2") { false } else { client.get("feature.http2").ok()? },
        pool: Pool { size: if missing("http.pool.size") { 10 } else { client.get("http.pool.size").ok()? } },
    };
    (http.pool.size > 0 && http.check().is_ok()).then_some(http)
}

proptest! {
    #[test]
    fn the_macro_reads_what_code_by_hand_reads(values in proptest::array::uniform5(any_value())) {
        let mut builder = Client::in_memory();
        for (key, value) in Http::keys().into_iter().zip(values) {
            if let Some(value) = value {
                builder = builder.value(key, value);
            }
        }
        let client = builder.build().unwrap();
        prop_assert_eq!(client.live_config::<Http>().ok().map(|http| Http::clone(&http.load())), by_hand(&client));
    }
}
