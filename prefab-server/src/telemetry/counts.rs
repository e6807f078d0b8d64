//! What the clients of one environment reported since it was last written down.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher as _, RandomState},
};

use prefab_core::ContextSet;
use prefab_proto::wire::{self, telemetry_event::Payload};

use super::shown::{contexts_to_json, is_secret, number, shown};
use crate::{
    ids::{EnvironmentId, ProjectId},
    project::Project,
    store::{Evaluated, HOUR_MILLIS, LevelCounts, Observed},
};

/// How many different things are counted per kind.
const MOST: usize = 20_000;
/// How many different values of one key are told apart within an hour; the others are counted together.
const MOST_VALUES: usize = 100;
/// How many example contexts are kept.
const MOST_EXAMPLES: usize = 100;
/// The longest name or key that is counted.
const LONGEST_NAME: usize = 512;
/// The largest example that is kept, in bytes.
const LONGEST_EXAMPLE: usize = 8_192;

/// What the clients of one environment reported.
#[derive(Default)]
pub(super) struct Counts {
    /// Evaluations by key, config version and the value's JSON.
    evaluations: HashMap<(String, i64, String), i64>,
    /// Log calls by logger.
    loggers: HashMap<String, LevelCounts>,
    /// Properties by context, each with its kind's number.
    shapes: HashSet<(String, String, i32)>,
    /// Contexts as they were met, newest last.
    examples: Vec<(String, i64)>,
    /// Entries that found no room, ever.
    pub(super) dropped: u64,
    /// The values that each key had in this hour, by their hashes.
    values: HashMap<String, HashSet<u64>>,
    hour: i64,
    hasher: RandomState,
}

