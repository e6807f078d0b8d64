//! An answer with all that is known about it.

use std::fmt;

use prefab_core::{Layer, Provenance};
use prefab_eval::{EvalError, Evaluation, Reason};
use serde_json::Value as Json;

use crate::Error;

/// A value, why it is this one, and where it came from.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct EvaluationDetails {
    /// The key.
    pub key: String,
    /// The value as JSON; absent where there is none. It is the real value, confidential or not.
    pub value: Option<Json>,
    /// The value's text for people: redacted where it is confidential.
    pub display: String,
    /// The kind of the value: `int`, `string list`.
    pub kind: &'static str,
    /// Why this value.
    pub reason: Reason,
    /// The variant's name; its value's text where it has none.
    pub variant: Option<String>,
    /// A file's path, or `remote_api`, `streaming`, `datafile`.
    pub source: Option<String>,
    /// The layer that the source belongs to.
    pub layer: Option<Layer>,
    /// What matched: `default`, `env:<id>`, `nm:<namespace>`, or a file's key or variable.
    pub matched: Option<String>,
    /// The row, the rule and the weighted choice, each from 0.
    pub indices: Option<(u32, u32, Option<u32>)>,
    /// Whether the value must not be shown.
    pub confidential: bool,
    /// Why there is no value.
    pub error: Option<Error>,
}

impl EvaluationDetails {
    pub(crate) fn new(
        key: &str,
        answer: Result<&Evaluation<'_>, &EvalError>,
        provenance: Option<&Provenance>,
        error: impl FnOnce(&EvalError) -> Error,
    ) -> Self {
        let none = Self {
            key: key.to_owned(),
            value: None,
            display: String::new(),
            kind: "nothing",
            reason: Reason::Error,
            variant: None,
            source: provenance.map(|provenance| provenance.source.to_string()),
            layer: provenance.map(|provenance| provenance.layer),
            matched: None,
            indices: None,
            confidential: false,
            error: None,
        };
        match answer {
            Ok(answer) => Self {
                value: answer.value.to_json(),
                display: answer.shown(),
                kind: answer.value.kind(),
                reason: answer.reason,
                variant: Some(answer.variant()),
                matched: Some(answer.matched().into_owned()),
                indices: Some((
                    answer.config_row_index,
                    answer.conditional_value_index,
                    answer.weighted_value_index,
                )),
                confidential: answer.is_confidential(),
                ..none
            },
            Err(cause) => Self { error: Some(error(cause)), ..none },
        }
    }
}

/// A confidential value is shown redacted: what is printed ends up in logs.
impl fmt::Debug for EvaluationDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            value,
            display,
            kind,
            reason,
            variant,
            source,
            layer,
            matched,
            indices,
            confidential,
            error,
        } = self;
        let redacted = Json::from(display.as_str());
        let value = if *confidential { value.as_ref().map(|_| &redacted) } else { value.as_ref() };
        f.debug_struct("EvaluationDetails")
            .field("key", key)
            .field("value", &value)
            .field("display", display)
            .field("kind", kind)
            .field("reason", reason)
            .field("variant", variant)
            .field("source", source)
            .field("layer", layer)
            .field("matched", matched)
            .field("indices", indices)
            .field("confidential", confidential)
            .field("error", error)
            .finish()
    }
}
