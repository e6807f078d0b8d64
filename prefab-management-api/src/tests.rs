//! The JSON of requests and responses.

use serde_json::json;

use crate::{
    CreateKeyRequest, EnvironmentHealth, ErrorResponse, ItemSummary, ItemType, KeyKind, Lifetime,
    SetLogLevelRequest, TokenResponse, ValueKind,
};

#[test]
fn requests_reject_unknown_fields_and_have_defaults() {
    let request: CreateKeyRequest =
        serde_json::from_value(json!({"name": "ci", "environment": "Staging"})).unwrap();
    assert_eq!((request.kind, request.user), (KeyKind::Backend, None));
    let misspelled = json!({"name": "ci", "environment": "Staging", "kynd": "admin"});
    assert!(serde_json::from_value::<CreateKeyRequest>(misspelled).is_err());
}

#[test]
fn responses_ignore_unknown_fields() {
    let token = json!({"id": "7", "name": "ci", "role": "viewer", "environments": [], "createdBy": "ann",
                       "createdAt": 1, "added": "later"});
    let token: TokenResponse = serde_json::from_value(token).unwrap();
    assert_eq!((token.created_at, token.last_used_at), (1, None));
    let error: ErrorResponse =
        serde_json::from_value(json!({"message": "Bad Request", "code": "of a newer server"})).unwrap();
    assert_eq!(error.code, "of a newer server");
}

#[test]
fn field_names_are_those_of_the_api() {
    let summary = json!({"id": "1", "key": "k", "type": "feature_flag", "kind": "bool flag", "changedAt": 1,
                         "changedBy": "ann", "evaluations24h": 3, "isSecret": false, "states": []});
    let typed: ItemSummary = serde_json::from_value(summary.clone()).unwrap();
    assert_eq!(serde_json::to_value(typed).unwrap(), summary);
    let health = json!({"name": "Production", "environment": "3", "connected": 2, "received": [], "kinds": [],
        "propagation": {"deliveries": 0, "medianMicros": null, "p99Micros": null},
        "payload": {"configs": 0, "plain": 0, "gzip": 0, "zstd": 0}, "reports": 0});
    let typed: EnvironmentHealth = serde_json::from_value(health.clone()).unwrap();
    assert_eq!(typed.clients.connected, 2);
    let level: SetLogLevelRequest =
        serde_json::from_value(json!({"level": "DEBUG", "for": {"segment": "beta"}, "expires_in": "30m"}))
            .unwrap();
    assert!(matches!(level.expires_in, Some(Lifetime::Text(text)) if text == "30m"));
    assert_eq!(level.target.unwrap().segment.as_deref(), Some("beta"));
}

#[test]
fn names_match_the_serialized_form() {
    for kind in [ValueKind::Bool, ValueKind::StringList, ValueKind::WeightedValues, ValueKind::IntRange] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
    for item_type in [ItemType::FeatureFlag, ItemType::LogLevelV2, ItemType::LimitDefinition] {
        assert_eq!(serde_json::to_value(item_type).unwrap(), item_type.name());
    }
}
