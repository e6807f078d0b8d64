//! Conversion of reports to messages.

use prefab_core::{ConfigValue, LogLevel};
use prefab_proto::wire::{self, telemetry_event::Payload};

use crate::{ContextShape, EvaluationCount, EvaluationSummary, ExampleContext, LoggerLineCounts, Report};

impl Report {
    /// Returns the message for `POST /api/v1/telemetry`: one event for each part of the report that is not empty.
    ///
    /// `instance_hash` identifies this process among those of the project.
    pub fn to_wire(&self, instance_hash: impl Into<String>) -> wire::TelemetryEvents {
        let events = [self.summaries(), self.examples(), self.shapes(), self.loggers(), self.client_stats()];
        let events =
            events.into_iter().flatten().map(|payload| wire::TelemetryEvent { payload: Some(payload) });
        wire::TelemetryEvents { instance_hash: instance_hash.into(), events: events.collect() }
    }

    fn summaries(&self) -> Option<Payload> {
        let summaries: Vec<_> = self.summaries.iter().map(summary).collect();
        let (start, end) = (self.start_at_millis, self.end_at_millis);
        (!summaries.is_empty()).then_some(Payload::Summaries(wire::ConfigEvaluationSummaries {
            start,
            end,
            summaries,
        }))
    }

    fn examples(&self) -> Option<Payload> {
        let examples: Vec<_> = self.example_contexts.iter().map(example).collect();
        (!examples.is_empty()).then_some(Payload::ExampleContexts(wire::ExampleContexts { examples }))
    }

    fn shapes(&self) -> Option<Payload> {
        let shapes: Vec<_> = self.context_shapes.iter().map(shape).collect();
        (!shapes.is_empty())
            .then_some(Payload::ContextShapes(wire::ContextShapes { shapes, namespace: None }))
    }

    fn loggers(&self) -> Option<Payload> {
        let loggers: Vec<_> = self.loggers.iter().map(logger).collect();
        let (start_at, end_at) = (self.start_at_millis, self.end_at_millis);
        (!loggers.is_empty()).then_some(Payload::Loggers(wire::LoggersTelemetryEvent {
            loggers,
            start_at,
            end_at,
        }))
    }

    fn client_stats(&self) -> Option<Payload> {
        (self.dropped > 0).then_some(Payload::ClientStats(wire::ClientStats {
            start: self.start_at_millis,
            end: self.end_at_millis,
            dropped_event_count: self.dropped,
        }))
    }
}

fn summary(summary: &EvaluationSummary) -> wire::ConfigEvaluationSummary {
    let EvaluationSummary { key, config_type, counts } = summary;
    wire::ConfigEvaluationSummary {
        key: key.clone(),
        r#type: config_type.number(),
        counters: counts.iter().map(counter).collect(),
    }
}

fn counter(counter: &EvaluationCount) -> wire::ConfigEvaluationCounter {
    let EvaluationCount {
        count,
        config_id,
        config_row_index,
        conditional_value_index,
        weighted_value_index,
        selected_index,
        selected_value,
        reason,
    } = counter;
    wire::ConfigEvaluationCounter {
        count: signed(*count),
        config_id: Some(*config_id),
        selected_index: *selected_index,
        selected_value: selected_value.as_ref().map(|value| (&ConfigValue::from(value.clone())).into()),
        config_row_index: Some(*config_row_index),
        conditional_value_index: Some(*conditional_value_index),
        weighted_value_index: *weighted_value_index,
        // The message defines only 0. The other numbers are those of later official clients.
        reason: reason.number(),
    }
}

fn example(example: &ExampleContext) -> wire::ExampleContext {
    let ExampleContext { at_millis, contexts } = example;
    wire::ExampleContext { timestamp: *at_millis, context_set: Some(contexts.into()) }
}

fn shape(shape: &ContextShape) -> wire::ContextShape {
    let ContextShape { name, properties } = shape;
    wire::ContextShape { name: name.clone(), field_types: properties.clone() }
}

fn logger(logger: &LoggerLineCounts) -> wire::Logger {
    // A level without lines is absent, as in the reports of all clients.
    let count = |level| Some(logger.count(level)).filter(|count| *count > 0).map(signed);
    wire::Logger {
        logger_name: logger.name.clone(),
        traces: count(LogLevel::Trace),
        debugs: count(LogLevel::Debug),
        infos: count(LogLevel::Info),
        warns: count(LogLevel::Warn),
        errors: count(LogLevel::Error),
        fatals: count(LogLevel::Fatal),
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
