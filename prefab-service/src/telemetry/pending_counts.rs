//! Counts of one environment that are not in the store yet.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher as _, RandomState},
};

use prefab_core::ContextSet;
use prefab_proto::wire::{self, telemetry_event::Payload};

use super::{
    ReportSource,
    redact::{contexts_to_json, is_kind, is_secret, number, redacted_json},
};
use crate::project::Project;
use prefab_store::{HOUR_MILLIS, LevelCounts, ReportedEvaluation, RowLimits, UsageBatch, add_counts};

/// Maximum count that one counter of a report adds. Negative counts add nothing.
const MAX_COUNT_PER_REPORT: i64 = 1_000_000_000_000;
/// Maximum number of distinct values, and of distinct versions, per config key and hour. Further ones are counted together.
const MAX_VALUES: usize = 100;
/// Maximum length of a logger's name, and of the names of a context and its properties, in bytes.
const MAX_NAME_BYTES: usize = 256;
/// Maximum length of a value, in bytes. Longer values are truncated.
const MAX_VALUE_BYTES: usize = 1_024;
/// Maximum length of a value from a front-end key, in bytes. Longer values do not fit on a page of the database.
const MAX_PUBLIC_VALUE_BYTES: usize = 400;
/// Maximum size of an example context, in bytes.
const MAX_EXAMPLE_BYTES: usize = 8_192;

/// Counts of one environment, from front-end keys or from all other keys.
pub(super) struct PendingCounts {
    source: ReportSource,
    limits: RowLimits,
    /// Evaluations by key, config version and the value's JSON.
    evaluations: HashMap<(String, i64, String), i64>,
    /// Log calls by logger.
    loggers: HashMap<String, LevelCounts>,
    /// Context, property and number of the value type.
    shapes: HashSet<(String, String, i32)>,
    /// Example contexts, newest last.
    examples: Vec<(String, i64)>,
    /// Number of entries dropped beyond a limit, since the start.
    pub(super) dropped: u64,
    /// The distinct values and versions of each key in this hour.
    keys: HashMap<String, DistinctValues>,
    hour: i64,
    hasher: RandomState,
}

#[derive(Default)]
struct DistinctValues {
    /// Values by their hashes.
    values: HashSet<u64>,
    versions: HashSet<i64>,
}

impl PendingCounts {
    pub(super) fn new(source: ReportSource, limits: RowLimits) -> Self {
        Self {
            source,
            limits,
            evaluations: HashMap::new(),
            loggers: HashMap::new(),
            shapes: HashSet::new(),
            examples: Vec::new(),
            dropped: 0,
            keys: HashMap::new(),
            hour: 0,
            hasher: RandomState::new(),
        }
    }

    /// Adds a report. Returns the number of events that the client dropped before sending, as the client reports it.
    pub(super) fn report(
        &mut self,
        project: &Project,
        keep_contexts: bool,
        events: wire::TelemetryEvents,
        now_millis: i64,
    ) -> u64 {
        let mut dropped_by_clients: u64 = 0;
        for payload in events.events.into_iter().filter_map(|event| event.payload) {
            match payload {
                Payload::Summaries(summaries) => self.summaries(project, summaries, now_millis),
                Payload::ClientStats(stats) => {
                    let count = stats.dropped_event_count.min(MAX_COUNT_PER_REPORT.unsigned_abs());
                    dropped_by_clients = dropped_by_clients.saturating_add(count);
                }
                Payload::Loggers(loggers) => self.loggers(loggers.loggers),
                Payload::ExampleContexts(examples) if keep_contexts => {
                    for wire::ExampleContext { timestamp, context_set } in examples.examples {
                        let contexts =
                            prefab_proto::convert::contexts_from_wire(context_set.unwrap_or_default());
                        self.example(&contexts, timestamp, now_millis);
                    }
                }
                Payload::ContextShapes(shapes) if keep_contexts => self.shapes(shapes),
                Payload::ExampleContexts(_) | Payload::ContextShapes(_) => {}
            }
        }
        dropped_by_clients
    }

    fn summaries(&mut self, project: &Project, summaries: wire::ConfigEvaluationSummaries, now_millis: i64) {
        let hour = now_millis.div_euclid(HOUR_MILLIS);
        if self.hour != hour {
            (self.hour, self.keys) = (hour, HashMap::new());
        }
        let longest = if self.source.is_public { MAX_PUBLIC_VALUE_BYTES } else { MAX_VALUE_BYTES };
        for summary in summaries.summaries {
            if !project.has_or_had(&summary.key) {
                self.dropped = self.dropped.saturating_add(summary.counters.len() as u64);
                continue;
            }
            let secret = is_secret(project, &summary.key);
            for counter in summary.counters {
                let value = counter.selected_value;
                let value = value.map_or_else(String::new, |value| redacted_json(value, secret, longest));
                let version = counter.config_id.unwrap_or_default();
                let (version, value) = self.distinguish(&summary.key, version, value);
                let name = (summary.key.clone(), version, value);
                self.add_evaluations(name, counter.count.clamp(0, MAX_COUNT_PER_REPORT));
            }
        }
    }

    fn add_evaluations(&mut self, name: (String, i64, String), count: i64) {
        if let Some(known) = self.evaluations.get_mut(&name) {
            *known = add_counts(*known, count);
        } else if count > 0 && has_room(self.evaluations.len(), self.limits.evaluations) {
            self.evaluations.insert(name, count);
        } else if count > 0 {
            self.dropped += 1;
        }
    }

