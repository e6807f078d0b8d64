//! Guarantees of a client without a server: files, types, contexts, handles, errors.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use prefab_client::{
    Client, ClientBuilder, Context, ContextSet, Error, FromValue, Json, LogLevel, OnNoDefault, Reason, scope,
};
use prefab_testing::{throughout, within};
use tempfile::TempDir;

const DEFAULTS: &str = r#"
max-jobs: 30
ratio: 0.5
greeting: hello
hosts: [a, b]
pause: {type: provided, lookup: PREFAB_TEST_NO_SUCH_VARIABLE}
new-checkout:
  feature_flag: true
  value: true
  criterion: {operator: PROP_ENDS_WITH_ONE_OF, property: user.email, values: ["@acme.test"]}
secret: {value: hello.world, confidential: true}
log-level:
  _: warn
  my_app.db: debug
"#;

/// Writes a file atomically: on a busy machine a partial write may last long enough to be applied.
fn write(dir: &Path, env: &str, text: &str) {
    let beside = dir.join("beside");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, dir.join(format!(".prefab.{env}.config.yaml"))).unwrap();
}

fn files(text: &str) -> (TempDir, ClientBuilder) {
    let dir = TempDir::new().unwrap();
    write(dir.path(), "default", text);
    let builder = Client::builder().classpath_dir(dir.path()).without_override_dir();
    (dir, builder)
}

fn defaults() -> (TempDir, Client) {
    let (dir, builder) = files(DEFAULTS);
    (dir, builder.watch(false).build().unwrap())
}

fn user(email: &str) -> ContextSet {
    Context::new("user").with("email", email).into()
}

fn within_a_second(what: &str, holds: impl FnMut() -> bool) {
    let took = within(Duration::from_secs(5), what, holds);
    assert!(took < Duration::from_secs(1), "{what} took {took:?}");
}

fn message<T: FromValue + std::fmt::Debug>(client: &Client, key: &str) -> String {
    client.get::<T>(key).unwrap_err().to_string()
}

