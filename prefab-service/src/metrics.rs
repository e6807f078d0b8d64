//! Metrics in the Prometheus text format.

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
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
        } = self.clone();
        let mut registry = Registry::with_prefix("prefab");
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
