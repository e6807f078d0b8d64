//! Conversion between messages and the data model.
//!
//! Messages are destructured without `..`, so that a new field of the protocol is a compile error here. [`decode`] skips
//! an invalid config, decodes the others, and reports it.

mod context;
mod error;
mod from_wire;
mod to_wire;

use prefab_core::{ConfigSet, Pointer};
use prost::Message as _;

use crate::wire;

pub use context::contexts_from_wire;
pub use error::{Cause, InvalidConfig};

/// The content of a `Configs` message, and its invalid configs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecodedConfigs {
    /// The valid configs.
    pub set: ConfigSet,
    /// One finding for each config that was skipped.
    pub findings: Vec<InvalidConfig>,
}

/// Decodes the bytes of a `Configs` message.
///
/// # Errors
///
/// [`prost::DecodeError`] if the bytes are not a `Configs` message. Invalid configs are
/// [findings](DecodedConfigs::findings) instead.
///
/// # Examples
///
/// ```
/// use prefab_core::{Config, ConfigSet};
/// use prefab_proto::convert;
///
/// let set = ConfigSet { configs: vec![Config::constant("max-jobs", 30)], ..ConfigSet::default() };
/// let decoded = convert::decode(&convert::encode(&set))?;
/// assert_eq!(decoded.set, set);
/// # Ok::<(), prost::DecodeError>(())
/// ```
pub fn decode(bytes: &[u8]) -> Result<DecodedConfigs, prost::DecodeError> {
    wire::Configs::decode(bytes).map(configs_from_wire)
}

/// Encodes a set as the bytes of a `Configs` message.
///
/// # Examples
///
/// ```
/// let bytes = prefab_proto::convert::encode(&prefab_core::ConfigSet::default());
/// assert!(bytes.is_empty());
/// ```
pub fn encode(set: &ConfigSet) -> Vec<u8> {
    wire::Configs::from(set).encode_to_vec()
}

/// Converts a `Configs` message to the data model.
///
/// # Examples
///
/// ```
/// use prefab_proto::{convert, wire};
/// let decoded = convert::configs_from_wire(wire::Configs::default());
/// assert!(decoded.set.configs.is_empty());
/// ```
pub fn configs_from_wire(configs: wire::Configs) -> DecodedConfigs {
    let wire::Configs { configs, config_service_pointer, apikey_metadata: _, default_context, keep_alive } =
        configs;
    let mut decoded = DecodedConfigs::default();
    for config in configs {
        match config.try_into() {
            Ok(config) => decoded.set.configs.push(config),
            Err(finding) => decoded.findings.push(finding),
        }
    }
    decoded.set.pointer = config_service_pointer.map(|pointer| {
        let wire::ConfigServicePointer { project_id, start_at_id, project_env_id } = pointer;
        Pointer { project_id, start_at_id, project_env_id }
    });
    decoded.set.default_context = default_context.map(contexts_from_wire).unwrap_or_default();
    decoded.set.keep_alive = keep_alive.unwrap_or_default();
    decoded
}

impl From<&ConfigSet> for wire::Configs {
    fn from(set: &ConfigSet) -> Self {
        let ConfigSet { configs, pointer, default_context, keep_alive } = set;
        Self {
            configs: configs.iter().map(Into::into).collect(),
            config_service_pointer: pointer.map(Into::into),
            apikey_metadata: None,
            default_context: (!default_context.is_empty()).then(|| default_context.into()),
            keep_alive: keep_alive.then_some(true),
        }
    }
}

impl From<Pointer> for wire::ConfigServicePointer {
    fn from(pointer: Pointer) -> Self {
        let Pointer { project_id, start_at_id, project_env_id } = pointer;
        Self { project_id, start_at_id, project_env_id }
    }
}

#[cfg(test)]
pub(crate) mod tests;
