//! Evaluations for front ends: all values that a front end may read, for its contexts.

pub mod cache;
pub mod contexts;
mod value;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Instant,
};

use prefab_core::{Config, ConfigType, ContextSet};
use prefab_eval::{Contexts, Evaluation, Host, Ruleset};
use serde_json::{Map, Value as Json, json};

use crate::{project_cache::Caller, workers::Busy};
use cache::DependsOn;

/// The two formats of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// The protobuf message in proto3 JSON.
    V1,
    /// Plain values.
    V2,
}

/// Evaluates every config that a front end may read. Returns the response, and what it depends on besides its inputs.
///
/// # Errors
///
/// [`Busy`] after the deadline.
pub fn evaluate_all(
    ruleset: &Ruleset,
    contexts: &ContextSet,
    caller: &Caller,
    format: ResponseFormat,
    now_millis: i64,
    deadline: Instant,
) -> Result<(Json, DependsOn), Busy> {
    let host = FrontEnd::new(now_millis);
    // Personal overrides are in effect in the user's browser as well.
    let default = caller.user_id.as_deref().map(|user_id| {
        ContextSet::from(prefab_core::Context::new("prefab-api-key").with("user-id", user_id))
    });
    let default = default.unwrap_or_default();
    let stack = Contexts { global: &default, ..Contexts::of(contexts) };
    let mut values: BTreeMap<&str, Json> = BTreeMap::new();
    for entry in ruleset.entries().filter(|entry| is_visible(&entry.config())) {
        if Instant::now() >= deadline {
            return Err(Busy);
        }
        let key = entry.key();
        let evaluation = ruleset.evaluate(key, &stack, &host);
        values.extend(evaluation.ok().and_then(|evaluation| Some((key, encode(&evaluation, format)?))));
    }
    let key_id = caller.key_id.to_string();
    let json = match format {
        ResponseFormat::V1 => json!({ "values": values, "apikeyMetadata": { "keyId": key_id } }),
        ResponseFormat::V2 => json!({ "evaluations": values, "apikeyMetadata": { "id": key_id } }),
    };
    Ok((json, host.depends_on()))
}

/// Returns whether front ends may read a config: flags and log levels always, others if they are marked.
fn is_visible(config: &Config) -> bool {
    match config.config_type {
        ConfigType::FeatureFlag | ConfigType::LogLevel => true,
        ConfigType::Segment | ConfigType::Deleted | ConfigType::Schema => false,
        ConfigType::NotSet | ConfigType::Config | ConfigType::LimitDefinition | ConfigType::LogLevelV2 => {
            config.send_to_client_sdk
        }
    }
}

/// Encodes one evaluation. Returns `None` for a secret, and for a type that front ends do not support.
fn encode(evaluation: &Evaluation<'_>, format: ResponseFormat) -> Option<Json> {
    if evaluation.is_confidential() {
        return None;
    }
    let (kind, value) = value::evaluation_to_json(evaluation, format)?;
    let metadata = metadata(evaluation);
    let mut fields = Map::new();
    match format {
        // Front ends read the type from the first member.
        ResponseFormat::V1 => {
            fields.insert(kind.to_owned(), value);
        }
        ResponseFormat::V2 => {
            fields.insert("value".to_owned(), json!({ kind: value }));
        }
    }
    fields.insert("configEvaluationMetadata".to_owned(), metadata);
    Some(Json::Object(fields))
}

fn metadata(evaluation: &Evaluation<'_>) -> Json {
    let config = evaluation.config();
    let mut metadata = json!({
        "configRowIndex": evaluation.config_row_index.to_string(),
        "conditionalValueIndex": evaluation.conditional_value_index.to_string(),
        "type": config.config_type.name(),
        "id": config.id.to_string(),
        "valueType": config.value_type.name(),
    });
    if let Some(index) = evaluation.weighted_value_index {
        metadata["weightedValueIndex"] = index.to_string().into();
    }
    metadata
}

/// The host of front-end evaluations. It hides the environment variables of the server.
///
/// It records whether the evaluation read the clock or chance. Without either, equal inputs give an equal result.
struct FrontEnd {
    now_millis: i64,
    used_clock: AtomicBool,
    used_chance: AtomicBool,
}

impl FrontEnd {
    fn new(now_millis: i64) -> Self {
        Self { now_millis, used_clock: AtomicBool::new(false), used_chance: AtomicBool::new(false) }
    }

    fn depends_on(&self) -> DependsOn {
        if self.used_chance.load(Relaxed) {
            DependsOn::Chance
        } else if self.used_clock.load(Relaxed) {
            DependsOn::Clock
        } else {
            DependsOn::Inputs
        }
    }
}

impl Host for FrontEnd {
    fn now_millis(&self) -> i64 {
        self.used_clock.store(true, Relaxed);
        self.now_millis
    }

    fn env_var(&self, _: &str) -> Option<String> {
        None
    }

    fn random(&self) -> f64 {
        self.used_chance.store(true, Relaxed);
        let random = getrandom::u32().unwrap_or_default();
        f64::from(random) / (f64::from(u32::MAX) + 1.0)
    }
}
