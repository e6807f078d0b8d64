//! Evaluates the flags that an API key may read.

use std::time::Instant;

use prefab_core::{Config, ConfigType, ContextSet};
use prefab_eval::{Contexts, EvalError, EvaluatedValue, Evaluation, Reason, Ruleset};
use prefab_openfeature_mapping::{
    ErrorCode, Failure, FlagSet, MetadataValue, Resolution, value::to_json_text,
};
use prefab_publish::is_for_front_ends;
use prefab_store::key::KeyKind;
use serde_json::Value as Json;

use super::{
    entries::{NO_VARIANT, push_failure, push_text, push_value, push_without_value},
    request::EvaluationRequest,
};
use crate::{
    evaluate::{
        CHECK_INTERVAL, FrontEnd,
        cache::DependsOn,
        parts::{Form, Reader, ResponseParts},
        user_context,
    },
    project_cache::Caller,
    workers::{self, Busy},
};

/// A ruleset, and the newest version of the environment that it contains.
#[derive(Clone, Copy)]
pub struct PublishedVersion<'a> {
    /// The ruleset.
    pub ruleset: &'a Ruleset,
    /// The newest version.
    pub last_id: i64,
}

/// The outcome of the evaluation of one flag.
pub enum FlagOutcome<'a> {
    /// The response, and the evaluation that it contains. There is no evaluation if no rule matches.
    Resolved(String, Option<Box<Evaluation<'a>>>),
    /// The flag does not exist, or the caller may not read it.
    NotFound(String),
    /// The flag cannot be evaluated.
    Failed(String),
}

/// Evaluates flags for one request.
pub struct Evaluator<'a> {
    published: PublishedVersion<'a>,
    request: &'a EvaluationRequest,
    is_public: bool,
    flag_set: FlagSet,
    of_user: ContextSet,
    /// The member of the metadata with the targeting key.
    context_id: String,
    host: FrontEnd,
}

/// The maximum length of a targeting key that is part of the metadata, in bytes.
const MAX_CONTEXT_ID_BYTES: usize = 128;

/// The end of each entry: of its metadata, and of itself.
const ENTRY_END: &str = "}}";

/// How an entry ends.
enum Entry<'a> {
    Value(Option<Box<Evaluation<'a>>>),
    Default,
    Failure,
    /// The caller may not read the flag, or it has no form in OpenFeature.
    Omitted,
}

impl<'a> Evaluator<'a> {
    /// Creates an evaluator for a request.
    pub fn new(
        published: PublishedVersion<'a>,
        request: &'a EvaluationRequest,
        caller: &Caller,
        now_millis: i64,
    ) -> Self {
        Self {
            published,
            request,
            is_public: caller.kind == KeyKind::Frontend,
            flag_set: FlagSet { project: caller.project.id, environment: caller.environment.0 },
            of_user: user_context(caller),
            context_id: context_id(request),
            host: FrontEnd::new(now_millis),
        }
    }

