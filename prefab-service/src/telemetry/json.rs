//! Telemetry in JSON, as browsers and one server SDK send it: almost proto3 JSON.
//!
//! Numbers may be strings, values may have unknown members, and every member may be missing. Members that cannot be parsed
//! are skipped.

use prefab_core::datafile;
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
                r#type: summary.get("type").map_or(0, |kind| {
                    kind.as_str()
                        .and_then(prefab_core::ConfigType::from_name)
                        .map_or(0, prefab_core::ConfigType::number)
                }),
                counters: list(summary, "counters").map(counter).collect(),
            })
            .collect(),
    }
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
        reason: 0,
    }
}

fn value(json: &Json) -> Option<wire::ConfigValue> {
    datafile::value_from_json(json).ok().as_ref().map(Into::into)
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
            .filter_map(|(name, json)| Some((name.clone(), value(json)?)))
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
    fn an_empty_object_is_an_empty_report() {
        assert_eq!(events(&json!({})), wire::TelemetryEvents::default());
        assert_eq!(events(&json!([1])), wire::TelemetryEvents::default());
    }
}
