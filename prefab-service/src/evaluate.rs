//! Evaluations for front ends: all values that a front end may read, for its contexts.

pub mod cache;
pub mod contexts;
mod host;
mod value;

use std::{collections::BTreeMap, time::Instant};

use prefab_core::{Context, ContextSet};
use prefab_eval::{Contexts, Evaluation, Ruleset};
use prefab_publish::is_for_front_ends;
use serde_json::{Map, Value as Json, json};

use crate::{project_cache::Caller, workers::Busy};
use cache::DependsOn;
pub(crate) use host::FrontEnd;

/// The two formats of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// The protobuf message in proto3 JSON.
    V1,
    /// Plain values.
    V2,
}

impl ResponseFormat {
    /// Returns the name, which is part of the inputs of a cached response.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }
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
    let default = user_context(caller);
    let stack = Contexts { global: &default, ..Contexts::of(contexts) };
    let mut values: BTreeMap<&str, Json> = BTreeMap::new();
    for entry in ruleset.entries().filter(|entry| is_for_front_ends(&entry.config())) {
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

/// Returns the context of the user to whom the API key belongs. Personal overrides are in effect in the user's browser as well.
pub(crate) fn user_context(caller: &Caller) -> ContextSet {
    let user = caller.user_id.as_deref();
    user.map(|id| Context::new("prefab-api-key").with("user-id", id).into()).unwrap_or_default()
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