    /// Evaluates one flag.
    pub fn flag(&self, key: &str) -> FlagOutcome<'a> {
        let mut body = String::new();
        let entry = match self.published.ruleset.entry(key) {
            Some(found) if self.may_read(&found.config()) => self.push_entry(&mut body, key, None),
            _ => Entry::Omitted,
        };
        match entry {
            Entry::Value(evaluation) => FlagOutcome::Resolved(body, evaluation),
            Entry::Default => FlagOutcome::Resolved(body, None),
            Entry::Failure => FlagOutcome::Failed(body),
            Entry::Omitted => FlagOutcome::NotFound(failure(key, &not_found(key))),
        }
    }

    /// Evaluates all flags that the caller may read, sorted by key. `streams` is the JSON of the member `eventStreams`.
    ///
    /// # Errors
    ///
    /// [`Busy`] after the deadline.
    pub fn all(
        &self,
        parts: &ResponseParts,
        caller: &Caller,
        streams: Option<&str>,
        deadline: Instant,
    ) -> Result<(String, DependsOn), Busy> {
        let PublishedVersion { ruleset, last_id } = self.published;
        let reader = if self.is_public { Reader::FrontEnd } else { Reader::Backend };
        let readable = parts.readable_keys(caller.environment, reader, ruleset, last_id, |entry| {
            self.may_read(&entry.config())
        });
        let mut body = String::from("{\"flags\":[");
        for (index, key) in readable.keys.iter().enumerate() {
            if index.is_multiple_of(CHECK_INTERVAL) {
                workers::check(deadline)?;
            }
            let start = body.len();
            if !body.ends_with('[') {
                body.push(',');
            }
            if let Entry::Omitted = self.push_entry(&mut body, key, Some(parts)) {
                body.truncate(start);
            }
        }
        body.push_str("],\"metadata\":{\"version\":");
        push_text(&mut body, &last_id.to_string());
        body.push_str(",\"flagSetId\":");
        push_text(&mut body, &self.flag_set.to_string());
        body.push('}');
        if let Some(streams) = streams {
            body.push_str(",\"eventStreams\":");
            body.push_str(streams);
        }
        body.push('}');
        Ok((body, self.host.depends_on()))
    }

    fn may_read(&self, config: &Config) -> bool {
        if self.is_public {
            return is_for_front_ends(config);
        }
        !matches!(config.config_type, ConfigType::Segment | ConfigType::Deleted | ConfigType::Schema)
    }

    /// Appends the entry of a flag. Appends nothing if the flag is omitted.
    fn push_entry(&self, body: &mut String, key: &str, parts: Option<&ResponseParts>) -> Entry<'a> {
        let contexts = Contexts { global: &self.of_user, ..Contexts::of(&self.request.contexts) };
        match self.published.ruleset.evaluate(key, &contexts, &self.host) {
            Ok(evaluation) => self.push_evaluation(body, key, evaluation, parts),
            Err(EvalError::UnknownKey) => Entry::Omitted,
            Err(EvalError::NoMatch) => {
                let metadata = [("flagSetId", MetadataValue::Text(self.flag_set.to_string()))];
                push_without_value(body, key, Reason::Default, NO_VARIANT, &metadata);
                Entry::Default
            }
            // The value is confidential.
            Err(EvalError::UnableToDecrypt { .. }) if self.is_public => Entry::Omitted,
            Err(error) => {
                let Failure { code, message } = on_server(key, &error);
                push_failure(body, key, code, &message, self.flag_set);
                Entry::Failure
            }
        }
    }

    fn push_evaluation(
        &self,
        body: &mut String,
        key: &str,
        evaluation: Evaluation<'a>,
        parts: Option<&ResponseParts>,
    ) -> Entry<'a> {
        if evaluation.is_confidential() && self.is_public {
            return Entry::Omitted;
        }
        let write = || self.entry_text(key, &evaluation);
        let text = match parts {
            Some(parts) => parts.text(&evaluation, Form::Ofrep, write),
            None => write().map(Into::into),
        };
        let Some(text) = text else {
            if let EvaluatedValue::Double(double) = evaluation.value {
                let message = format!("`{key}`: JSON has no {double}");
                push_failure(body, key, ErrorCode::General, &message, self.flag_set);
                return Entry::Failure;
            }
            return Entry::Omitted;
        };
        match text.strip_suffix(ENTRY_END) {
            Some(start) if !self.context_id.is_empty() => {
                body.push_str(start);
                body.push_str(&self.context_id);
                body.push_str(ENTRY_END);
            }
            _ => body.push_str(&text),
        }
        // The evaluation is needed only if the flag is alone in the response.
        Entry::Value(parts.is_none().then(|| Box::new(evaluation)))
    }

    /// Returns the entry of an evaluation, without the targeting key. Returns `None` if the value has no form in JSON.
    fn entry_text(&self, key: &str, evaluation: &Evaluation<'_>) -> Option<String> {
        let value = to_json_text(&evaluation.value, evaluation.written_json().as_deref())?;
        let resolution = Resolution::new(evaluation, Some(self.flag_set), None);
        let mut text = String::new();
        if value == "null" {
            push_without_value(&mut text, key, resolution.reason, &resolution.variant, &resolution.metadata);
        } else {
            push_value(&mut text, key, &value, &resolution);
        }
        Some(text)
    }
}

/// Returns the member of the metadata with the targeting key. Returns an empty text for a long targeting key, because each
/// entry of a response repeats it.
fn context_id(request: &EvaluationRequest) -> String {
    let id = request.targeting_key.as_deref().filter(|id| id.len() <= MAX_CONTEXT_ID_BYTES);
    id.map_or_else(String::new, |id| format!(",\"contextId\":{}", Json::from(id)))
}

/// Returns the failure of an evaluation. A server has neither the environment variables nor the secrets of a program.
fn on_server(key: &str, error: &EvalError) -> Failure {
    let cause = match error {
        EvalError::MissingEnvVar { .. }
        | EvalError::MalformedEnvVar { .. }
        | EvalError::UnableToCoerceEnvVar { .. } => {
            "the value comes from an environment variable of a program"
        }
        EvalError::UnableToDecrypt { .. } => "the value is encrypted",
        other => return Failure::of_evaluation(key, other),
    };
    Failure { code: ErrorCode::General, message: format!("`{key}`: {cause}; evaluate it with an SDK") }
}

fn not_found(key: &str) -> Failure {
    Failure::of_evaluation(key, &EvalError::UnknownKey)
}

/// Returns a response with an error.
fn failure(key: &str, failure: &Failure) -> String {
    let mut body = String::from("{\"key\":");
    push_text(&mut body, key);
    body.push_str(",\"errorCode\":");
    push_text(&mut body, failure.code.name());
    body.push_str(",\"errorDetails\":");
    push_text(&mut body, &failure.message);
    body.push('}');
    body
}
