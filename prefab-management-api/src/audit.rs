//! The audit log.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Selects entries of the audit log.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only entries about this subject: a config key, the name of an environment or the number of an API key.
    pub subject: Option<String>,
    /// Only entries whose actor contains this text.
    pub who: Option<String>,
    /// Only entries of this kind: `config`, `config.changed`, `key.refused`.
    pub action: Option<String>,
    /// Only entries about this environment, given by number or name.
    pub environment: Option<String>,
    /// Only entries that contain this text in the sentence or the comment.
    pub text: Option<String>,
    /// Only entries at or after this time, in milliseconds since 1970.
    pub from: Option<i64>,
    /// Only entries before this time, in milliseconds since 1970.
    pub to: Option<i64>,
    /// Only entries before this one: the number of the last entry of the previous page.
    pub before: Option<i64>,
    /// The maximum number of entries. A list has 100 by default and at most 10,000; an export has all by default.
    pub limit: Option<u32>,
}

/// An entry of the audit log.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditLogEntry {
    /// The number of the entry, as a string. It increases with every entry.
    pub id: String,
    /// The time, in milliseconds since 1970.
    pub at: i64,
    /// The actor: `ann@acme.test`, `key 7 (ci)`.
    pub who: String,
    /// The address of the actor.
    pub from: String,
    /// The program of the actor, from its `User-Agent`.
    pub via: String,
    /// The kind of the action: `config.changed`.
    pub action: String,
    /// The subject: a config key, the name of an environment or the number of an API key.
    pub subject: String,
    /// The number of the environment, as a string.
    pub environment: Option<String>,
    /// The version that the action created.
    pub version: Option<String>,
    /// Whether the server rejected the action.
    pub is_refused: bool,
    /// The number of occurrences. Equal rejections within an hour are one entry, with the time of the first.
    pub count: i64,
    /// A description of the action, for people.
    #[schema(example = "key 7 (ci) changed `http.timeout`: Production: from PT10S to PT1S")]
    pub sentence: String,
    /// The reason that the actor gave.
    pub comment: Option<String>,
}
