//! One test per rule.

#![allow(clippy::needless_pass_by_value, reason = "`json!` reads best in place")]

use prefab_core::datafile::{config_from_json, config_to_json};
use serde_json::{Value as Json, json};

use crate::for_sdk::*;

/// Sends a config with these rows to environment 5, where the segment `beta` exists, and compares the rows.
#[track_caller]
fn check(rows: Json, sent: Json) {
    let config = config_from_json(&json!({"id": "7", "projectId": "1", "key": "k", "configType": "CONFIG",
        "changedBy": {"email": "ada@acme.test"}, "rows": rows}))
    .unwrap();
    let out = config_to_json(&for_sdk(&config, EnvironmentId(5), |key| key == "beta"));
    assert_eq!(out.get("rows").cloned().unwrap_or_default(), sent);
    assert_eq!(out.get("changedBy"), None);
}

fn always(value: i64) -> Json {
    json!({"value": {"int": value.to_string()}})
}

fn when(criterion: Json) -> Json {
    json!([{"values": [{"criteria": [criterion], "value": {"int": "1"}}, always(2)]}])
}

#[test]
fn own_row_comes_first_and_rows_of_other_environments_are_removed() {
    check(
        json!([
            {"values": [always(1)]},
            {"projectEnvId": "6", "values": [always(6)]},
            {"projectEnvId": "5", "values": [always(5)]},
        ]),
        json!([{"projectEnvId": "5", "values": [always(5)]}, {"values": [always(1)]}]),
    );
}

#[test]
fn environment_zero_is_the_default_row() {
    check(json!([{"projectEnvId": "0", "values": [always(1)]}]), json!([{"values": [always(1)]}]));
}

#[test]
fn config_with_rules_only_for_another_environment_is_a_tombstone() {
    let config = config_from_json(&json!({"id": "7", "projectId": "1", "key": "k", "configType": "CONFIG",
        "rows": [{"projectEnvId": "6", "values": [always(1)]}]}))
    .unwrap();
    let out = config_to_json(&for_sdk(&config, EnvironmentId(5), |_| true));
    assert_eq!(out, json!({"id": "7", "projectId": "1", "key": "k", "configType": "DELETED"}));
}

#[test]
fn always_true_is_sent_as_no_criteria() {
    check(
        when(json!({"operator": "ALWAYS_TRUE"})),
        json!([{"values": [{"value": {"int": "1"}}, always(2)]}]),
    );
}

#[test]
fn lookup_key_operators_are_sent_as_property_operators() {
    let list = json!({"stringList": {"values": ["u-1"]}});
    check(
        when(json!({"operator": "LOOKUP_KEY_IN", "valueToMatch": list})),
        when(json!({"propertyName": "LOOKUP", "operator": "PROP_IS_ONE_OF", "valueToMatch": list})),
    );
    check(
        when(json!({"propertyName": "LOOKUP", "operator": "LOOKUP_KEY_NOT_IN", "valueToMatch": list})),
        when(json!({"propertyName": "LOOKUP", "operator": "PROP_IS_NOT_ONE_OF", "valueToMatch": list})),
    );
}

#[test]
fn rule_with_an_operator_unknown_to_clients_is_removed() {
    for operator in [json!("NOT_SET"), json!(77), json!("IS_PRESENT")] {
        check(when(json!({"propertyName": "a.b", "operator": operator})), json!([{"values": [always(2)]}]));
    }
}

#[test]
fn criteria_on_missing_segments_are_resolved() {
    let in_seg =
        |operator: &str, key: &str| when(json!({"operator": operator, "valueToMatch": {"string": key}}));
    check(in_seg("IN_SEG", "beta"), in_seg("IN_SEG", "beta"));
    check(in_seg("IN_SEG", "gone"), json!([{"values": [always(2)]}]));
    check(in_seg("NOT_IN_SEG", "gone"), json!([{"values": [{"value": {"int": "1"}}, always(2)]}]));
}

#[test]
fn ranges_are_two_comparisons() {
    let range = |range: Json| {
        when(
            json!({"propertyName": "user.age", "operator": "IN_INT_RANGE", "valueToMatch": {"intRange": range}}),
        )
    };
    let compared =
        |criteria: Json| json!([{"values": [{"criteria": criteria, "value": {"int": "1"}}, always(2)]}]);
    let at_least = |int: &str| json!({"propertyName": "user.age", "operator": "PROP_GREATER_THAN_OR_EQUAL", "valueToMatch": {"int": int}});
    let below = |int: &str| json!({"propertyName": "user.age", "operator": "PROP_LESS_THAN", "valueToMatch": {"int": int}});
    check(range(json!({"start": "3", "end": "9"})), compared(json!([at_least("3"), below("9")])));
    check(range(json!({"end": "9"})), compared(json!([below("9")])));
    check(range(json!({})), compared(json!([at_least("-9223372036854775808")])));
}

#[test]
fn percentages_always_have_a_hash_property() {
    let weighted = |fields: Json| {
        let mut weighted = json!({"weightedValues": [{"weight": 1, "value": {"int": "1"}}]});
        if let Some(name) = fields.get("hashByPropertyName") {
            weighted["hashByPropertyName"] = name.clone();
        }
        json!([{"values": [{"value": {"weightedValues": weighted}}]}])
    };
    check(weighted(json!({})), weighted(json!({"hashByPropertyName": ""})));
    let named = weighted(json!({"hashByPropertyName": "user.key"}));
    check(named.clone(), named);
}

#[test]
fn a_segment_ends_with_an_unconditional_value() {
    let segment = |rows: Json| {
        let config = config_from_json(&json!({"id": "7", "key": "s", "configType": "SEGMENT", "rows": rows}));
        config_to_json(&for_sdk(&config.unwrap(), EnvironmentId(5), |_| true))["rows"].clone()
    };
    let rule = json!({"criteria": [{"propertyName": "user.key", "operator": "PROP_IS_ONE_OF",
        "valueToMatch": {"stringList": {"values": ["a"]}}}], "value": {"bool": true}});
    let no = json!({"value": {"bool": false}});
    assert_eq!(segment(json!([{"values": [rule]}])), json!([{"values": [rule, no]}]));
    assert_eq!(segment(json!([{"projectEnvId": "6", "values": [rule]}])), json!([{"values": [no]}]));
    assert_eq!(segment(json!([{"values": [rule, no]}])), json!([{"values": [rule, no]}]));
}

#[test]
fn schemas_are_not_sent_to_sdks() {
    let json = json!({"id": "7", "key": "s", "configType": "SCHEMA",
        "rows": [{"values": [{"value": {"schema": {"schema": "{}", "schemaType": "JSON_SCHEMA"}}}]}]});
    let schema = config_from_json(&json).unwrap();
    assert_eq!(for_sdk(&schema, EnvironmentId(5), |_| false), tombstone(7, 0, "s"));
    assert_eq!(for_environment(&schema, EnvironmentId(5), |_| false).config_type, ConfigType::Schema);
}
