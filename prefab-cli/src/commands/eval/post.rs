//! The function `post`: what telemetry would send.

use prefab_client::ContextSet;
use prefab_core::{ConfigValue, LogLevel, Value, datafile};
use prefab_eval::{Contexts, Host, Ruleset};
use prefab_telemetry::{EvaluationCount, LoggerLineCounts, Options, Report, Telemetry};
use serde_json::{Map, Value as Json, json};

/// The levels of a log call, by their names in a report.
const LEVELS: [(&str, LogLevel); 6] = [
    ("traces", LogLevel::Trace),
    ("debugs", LogLevel::Debug),
    ("infos", LogLevel::Info),
    ("warns", LogLevel::Warn),
    ("errors", LogLevel::Error),
    ("fatals", LogLevel::Fatal),
];

/// Records the evaluations of a request and returns the report of one kind of telemetry; null if it is empty.
pub(super) fn answer(
    question: &Json,
    rules: &Ruleset,
    contexts: &Contexts<'_>,
    host: &dyn Host,
) -> Result<Json, String> {
    let telemetry = Telemetry::new(options(&question["client_overrides"])?, host.now_millis());
    let data = &question["data"];
    let items: fn(&Report) -> Vec<Json> = match question["aggregator"].as_str().unwrap_or_default() {
        "log_path" => {
            log(&telemetry, data)?;
            loggers
        }
        "context_shape" => {
            see(&telemetry, data, rules, contexts, host)?;
            shapes
        }
        "example_contexts" => {
            see(&telemetry, data, rules, contexts, host)?;
            examples
        }
        "evaluation_summary" => {
            evaluate(&telemetry, &data["keys"], rules, contexts, host);
            evaluate(&telemetry, &data["keys_without_context"], rules, &Contexts::default(), host);
            summaries
        }
        other => return Err(format!("there is no aggregator `{other}`")),
    };
    let items = items(&telemetry.drain(host.now_millis()));
    Ok(if items.is_empty() { Json::Null } else { items.into() })
}

fn options(overrides: &Json) -> Result<Options, String> {
    let mut options = Options::default();
    if let Some(collect) = overrides["collect_evaluation_summaries"].as_bool() {
        options.collect_evaluation_summaries = collect;
    }
    if let Some(collect) = overrides["collect_loggers"].as_bool() {
        options.collect_loggers = collect;
    }
    if let Some(mode) = overrides["context_upload_mode"].as_str() {
        // Some test suites write it as a symbol of their language.
        let mode = mode.trim_start_matches(':').parse();
        options.context_upload_mode =
            mode.map_err(|error: prefab_telemetry::UnknownContextUploadMode| error.to_string())?;
    }
    Ok(options)
}

fn log(telemetry: &Telemetry, data: &Json) -> Result<(), String> {
    for logger in data.as_array().into_iter().flatten() {
        let name = logger["logger_name"].as_str().ok_or("a logger has no name")?;
        for (counted, level) in LEVELS {
            let calls = logger["counts"][counted].as_u64().unwrap_or_default();
            telemetry.count_lines(name, level, calls);
        }
    }
    Ok(())
}

/// Records contexts as evaluations do.
fn see(
    telemetry: &Telemetry,
    data: &Json,
    rules: &Ruleset,
    around: &Contexts<'_>,
    host: &dyn Host,
) -> Result<(), String> {
    let sets = data.as_array().map_or(std::slice::from_ref(data), Vec::as_slice);
    for set in sets {
        let call = ContextSet::from_json(set).map_err(|error| error.to_string())?;
        record_contexts(telemetry, rules, &Contexts { call: &call, ..*around }, host);
    }
    Ok(())
}

fn evaluate(telemetry: &Telemetry, keys: &Json, rules: &Ruleset, contexts: &Contexts<'_>, host: &dyn Host) {
    for key in keys.as_array().into_iter().flatten().filter_map(Json::as_str) {
        record_contexts(telemetry, rules, contexts, host);
        // An evaluation without a value is not counted.
        if let Ok(answer) = rules.evaluate(key, contexts, host) {
            telemetry.count_evaluation(&answer);
        }
    }
}

