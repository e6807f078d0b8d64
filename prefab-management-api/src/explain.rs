//! Explanations of evaluations.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

/// Evaluates a config key and explains the result.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainRequest {
    /// The config key.
    pub key: String,
    /// The number or name of the environment.
    pub environment: String,
    /// The contexts by name: `{"user": {"key": "u-1", "plan": "pro"}}`.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"user": {"key": "u-1", "plan": "pro"}}))]
    pub contexts: Json,
    /// The namespace of the client, for rules of namespaces.
    #[schema(example = "services.user_service.web")]
    pub namespace: Option<String>,
    /// The user whose personal overrides apply, as their API key names them.
    pub user: Option<String>,
    /// The version to evaluate: its number as a string, or `draft`. By default, the current version.
    pub version: Option<String>,
    /// The time of the evaluation, in milliseconds since 1970. By default, now.
    pub at: Option<i64>,
}

/// The result of an evaluation and its explanation.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainResponse {
    /// The config key.
    pub key: String,
    /// The value. Redacted if it is confidential, absent if there is none.
    #[schema(value_type = Option<Value>)]
    pub value: Option<Json>,
    /// The type of the value: `string list`.
    pub kind: Option<String>,
    /// The reason: `STATIC`, `TARGETING_MATCH`, `SPLIT`.
    pub reason: Option<String>,
    /// The namespace of the rule that returned the value. Absent if the rule has none, or if the request has none.
    pub namespace: Option<String>,
    /// The version that returned the value. Absent for a draft.
    pub version: Option<String>,
    /// The reason why there is no value.
    pub error: Option<String>,
    /// The steps of the evaluation.
    pub steps: Vec<ExplainedStep>,
    /// The explanation as a text, for people.
    pub text: String,
}

/// A step of an evaluation.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ExplainedStep {
    /// The depth within rules and segments.
    pub depth: usize,
    /// A description of the step.
    pub text: String,
}
