//! A change that passed validation.

use prefab_core::Config;
use prefab_store::Expected;

/// A change that may be made.
pub struct Prepared {
    pub key: String,
    pub before: Option<Config>,
    pub after: Option<Config>,
    pub expected: Expected,
}
