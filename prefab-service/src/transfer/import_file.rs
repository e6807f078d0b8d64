//! A file to import, parsed.

use std::collections::BTreeMap;

use prefab_core::ConfigSet;

/// A file as it was read.
pub struct ImportFile {
    pub(super) set: ConfigSet,
    /// The names of its environments, where it tells them.
    pub(super) names: BTreeMap<i64, String>,
    pub(super) problems: Vec<String>,
}
