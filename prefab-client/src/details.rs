//! The details of an evaluation: the value, its reason and its source.

use std::fmt;

use prefab_core::{Layer, Provenance};
use prefab_eval::{EvalError, Evaluation, Reason};
use serde_json::Value as Json;

use crate::Error;

/// The value of a config, with the reason, the rule and the source; see [`Client::details`](crate::Client::details).
///
/// # Examples
///
/// ```
/// use prefab_client::{Client, Layer};
///
/// let client = Client::in_memory().value("max-jobs", 30).build()?;
/// let details = client.details("max-jobs");
/// assert_eq!(details.value, Some(30.into()));
/// assert_eq!((details.kind, details.layer), ("int", Some(Layer::Program)));
/// assert!(details.error.is_none());
/// # Ok::<(), prefab_client::Error>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct EvaluationDetails {
    /// The config key.
    pub key: String,
    /// The value as JSON, or `None` if there is no value. Confidential values are not redacted in this field.
    pub value: Option<Json>,
    /// The value as text for display, or an empty text if there is no value. Confidential values are redacted.
    pub display: String,
    /// The type of the value, for example `int` or `string list`; `nothing` if there is no value.
    pub kind: &'static str,
    /// The reason why this value was returned.
    pub reason: Reason,
    /// The name of the variant, or the text of the value if it has no name.
    pub variant: Option<String>,
    /// The source of the config, for example the path of a file, `remote_api`, `streaming` or `datafile`.
    pub source: Option<String>,
    /// The layer of the source.
    pub layer: Option<Layer>,
    /// A label for the match: `default`, `env:<id>`, `nm:<namespace>`, or a key or variable in a file.
    pub matched: Option<String>,
    /// The zero-based indices of the row, the rule, and the value of a percentage rollout, if the rule has one.
    pub indices: Option<(u32, u32, Option<u32>)>,
    /// Whether the value is confidential and must not be displayed.
    pub confidential: bool,
    /// The error, if there is no value.
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
                display: answer.display_value(),
                kind: answer.kind(),
                reason: answer.reason,
                variant: Some(answer.variant()),
                matched: Some(answer.match_label().into_owned()),
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

/// Redacts a confidential value, because debug output often ends up in logs.
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
