//! A change beside the config that it replaces.

use prefab_core::Config;
use prefab_store::Expected;

/// An edit, and the config that it replaces.
#[derive(Clone, Debug)]
pub struct PreparedChange {
    /// The config key.
    pub key: String,
    /// The config before the change; `None` if the key is new or archived.
    pub before: Option<Config>,
    /// The config after the change; `None` if the change archives it.
    pub after: Option<Config>,
    /// The version that must be current when the store appends the change.
    pub expected: Expected,
}
