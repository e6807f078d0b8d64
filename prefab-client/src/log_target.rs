//! The target of the client's own log lines.

/// The target of the client's own log lines.
pub(crate) const LOG: &str = "cloud.prefab.client.rust";