    /// Returns the version and the value. Beyond the maximum number of distinct ones, the version is 0 and the value empty.
    fn distinguish(&mut self, key: &str, version: i64, value: String) -> (i64, String) {
        let hash = self.hasher.hash_one(&value);
        if !self.keys.contains_key(key) && has_room(self.keys.len(), self.limits.evaluations) {
            self.keys.insert(key.to_owned(), DistinctValues::default());
        }
        let Some(DistinctValues { values, versions }) = self.keys.get_mut(key) else {
            return (0, String::new());
        };
        let has_room_for = |count: usize| count < MAX_VALUES;
        let has_version =
            versions.contains(&version) || (has_room_for(versions.len()) && versions.insert(version));
        let has_value = values.contains(&hash) || (has_room_for(values.len()) && values.insert(hash));
        (if has_version { version } else { 0 }, if has_value { value } else { String::new() })
    }

    fn loggers(&mut self, loggers: Vec<wire::Logger>) {
        for logger in loggers {
            let wire::Logger { logger_name, traces, debugs, infos, warns, errors, fatals } = logger;
            let counts = [traces, debugs, infos, warns, errors, fatals];
            self.add_log_calls(
                logger_name,
                counts.map(|count| count.unwrap_or_default().clamp(0, MAX_COUNT_PER_REPORT)),
            );
        }
    }

    fn add_log_calls(&mut self, name: String, counts: LevelCounts) {
        if let Some(known) = self.loggers.get_mut(&name) {
            for (known, count) in known.iter_mut().zip(counts) {
                *known = add_counts(*known, count);
            }
        } else if has_room(self.loggers.len(), self.limits.loggers) && name.len() <= MAX_NAME_BYTES {
            self.loggers.insert(name, counts);
        } else {
            self.dropped += 1;
        }
    }

    /// Records shapes. They are not counted, because the Java client sends all of them again every 15 s.
    fn shapes(&mut self, shapes: wire::ContextShapes) {
        for shape in shapes.shapes {
            for (property, kind) in shape.field_types {
                self.shape(&shape.name, &property, kind);
            }
        }
    }

    pub(super) fn shapes_of(&mut self, contexts: &ContextSet) {
        for context in contexts.iter() {
            for (property, value) in context.properties() {
                self.shape(context.name(), property, number(value));
            }
        }
    }

    fn shape(&mut self, context: &str, property: &str, kind: i32) {
        let fits = context.len() <= MAX_NAME_BYTES && property.len() <= MAX_NAME_BYTES && is_kind(kind);
        let shape = (context.to_owned(), property.to_owned(), kind);
        if fits && (has_room(self.shapes.len(), self.limits.properties) || self.shapes.contains(&shape)) {
            self.shapes.insert(shape);
        } else {
            self.dropped += 1;
        }
    }

    /// Keeps an example. A time in the future is replaced by the current time, because the clock of a client may be wrong.
    pub(super) fn example(&mut self, contexts: &ContextSet, at_millis: i64, now_millis: i64) {
        let at_millis = if at_millis > 0 { at_millis.min(now_millis) } else { now_millis };
        let text = contexts_to_json(contexts).to_string();
        if text.len() > MAX_EXAMPLE_BYTES {
            self.dropped += 1;
            return;
        }
        self.push_example((text, at_millis));
    }

    fn push_example(&mut self, example: (String, i64)) {
        if !self.examples.is_empty() && !has_room(self.examples.len(), self.limits.examples) {
            self.examples.remove(0);
        }
        self.examples.push(example);
    }

    /// Removes and returns the counts to write.
    pub(super) fn take(&mut self) -> Self {
        Self {
            evaluations: std::mem::take(&mut self.evaluations),
            loggers: std::mem::take(&mut self.loggers),
            shapes: std::mem::take(&mut self.shapes),
            examples: std::mem::take(&mut self.examples),
            ..Self::new(self.source, self.limits)
        }
    }

    /// Adds counts that could not be written.
    pub(super) fn put_back(&mut self, unwritten: Self) {
        let Self { evaluations, loggers, shapes, examples, .. } = unwritten;
        for (name, count) in evaluations {
            self.add_evaluations(name, count);
        }
        for (name, counts) in loggers {
            self.add_log_calls(name, counts);
        }
        for (context, property, kind) in shapes {
            self.shape(&context, &property, kind);
        }
        for example in std::mem::replace(&mut self.examples, examples) {
            self.push_example(example);
        }
    }

    /// Lists up to `most` config keys.
    pub(super) fn keys(&self, most: usize) -> Vec<String> {
        let keys: HashSet<&String> = self.evaluations.keys().map(|(key, ..)| key).collect();
        let mut keys: Vec<String> = keys.into_iter().take(most).cloned().collect();
        keys.sort_unstable();
        keys
    }

    /// Returns the number of entries.
    pub(super) fn len(&self) -> usize {
        self.evaluations.len() + self.loggers.len() + self.shapes.len() + self.examples.len()
    }

    pub(super) fn source(&self) -> ReportSource {
        self.source
    }

    /// Returns the batch for the store. `limits` are the limits of the environment for all reports.
    pub(super) fn to_batch(&self, limits: RowLimits, at_millis: i64) -> UsageBatch {
        let ReportSource { project, environment, is_public } = self.source;
        let evaluations =
            self.evaluations.iter().map(|((key, config_id, value), count)| ReportedEvaluation {
                key: key.clone(),
                config_id: *config_id,
                value: value.clone(),
                count: *count,
            });
        UsageBatch {
            project,
            environment,
            is_public,
            limits,
            at_millis,
            evaluations: evaluations.collect(),
            loggers: self.loggers.iter().map(|(name, counts)| (name.clone(), *counts)).collect(),
            properties: self.shapes.iter().cloned().collect(),
            examples: self.examples.clone(),
        }
    }
}

fn has_room(count: usize, limit: i64) -> bool {
    i64::try_from(count).is_ok_and(|count| count < limit)
}
