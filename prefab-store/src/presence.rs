//! The servers of one store, and the clients that are connected to each of them.

use prefab_core::ids::{EnvironmentId, ProjectId};

use crate::StoreFuture;

/// How long a report of a server counts, in milliseconds.
pub const PRESENCE_MILLIS: i64 = 30_000;

/// Stores which servers run and how many clients are connected to each of them.
pub trait Presence: Send + Sync + 'static {
    /// Replaces the last report of a server, and deletes reports of other servers that are older than [`PRESENCE_MILLIS`].
    fn report_presence(&self, server: String, clients: Vec<ConnectedClients>) -> StoreFuture<'_, ()>;

    /// Deletes the report of a server that stops.
    fn end_presence(&self, server: String) -> StoreFuture<'_, ()>;

    /// Lists the servers that have reported within [`PRESENCE_MILLIS`], by name.
    fn present_servers(&self) -> StoreFuture<'_, Vec<PresentServer>>;
}

/// The clients of one environment that are connected to a server with one protocol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectedClients {
    /// The project.
    pub project: ProjectId,
    /// The environment.
    pub environment: EnvironmentId,
    /// The name of the protocol.
    pub kind: String,
    /// The number of open streams.
    pub count: u32,
}

/// A server that has reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentServer {
    /// The server.
    pub server: String,
    /// How long ago it reported, in milliseconds, by the clock of the store.
    pub age_millis: i64,
    /// Its clients, ordered by project, environment and protocol.
    pub clients: Vec<ConnectedClients>,
}

/// The protocol of the row of a report that has no clients, in both stores.
pub const SERVER_KIND: &str = "server";

/// Groups rows, which come ordered by server. The row of a server itself has [`SERVER_KIND`].
pub fn group_by_server(
    rows: impl IntoIterator<Item = (String, i64, ConnectedClients)>,
) -> Vec<PresentServer> {
    let mut servers: Vec<PresentServer> = Vec::new();
    for (server, age_millis, clients) in rows {
        if servers.last().is_none_or(|last| last.server != server) {
            servers.push(PresentServer { server, age_millis, clients: Vec::new() });
        }
        if clients.kind != SERVER_KIND
            && let Some(last) = servers.last_mut()
        {
            last.clients.push(clients);
        }
    }
    servers
}
