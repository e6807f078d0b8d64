//! How Prefab's values, reasons and contexts map to OpenFeature.
//!
//! The provider for Rust programs and the OFREP endpoints of the server both use these rules, so that they return the
//! same answer for a flag. The crate does no I/O and does not depend on an OpenFeature SDK.
//!
//! # Examples
//!
//! ```
//! use prefab_eval::{Contexts, Ruleset, SystemHost};
//! use prefab_openfeature_mapping::{Resolution, contexts::{self, Field}, value};
//!
//! let ruleset = Ruleset::from_datafile(r#"{"configs": [{"id": "7", "key": "new-checkout", "rows": [{"values": [
//!     {"criteria": [{"propertyName": "user.key", "operator": "PROP_IS_ONE_OF",
//!                    "valueToMatch": {"stringList": {"values": ["u-1"]}}}], "value": {"bool": true}},
//!     {"value": {"bool": false}}
//! ]}]}]}"#)?;
//!
//! let fields = [("plan", Field::from("pro"))];
//! let contexts = contexts::to_contexts(Some("u-1"), contexts::TARGETING_PROPERTY, fields)?;
//! let evaluation = ruleset.evaluate("new-checkout", &Contexts::of(&contexts), &SystemHost)?;
//! let resolution = Resolution::new(&evaluation, None, Some("u-1"));
//! assert!(value::to_bool(&evaluation.value)?);
//! assert_eq!((resolution.reason.name(), &*resolution.variant), ("TARGETING_MATCH", "true"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod contexts;
mod failure;
mod resolution;
pub mod value;

pub use failure::{ErrorCode, Failure};
pub use resolution::{FlagSet, MAX_VARIANT_BYTES, MetadataValue, Resolution};
