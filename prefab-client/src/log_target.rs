//! The name under which the client logs.

/// The target of the client's own log lines.
pub(crate) const LOG: &str = "cloud.prefab.client.rust";
