//! Log levels, and the loggers that clients reported.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The levels of a logger.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogLevelResponse {
    /// The logger: `my_app.checkout`.
    pub path: String,
    /// The config key: `log-level.my_app.checkout`.
    pub key: String,
    /// The current version, as a string.
    pub id: String,
    /// The time of the last change, in milliseconds since 1970.
    pub changed_at: i64,
    /// The actor of the last change.
    pub changed_by: String,
    /// The levels. The levels of an environment come before those of all; the first that matches applies.
    pub levels: Vec<TargetedLevel>,
}

/// A level of a logger, and the clients to which it applies.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetedLevel {
    /// The number of the environment, as a string. Null for all environments without a level of their own.
    pub environment: Option<String>,
    /// The level: `DEBUG`. Null if a percentage rollout or an environment variable provides it.
    pub level: Option<String>,
    /// The contexts to which the level applies. Null for all contexts, and if only `when` can describe them.
    #[serde(rename = "for")]
    pub target: Option<LevelTarget>,
    /// The condition under which the level applies, for people. Null if it always applies.
    pub when: Option<String>,
    /// The time at which the level is removed, in milliseconds since 1970.
    pub expires_at: Option<i64>,
}

/// The contexts to which a level applies: those where a property has one of some values, or those in a segment.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LevelTarget {
    /// The property.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "user.key")]
    pub property: Option<String>,
    /// The values of the property.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// The config key of a segment, instead of a property.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
}

/// Sets the level of a logger.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetLogLevelRequest {
    /// TRACE, DEBUG, INFO, WARN, ERROR or FATAL.
    #[schema(example = "DEBUG")]
    pub level: String,
    /// The number or name of an environment. By default, all environments without a level of their own.
    pub environment: Option<String>,
    /// The contexts to which the level applies. By default, all.
    #[serde(rename = "for")]
    pub target: Option<LevelTarget>,
    /// The time at which the level is removed, in milliseconds since 1970. Without `expiresAt` and `expiresIn`, the
    /// level is permanent.
    #[serde(alias = "expires_at")]
    pub expires_at: Option<i64>,
    /// The time until the level is removed: seconds, or a string such as `30m`.
    #[serde(alias = "expires_in")]
    pub expires_in: Option<Lifetime>,
    /// The reason for the change, for the audit log. Some environments require one.
    #[serde(default)]
    pub comment: String,
}

/// A length of time: seconds, or a string such as `30m`, `1h30m`, `2d`, `PT30M`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Lifetime {
    /// Seconds.
    Seconds(u64),
    /// A string such as `30m`.
    Text(String),
}

/// The result of setting a level.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetLogLevelResponse {
    /// The number of the new version, as a string.
    pub id: String,
    /// The config key.
    pub key: String,
    /// The time at which the level is removed, in milliseconds since 1970.
    pub expires_at: Option<i64>,
}

/// Selects the level to remove.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RemoveLogLevelQuery {
    /// The number or name of an environment. By default, the level of all environments without one of their own.
    pub environment: Option<String>,
    /// The property of the contexts to which the level applies. By default, the level for all contexts.
    pub property: Option<String>,
    /// The values of the property, separated by commas.
    pub values: Option<String>,
    /// The segment to which the level applies, instead of a property.
    pub segment: Option<String>,
    /// The reason for the change, for the audit log. Some environments require one.
    pub comment: Option<String>,
}

/// Selects loggers.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LoggersQuery {
    /// Only this environment, given by number or name.
    pub environment: Option<String>,
    /// Only loggers whose name contains this text.
    pub search: Option<String>,
}

/// A logger in one environment.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoggerResponse {
    /// The name of the logger.
    #[schema(example = "my_app.checkout")]
    pub name: String,
    /// The number of the environment, as a string.
    pub environment: String,
    /// The number of log calls per level, for the time that the server stores.
    pub counts: LevelCounts,
    /// The number of log calls.
    pub total: i64,
    /// The time of the last report, in milliseconds since 1970.
    pub last_at: i64,
}

/// The number of log calls per level.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct LevelCounts {
    /// Calls at TRACE.
    pub trace: i64,
    /// Calls at DEBUG.
    pub debug: i64,
    /// Calls at INFO.
    pub info: i64,
    /// Calls at WARN.
    pub warn: i64,
    /// Calls at ERROR.
    pub error: i64,
    /// Calls at FATAL.
    pub fatal: i64,
}
