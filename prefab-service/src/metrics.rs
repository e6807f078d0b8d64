//! Metrics in the Prometheus text format.

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::Registry,
};

/// The commit of the build, if the variable `PREFAB_BUILD_COMMIT` was set.
const COMMIT: &str = match option_env!("PREFAB_BUILD_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};

/// The labels of a request. None of them grows with the number of clients.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The HTTP method.
    pub method: &'static str,
    /// The HTTP status.
    pub status: u16,
}

/// The labels of an OFREP request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfrepLabels {
    /// `flag`, `flags` or `stream`.
    pub endpoint: &'static str,
    /// The HTTP status.
    pub status: u16,
}

/// The metrics of a server. Clones share the counters.
#[derive(Clone, Default)]
pub struct Metrics {
    /// Requests, by method and status.
    pub requests: Family<RequestLabels, Counter>,
    /// Checkpoints sent.
    pub checkpoints: Counter,
    /// Config changes published by this process.
    pub changes: Counter,
    /// Open connections.
    pub connections: Gauge,
    /// Connections closed because a connection limit was reached.
    pub connections_refused: Counter,
    /// Idle connections closed to make room for new ones.
    pub connections_evicted: Counter,
    /// Open streams.
    pub streams: Gauge,
    /// Streams closed because a stream limit was reached.
    pub streams_refused: Counter,
    /// Evaluations for front ends.
    pub evaluations: Counter,
    /// Evaluations refused because their key sent too many per second.
    pub evaluations_refused: Counter,
    /// OFREP requests, by endpoint and status.
    pub ofrep_requests: Family<OfrepLabels, Counter>,
    /// Open OFREP event streams.
    pub ofrep_streams: Gauge,
    /// Events sent on OFREP event streams.
    pub ofrep_stream_events: Counter,
    /// Bytes of telemetry received.
    pub telemetry_bytes: Counter,
    /// Telemetry entries dropped: unknown config keys, or beyond a limit.
    pub telemetry_dropped: Counter,
    /// The state of the store and of the other servers.
    pub store: StoreMetrics,
}

/// The metrics of the store, which are set before they are read.
#[derive(Clone, Default)]
pub struct StoreMetrics {
    /// Whether the database answers: 0 or 1.
    pub up: Gauge,
    /// Whether notifications of other servers arrive: 0 or 1.
    pub listening: Gauge,
    /// Connections to the database server in use.
    pub connections_in_use: Gauge,
    /// Open connections to the database server.
    pub connections: Gauge,
    /// Maximum number of connections to the database server.
    pub connections_max: Gauge,
    /// Servers on the database.
    pub servers: Gauge,
    /// Connected clients of all servers.
    pub clients: Gauge,
}

impl StoreMetrics {
    fn register(self, registry: &mut Registry) {
        let Self { up, listening, connections_in_use, connections, connections_max, servers, clients } = self;
        registry.register("store_up", "Whether the database answers", up);
        registry.register(
            "store_listening",
            "Whether notifications of other servers are proven to arrive",
            listening,
        );
        registry.register(
            "store_connections_in_use",
            "Connections to the database server in use",
            connections_in_use,
        );
        registry.register("store_connections", "Open connections to the database server", connections);
        registry.register(
            "store_connections_max",
            "Maximum number of connections of this server to the database server",
            connections_max,
        );
        registry.register("servers", "Servers on the database", servers);
        registry.register("clients", "Connected clients of all servers on the database", clients);
    }
}

impl Metrics {
    /// Returns all metrics in the Prometheus text format.
    pub fn text(&self) -> String {
        let Self {
            requests,
            checkpoints,
            changes,
            connections,
            connections_refused,
            connections_evicted,
            streams,
            streams_refused,
            evaluations,
            evaluations_refused,
            ofrep_requests,
            ofrep_streams,
            ofrep_stream_events,
            telemetry_bytes,
            telemetry_dropped,
            store,
        } = self.clone();
        let mut registry = Registry::with_prefix("prefab");
        let build = [("version", env!("CARGO_PKG_VERSION")), ("commit", COMMIT)];
        registry.register("build", "The version of the server", Info::new(build));
        store.register(&mut registry);
        registry.register("requests", "Requests", requests);
        registry.register("checkpoints", "Checkpoints sent", checkpoints);
        registry.register("changes", "Config changes published by this process", changes);
        registry.register("connections", "Open connections", connections);
        registry.register(
            "connections_refused",
            "Connections closed because a connection limit was reached",
            connections_refused,
        );
        registry.register(
            "connections_evicted",
            "Idle connections closed to make room for new ones",
            connections_evicted,
        );
        registry.register("streams", "Open streams", streams);
        registry.register(
            "streams_refused",
            "Streams closed because a stream limit was reached",
            streams_refused,
        );
        registry.register("evaluations", "Evaluations for front ends", evaluations);
        registry.register(
            "evaluations_refused",
            "Evaluations refused because their key sent too many per second",
            evaluations_refused,
        );
        registry.register("ofrep_requests", "OFREP requests", ofrep_requests);
        registry.register("ofrep_streams", "Open OFREP event streams", ofrep_streams);
        registry.register("ofrep_stream_events", "Events sent on OFREP event streams", ofrep_stream_events);
        registry.register("telemetry_bytes", "Bytes of telemetry received", telemetry_bytes);
        registry.register(
            "telemetry_dropped",
            "Telemetry entries dropped: unknown config keys, or beyond a limit",
            telemetry_dropped,
        );
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut text, &registry);
        text
    }
}
