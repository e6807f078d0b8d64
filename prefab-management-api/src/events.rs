//! Events of the event stream of a project.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A change, sent as event `change`. The id of the event is the version.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ChangeEvent {
    /// The config key.
    pub key: String,
    /// The type of the item: `config`, `feature_flag`, `segment`, `log_level`, `schema`.
    #[serde(rename = "type")]
    pub item_type: String,
    /// The new version, as a string.
    pub version: String,
    /// The numbers of the affected environments, as strings.
    pub environments: Vec<String>,
    /// The actor.
    pub who: String,
    /// The time of the change, in milliseconds since 1970.
    pub at: i64,
    /// Whether the item was archived.
    pub deleted: bool,
    /// A description of the change, for people.
    pub sentence: Option<String>,
}

/// A draft that was saved, approved, discarded or published, sent as event `draft`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DraftEvent {
    /// The config key.
    pub key: String,
    /// The actor who saved the draft. Absent if the key has no draft any more.
    pub saved_by: Option<String>,
    /// The time at which the draft was saved, in milliseconds since 1970.
    pub saved_at: Option<i64>,
    /// The actor who approved the draft.
    pub approved_by: Option<String>,
}

/// The connected clients of an environment, sent as event `clients`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ClientsEvent {
    /// The number of the environment, as a string.
    pub environment: String,
    /// The number of open streams of all servers on the database.
    pub connected: usize,
    /// The number of open streams of other servers, as of the last 10 seconds. They are not in `received`.
    #[serde(default)]
    pub elsewhere: usize,
    /// The number of streams of this server per version that it sent last, newest first.
    pub received: Vec<ReceivedVersion>,
}

/// The number of streams to which a version was sent last.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ReceivedVersion {
    /// The version, as a string.
    pub version: String,
    /// The number of streams.
    pub clients: usize,
}

/// Announces new evaluation counts, sent as event `evaluations`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct EvaluationsEvent {
    /// The number of the environment, as a string.
    pub environment: String,
    /// Some of the evaluated config keys.
    pub keys: Vec<String>,
}