fn record_contexts(telemetry: &Telemetry, rules: &Ruleset, contexts: &Contexts<'_>, host: &dyn Host) {
    let Contexts { call, bound, scope, global } = *contexts;
    telemetry.record_contexts(&[call, bound, scope, rules.default_context(), global], || host.now_millis());
}

fn loggers(report: &Report) -> Vec<Json> {
    let item = |logger: &LoggerLineCounts| {
        let counts = LEVELS.map(|(counted, level)| (counted, logger.count(level)));
        let counts: Map<String, Json> = counts
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(counted, count)| (counted.to_owned(), count.into()))
            .collect();
        json!({"logger_name": logger.name, "counts": counts})
    };
    report.loggers.iter().map(item).collect()
}

fn shapes(report: &Report) -> Vec<Json> {
    let shapes = report.context_shapes.iter();
    shapes.map(|shape| json!({"name": shape.name, "field_types": shape.properties})).collect()
}

fn examples(report: &Report) -> Vec<Json> {
    report.example_contexts.iter().map(|example| contexts_json(&example.contexts)).collect()
}

fn contexts_json(contexts: &ContextSet) -> Json {
    let properties = |context: &prefab_core::Context| -> Map<String, Json> {
        let values = context.properties();
        values.map(|(property, value)| (property.to_owned(), context_value_json(value))).collect()
    };
    let contexts = contexts.iter().map(|context| (context.name().to_owned(), properties(context).into()));
    Json::Object(contexts.collect())
}

fn context_value_json(value: &prefab_core::ContextValue) -> Json {
    use prefab_core::ContextValue as V;
    match value {
        V::Null => Json::Null,
        V::String(text) => text.as_str().into(),
        V::Int(int) => (*int).into(),
        V::Double(double) => (*double).into(),
        V::Bool(bool) => (*bool).into(),
        V::StringList(list) => list.as_slice().into(),
    }
}

fn summaries(report: &Report) -> Vec<Json> {
    let counters = |summary: &prefab_telemetry::EvaluationSummary| -> Vec<Json> {
        summary.counts.iter().map(|counter| self::counter(summary, counter)).collect()
    };
    report.summaries.iter().flat_map(counters).collect()
}

fn counter(summary: &prefab_telemetry::EvaluationSummary, counter: &EvaluationCount) -> Json {
    let (value_type, value) = counter.selected_value.as_ref().map_or(("nothing", Json::Null), typed);
    let mut place = Map::from_iter([
        ("config_row_index".to_owned(), counter.config_row_index.into()),
        ("conditional_value_index".to_owned(), counter.conditional_value_index.into()),
    ]);
    if let Some(index) = counter.weighted_value_index {
        place.insert("weighted_value_index".to_owned(), index.into());
    }
    json!({
        "key": summary.key,
        "type": summary.config_type.name(),
        "value": value,
        "value_type": value_type,
        "count": counter.count,
        "reason": counter.reason.number(),
        "summary": place,
    })
}

/// Returns the field name of a value in the message, and the value as JSON.
fn typed(value: &Value) -> (&'static str, Json) {
    match value {
        Value::Int(int) => ("int", (*int).into()),
        Value::Double(double) => ("double", (*double).into()),
        Value::Bool(bool) => ("bool", (*bool).into()),
        Value::String(text) => ("string", text.as_str().into()),
        Value::StringList(list) => ("string_list", list.as_slice().into()),
        Value::LogLevel(level) => ("log_level", level.name().into()),
        Value::Duration(text) => ("duration", text.as_str().into()),
        Value::Json(text) => ("json", serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into())),
        other => ("other", datafile::value_to_json(&ConfigValue::from(other.clone()))),
    }
}
