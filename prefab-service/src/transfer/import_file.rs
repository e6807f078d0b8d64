//! A parsed file to import.

use std::collections::BTreeMap;

use prefab_core::ConfigSet;

/// A parsed file to import.
pub struct ImportFile {
    pub(super) set: ConfigSet,
    /// The names of the environments by id, if the file contains them.
    pub(super) names: BTreeMap<i64, String>,
    pub(super) problems: Vec<String>,
}
