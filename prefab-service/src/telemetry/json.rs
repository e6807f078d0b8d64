//! Telemetry in JSON, as browsers and one server SDK send it: almost proto3 JSON.
//!
//! Numbers may be strings, values may have unknown members, and every member may be missing. Members that cannot be parsed
//! are skipped. The Quonfig SDKs write types in lower case, lists as arrays, and the values of contexts without their type.

use prefab_core::{ConfigType, ConfigValue, Value, datafile};
use prefab_proto::wire::{self, telemetry_event::Payload};
use serde_json::Value as Json;

/// Parses a report.
pub fn events(json: &Json) -> wire::TelemetryEvents {
    wire::TelemetryEvents {
        instance_hash: text(json, "instanceHash"),
        events: list(json, "events")
            .filter_map(payload)
            .map(|payload| wire::TelemetryEvent { payload: Some(payload) })
            .collect(),
    }
}

fn payload(event: &Json) -> Option<Payload> {
    if let Some(json) = event.get("summaries") {
        return Some(Payload::Summaries(summaries(json)));
    }
    if let Some(json) = event.get("loggers") {
        return Some(Payload::Loggers(wire::LoggersTelemetryEvent {
            loggers: loggers(json),
            start_at: int(json, "startAt").unwrap_or_default(),
            end_at: int(json, "endAt").unwrap_or_default(),
        }));
    }
    if let Some(json) = event.get("contextShapes") {
        return Some(Payload::ContextShapes(shapes(json)));
    }
    if let Some(json) = event.get("exampleContexts") {
        return Some(Payload::ExampleContexts(examples(json)));
    }
    event.get("clientStats").map(|json| {
        Payload::ClientStats(wire::ClientStats {
            start: int(json, "start").unwrap_or_default(),
            end: int(json, "end").unwrap_or_default(),
            dropped_event_count: int(json, "droppedEventCount")
                .and_then(|count| u64::try_from(count).ok())
                .unwrap_or_default(),
        })
    })
}

fn summaries(json: &Json) -> wire::ConfigEvaluationSummaries {
    wire::ConfigEvaluationSummaries {
        start: int(json, "start").unwrap_or_default(),
        end: int(json, "end").unwrap_or_default(),
        summaries: list(json, "summaries")
            .map(|summary| wire::ConfigEvaluationSummary {
                key: text(summary, "key"),
                r#type: config_type(&text(summary, "type")).number(),
                counters: list(summary, "counters").map(counter).collect(),
            })
            .collect(),
    }
}

fn config_type(name: &str) -> ConfigType {
    ConfigType::from_name(&name.to_ascii_uppercase()).unwrap_or_default()
}

fn counter(json: &Json) -> wire::ConfigEvaluationCounter {
    let index = |field| int(json, field).and_then(|index| u32::try_from(index).ok());
    wire::ConfigEvaluationCounter {
        count: int(json, "count").unwrap_or_default(),
        config_id: int(json, "configId"),
        selected_index: index("selectedIndex"),
        selected_value: json.get("selectedValue").and_then(value),
        config_row_index: index("configRowIndex"),
        conditional_value_index: index("conditionalValueIndex"),
        weighted_value_index: index("weightedValueIndex"),
        reason: int(json, "reason").and_then(|reason| i32::try_from(reason).ok()).unwrap_or_default(),
    }
}

fn value(json: &Json) -> Option<wire::ConfigValue> {
    if let Some(items) = json.get("stringList").and_then(Json::as_array) {
        return Some(wire_value(list_of(items)));
    }
    datafile::value_from_json(json).ok().as_ref().map(Into::into)
}

fn wire_value(value: Value) -> wire::ConfigValue {
    (&ConfigValue::from(value)).into()
}

/// Returns a value of a context, with or without its type.
fn context_value(json: &Json) -> Option<wire::ConfigValue> {
    let plain = match json {
        Json::Object(_) => return value(json),
        Json::String(text) => Value::String(text.clone()),
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Double(number.as_f64()?),
        },
        Json::Array(items) => list_of(items),
        Json::Null => return None,
    };
    Some(wire_value(plain))
}

/// Returns a list. Items that are not strings, as of a JSON value, are written as JSON.
fn list_of(items: &[Json]) -> Value {
    Value::StringList(
        items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect(),
    )
}

fn loggers(json: &Json) -> Vec<wire::Logger> {
    list(json, "loggers")
        .map(|logger| wire::Logger {
            logger_name: text(logger, "loggerName"),
            traces: int(logger, "traces"),
            debugs: int(logger, "debugs"),
            infos: int(logger, "infos"),
            warns: int(logger, "warns"),
            errors: int(logger, "errors"),
            fatals: int(logger, "fatals"),
        })
        .collect()
}

fn shapes(json: &Json) -> wire::ContextShapes {
    let shape = |shape: &Json| wire::ContextShape {
        name: text(shape, "name"),
        field_types: shape
            .get("fieldTypes")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, kind)| Some((name.clone(), i32::try_from(number(kind)?).ok()?)))
            .collect(),
    };
    wire::ContextShapes { shapes: list(json, "shapes").map(shape).collect(), namespace: None }
}

