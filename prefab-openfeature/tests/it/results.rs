//! The tables of reasons, variants, metadata and errors.

use std::collections::BTreeMap;

use open_feature::{
    EvaluationContext, EvaluationErrorCode as Code, EvaluationReason as Reason, FlagMetadataValue,
    provider::{FeatureProvider as _, ResolutionDetails},
};
use prefab_openfeature::{Metadata, PrefabProvider};
use serde_json::{Value as Json, json};

use super::{client, constant, message, nothing, provider};

fn is_user_1(value: &Json) -> Json {
    let criterion = json!({"propertyName": "user.key", "operator": "PROP_IS_ONE_OF",
        "valueToMatch": {"stringList": {"values": ["u-1"]}}});
    json!({"criteria": [criterion], "value": value})
}

fn flag(key: &str, rules: &Json) -> Json {
    json!({"id": "7", "projectId": "3", "key": key, "configType": "FEATURE_FLAG", "rows": [{"values": rules}]})
}

fn configs() -> Json {
    let long = "x".repeat(65);
    let choice = |weight, text: &str| json!({"weight": weight, "value": {"string": text}});
    let split = json!({"weightedValues": {"weightedValues": [choice(0, "a"), choice(100, &long)]}});
    json!([
        flag("static", &json!([{"value": {"bool": true}}])),
        flag("targeted", &json!([is_user_1(&json!({"bool": true})), {"value": {"bool": false}}])),
        flag("only-user-1", &json!([is_user_1(&json!({"bool": true}))])),
        flag("split", &json!([{"value": split}])),
        flag("named", &json!([{"value": {"string": long, "name": "blue"}}])),
        flag("long-name", &json!([{"value": {"string": "a", "name": "n".repeat(200)}}])),
        flag("long", &json!([is_user_1(&json!({"string": long})), {"value": {"string": long}}])),
        flag("empty", &json!([{"value": {"string": ""}}])),
        constant("timeout", &json!({"duration": {"definition": "PT1M30S"}})),
        constant("huge", &json!({"int": "9007199254740993"})),
        constant("secret", &json!({"string": "s3cr3t", "confidential": true})),
        {"id": "8", "key": "beta-users", "configType": "SEGMENT", "rows": [{"values": [{"value": {"bool": true}}]}]},
        constant("bad-json", &json!({"json": {"json": "{"}})),
        constant("bad-duration", &json!({"duration": {"definition": "soon"}})),
        constant("no-variable", &json!({"provided": {"source": "ENV_VAR", "lookup": "PREFAB_TEST_IS_NOT_SET"}})),
        constant("encrypted", &json!({"string": "00--00--00", "decryptWith": "secret-key"})),
        constant("secret-key", &json!({"string": "0".repeat(64)})),
    ])
}

fn user(key: &str) -> EvaluationContext {
    nothing().with_targeting_key(key)
}

async fn text(key: &str, context: &EvaluationContext) -> ResolutionDetails<String> {
    provider(&configs()).resolve_string_value(key, context).await.unwrap()
}

async fn bool(key: &str, context: &EvaluationContext) -> ResolutionDetails<bool> {
    provider(&configs()).resolve_bool_value(key, context).await.unwrap()
}

fn outcome<T>(details: ResolutionDetails<T>) -> (T, Reason, String) {
    (details.value, details.reason.unwrap(), details.variant.unwrap())
}

#[tokio::test]
async fn the_reason_shows_which_kind_of_rule_matched() {
    let on = |reason| (true, reason, "true".to_owned());
    assert_eq!(outcome(bool("static", &nothing()).await), on(Reason::Static));
    assert_eq!(outcome(bool("targeted", &user("u-1")).await), on(Reason::TargetingMatch));
    assert_eq!(outcome(bool("targeted", &user("u-2")).await), (false, Reason::Default, "false".to_owned()));
    let (_, reason, variant) = outcome(text("split", &user("u-1")).await);
    assert_eq!((reason, &*variant), (Reason::Split, "r0.v0.w1"));
    // Without the property of the percentage, the first value with a weight is returned, as by every Prefab SDK.
    assert!(provider(&configs()).resolve_string_value("split", &nothing()).await.is_ok());
}

#[tokio::test]
async fn the_variant_is_a_name_a_short_value_or_the_place_of_the_rule() {
    assert_eq!(outcome(text("named", &nothing()).await).2, "blue");
    assert_eq!(outcome(text("long-name", &nothing()).await).2, "n".repeat(128));
    assert_eq!(outcome(text("long", &user("u-1")).await).2, "r0.v0");
    assert_eq!(outcome(text("long", &nothing()).await).2, "r0.v1");
    assert_eq!(outcome(text("empty", &nothing()).await).2, "r0.v0");
    assert_eq!(outcome(text("secret", &nothing()).await).2, "r0.v0");
    assert_eq!(outcome(text("timeout", &nothing()).await).2, "PT1M30S");
}

