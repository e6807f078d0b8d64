//! The state of a store, for metrics and for people who operate it.

/// The state of a store that this process knows without asking the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreStatus {
    /// The kind of database: `sqlite` or `postgresql`.
    pub kind: &'static str,
    /// Whether notifications of other servers are proven to arrive. `None` if the store does not use them.
    pub is_listening: Option<bool>,
    /// The pool of connections. `None` if the store has none.
    pub pool: Option<PoolStatus>,
}

/// The connections of this process to a database server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    /// The connections that work at the moment.
    pub in_use: usize,
    /// The open connections.
    pub open: usize,
    /// The maximum number of connections, with those for notifications and telemetry.
    pub most: usize,
}

/// Facts that a database server reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFacts {
    /// The version of the database.
    pub version: String,
    /// The schema with the tables. `None` if the database has no schemas.
    pub schema: Option<String>,
    /// The time of the database, in milliseconds since 1970.
    pub now_millis: i64,
    /// The number of connections that the database server accepts from everyone. `None` without a limit.
    pub max_connections: Option<i64>,
}