#[test]
fn only_lossless_conversions_to_another_type_are_made() {
    let client = Client::in_memory()
        .value("int", 30)
        .value("double", 2.5)
        .value("bool", true)
        .value("string", "text")
        .value("list", ["a", "b"])
        .value("duration", Duration::from_secs(90))
        .value("level", LogLevel::Debug)
        .value("json", serde_json::json!({"times": 3}))
        .build()
        .unwrap();
    assert_eq!(client.get::<i64>("int"), Ok(30));
    assert_eq!(client.get::<u16>("int"), Ok(30));
    assert_eq!(client.get::<f64>("double"), Ok(2.5));
    assert_eq!(client.get::<bool>("bool"), Ok(true));
    assert_eq!(client.get::<String>("string").as_deref(), Ok("text"));
    assert_eq!(client.get::<Vec<String>>("list"), Ok(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(client.get::<Duration>("duration"), Ok(Duration::from_secs(90)));
    assert_eq!(client.get::<LogLevel>("level"), Ok(LogLevel::Debug));
    let json = client.get::<Json<std::collections::HashMap<String, u8>>>("json").unwrap();
    assert_eq!(json.0["times"], 3);
    assert_eq!(client.get::<serde_json::Value>("duration"), Ok(90_000.into()));
    assert_eq!(client.get::<f64>("int"), Ok(30.0));
    assert_eq!(message::<i64>(&client, "double"), "config `double`: expected int, found double");
    assert_eq!(message::<i64>(&client, "string"), "config `string`: expected int, found string");
    assert_eq!(message::<bool>(&client, "string"), "config `string`: expected bool, found string");
    assert_eq!(
        message::<Json<bool>>(&client, "json"),
        "config `json`: expected JSON of the requested type, found JSON of another type: invalid type: \
         map, expected a boolean"
    );
    let _negative = client.override_value("int", -1);
    assert_eq!(
        message::<u32>(&client, "int"),
        "config `int`: expected an int that fits 32 unsigned bits, found the int -1"
    );
}

#[test]
fn a_missing_value_is_an_error_a_default_or_none() {
    let (_dir, client) = defaults();
    assert_eq!(
        client.get::<i64>("max-jbos").unwrap_err().to_string(),
        "config `max-jbos`: no value and no default; did you mean `max-jobs`?"
    );
    assert!(matches!(client.get_optional::<i64>("nothing"), Err(Error::MissingDefault { .. })));
    assert_eq!(client.get_or("nothing", 7), 7);
    assert_eq!(client.get_or("greeting", 7), 7, "a value of another type gives the default");
    assert_eq!(client.get_or("pause", 7), 7, "a value that cannot be made gives the default");
    let error = client.get::<String>("pause").unwrap_err();
    assert_eq!(error.code(), "missing_env_var");
    assert_eq!(
        error.to_string(),
        "config `pause`: environment variable `PREFAB_TEST_NO_SUCH_VARIABLE` is not set"
    );
    assert!(!client.enabled("nothing") && !client.enabled("greeting"));
    assert_eq!(client.try_enabled("nothing"), Ok(false));
    assert!(client.try_enabled("pause").is_err());

    let client = Client::in_memory().on_no_default(OnNoDefault::ReturnNone).value("k", 1).build().unwrap();
    assert_eq!(client.get_optional::<i64>("nothing"), Ok(None));
    assert_eq!(client.get_optional::<i64>("k"), Ok(Some(1)));
}

#[test]
fn contexts_of_the_call_take_precedence_over_bound_scoped_and_global_ones() {
    let (_dir, builder) = files(DEFAULTS);
    let yes = user("ada@acme.test");
    let no = user("bob@else.test");
    let client = builder.watch(false).global_context(yes.clone()).build().unwrap();
    let flag = "new-checkout";
    assert!(client.enabled(flag));
    {
        let _scope = scope::enter(no.clone());
        assert!(!client.enabled(flag));
        assert!(client.with_context(yes.clone()).enabled(flag));
        let bound = client.with_context(no.clone());
        assert!(bound.with(&yes).enabled(flag) && !bound.enabled(flag));
        assert!(bound.with_context(yes.clone()).enabled(flag));
    }
    assert!(client.enabled(flag));

    let (_dir, client) = defaults();
    assert!(!client.feature_is_on_for("new-checkout", Some("key"), [("email", "ada@acme.test")]));
    let form = Client::in_memory()
        .config(prefab_client::Config {
            rows: vec![prefab_core::ConfigRow::default_row(vec![prefab_core::ConditionalValue::when(
                vec![prefab_core::Criterion {
                    property_name: "LOOKUP".into(),
                    operator: prefab_core::Operator::LookupKeyIn,
                    value_to_match: Some(["u-1"].into()),
                }],
                true,
            )])],
            ..prefab_client::Config::constant("old-flag", true)
        })
        .build()
        .unwrap();
    assert!(form.feature_is_on_for("old-flag", Some("u-1"), [("plan", "pro")]));
    assert!(!form.feature_is_on_for("old-flag", Some("u-2"), [("plan", "pro")]));
}

#[test]
fn the_thread_ends_with_the_last_client() {
    let threads = || fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    let before = threads();
    for _ in 0..20 {
        let (_dir, builder) = files("a: 1\n");
        drop(builder.build().unwrap());
    }
    within_a_second("the threads' end", || threads() <= before + 4);
}

#[test]
fn a_live_handle_keeps_the_last_good_value_or_its_default() {
    let client = Client::in_memory().value("n", 1).value("text", "a").build().unwrap();
    let n = client.live::<i64>("n").unwrap();
    let other = client.live_or("other", 5);
    let text = client.live::<String>("text").unwrap();
    assert_eq!((n.get(), other.get(), text.get()), (1, 5, "a".to_owned()));
    {
        let _n = client.override_value("n", "not a number");
        let _other = client.override_value("other", 6);
        let _text = client.override_value("text", "b");
        assert_eq!((n.get(), other.get(), text.get()), (1, 6, "b".to_owned()));
    }
    assert_eq!((n.get(), other.get(), text.get()), (1, 5, "a".to_owned()));
    assert!(matches!(client.live::<i64>("text"), Err(Error::TypeMismatch { .. })));
    assert!(matches!(client.live::<i64>("none"), Err(Error::MissingDefault { .. })));
    let _scope = scope::enter(user("x"));
    assert_eq!(client.live_or("n", 0).get(), 1);
}

#[test]
fn a_listener_may_use_and_change_the_client() {
    let client = Client::in_memory().value("a", 1).build().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let (inner, count) = (client.clone(), Arc::clone(&asked));
    let listening = client.on_change(move |_| {
        count.fetch_add(usize::try_from(inner.get_or("a", 0)).unwrap(), Ordering::SeqCst);
        if inner.get_or("b", 0) == 0 {
            std::mem::forget(inner.override_value("b", 1));
        }
    });
    let _set = client.override_value("a", 2);
    assert_eq!(asked.load(Ordering::SeqCst), 4, "called for both changes");
    drop(listening);
    let _set = client.override_value("a", 3);
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[test]
fn details_and_explanation_agree_and_redact_secrets() {
    let (_dir, client) = defaults();
    let details = client.with(&user("ada@acme.test")).details("new-checkout");
    assert_eq!((details.reason, details.display.as_str()), (Reason::TargetingMatch, "true"));
    assert_eq!(details.matched.as_deref(), Some("new-checkout"));
    assert_eq!(details.indices, Some((0, 0, None)));
    let text = client.with(&user("bob@else.test")).explain("new-checkout");
    assert!(text.contains("user.email ends with one of [@acme.test]: no, it is \"bob@else.test\""), "{text}");

    let secret = client.details("secret");
    assert_eq!((secret.display.as_str(), secret.confidential), ("*****18aa7", true));
    assert_eq!(secret.value, Some("hello.world".into()));
    assert!(!client.explain("secret").contains("hello.world"));
    let unknown = "new-chekout has no value: no config has this key\ndid you mean `new-checkout`?\n";
    assert_eq!(client.explain("new-chekout"), unknown);
    assert!(!client.config_table().contains("hello.world"));
    assert!(!format!("{client:?}").contains("hello.world"));

    let missing = client.details("max-jbos");
    assert!(
        matches!(missing.error, Some(Error::MissingDefault { suggestion: Some(near), .. }) if near == "max-jobs")
    );
}

#[test]
fn log_levels_walk_up_the_path() {
    let (_dir, client) = defaults();
    assert_eq!(client.log_level("my_app::db::pool"), LogLevel::Debug);
    assert_eq!(client.log_level("my_app.db"), LogLevel::Debug);
    assert_eq!(client.log_level("my_app.dbx"), LogLevel::Warn);
    assert_eq!(Client::in_memory().build().unwrap().log_level("a"), LogLevel::Warn);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_can_be_built_and_used_in_an_async_runtime() {
    let (_dir, builder) = files(DEFAULTS);
    let client = builder.build().unwrap();
    let asked = client.clone();
    let answer = tokio::spawn(scope::run(user("ada@acme.test"), async move {
        tokio::task::yield_now().await;
        asked.enabled("new-checkout")
    }));
    assert!(answer.await.unwrap());
    client.close();
}

#[test]
fn the_config_table_contains_key_value_type_match_and_source() {
    let client = Client::in_memory().value("max-jobs", 30).value("greeting", "a\nb").build().unwrap();
    insta::assert_snapshot!(client.config_table());
}

/// Cargo and nextest set `CARGO_PKG_VERSION_MAJOR` for a test; its text is a number.
#[test]
fn a_provided_text_is_read_as_the_type_that_the_program_requests() {
    let number = env!("CARGO_PKG_VERSION_MAJOR");
    let (_dir, builder) = files(
        "plain: {type: provided, lookup: CARGO_PKG_VERSION_MAJOR}\n\
         text: {type: provided, lookup: CARGO_PKG_VERSION_MAJOR, value_type: string}\n\
         pause: {type: duration, value: 30s}\n\
         retry: {type: json, value: {times: 3}}\n",
    );
    let client = builder.watch(false).build().unwrap();
    assert_eq!(client.get::<String>("plain").unwrap(), number);
    assert_eq!(client.get_or("plain", "default".to_owned()), number);
    assert_eq!(client.live::<String>("plain").unwrap().get(), number);
    assert_eq!(client.get::<i64>("plain").unwrap().to_string(), number);
    assert_eq!(client.get::<f64>("plain").unwrap().to_string(), number);
    assert!(client.get::<bool>("plain").is_err());
    assert_eq!(client.get::<String>("text").unwrap(), number);
    assert!(client.get::<i64>("text").is_err(), "the declared type applies");
    assert_eq!(client.get::<Duration>("pause").unwrap(), Duration::from_secs(30));
    assert_eq!(client.get::<Json<serde_json::Value>>("retry").unwrap().0, serde_json::json!({"times": 3}));
}
