//! The telemetry of single evaluations. OpenFeature clients do not report evaluations themselves.

use prefab_core::{ConfigValue, Value, duration::format_duration};
use prefab_eval::{EvaluatedValue, Evaluation};
use prefab_proto::wire;

/// Returns the report that an SDK would send of one evaluation.
pub fn report(key: &str, evaluation: &Evaluation<'_>, now_millis: i64) -> wire::TelemetryEvents {
    let config = evaluation.config();
    let value = value(evaluation)
        .map(|value| ConfigValue { confidential: evaluation.is_confidential(), ..ConfigValue::from(value) });
    let counter = wire::ConfigEvaluationCounter {
        count: 1,
        config_id: Some(config.id),
        selected_value: value.as_ref().map(Into::into),
        config_row_index: Some(evaluation.config_row_index),
        conditional_value_index: Some(evaluation.conditional_value_index),
        weighted_value_index: evaluation.weighted_value_index,
        ..wire::ConfigEvaluationCounter::default()
    };
    let summary = wire::ConfigEvaluationSummary {
        key: key.to_owned(),
        r#type: config.config_type.number(),
        counters: vec![counter],
    };
    let summaries =
        wire::ConfigEvaluationSummaries { start: now_millis, end: now_millis, summaries: vec![summary] };
    let payload = wire::telemetry_event::Payload::Summaries(summaries);
    let events = vec![wire::TelemetryEvent { payload: Some(payload) }];
    wire::TelemetryEvents { instance_hash: String::new(), events }
}

fn value(evaluation: &Evaluation<'_>) -> Option<Value> {
    Some(match &evaluation.value {
        EvaluatedValue::Int(int) => Value::Int(*int),
        EvaluatedValue::Double(double) => Value::Double(*double),
        EvaluatedValue::Bool(bool) => Value::Bool(*bool),
        EvaluatedValue::String(text) => Value::String(text.clone().into_owned()),
        EvaluatedValue::StringList(list) => Value::StringList(list.clone().into_owned()),
        EvaluatedValue::LogLevel(level) => Value::LogLevel(*level),
        EvaluatedValue::Duration(duration) => Value::Duration(format_duration(*duration)),
        EvaluatedValue::IntRange(range) => Value::IntRange(*range),
        EvaluatedValue::Json(json) => {
            Value::Json(evaluation.written_json().map_or_else(|| json.to_string(), Into::into))
        }
        EvaluatedValue::Bytes(_) | EvaluatedValue::LimitDefinition(_) | EvaluatedValue::Schema(_) => {
            return None;
        }
    })
}
