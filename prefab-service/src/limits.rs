//! Every limit of the server.
//!
//! Start with [`Limits`]: each field is one limit. [`Limits::table`] lists them, with the effect of exceeding each.
//! `docs/limits.md` contains this table, and a test compares the two.

mod table;
mod usage;

use std::time::Duration;

use prefab_eval::RegexLimits;

pub use table::Limit;
pub use usage::{DelayPermit, Principal, StreamPermit, Usage};

/// The largest event that Quonfig SDKs read from a stream, in bytes.
pub const MAX_QUONFIG_EVENT_BYTES: usize = 4 << 20;

/// The limits of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Maximum size of a request body, in bytes.
    pub body_bytes: usize,
    /// Maximum time to send the request headers, and maximum idle time between two requests.
    pub header_timeout: Duration,
    /// Time to send a request body, before the minimum rate applies.
    pub body_timeout: Duration,
    /// Minimum rate of a request body after `body_timeout`, in bytes per second.
    pub body_bytes_per_second: usize,
    /// Maximum number of open connections.
    pub connections: usize,
    /// Maximum number of open connections from one address. Trusted proxies are exempt.
    pub connections_per_address: usize,
    /// Maximum time that an HTTP/2 connection may stay open without a request in progress.
    pub http2_idle_timeout: Duration,
    /// Maximum number of open streams per API key. One key serves a whole fleet, so this is generous.
    pub streams_per_key: usize,
    /// Maximum number of responses to streams with an invalid key that are delayed at the same time.
    pub delayed_responses: usize,
    /// Maximum time that a stream may wait for its peer to read.
    pub stream_write_timeout: Duration,
    /// Maximum number of event streams of the management API per person, token or key.
    pub event_streams_per_principal: usize,
    /// Maximum memory for cached checkpoint responses per environment, in bytes. The full checkpoint is always kept.
    pub response_cache_bytes: usize,
    /// Number of threads for CPU-heavy work, per kind of work; 0 means one per core, at least 2.
    pub worker_threads: usize,
    /// Maximum number of jobs of one project that wait for a worker thread, per kind of work, and of passwords that
    /// wait to be hashed.
    pub queued_jobs: usize,
    /// Maximum time that a request waits for CPU-heavy work, queueing included.
    pub job_timeout: Duration,
    /// Maximum front-end evaluation requests per second and API key that are not answered from the cache.
    pub evaluations_per_second: usize,
    /// Maximum OFREP requests per second and API key; `None` means no limit.
    pub ofrep_requests_per_second: Option<usize>,
    /// Maximum number of OFREP requests that wait for a version that this server does not have yet.
    pub waiting_refetches: usize,
    /// Maximum memory for cached front-end evaluations per environment, in bytes.
    pub evaluation_cache_bytes: usize,
    /// Maximum telemetry per minute and API key, in bytes.
    pub telemetry_bytes_per_minute: usize,
    /// Maximum telemetry per minute and front-end API key, in bytes. These keys are public.
    pub front_end_telemetry_bytes_per_minute: usize,
    /// Maximum number of evaluation counts stored per environment and hour.
    pub evaluation_rows_per_hour: usize,
    /// Maximum number of loggers stored per environment.
    pub logger_rows: usize,
    /// Maximum number of environments per project.
    pub environments_per_project: usize,
    /// Maximum number of configs per import.
    pub import_configs: usize,
    /// Maximum number of context properties per request to explain an evaluation.
    pub explain_properties: usize,
    /// Maximum number of patterns per config.
    pub patterns_per_config: usize,
    /// Maximum sum of compiled patterns per config, in bytes.
    pub pattern_bytes_per_config: usize,
    /// Maximum number of nodes of a JSON Schema after its references are expanded.
    pub schema_nodes: usize,
    /// Maximum number of steps to check one value against its JSON Schema.
    pub schema_steps: usize,
    /// Maximum number of connections to a PostgreSQL database for requests.
    pub database_connections: usize,
    /// Maximum time that a request waits for a connection to a PostgreSQL database.
    pub database_wait: Duration,
    /// Number of days that audit entries are kept; `None` keeps them forever.
    pub audit_days: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 << 20,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            body_bytes_per_second: 8 << 10,
            connections: 20_000,
            connections_per_address: 10_000,
            http2_idle_timeout: Duration::from_secs(60),
            streams_per_key: 15_000,
            delayed_responses: 1_000,
            stream_write_timeout: Duration::from_secs(60),
            event_streams_per_principal: 20,
            response_cache_bytes: 8 << 20,
            worker_threads: 0,
            queued_jobs: 64,
            job_timeout: Duration::from_secs(10),
            evaluations_per_second: 500,
            ofrep_requests_per_second: None,
            waiting_refetches: 1_000,
            evaluation_cache_bytes: 8 << 20,
            telemetry_bytes_per_minute: 256 << 20,
            front_end_telemetry_bytes_per_minute: 8 << 20,
            evaluation_rows_per_hour: 5_000,
            logger_rows: 10_000,
            environments_per_project: 500,
            import_configs: 100_000,
            explain_properties: 1_000,
            patterns_per_config: RegexLimits::DEFAULT.patterns_per_config,
            pattern_bytes_per_config: RegexLimits::DEFAULT.pattern_bytes_per_config,
            schema_nodes: 10_000,
            schema_steps: 10_000_000,
            database_connections: 8,
            database_wait: Duration::from_secs(5),
            audit_days: None,
        }
    }
}
