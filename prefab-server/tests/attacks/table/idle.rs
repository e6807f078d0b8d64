//! Connections that send nothing, or only a part.

use std::time::Duration;

use crate::attack::{Attack, Sends, State};

pub(crate) fn closed_prefaces() -> Vec<Attack> {
    vec![
        Attack::new("a part of the HTTP/2 preface")
            .connect(300, Sends::Bytes(b"PRI".to_vec()))
            .expect(State::CpuAtMost { percent: 15 })
            .close()
            .expect(gone(Duration::from_secs(1))),
        Attack::new("all of the preface but its end")
            .connect(300, Sends::Bytes(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r".to_vec()))
            .expect(State::CpuAtMost { percent: 15 })
            .close()
            .expect(gone(Duration::from_secs(1))),
    ]
}

pub(crate) fn attacks() -> Vec<Attack> {
    vec![
        Attack::new("a part of the preface, kept open")
            .connect(300, Sends::Bytes(b"P".to_vec()))
            .expect(gone(Duration::from_secs(5))),
        Attack::new("idle HTTP/2 connections that answer pings")
            .connect(300, Sends::Http2)
            .expect(gone(Duration::from_secs(5))),
        Attack::new("slow headers")
            .connect(300, Sends::Bytes(b"GET /healthz HTTP/1.1\r\nx-slow: ".to_vec()))
            .expect(gone(Duration::from_secs(5))),
        Attack::new("silent connections")
            .connect(300, Sends::Bytes(Vec::new()))
            .expect(gone(Duration::from_secs(5))),
        Attack::new("streams without a key, whose responses are delayed")
            .connect(300, Sends::Bytes(b"GET /api/v1/sse/config HTTP/1.1\r\nhost: a\r\n\r\n".to_vec()))
            .expect(State::CpuAtMost { percent: 15 })
            .expect(gone(Duration::from_secs(8))),
        Attack::new("more connections from one address than it may have")
            .connect(600, Sends::Bytes(b"GET".to_vec()))
            .expect(State::Metric { name: "prefab_connections", at_most: 405.0, within: Duration::ZERO })
            .expect(gone(Duration::from_secs(5))),
    ]
}

/// The connections still open are the few of these checks.
fn gone(within: Duration) -> State {
    State::Metric { name: "prefab_connections", at_most: 5.0, within }
}
