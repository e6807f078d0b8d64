//! The table of values: which kind can be read as which type.

use open_feature::{EvaluationErrorCode, StructValue, Value, provider::FeatureProvider as _};
use prefab_client::Client;
use prefab_openfeature::PrefabProvider;
use serde_json::{Value as Json, json};

use super::{constant, message, nothing, provider};

/// The expected values as bool, int, float, string and structure. `None` is a type mismatch.
#[derive(Default)]
struct Row {
    bool: Option<bool>,
    int: Option<i64>,
    float: Option<f64>,
    string: Option<&'static str>,
    structure: Option<StructValue>,
}

async fn check(value: Json, kind: &str, expected: Row) {
    let provider = provider(&json!([constant("key", &value)]));
    let mut types = Vec::new();
    macro_rules! check {
        ($resolve:ident, $wanted:literal, $expected:expr) => {
            match provider.$resolve("key", &nothing()).await {
                Ok(details) => assert_eq!(Some(details.value), $expected, "{value}"),
                Err(error) => {
                    assert!($expected.is_none(), "{value}: {error:?}");
                    assert_eq!(error.code, EvaluationErrorCode::TypeMismatch, "{value}");
                    let text = message(error);
                    let start = format!("`key`: expected {}, found {kind}", $wanted);
                    assert!(text.starts_with(&start), "{value}: {text}");
                    types.push($wanted);
                }
            }
        };
    }
    check!(resolve_bool_value, "a boolean", expected.bool);
    check!(resolve_int_value, "an integer", expected.int);
    check!(resolve_float_value, "a float", expected.float);
    check!(resolve_string_value, "a string", expected.string.map(ToOwned::to_owned));
    check!(resolve_struct_value, "a structure", expected.structure);
    println!("{value}: not {types:?}");
}

#[tokio::test]
async fn numbers_are_converted_without_loss() {
    check(json!({"bool": true}), "bool", Row { bool: Some(true), ..Row::default() }).await;
    check(json!({"int": "3"}), "int", Row { int: Some(3), float: Some(3.0), ..Row::default() }).await;
    let exact = 1_i64 << 53;
    let row = Row { int: Some(exact), float: Some(9_007_199_254_740_992.0), ..Row::default() };
    check(json!({"int": exact.to_string()}), "int", row).await;
    let row = Row { int: Some(-exact), float: Some(-9_007_199_254_740_992.0), ..Row::default() };
    check(json!({"int": (-exact).to_string()}), "int", row).await;
    let above = exact + 1;
    check(json!({"int": above.to_string()}), "int", Row { int: Some(above), ..Row::default() }).await;
    check(json!({"double": 1.0}), "double", Row { int: Some(1), float: Some(1.0), ..Row::default() }).await;
    check(json!({"double": 1.5}), "double", Row { float: Some(1.5), ..Row::default() }).await;
    check(json!({"double": 1e300}), "double", Row { float: Some(1e300), ..Row::default() }).await;
}

#[tokio::test]
async fn texts_lists_and_json_have_one_type_each() {
    check(json!({"string": "3"}), "string", Row { string: Some("3"), ..Row::default() }).await;
    check(json!({"string": ""}), "string", Row { string: Some(""), ..Row::default() }).await;
    let list = Value::Array(vec![Value::String("eu".to_owned()), Value::String("us".to_owned())]);
    let row = Row { structure: Some(StructValue::default().with_field("values", list)), ..Row::default() };
    check(json!({"stringList": {"values": ["eu", "us"]}}), "string list", row).await;
    let fields = StructValue::default().with_field("times", 3).with_field("pause", 1.5);
    let row = Row { structure: Some(fields), ..Row::default() };
    check(json!({"json": {"json": "{\"times\": 3, \"pause\": 1.5, \"none\": null}"}}), "json", row).await;
    for scalar in ["[1, 2]", "3", "\"a\"", "null", "{\"list\": [null]}"] {
        check(json!({"json": {"json": scalar}}), "json", Row::default()).await;
    }
}

#[tokio::test]
async fn durations_levels_and_ranges_have_the_documented_forms() {
    let row = Row { int: Some(90_000), float: Some(90.0), string: Some("PT1M30S"), ..Row::default() };
    check(json!({"duration": {"definition": "PT90S"}}), "duration", row).await;
    let row = Row { float: Some(0.0005), string: Some("PT0.0005S"), ..Row::default() };
    check(json!({"duration": {"definition": "PT0.0005S"}}), "duration", row).await;
    check(json!({"logLevel": "DEBUG"}), "log level", Row { string: Some("DEBUG"), ..Row::default() }).await;
    let range = StructValue::default().with_field("start", 1).with_field("end", 5);
    let row = Row { structure: Some(range), ..Row::default() };
    check(json!({"intRange": {"start": "1", "end": "5"}}), "int range", row).await;
    check(json!({"bytes": "aGVsbG8="}), "bytes", Row::default()).await;
    let limit = json!({"limitDefinition": {"policyName": "SECONDLY_ROLLING", "limit": 3, "burst": 4}});
    check(limit, "limit definition", Row::default()).await;
    let schema = json!({"schema": {"schema": "{}", "schemaType": "JSON_SCHEMA"}});
    check(schema, "schema", Row::default()).await;
}

#[tokio::test]
async fn a_list_names_the_way_to_read_it() {
    let provider = provider(&json!([constant("key", &json!({"json": {"json": "[1]"}}))]));
    let text = message(provider.resolve_struct_value("key", &nothing()).await.unwrap_err());
    assert_eq!(
        text,
        "`key`: expected a structure, found json that is not an object: read it with `client.get::<Json<T>>`"
    );
}

#[tokio::test]
async fn a_confidential_value_is_returned_and_never_in_a_variant_or_message() {
    let value = json!({"string": "s3cr3t", "confidential": true});
    let provider = provider(&json!([constant("key", &value)]));
    let details = provider.resolve_string_value("key", &nothing()).await.unwrap();
    assert_eq!((&*details.value, details.variant.as_deref()), ("s3cr3t", Some("r0.v0")));
    assert!(!format!("{:?}", details.flag_metadata).contains("s3cr3t"));
    let error = provider.resolve_bool_value("key", &nothing()).await.unwrap_err();
    assert!(!format!("{error:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn values_of_the_program_are_flags_too() {
    let client = Client::in_memory().value("max-jobs", 30).build().unwrap();
    let provider = PrefabProvider::new(client.clone());
    let int = async || provider.resolve_int_value("max-jobs", &nothing()).await.unwrap().value;
    assert_eq!(int().await, 30);
    let _override = client.override_value("max-jobs", 50);
    assert_eq!(int().await, 50);
}
