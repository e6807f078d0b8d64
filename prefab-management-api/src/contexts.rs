//! Contexts that clients reported.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};

/// Selects reported contexts.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContextsQuery {
    /// Only this environment, given by number or name.
    pub environment: Option<String>,
    /// Only properties and examples that contain this text.
    pub search: Option<String>,
}

/// The contexts that clients reported.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContextsResponse {
    /// Whether the server stores contexts.
    pub is_collecting: bool,
    /// The contexts and their properties.
    pub shapes: Vec<ContextShape>,
    /// Example contexts, newest first.
    pub examples: Vec<ContextExample>,
}

/// A context and its properties.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ContextShape {
    /// The name of the context.
    #[schema(example = "user")]
    pub context: String,
    /// The properties that clients reported.
    pub properties: Vec<ContextProperty>,
}

/// A property of a context.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContextProperty {
    /// The name of the property.
    #[schema(example = "email")]
    pub name: String,
    /// The types of its values: `string`, `int`, `double`, `bool`, `string_list`.
    pub types: Vec<String>,
    /// The time of the last report, in milliseconds since 1970.
    pub last_at: i64,
}

/// A reported context.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ContextExample {
    /// The number of the environment, as a string.
    pub environment: String,
    /// The time of the report, in milliseconds since 1970.
    pub at: i64,
    /// The contexts by name.
    #[schema(value_type = Object, example = json!({"user": {"key": "u-1", "plan": "pro"}}))]
    pub contexts: Json,
}
