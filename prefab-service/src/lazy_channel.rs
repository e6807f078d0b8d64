//! The channel of an environment, created on first use.

use std::sync::{Arc, OnceLock};

use prefab_publish::Channel;

/// The channel of an environment, created on first use: a project can have hundreds of environments of which few are used,
/// and a channel needs memory for each config.
pub(crate) struct LazyChannel {
    pub(crate) first_id: i64,
    pub(crate) channel: OnceLock<Arc<Channel>>,
}

impl LazyChannel {
    pub(crate) fn new(first_id: i64) -> Self {
        Self { first_id, channel: OnceLock::new() }
    }
}
