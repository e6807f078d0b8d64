//! Evaluations for front ends: all values that a front end may read, for its contexts.

pub mod cache;
pub mod contexts;
mod host;
pub mod parts;
pub mod quonfig;
mod value;

use std::{fmt::Write as _, time::Instant};

use prefab_core::{Context, ContextSet};
use prefab_eval::{Contexts, Evaluation};
use prefab_publish::is_for_front_ends;
use serde_json::{Map, Value as Json, json};

use crate::{
    project_cache::Caller,
    workers::{self, Busy},
};
use cache::DependsOn;
pub(crate) use host::FrontEnd;
use parts::{Form, Reader, ResponseParts};

/// The number of evaluations after which the deadline is checked.
pub(crate) const CHECK_INTERVAL: usize = 16;

/// The format of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// The protobuf message in proto3 JSON.
    V1,
    /// Plain values.
    V2,
    /// Plain values with the names of Quonfig.
    Quonfig,
}

impl ResponseFormat {
    /// Returns the name, which is part of the inputs of a cached response.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::Quonfig => "quonfig",
        }
    }
}

/// Evaluates every config that a front end may read. Returns the response, and what it depends on besides its inputs.
///
/// # Errors
///
/// [`Busy`] after the deadline.
pub fn evaluate_all(
    parts: &ResponseParts,
    contexts: &ContextSet,
    caller: &Caller,
    format: ResponseFormat,
    now_millis: i64,
    deadline: Instant,
) -> Result<(String, DependsOn), Busy> {
    let (ruleset, last_id) = caller.channel.ruleset_with_id();
    let host = FrontEnd::new(now_millis);
    let default = user_context(caller);
    let stack = Contexts { global: &default, ..Contexts::of(contexts) };
    let readable = parts.readable_keys(caller.environment, Reader::FrontEnd, &ruleset, last_id, |entry| {
        is_for_front_ends(&entry.config())
    });
    let form = match format {
        ResponseFormat::V1 => Form::V1,
        ResponseFormat::V2 => Form::V2,
        ResponseFormat::Quonfig => Form::Quonfig,
    };
    let mut body = String::from(match format {
        ResponseFormat::V1 => "{\"values\":{",
        ResponseFormat::V2 | ResponseFormat::Quonfig => "{\"evaluations\":{",
    });
    let mut separator = "";
    for (index, key) in readable.keys.iter().enumerate() {
        if index.is_multiple_of(CHECK_INTERVAL) {
            workers::check(deadline)?;
        }
        let Ok(evaluation) = ruleset.evaluate(key, &stack, &host) else { continue };
        let member = parts.text(&evaluation, form, || {
            Some(format!("{}:{}", Json::from(&**key), encode(&evaluation, format)?))
        });
        if let Some(member) = member {
            body.push_str(separator);
            body.push_str(&member);
            separator = ",";
        }
    }
    // Writing to a string cannot fail.
    let _ = match format {
        ResponseFormat::V1 => write!(body, "}},\"apikeyMetadata\":{{\"keyId\":\"{}\"}}}}", caller.key_id),
        ResponseFormat::V2 => write!(body, "}},\"apikeyMetadata\":{{\"id\":\"{}\"}}}}", caller.key_id),
        ResponseFormat::Quonfig => {
            let environment = caller.environment;
            write!(body, "}},\"meta\":{{\"version\":\"{last_id}\",\"environment\":\"{environment}\"}}}}")
        }
    };
    Ok((body, host.depends_on()))
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
    if format == ResponseFormat::Quonfig {
        return quonfig::encode(evaluation);
    }
    let (kind, value) = value::evaluation_to_json(evaluation, format)?;
    let metadata = metadata(evaluation);
    let mut fields = Map::new();
    match format {
        // Front ends read the type from the first member.
        ResponseFormat::V1 => {
            fields.insert(kind.to_owned(), value);
        }
        ResponseFormat::V2 | ResponseFormat::Quonfig => {
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
