//! The table of contexts: which field becomes which property.

use std::sync::Arc;

use open_feature::{
    EvaluationContext, EvaluationContextFieldValue as Field, EvaluationErrorCode, OpenFeature, StructValue,
    Value, provider::FeatureProvider as _,
};
use prefab_client::{Client, Context, scope};
use prefab_openfeature::PrefabProvider;
use serde_json::{Value as Json, json};

use super::{builder, client, message, nothing};

/// Returns a flag that is true if a criterion with `operator` matches.
fn flag(property: &str, operator: &str, operand: &Json) -> Json {
    let criterion = json!({"propertyName": property, "operator": operator, "valueToMatch": operand});
    let rules = json!([{"criteria": [criterion], "value": {"bool": true}}, {"value": {"bool": false}}]);
    json!({"id": "7", "key": "flag", "configType": "FEATURE_FLAG", "rows": [{"values": rules}]})
}

fn one_of(property: &str, text: &str) -> Json {
    flag(property, "PROP_IS_ONE_OF", &json!({"stringList": {"values": [text]}}))
}

#[track_caller]
fn check(flag: &Json, context: &EvaluationContext, expected: bool) {
    let provider = PrefabProvider::new(client(&json!([flag])));
    let details = futures_util::FutureExt::now_or_never(provider.resolve_bool_value("flag", context));
    assert_eq!(details.unwrap().unwrap().value, expected, "{flag} {context:?}");
    assert!(provider.client().problems().is_empty(), "{:?}", provider.client().problems());
}

fn with(name: &str, value: impl Into<Field>) -> EvaluationContext {
    nothing().with_custom_field(name, value)
}

#[test]
fn the_targeting_key_is_the_key_of_the_user() {
    let context = nothing().with_targeting_key("u-1");
    check(&one_of("user.key", "u-1"), &context, true);
    check(&one_of("user.id", "u-1"), &context, false);
    let with_field = context.with_custom_field("user.key", "u-2");
    check(&one_of("user.key", "u-1"), &with_field, false);
    check(&one_of("user.key", "u-2"), &with_field, true);
}

#[tokio::test]
async fn the_targeting_key_can_be_another_property_or_none() {
    let is_on = async |targeting_key: &str, property: &str| {
        let client = client(&json!([one_of(property, "u-1")]));
        let provider = PrefabProvider::builder(client).targeting_key(targeting_key).build();
        let context = nothing().with_targeting_key("u-1");
        provider.resolve_bool_value("flag", &context).await.unwrap().value
    };
    assert!(is_on("user.id", "user.id").await);
    assert!(!is_on("user.id", "user.key").await);
    assert!(is_on("id", "id").await);
    assert!(!is_on("", "user.key").await);
}

#[test]
fn the_first_dot_separates_the_context_from_the_property() {
    check(&one_of("user.plan", "pro"), &with("user.plan", "pro"), true);
    check(&one_of("user.ip.address", "::1"), &with("user.ip.address", "::1"), true);
    check(&one_of("plan", "pro"), &with("plan", "pro"), true);
    check(&one_of("user.plan", "pro"), &with("plan", "pro"), false);
}

#[test]
fn a_structure_is_a_context() {
    let inner = StructValue::default().with_field("country", "DE");
    let user = StructValue::default().with_field("plan", "pro").with_field("geo", Value::Struct(inner));
    let json = json!({"plan": "pro", "geo": {"country": "DE"}});
    let structures = [
        Field::new_struct(user.clone()),
        Field::new_struct(user.fields),
        Field::new_struct(json.as_object().unwrap().clone()),
        Field::new_struct(json),
    ];
    for structure in structures {
        let context = with("user", structure);
        check(&one_of("user.plan", "pro"), &context, true);
        check(&one_of("user.geo.country", "DE"), &context, true);
        // A scalar field has priority.
        let context = context.with_custom_field("user.plan", "free");
        check(&one_of("user.plan", "free"), &context, true);
        check(&one_of("user.geo.country", "DE"), &context, true);
    }
}

#[test]
fn values_keep_their_type() {
    check(
        &flag("u.is", "PROP_IS_ONE_OF", &json!({"stringList": {"values": ["true"]}})),
        &with("u.is", true),
        true,
    );
    let above = flag("u.age", "PROP_GREATER_THAN", &json!({"int": "10"}));
    check(&above, &with("u.age", 11), true);
    check(&above, &with("u.age", 10), false);
    check(&above, &with("u.age", 10.5), true);
    check(&above, &with("u.age", f64::INFINITY), false);
    check(&above, &with("u.age", f64::NAN), false);
    let list = Value::Array(vec![Value::String("admin".to_owned()), Value::Int(3)]);
    let roles = |operand| flag("u.roles", "PROP_IS_ONE_OF", &json!({"stringList": {"values": [operand]}}));
    let context = with("u", Field::new_struct(StructValue::default().with_field("roles", list)));
    check(&roles("admin"), &context, true);
    check(&roles("3"), &context, true);
    check(&roles("guest"), &context, false);
}