impl Counts {
    /// Takes in a report and returns how much clients say they dropped themselves.
    pub(super) fn report(
        &mut self,
        project: &Project,
        keep_contexts: bool,
        events: wire::TelemetryEvents,
        now_millis: i64,
    ) -> u64 {
        let mut dropped_by_clients = 0;
        for payload in events.events.into_iter().filter_map(|event| event.payload) {
            match payload {
                Payload::Summaries(summaries) => self.summaries(project, summaries, now_millis),
                Payload::ClientStats(stats) => dropped_by_clients += stats.dropped_event_count,
                Payload::Loggers(loggers) => self.loggers(loggers.loggers),
                Payload::ExampleContexts(examples) if keep_contexts => {
                    for wire::ExampleContext { timestamp, context_set } in examples.examples {
                        let contexts = prefab_proto::convert::contexts(context_set.unwrap_or_default());
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
            (self.hour, self.values) = (hour, HashMap::new());
        }
        for summary in summaries.summaries {
            let secret = is_secret(project, &summary.key);
            for counter in summary.counters {
                let value = counter.selected_value.map_or_else(String::new, |value| shown(value, secret));
                let value = self.told_apart(&summary.key, value);
                let name = (summary.key.clone(), counter.config_id.unwrap_or_default(), value);
                self.evaluated(name, counter.count.max(0));
            }
        }
    }

    fn evaluated(&mut self, name: (String, i64, String), count: i64) {
        if let Some(known) = self.evaluations.get_mut(&name) {
            *known = known.saturating_add(count);
        } else if count > 0 && self.evaluations.len() < MOST && name.0.len() <= LONGEST_NAME {
            self.evaluations.insert(name, count);
        } else if count > 0 {
            self.dropped += 1;
        }
    }

    /// Returns the value, or nothing where the key had too many others in this hour.
    fn told_apart(&mut self, key: &str, value: String) -> String {
        let hash = self.hasher.hash_one(&value);
        if !self.values.contains_key(key) && self.values.len() < MOST && key.len() <= LONGEST_NAME {
            self.values.insert(key.to_owned(), HashSet::new());
        }
        let Some(known) = self.values.get_mut(key) else { return String::new() };
        if known.contains(&hash) || (known.len() < MOST_VALUES && known.insert(hash)) {
            value
        } else {
            String::new()
        }
    }

    fn loggers(&mut self, loggers: Vec<wire::Logger>) {
        for logger in loggers {
            let wire::Logger { logger_name, traces, debugs, infos, warns, errors, fatals } = logger;
            let counts = [traces, debugs, infos, warns, errors, fatals];
            self.logged(logger_name, counts.map(|count| count.unwrap_or_default().max(0)));
        }
    }

    fn logged(&mut self, name: String, counts: LevelCounts) {
        if let Some(known) = self.loggers.get_mut(&name) {
            for (known, count) in known.iter_mut().zip(counts) {
                *known = known.saturating_add(count);
            }
        } else if self.loggers.len() < MOST && name.len() <= LONGEST_NAME {
            self.loggers.insert(name, counts);
        } else {
            self.dropped += 1;
        }
    }

    /// Java sends all its shapes again every 15 seconds, so a shape is known or not, never counted.
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
        let fits = context.len() <= LONGEST_NAME && property.len() <= LONGEST_NAME;
        if fits && self.shapes.len() < MOST {
            self.shapes.insert((context.to_owned(), property.to_owned(), kind));
        } else {
            self.dropped += 1;
        }
    }

    /// Keeps an example; a client's clock may be wrong, but nothing has been met in the future.
    pub(super) fn example(&mut self, contexts: &ContextSet, at_millis: i64, now_millis: i64) {
        let at_millis = if at_millis > 0 { at_millis.min(now_millis) } else { now_millis };
        let text = contexts_to_json(contexts).to_string();
        if text.len() > LONGEST_EXAMPLE {
            self.dropped += 1;
            return;
        }
        self.push_example((text, at_millis));
    }

    fn push_example(&mut self, example: (String, i64)) {
        if self.examples.len() >= MOST_EXAMPLES {
            self.examples.remove(0);
        }
        self.examples.push(example);
    }

    /// Hands out what is to be written down.
    pub(super) fn take(&mut self) -> Self {
        Self {
            evaluations: std::mem::take(&mut self.evaluations),
            loggers: std::mem::take(&mut self.loggers),
            shapes: std::mem::take(&mut self.shapes),
            examples: std::mem::take(&mut self.examples),
            ..Self::default()
        }
    }

    /// Takes back what could not be written down.
    pub(super) fn put_back(&mut self, unwritten: Self) {
        let Self { evaluations, loggers, shapes, examples, .. } = unwritten;
        for (name, count) in evaluations {
            self.evaluated(name, count);
        }
        for (name, counts) in loggers {
            self.logged(name, counts);
        }
        for (context, property, kind) in shapes {
            self.shape(&context, &property, kind);
        }
        for example in std::mem::replace(&mut self.examples, examples) {
            self.push_example(example);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.evaluations.is_empty()
            && self.loggers.is_empty()
            && self.shapes.is_empty()
            && self.examples.is_empty()
    }

    /// Names some of the keys.
    pub(super) fn keys(&self, most: usize) -> Vec<String> {
        let keys: HashSet<&String> = self.evaluations.keys().map(|(key, ..)| key).collect();
        let mut keys: Vec<String> = keys.into_iter().take(most).cloned().collect();
        keys.sort_unstable();
        keys
    }

    pub(super) fn observed(
        &self,
        (project, environment): (ProjectId, EnvironmentId),
        at_millis: i64,
    ) -> Observed {
        let evaluations = self.evaluations.iter().map(|((key, config_id, value), count)| Evaluated {
            key: key.clone(),
            config_id: *config_id,
            value: value.clone(),
            count: *count,
        });
        Observed {
            project,
            environment,
            at_millis,
            evaluations: evaluations.collect(),
            loggers: self.loggers.iter().map(|(name, counts)| (name.clone(), *counts)).collect(),
            properties: self.shapes.iter().cloned().collect(),
            examples: self.examples.clone(),
        }
    }
}