fn examples(json: &Json) -> wire::ExampleContexts {
    let example = |example: &Json| wire::ExampleContext {
        timestamp: int(example, "timestamp").unwrap_or_default(),
        context_set: example.get("contextSet").map(contexts),
    };
    wire::ExampleContexts { examples: list(json, "examples").map(example).collect() }
}

fn contexts(json: &Json) -> wire::ContextSet {
    let context = |context: &Json| wire::Context {
        r#type: Some(text(context, "type")),
        values: context
            .get("values")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, json)| Some((name.clone(), context_value(json)?)))
            .collect(),
    };
    wire::ContextSet { contexts: list(json, "contexts").map(context).collect() }
}

fn list<'j>(json: &'j Json, field: &str) -> impl Iterator<Item = &'j Json> {
    json.get(field).and_then(Json::as_array).into_iter().flatten()
}

fn text(json: &Json, field: &str) -> String {
    json.get(field).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn int(json: &Json, field: &str) -> Option<i64> {
    json.get(field).and_then(number)
}

fn number(json: &Json) -> Option<i64> {
    json.as_i64().or_else(|| json.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn browser_reports_are_parsed_leniently() {
        let report = json!({"instanceHash": "388c", "events": [{"summaries": {"start": 1, "end": "2", "summaries": [
            {"key": "my.dur", "type": "CONFIG", "counters": [{"configRowIndex": 0, "conditionalValueIndex": 0,
             "configId": "17000000000000007", "count": 2,
             "selectedValue": {"duration": {"definition": "PT90S", "millis": 90_000}}}]}]}},
            {"loggers": {"loggers": [{"loggerName": "my.app", "debugs": 1}]}}, {"unheard": 1}]});
        let events = events(&report);
        assert_eq!(events.events.len(), 2);
        let Some(Payload::Summaries(summaries)) = &events.events[0].payload else { panic!("{events:?}") };
        let counter = &summaries.summaries[0].counters[0];
        assert_eq!((counter.config_id, counter.count), (Some(17_000_000_000_000_007), 2));
        assert!(counter.selected_value.is_some());
    }

    #[test]
    fn reports_of_quonfig_sdks_are_parsed() {
        let counter = |value: Json| {
            json!({"configId": "7", "conditionalValueIndex": 1, "configRowIndex": 0,
            "selectedValue": value, "count": 3, "reason": 2})
        };
        let report = json!({"instanceHash": "388c", "events": [
            {"summaries": {"start": 1, "end": 2, "summaries": [{"key": "my.list", "type": "feature_flag",
                "counters": [counter(json!({"stringList": ["a", "b"]})), counter(json!({"stringList": [1, {"a": null}]})),
                             counter(json!({"stringList": {"values": ["c"]}}))]}]}},
            {"exampleContexts": {"examples": [{"timestamp": 5, "contextSet": {"contexts": [
                {"type": "user", "values": {"key": "u-1", "age": 3, "score": 1.5, "vip": true, "tags": ["x"],
                                            "plan": {"string": "pro"}, "none": null}}]}}]}},
            {"failover": {"start": 1, "end": 2, "hedgeFired": 1}}]});
        let events = events(&report).events;
        let [
            wire::TelemetryEvent { payload: Some(Payload::Summaries(counts)) },
            wire::TelemetryEvent { payload: Some(Payload::ExampleContexts(examples)) },
        ] = &events[..]
        else {
            panic!("{events:?}")
        };
        let summary = &counts.summaries[0];
        assert_eq!((summary.r#type, summary.counters[0].reason), (ConfigType::FeatureFlag.number(), 2));
        let value = |value: Value| Some(wire_value(value));
        let list = |items: &[&str]| value(Value::StringList(items.iter().map(ToString::to_string).collect()));
        let values: Vec<_> = summary.counters.iter().map(|counter| counter.selected_value.clone()).collect();
        assert_eq!(values, [list(&["a", "b"]), list(&["1", "{\"a\":null}"]), list(&["c"])]);
        let set = examples.examples[0].context_set.as_ref().unwrap();
        let found = |name: &str| set.contexts[0].values.get(name).cloned();
        assert_eq!(found("key"), value(Value::String("u-1".into())));
        assert_eq!(found("age"), value(Value::Int(3)));
        assert_eq!(found("score"), value(Value::Double(1.5)));
        assert_eq!(found("vip"), value(Value::Bool(true)));
        assert_eq!(found("tags"), list(&["x"]));
        assert_eq!(found("plan"), value(Value::String("pro".into())));
        assert_eq!(found("none"), None);
    }

    #[test]
    fn an_empty_object_is_an_empty_report() {
        assert_eq!(events(&json!({})), wire::TelemetryEvents::default());
        assert_eq!(events(&json!([1])), wire::TelemetryEvents::default());
    }
}