fn sorted<T>(details: ResolutionDetails<T>) -> BTreeMap<String, Json> {
    let shown = |value| match value {
        FlagMetadataValue::Bool(bool) => json!(bool),
        FlagMetadataValue::Int(int) => json!(int),
        FlagMetadataValue::Float(float) => json!(float),
        FlagMetadataValue::String(text) => json!(text),
    };
    let values = details.flag_metadata.unwrap().values.into_iter();
    values.map(|(name, value)| (name, shown(value))).collect()
}

#[tokio::test]
async fn the_metadata_describes_the_config_and_the_rule() {
    let expected = json!({"flagSetId": "3/143", "version": "7", "contextId": "u-2", "kind": "bool",
        "configType": "FEATURE_FLAG", "rowIndex": 0, "ruleIndex": 1, "confidential": false});
    assert_eq!(json!(sorted(bool("targeted", &user("u-2")).await)), expected);
    let split = sorted(text("split", &nothing()).await);
    assert_eq!((&split["weightIndex"], split.get("contextId")), (&json!(1), None));
    assert_eq!(sorted(text("timeout", &nothing()).await)["millis"], 90_000);
    assert_eq!(sorted(text("secret", &nothing()).await)["confidential"], true);
    let huge = provider(&configs()).resolve_int_value("huge", &nothing()).await.unwrap();
    assert_eq!(sorted(huge)["exact"], "9007199254740993");
}

#[tokio::test]
async fn metadata_can_be_switched_off() {
    let provider = PrefabProvider::builder(client(&configs())).metadata(Metadata::None).build();
    let details = provider.resolve_bool_value("targeted", &user("u-1")).await.unwrap();
    assert!(details.flag_metadata.is_none());
    assert_eq!(details.reason, Some(Reason::TargetingMatch));
}

#[tokio::test]
async fn repeated_evaluations_return_the_same_details_until_the_config_changes() {
    let client = client(&configs());
    let provider = PrefabProvider::new(client.clone());
    let details = async |key: &str| provider.resolve_bool_value("targeted", &user(key)).await.unwrap();
    let first = sorted(details("u-1").await);
    for other in ["u-2", "u-3"] {
        assert_eq!(sorted(details(other).await)["contextId"], other);
    }
    assert_eq!(sorted(details("u-1").await), first);
    let guard = client.override_value("targeted", true);
    let changed = details("u-2").await;
    assert_eq!((changed.value, changed.reason.clone()), (true, Some(Reason::Static)));
    assert_eq!(sorted(changed)["configType"], "CONFIG");
    drop(guard);
    assert_eq!(sorted(details("u-1").await), first);
}

#[tokio::test]
async fn each_error_has_its_code_and_a_message_with_the_key() {
    let provider = provider(&configs());
    let check = async |key: &str, code: Code, text: &str| {
        let error = provider.resolve_string_value(key, &nothing()).await.unwrap_err();
        assert_eq!(error.code, code, "{key}");
        let shown = message(error);
        assert!(shown.starts_with(&format!("`{key}`: ")) && shown.contains(text), "{shown}");
    };
    check("statik", Code::FlagNotFound, "no config has this key; did you mean `static`?").await;
    check("statik", Code::FlagNotFound, "did you mean `static`?").await;
    check("unrelated", Code::FlagNotFound, "no config has this key").await;
    check("beta-users", Code::FlagNotFound, "segments cannot be evaluated as flags").await;
    check("static", Code::TypeMismatch, "expected a string, found bool").await;
    check("bad-json", Code::ParseError, "").await;
    check("bad-duration", Code::ParseError, "").await;
    let general = async |key: &str, text: &str| {
        let error = provider.resolve_string_value(key, &nothing()).await.unwrap_err();
        let shown = message(error.clone());
        assert!(shown.contains(text), "{shown}");
        // The code prints nothing but its text.
        assert_eq!(error.code, Code::General(shown));
    };
    general("only-user-1", "no rule matches").await;
    general("no-variable", "PREFAB_TEST_IS_NOT_SET").await;
    general("encrypted", "decrypt").await;
}

#[tokio::test]
async fn a_similar_key_that_appears_later_is_suggested() {
    let client = client(&json!([]));
    let provider = PrefabProvider::new(client.clone());
    let text = async || message(provider.resolve_int_value("max-jbos", &nothing()).await.unwrap_err());
    assert!(!text().await.contains("did you mean"));
    let _override = client.override_value("max-jobs", 30);
    assert!(text().await.contains("did you mean `max-jobs`?"), "{}", text().await);
}
