use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::*;

#[test]
fn an_invalid_config_is_skipped_and_reported() {
    let parsed = from_json(&json!({"configs": [
        {"id": "1", "key": "good", "rows": [{"values": [{"value": {"int": "30"}}]}]},
        {"id": "2", "key": "bad", "rows": [{"values": [{"value": {"int": "x"}}]}]},
        {"id": "3", "key": "worse", "configType": "NEW_THING"},
        {"id": "4"},
    ]}))
    .unwrap();
    assert_eq!(parsed.set.configs.len(), 1);
    let findings: Vec<String> = parsed.findings.iter().map(ToString::to_string).collect();
    insta::assert_debug_snapshot!(findings, @r#"
    [
        "config `bad`: `rows[0].values[0].value.int`: expected a 64-bit integer",
        "config `worse`: `configType`: expected a known name, not \"NEW_THING\"",
        "config `#3`: `key`: expected the config's key",
    ]
    "#);
}

#[test]
fn a_text_that_is_not_a_datafile_is_an_error_with_its_path() {
    let message = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(message("{\n  \"configs\": [,]}"), "not JSON: line 2, column 15: expected value");
    assert_eq!(message("[]"), "`datafile`: expected an object");
    assert_eq!(message(r#"{"configs": 3}"#), "`configs`: expected a list");
    assert!(message(&"[".repeat(100_000)).contains("recursion limit"));
    assert_eq!(message(""), "not JSON: line 1, column 0: EOF while parsing a value");
}

#[test]
fn a_byte_order_mark_is_ignored_and_duplicate_fields_are_reported() {
    let text = "\u{feff}{\"configs\": [{\"key\": \"a\", \"id\": \"1\", \"id\": \"2\"}, {\"key\": \"b\"}], \"keepAlive\": false, \
                \"keepAlive\": false}";
    let parsed = parse(text).unwrap();
    assert_eq!(parsed.set.configs.len(), 2);
    let findings: Vec<String> = parsed.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "config `a`: `id`: expected the field once",
            "config `datafile`: `keepAlive`: expected the field once"
        ]
    );
}

#[test]
fn the_lenient_forms_of_proto3_json_are_accepted() {
    let parsed = from_json(&json!({"configs": [{
        "id": 7.0, "project_id": 3, "key": "k", "config_type": 2, "rows": null, "unknown": {"x": 1},
        "allowableValues": [{"double": "NaN"}, {"double": 3}, {"bytes": "-_8="}, {"int": "-5"}],
    }]}))
    .unwrap();
    let config = &parsed.set.configs[0];
    assert_eq!((config.id, config.project_id, config.config_type), (7, 3, ConfigType::FeatureFlag));
    assert!(matches!(config.allowable_values[0].value, Value::Double(nan) if nan.is_nan()));
    assert_eq!(config.allowable_values[2].value, Value::Bytes(vec![0xfb, 0xff]));
}

fn any_value() -> impl Strategy<Value = ConfigValue> {
    let leaf = prop_oneof![
        Just(Value::NotSet),
        any::<i64>().prop_map(Value::Int),
        ".{0,8}".prop_map(Value::String),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(Value::Bytes),
        prop::num::f64::NORMAL.prop_map(Value::Double),
        any::<bool>().prop_map(Value::Bool),
        prop::sample::select(LogLevel::ALL.to_vec()).prop_map(Value::LogLevel),
        prop::collection::vec(".{0,4}", 0..3).prop_map(Value::StringList),
        (any::<Option<i64>>(), any::<Option<i64>>())
            .prop_map(|(start, end)| Value::IntRange(IntRange { start, end })),
        (any::<bool>(), "[A-Z]{0,4}").prop_map(|(env, lookup)| Value::Provided(Provided {
            source: if env { ProvidedSource::EnvVar } else { ProvidedSource::NotSet },
            lookup
        })),
        "[PTS0-9]{0,5}".prop_map(Value::Duration),
        ".{0,5}".prop_map(Value::Json),
        (".{0,5}", prop::sample::select(vec![SchemaType::Unknown, SchemaType::Zod, SchemaType::JsonSchema]))
            .prop_map(|(schema, schema_type)| Value::Schema(Schema { schema, schema_type })),
        (0..12i32, any::<i32>(), any::<i64>(), any::<bool>()).prop_map(
            |(policy_name, limit, account_id, returnable)| Value::LimitDefinition(LimitDefinition {
                policy_name,
                limit,
                account_id,
                returnable,
                safety_level: 4,
                ..LimitDefinition::default()
            })
        ),
    ];
    let dressed = (leaf, any::<bool>(), any::<Option<u8>>()).prop_map(|(value, confidential, name)| {
        let name = name.map(|name| name.to_string());
        ConfigValue { value, confidential, decrypt_with: name.clone(), name, description: None }
    });
    dressed.prop_recursive(2, 8, 3, |inner| {
        (prop::collection::vec((any::<i32>(), inner), 0..3), any::<Option<u8>>()).prop_map(
            |(values, hash)| {
                Value::Weighted(WeightedValues {
                    values: values
                        .into_iter()
                        .map(|(weight, value)| WeightedValue { weight, value })
                        .collect(),
                    hash_by_property_name: hash.map(|hash| hash.to_string()),
                })
                .into()
            },
        )
    })
}

prop_compose! {
    fn any_config()(
        id: i64,
        key in ".{1,6}",
        operator in prop::sample::select(Operator::ALL.to_vec()),
        values in prop::collection::vec(any_value(), 1..4),
        project_env_id: Option<i64>,
        config_type in prop::sample::select(ConfigType::ALL.to_vec()),
        value_type in prop::sample::select(ValueType::ALL.to_vec()),
        send_to_client_sdk: bool,
        draft_id: Option<i64>,
    ) -> Config {
        let criterion = Criterion {
            property_name: "user.key".into(),
            operator,
            value_to_match: values.first().cloned(),
        };
        let rules = values.iter().map(|value| ConditionalValue::when(vec![criterion.clone()], value.clone()));
        Config {
            id,
            key,
            rows: vec![ConfigRow {
                project_env_id,
                values: rules.collect(),
                properties: [("p".to_owned(), values[0].clone())].into(),
            }],
            allowable_values: values,
            config_type,
            value_type,
            send_to_client_sdk,
            draft_id,
            schema_key: draft_id.map(|id| id.to_string()),
            tags: draft_id.map(|id| id.to_string()).into_iter().collect(),
            changed_by: Some(ChangedBy { user_id: id, email: "a@b".into(), ..ChangedBy::default() }),
            ..Config::default()
        }
    }
}

proptest! {
    #[test]
    fn a_written_datafile_parses_back(
        configs in prop::collection::vec(any_config(), 0..4),
        pointer in any::<Option<(i64, i64, i64)>>(),
        property: Option<i64>,
    ) {
        let set = ConfigSet {
            configs,
            pointer: pointer.map(|(project_id, start_at_id, project_env_id)| Pointer {
                project_id, start_at_id, project_env_id
            }),
            default_context: Context::new("user").with("age", property).with("tags", ["a", "b"]).into(),
            keep_alive: false,
        };
        let text = to_json(&set).to_string();
        let parsed = parse(&text).unwrap();
        prop_assert_eq!(parsed.findings, vec![]);
        prop_assert_eq!(parsed.set, set);
    }
}