#[test]
fn a_date_is_a_text_in_utc() {
    let offset = time::UtcOffset::from_hms(2, 0, 0).unwrap();
    let date = time::OffsetDateTime::from_unix_timestamp(1_764_000_000).unwrap().to_offset(offset);
    let context = with("user.joined", date);
    check(&one_of("user.joined", "2025-11-24T16:00:00Z"), &context, true);
    check(&flag("user.joined", "PROP_BEFORE", &json!({"string": "2025-11-24T16:00:01Z"})), &context, true);
    check(&flag("user.joined", "PROP_AFTER", &json!({"string": "2025-11-24T16:00:01Z"})), &context, false);
    let precise = date.replace_nanosecond(5).unwrap();
    check(&one_of("user.joined", "2025-11-24T16:00:00.000000005Z"), &with("user.joined", precise), true);
}

#[tokio::test]
async fn a_null_hides_a_weaker_value() {
    // The SDK has no null, but JSON has.
    let plan = json!({"plan": null});
    let client = builder(&json!([one_of("user.plan", "pro")]))
        .global_context(Context::new("user").with("plan", "pro"))
        .build()
        .unwrap();
    let provider = PrefabProvider::new(client);
    let is_on = async |context| provider.resolve_bool_value("flag", &context).await.unwrap().value;
    assert!(is_on(nothing()).await);
    assert!(!is_on(with("user", Arc::new(plan))).await);
}

#[tokio::test]
async fn an_unsupported_structure_is_ignored_and_reported_once() {
    struct Unsupported;
    let client = client(&json!([one_of("user.plan", "pro")]));
    let provider = PrefabProvider::new(client.clone());
    let context = with("user.plan", "pro").with_custom_field("device", Field::new_struct(Unsupported));
    for _ in 0..3 {
        assert!(provider.resolve_bool_value("flag", &context).await.unwrap().value);
    }
    let problems = client.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].starts_with("openfeature: the field `device` of an evaluation context"),
        "{problems:?}"
    );
}

#[tokio::test]
async fn a_context_beyond_the_limits_is_an_error() {
    let provider = PrefabProvider::new(client(&json!([one_of("user.plan", "pro")])));
    let fields =
        |count| (0..count).fold(nothing(), |context, nth| context.with_custom_field(format!("f{nth}"), nth));
    assert!(provider.resolve_bool_value("flag", &fields(1_000)).await.is_ok());
    let error = provider.resolve_bool_value("flag", &fields(1_001)).await.unwrap_err();
    assert_eq!(error.code, EvaluationErrorCode::InvalidContext);
    assert_eq!(message(error), "the context has more than 1000 properties");
}

#[tokio::test]
async fn contexts_of_the_prefab_client_are_weaker_than_the_evaluation_context() {
    let build = || {
        builder(&json!([one_of("user.plan", "pro")]))
            .global_context(Context::new("user").with("plan", "pro"))
            .build()
            .unwrap()
    };
    let provider = PrefabProvider::new(build());
    let is_on =
        async |context: &EvaluationContext| provider.resolve_bool_value("flag", context).await.unwrap().value;
    assert!(is_on(&nothing()).await, "the global context applies");
    assert!(is_on(&with("device.os", "linux")).await);
    assert!(!is_on(&with("user.plan", "free")).await);
    assert!(!is_on(&nothing().with_targeting_key("u-1")).await, "the context `user` replaces the global one");
    scope::run(Context::new("user").with("plan", "free"), async {
        assert!(!is_on(&nothing()).await, "the scope hides the global context");
        assert!(is_on(&with("user.plan", "pro")).await, "the evaluation context hides the scope");
    })
    .await;
}

#[tokio::test]
async fn the_sdk_merges_its_contexts_field_by_field() {
    let rules = json!([
        {"criteria": [
            {"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF", "valueToMatch": {"stringList": {"values": ["pro"]}}},
            {"propertyName": "user.key", "operator": "PROP_IS_ONE_OF", "valueToMatch": {"stringList": {"values": ["u-1"]}}}],
         "value": {"bool": true}},
        {"value": {"bool": false}}]);
    let flag = json!({"id": "1", "key": "flag", "rows": [{"values": rules}]});
    let prefab: Client = client(&json!([flag]));
    let mut api = OpenFeature::default();
    api.set_provider(PrefabProvider::new(prefab)).await;
    api.set_evaluation_context(with("user.plan", "pro")).await;
    let client = api.create_client();
    let user = nothing().with_targeting_key("u-1");
    assert_eq!(client.get_bool_value("flag", Some(&user), None).await, Ok(true));
    let free = user.with_custom_field("user.plan", "free");
    assert_eq!(client.get_bool_value("flag", Some(&free), None).await, Ok(false));
}
