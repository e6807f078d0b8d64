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

#[test]
fn an_int_is_a_double_if_a_double_represents_it_exactly() {
    let big = (1_i64 << 53) + 1;
    let client = Client::in_memory().value("pause-seconds", 2).value("big", big).build().unwrap();
    assert_eq!(client.get::<f64>("pause-seconds"), Ok(2.0));
    assert_eq!(client.get_or("pause-seconds", 1.5).to_string(), "2");
    assert_eq!(client.live::<f64>("pause-seconds").unwrap().get().to_string(), "2");
    assert_eq!(client.live_or("pause-seconds", 1.5).get().to_string(), "2");
    assert_eq!(client.get::<Json<f64>>("pause-seconds"), Ok(Json(2.0)));
    assert_eq!(client.get::<Json<Option<f64>>>("pause-seconds"), Ok(Json(Some(2.0))));
    assert_eq!(client.get::<Json<u8>>("pause-seconds"), Ok(Json(2)));
    assert_eq!(
        client.get::<f64>("big").unwrap_err().to_string(),
        "config `big`: expected double, found the int 9007199254740993, which a double cannot represent exactly"
    );
    assert!(client.get::<Json<f64>>("big").is_err());
    assert_eq!(client.get::<Json<i64>>("big"), Ok(Json(big)));
    assert!(client.get::<i64>("pause-seconds").is_ok() && client.get::<bool>("pause-seconds").is_err());
}

#[test]
fn the_pairs_of_kinds_and_types_are_those_of_the_documentation() {
    let client = Client::in_memory()
        .value("int", 2)
        .value("double", 2.0)
        .value("string", "2")
        .value("bool", true)
        .value("list", ["2"])
        .value("duration", std::time::Duration::from_secs(2))
        .value("level", prefab_client::LogLevel::Info)
        .value("json", serde_json::json!(2))
        .build()
        .unwrap();
    let readable = |key: &str| {
        let pairs = [
            ("i64", client.get::<i64>(key).is_ok()),
            ("u8", client.get::<u8>(key).is_ok()),
            ("f64", client.get::<f64>(key).is_ok()),
            ("String", client.get::<String>(key).is_ok()),
            ("bool", client.get::<bool>(key).is_ok()),
            ("Vec<String>", client.get::<Vec<String>>(key).is_ok()),
            ("Duration", client.get::<std::time::Duration>(key).is_ok()),
            ("LogLevel", client.get::<prefab_client::LogLevel>(key).is_ok()),
            ("Json<f64>", client.get::<Json<f64>>(key).is_ok()),
            ("Json<String>", client.get::<Json<String>>(key).is_ok()),
        ];
        pairs.into_iter().filter(|(_, is_ok)| *is_ok).map(|(name, _)| name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(readable("int"), "i64 u8 f64 Json<f64>");
    assert_eq!(readable("double"), "f64 Json<f64>");
    assert_eq!(readable("string"), "String Json<String>");
    assert_eq!(readable("bool"), "bool");
    assert_eq!(readable("list"), "Vec<String>");
    assert_eq!(readable("duration"), "Duration Json<f64>");
    assert_eq!(readable("level"), "LogLevel Json<String>");
    assert_eq!(readable("json"), "Json<f64>");
}

#[test]
fn criteria_that_never_match_are_problems() {
    let criterion = Criterion {
        property_name: "user.birthday".into(),
        operator: Operator::PropBefore,
        value_to_match: Some("2024-12-05".into()),
    };
    let rows = vec![ConfigRow::default_row(vec![ConditionalValue::when(vec![criterion], true)])];
    let client =
        Client::in_memory().config(Config { rows, ..Config::constant("flag", true) }).build().unwrap();
    assert_eq!(
        client.problems(),
        [
            "config `flag`: `rows[0].values[0].criteria[0].valueToMatch`: `PROP_BEFORE` compares with a date and time \
          with an offset, for example `2024-12-05T10:30:00Z`, or with milliseconds since 1970, not the string \
          `2024-12-05`; the criterion never matches"
        ]
    );
}
