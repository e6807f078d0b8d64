//! What do clients report? Counted in memory, bounded.
//!
//! Start with [`Telemetry`]. Reports come in as wire messages, whatever their encoding was.

pub(crate) mod json;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use prefab_core::{ConfigValue, ContextSet, ContextValue, Value, datafile, redact};
use prefab_proto::wire::{self, telemetry_event::Payload};

use crate::{ids::EnvironmentId, metrics::Metrics, project::Project};

/// How many different things are counted per kind and environment.
const MOST: usize = 20_000;
/// How many example contexts are kept per environment.
const MOST_EXAMPLES: usize = 100;

/// What clients reported, per environment.
#[derive(Default)]
pub(crate) struct Telemetry {
    environments: Mutex<HashMap<EnvironmentId, Counts>>,
}

/// What the clients of one environment reported.
#[derive(Default)]
pub(crate) struct Counts {
    /// Evaluations by key, config version and the value's JSON.
    pub(crate) evaluations: HashMap<(String, i64, String), i64>,
    /// Log calls by logger.
    pub(crate) loggers: HashMap<String, i64>,
    /// Properties by context, each with its kind's number.
    pub(crate) shapes: HashSet<(String, String, i32)>,
    /// Contexts as they were met, newest last.
    pub(crate) examples: Vec<ContextSet>,
    /// Entries that found no room.
    pub(crate) dropped: u64,
    /// What clients say they dropped themselves.
    pub(crate) dropped_by_clients: u64,
}

impl Telemetry {
    /// Takes in a report.
    pub(crate) fn record(
        &self,
        environment: EnvironmentId,
        project: &Project,
        metrics: &Metrics,
        events: wire::TelemetryEvents,
    ) {
        let mut environments = self.environments();
        let counts = environments.entry(environment).or_default();
        let before = counts.dropped;
        for payload in events.events.into_iter().filter_map(|event| event.payload) {
            match payload {
                Payload::Summaries(summaries) => counts.summaries(project, summaries),
                Payload::ExampleContexts(examples) => {
                    let sets = examples.examples.into_iter().filter_map(|example| example.context_set);
                    sets.for_each(|set| counts.example(prefab_proto::convert::contexts(set)));
                }
                Payload::ClientStats(stats) => counts.dropped_by_clients += stats.dropped_event_count,
                Payload::Loggers(loggers) => counts.loggers(loggers.loggers),
                Payload::ContextShapes(shapes) => counts.shapes(shapes),
            }
        }
        metrics.telemetry_dropped.inc_by(counts.dropped - before);
    }

    /// Takes in the contexts of an evaluation made for a front end, which reports none itself.
    pub(crate) fn record_contexts(&self, environment: EnvironmentId, contexts: &ContextSet, example: bool) {
        let mut environments = self.environments();
        let counts = environments.entry(environment).or_default();
        for context in contexts.iter() {
            for (property, value) in context.properties() {
                counts.shape(context.name(), property, number(value));
            }
        }
        if example {
            counts.example(contexts.clone());
        }
    }

    /// Returns how often each value of a key was handed out, as JSON text and count.
    pub(crate) fn evaluations(&self, environment: EnvironmentId, key: &str) -> BTreeMap<String, i64> {
        let environments = self.environments();
        let mut counts = BTreeMap::new();
        for ((name, _, value), count) in
            environments.get(&environment).into_iter().flat_map(|counts| &counts.evaluations)
        {
            if name == key {
                *counts.entry(value.clone()).or_default() += count;
            }
        }
        counts
    }

    fn environments(&self) -> MutexGuard<'_, HashMap<EnvironmentId, Counts>> {
        self.environments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn summaries(&mut self, project: &Project, summaries: wire::ConfigEvaluationSummaries) {
        for summary in summaries.summaries {
            let secret = is_secret(project, &summary.key);
            for counter in summary.counters {
                let value = counter.selected_value.map_or_else(String::new, |value| shown(value, secret));
                let name = (summary.key.clone(), counter.config_id.unwrap_or_default(), value);
                let count = counter.count.max(0);
                if let Some(known) = self.evaluations.get_mut(&name) {
                    *known = known.saturating_add(count);
                } else if self.evaluations.len() < MOST {
                    self.evaluations.insert(name, count);
                } else {
                    self.dropped += 1;
                }
            }
        }
    }

    pub(crate) fn loggers(&mut self, loggers: Vec<wire::Logger>) {
        for logger in loggers {
            let wire::Logger { logger_name, traces, debugs, infos, warns, errors, fatals } = logger;
            let count: i64 = [traces, debugs, infos, warns, errors, fatals]
                .into_iter()
                .flatten()
                .fold(0, |sum: i64, count| sum.saturating_add(count.max(0)));
            if let Some(known) = self.loggers.get_mut(&logger_name) {
                *known = known.saturating_add(count);
            } else if self.loggers.len() < MOST {
                self.loggers.insert(logger_name, count);
            } else {
                self.dropped += 1;
            }
        }
    }

    /// Java sends all its shapes again every 15 seconds, so a shape is known or not, never counted.
    pub(crate) fn shapes(&mut self, shapes: wire::ContextShapes) {
        for shape in shapes.shapes {
            for (property, kind) in shape.field_types {
                self.shape(&shape.name, &property, kind);
            }
        }
    }

    fn shape(&mut self, context: &str, property: &str, kind: i32) {
        if self.shapes.len() < MOST {
            self.shapes.insert((context.to_owned(), property.to_owned(), kind));
        } else {
            self.dropped += 1;
        }
    }

    fn example(&mut self, contexts: ContextSet) {
        if self.examples.len() >= MOST_EXAMPLES {
            self.examples.remove(0);
        }
        self.examples.push(contexts);
    }
}

/// Tells whether any value of a config must not be shown. Go reports such values in clear, and Python and
/// Java those that the environment provides.
fn is_secret(project: &Project, key: &str) -> bool {
    let Some(version) = project.config(key) else { return false };
    let rows = version.config.iter().flat_map(|config| &config.rows);
    rows.flat_map(|row| &row.values).filter_map(|rule| rule.value.as_ref()).any(ConfigValue::is_secret)
}

/// Returns a value's JSON, or that of its redacted form.
fn shown(value: wire::ConfigValue, secret: bool) -> String {
    let secret = secret || value.confidential.unwrap_or_default() || value.decrypt_with.is_some();
    let Ok(mut value) = ConfigValue::try_from(value) else { return String::new() };
    if secret {
        let text = match value.value {
            Value::String(text) | Value::Json(text) | Value::Duration(text) => text,
            other => datafile::value_to_json(&other.into()).to_string(),
        };
        let redacted = if text.starts_with("*****") { text } else { redact(&text) };
        value = Value::String(redacted).into();
    }
    datafile::value_to_json(&value).to_string()
}

fn number(value: &ContextValue) -> i32 {
    match value {
        ContextValue::Int(_) => 1,
        ContextValue::String(_) | ContextValue::Null => 2,
        ContextValue::Double(_) => 4,
        ContextValue::Bool(_) => 5,
        ContextValue::StringList(_) => 10,
    }
}
