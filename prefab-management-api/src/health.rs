//! The health of a server.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ClientsEvent;

/// The health of the server that responds, and of the servers on the same database.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthResponse {
    /// The version of the server.
    pub version: String,
    /// The start time of the server, in milliseconds since 1970.
    pub started_at: i64,
    /// The time of the response, in milliseconds since 1970.
    pub now: i64,
    /// The newest version of the project, as a string.
    pub newest: String,
    /// The size of the database in bytes, for all projects.
    pub database_bytes: i64,
    /// The number of open connections of the server, for all projects.
    pub connections: i64,
    /// The telemetry that the server received since its start.
    pub telemetry: TelemetryHealth,
    /// Names in the project that people can confuse, one sentence each: they look the same, or like a number.
    #[serde(default)]
    pub confusing_names: Vec<String>,
    /// The environments of the project.
    pub environments: Vec<EnvironmentHealth>,
    /// The servers on the database. The first one is the server that responds.
    #[serde(default)]
    pub servers: Vec<ServerHealth>,
    /// The database. Absent while it does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseHealth>,
}

/// A server on the database.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerHealth {
    /// The name of the server.
    pub name: String,
    /// The number of its clients, for all projects.
    pub clients: u64,
    /// How long ago another server reported, in milliseconds. Absent for the server that responds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_millis: Option<i64>,
}

/// The database of a server.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseHealth {
    /// The kind of database: `sqlite` or `postgresql`.
    pub kind: String,
    /// The version of the database.
    pub version: String,
    /// The schema with the tables. Absent for SQLite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Whether notifications of other servers are proven to arrive. Absent for SQLite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_listening: Option<bool>,
    /// The connections of this server that are in use. Absent for SQLite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_in_use: Option<usize>,
    /// The maximum number of connections of this server. Absent for SQLite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<usize>,
    /// The number of connections that the database server accepts from everyone. Absent for SQLite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_connections: Option<i64>,
    /// The clock of the database minus the clock of this server, in milliseconds.
    pub clock_difference_millis: i64,
}

/// The telemetry that a server received since its start.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TelemetryHealth {
    /// The size of the reports in bytes.
    pub received_bytes: u64,
    /// The number of entries that the server skipped because of a limit, and of reports that it rejected.
    pub dropped: u64,
    /// The number of entries that clients dropped, as they report it.
    pub dropped_by_clients: u64,
}

/// The health of an environment.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentHealth {
    /// The name of the environment.
    pub name: String,
    /// The connected clients.
    #[serde(flatten)]
    pub clients: ClientsEvent,
    /// The number of open streams per protocol.
    pub kinds: Vec<ProtocolCount>,
    /// The time that changes take to reach clients.
    pub propagation: Propagation,
    /// The sizes of what a new client receives. Absent if no client has used the environment since the start of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<PayloadSizes>,
    /// The number of telemetry reports since the server started.
    pub reports: u64,
}

/// The number of open streams of one protocol.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ProtocolCount {
    /// The protocol: `sse`, `sse_json`, `grpc`, `ofrep`, `quonfig`.
    pub kind: String,
    /// The number of open streams.
    pub clients: usize,
}

/// The time between a change and its delivery to clients.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Propagation {
    /// The number of measured deliveries.
    pub deliveries: usize,
    /// The median, in microseconds.
    pub median_micros: Option<u64>,
    /// The 99th percentile, in microseconds.
    pub p99_micros: Option<u64>,
}

/// The sizes of a payload.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PayloadSizes {
    /// The number of configs.
    pub configs: usize,
    /// The uncompressed size, in bytes.
    pub plain: usize,
    /// The size with gzip, in bytes.
    pub gzip: usize,
    /// The size with Zstandard, in bytes.
    pub zstd: usize,
}
