//! The types of values, read directly and by live handles.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use prefab_client::{
    Client, Config, ConfigValue, Context, ContextSet, Error, Json, MissingReason,
    rules::{ConditionalValue, ConfigRow, Criterion, Operator},
};

#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
struct Retry {
    times: u32,
    pause_millis: u64,
}

fn json(times: i64) -> serde_json::Value {
    serde_json::json!({"times": times, "pause_millis": 250})
}

#[test]
fn a_live_handle_supports_every_width_of_integer() {
    let client = Client::in_memory().value("n", 7).build().unwrap();
    macro_rules! check {
        ($($type:ty)*) => {$({
            let live = client.live::<$type>("n").unwrap();
            assert_eq!((live.get(), client.get::<$type>("n")), (7, Ok(7)));
            for end in [<$type>::MIN, <$type>::MAX] {
                assert_eq!(client.live_or("none", end).get(), end, "{}", stringify!($type));
            }
            let _too_much = client.override_value("n", i64::MIN + 1);
            let expected = if <$type>::BITS == 64 && <$type>::MIN != 0 { <$type>::MIN + 1 } else { 7 };
            assert_eq!(live.get(), expected);
        })*};
    }
    check! { i8 u8 i16 u16 i32 u32 i64 u64 usize }
}

#[test]
fn a_live_handle_supports_json_of_a_type_of_the_program() {
    let client = Client::in_memory().value("retry", json(3)).build().unwrap();
    let live = client.live::<Json<Retry>>("retry").unwrap();
    assert_eq!(live.get().0, Retry { times: 3, pause_millis: 250 });
    {
        let _more = client.override_value("retry", json(5));
        assert_eq!(live.get().0.times, 5);
        let _broken = client.override_value("retry", serde_json::json!({"times": "many"}));
        assert_eq!(live.get().0.times, 5, "the last good one");
    }
    assert_eq!(live.get().0.times, 3);
}

#[test]
fn overrides_of_one_key_may_be_dropped_in_any_order() {
    let client = Client::in_memory().value("n", 0).build().unwrap();
    let n = || client.get_or("n", -1);
    let [first, second, third] = [1, 2, 3].map(|value| client.override_value("n", value));
    assert_eq!(n(), 3);
    drop(second);
    assert_eq!(n(), 3);
    drop(third);
    assert_eq!(n(), 1);
    let fourth = client.override_value("n", 4);
    drop(first);
    assert_eq!(n(), 4);
    drop(fourth);
    assert_eq!(n(), 0);
}

#[test]
fn json_of_another_type_is_an_error_with_its_path() {
    type All = Json<std::collections::BTreeMap<String, Vec<Retry>>>;

    let retry = serde_json::json!({"retry": [{"times": 3, "pause_millis": 1}, {"times": "many"}]});
    let client = Client::in_memory().value("all", retry).value("one", serde_json::json!(7)).build().unwrap();
    let text = |error: Error| error.to_string();
    assert_eq!(
        client.get::<All>("all").map_err(text).unwrap_err(),
        "config `all`: expected JSON of the requested type, found JSON of another type: at `retry[1].times`: invalid \
         type: string \"many\", expected u32"
    );
    assert_eq!(
        client.get::<Json<bool>>("one").map_err(text).unwrap_err(),
        "config `one`: expected JSON of the requested type, found JSON of another type: invalid type: integer `7`, \
         expected a boolean"
    );
}

#[test]
fn confidential_values_are_in_no_error_log_or_debug_output() {
    let (lines, _logs) = prefab_testing::logs::capture_on_this_thread();
    let confidential = |value: ConfigValue| ConfigValue { confidential: true, ..value };
    let client = Client::in_memory()
        .value("password", confidential("hush-4711".into()))
        .value("account", confidential(serde_json::json!({"times": "hush-4711"}).into()))
        .value("pin", confidential(4711.into()))
        .build()
        .unwrap();
    let shown = format!(
        "{:?} {:?} {} {} {} {} {}",
        client.details("password"),
        client.live::<String>("password").unwrap(),
        client.get::<bool>("password").unwrap_err(),
        client.get::<Json<Retry>>("account").unwrap_err(),
        client.get::<u8>("pin").unwrap_err(),
        client.get_or("pin", 1_u8) + client.live_or("pin", 1_u8).get(),
        client.config_table(),
    );
    let logged = lines.take();
    assert!(shown.contains("found int") && logged.contains("found int"), "{shown} {logged}");
    assert!(!shown.contains("4711") && !logged.contains("4711"), "{shown} {logged}");
    assert_eq!(client.details("password").value, Some("hush-4711".into()), "who asks for it gets it");
}

#[test]
fn a_live_handle_that_falls_back_to_its_default_is_logged_once() {
    let (lines, _logs) = prefab_testing::logs::capture_on_this_thread();
    let client = Client::in_memory().build().unwrap();
    let live = client.live_or("max-jobs", 10);
    assert_eq!(lines.take(), "", "a missing value is not logged");
    let wrong = client.override_value("max-jobs", "lots");
    assert_eq!(live.get(), 10);
    let logged = lines.take();
    assert!(
        logged.contains("WARN") && logged.contains("max-jobs") && logged.contains("found string"),
        "{logged}"
    );
    let _another = client.override_value("another", 1);
    assert_eq!(lines.take(), "");
    drop(wrong);
    let _again = client.override_value("max-jobs", "lots");
    assert!(lines.take().contains("found string"));
}

#[test]
fn an_error_distinguishes_a_missing_key_from_rules_that_do_not_match() {
    let criterion = Criterion {
        property_name: "user.plan".into(),
        operator: Operator::PropIsOneOf,
        value_to_match: Some(["pro"].into()),
    };
    let rule = ConditionalValue::when(vec![criterion], true);
    let flag =
        Config { rows: vec![ConfigRow::default_row(vec![rule])], ..Config::constant("new-checkout", true) };
    let client = Client::in_memory().config(flag).value("retry.times", 3).build().unwrap();
    let text = |key: &str| client.get::<bool>(key).unwrap_err().to_string();
    assert_eq!(text("new-checkout"), "config `new-checkout`: no rule matches and there is no default");
    assert_eq!(text("nothing"), "config `nothing`: no value and no default");
    assert_eq!(text("retry"), "config `retry`: no value and no default; did you mean `retry.times`?");
    let nothing = Client::in_memory().build().unwrap().get::<bool>("nothing").unwrap_err();
    assert!(matches!(nothing, Error::MissingDefault { reason: MissingReason::NoConfigs, .. }));
    assert!(nothing.to_string().contains("no configs are loaded"), "{nothing}");
    let details = client.details("new-checkout");
    assert!(matches!(
        details.error,
        Some(Error::MissingDefault { reason: MissingReason::NoMatch, suggestion: None, .. })
    ));
    let pro = ContextSet::from(Context::new("user").with("plan", "pro"));
    assert_eq!(client.with(&pro).get::<bool>("new-checkout"), Ok(true));
}
