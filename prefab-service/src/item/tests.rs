//! Items lose nothing, and problems name their place.

use prefab_core::datafile;
use serde_json::json;

use crate::item::*;
use prefab_core::ids::EnvironmentId;
use prefab_store::Environment;

fn environments() -> [Environment; 2] {
    [Environment::new(EnvironmentId(1), "Development"), Environment::new(EnvironmentId(3), "Production")]
}

#[test]
fn an_item_survives_a_round_trip() {
    let rule = |value: Json| json!({ "values": [{ "value": value }] });
    let kinds = [
        json!({"int": "3"}),
        json!({"int": "9007199254740993"}),
        json!({"double": 1.5}),
        json!({"bool": true}),
        json!({"string": ""}),
        json!({"stringList": {"values": ["a", "b"]}}),
        json!({"json": {"json": "{ \"b\": 1, \"a\": 2 }"}}),
        json!({"duration": {"definition": "PT1.5S"}}),
        json!({"logLevel": "INFO"}),
        json!({"provided": {"source": "ENV_VAR", "lookup": "X"}, "confidential": true}),
        json!({"string": "ab--cd--ef", "decryptWith": "k", "confidential": true}),
        json!({"intRange": {"start": "1", "end": "5"}}),
        json!({"schema": {"schema": "z.object({})", "schemaType": "ZOD"}}),
        json!({"weightedValues": {"weightedValues": [{"weight": 10, "value": {"bool": true}},
               {"weight": 90, "value": {"bool": false}}], "hashByPropertyName": "user.key"}}),
    ];
    for kind in kinds {
        let config = datafile::config_from_json(&json!({
            "id": "17", "key": "k", "configType": "CONFIG", "sendToClientSdk": true, "schemaKey": "s",
            "allowableValues": [{"bool": true, "name": "on", "description": "…"}],
            "rows": [rule(kind.clone()), {"projectEnvId": "3", "values": [
                {"criteria": [{"propertyName": "user.key", "operator": "PROP_IS_ONE_OF",
                               "valueToMatch": {"stringList": {"values": ["a"]}}}], "value": kind}]}]
        }))
        .unwrap();
        let text = serde_json::to_string(&from_config(&config)).unwrap();
        let item: Item = serde_json::from_str(&text).unwrap();
        assert_eq!(to_config(&item, &environments()), Ok(config), "{text}");
    }
}

#[test]
fn problems_name_their_place() {
    let check = |value: Json, problem: &str| {
        let item: Item = serde_json::from_value(json!({
            "key": "k", "type": "config", "default": {"rules": [{"value": value}]}
        }))
        .unwrap();
        assert_eq!(to_config(&item, &environments()), Err(vec![problem.to_owned()]));
    };
    check(
        json!({"type": "int", "value": "pumpkin"}),
        "`default.rules[0].value.value`: expected a whole number of 64 bits, not \"pumpkin\"",
    );
    check(
        json!({"type": "log_level", "value": "LOUD"}),
        "`default.rules[0].value.value`: expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL, not \"LOUD\"",
    );
    check(
        json!({"type": "weighted_values", "value": [{"weight": 1, "value": {"type": "bool", "value": 3}}]}),
        "`default.rules[0].value.value[0].value.value`: expected true or false, not 3",
    );
    let item: Item = serde_json::from_value(json!({
        "key": "k", "type": "config", "environments": [{"id": "Prod", "rules": []}]
    }))
    .unwrap();
    let problem =
        "`environments[0].id`: unknown environment \"Prod\"; expected one of Development, Production";
    assert_eq!(to_config(&item, &environments()), Err(vec![problem.to_owned()]));
}
