//! The work as a Prefab datafile, which the official SDKs also read.

use serde_json::{Value, json};

use crate::{Flag, Rule, Work};

/// The environment of the rows.
pub const ENVIRONMENT: &str = "7";

/// Writes the work as a datafile.
pub fn datafile(work: &Work) -> Value {
    // The ids of the second edition are higher than all ids of the first.
    let edition = usize::try_from(work.version()).unwrap_or_default() * 1_000_000;
    let segments = work.segments.iter().map(|segment| {
        let member = when("user.key", "PROP_IS_ONE_OF", &list(&segment.members));
        ("SEGMENT", segment.key.as_str(), "BOOL", vec![member, off()])
    });
    let flags = work.flags.iter().map(|flag| {
        let (kind, values) = values(flag, work);
        ("FEATURE_FLAG", flag.key.as_str(), kind, values)
    });
    let configs: Vec<Value> = (edition..)
        .zip(segments.chain(flags))
        .map(|(id, (config_type, key, value_type, values))| {
            json!({
                "id": id.to_string(), "projectId": "1", "key": key, "configType": config_type,
                "valueType": value_type, "rows": [{"projectEnvId": ENVIRONMENT, "values": values}],
            })
        })
        .collect();
    let pointer = json!({"projectId": "1", "startAtId": edition.to_string(), "projectEnvId": ENVIRONMENT});
    json!({"configs": configs, "configServicePointer": pointer})
}

fn values(flag: &Flag, work: &Work) -> (&'static str, Vec<Value>) {
    let values = match &flag.rule {
        Rule::Constant(value) => vec![json!({"value": {"bool": value}})],
        Rule::EndsWith(property, suffix) => {
            let suffix = list(std::slice::from_ref(suffix));
            vec![when(&format!("user.{property}"), "PROP_ENDS_WITH_ONE_OF", &suffix), off()]
        }
        Rule::OneOf(property, lists) => {
            let property = format!("user.{property}");
            lists.iter().map(|texts| when(&property, "PROP_IS_ONE_OF", &list(texts))).chain([off()]).collect()
        }
        Rule::Member(segment) => {
            vec![when("", "IN_SEG", &json!({"string": work.segments[*segment].key})), off()]
        }
        Rule::Split(texts) => {
            let choice = |(text, weight): &(&str, u32)| json!({"weight": weight, "value": {"string": text}});
            let choices: Vec<Value> = texts.iter().map(choice).collect();
            let weighted = json!({"weightedValues": choices, "hashByPropertyName": "user.key"});
            return ("STRING", vec![json!({"value": {"weightedValues": weighted}})]);
        }
    };
    ("BOOL", values)
}

fn list(texts: &[String]) -> Value {
    json!({"stringList": {"values": texts}})
}

fn when(property: &str, operator: &str, value: &Value) -> Value {
    json!({
        "criteria": [{"propertyName": property, "operator": operator, "valueToMatch": value}],
        "value": {"bool": true},
    })
}

fn off() -> Value {
    json!({"value": {"bool": false}})
}
