//! Messages that stay messages: configs are found in them and checked, and read when somebody asks.
//!
//! Reading 10,000 configs makes some 200,000 texts and lists, most of which nobody looks at again once the
//! configs are compiled. So a message is only walked through, in place, and each config remembers where it
//! stands. What the walk finds fault with, or does not understand, is read at once: the walk says "sound",
//! never "wrong".

mod check;
mod fields;
mod read;
#[cfg(test)]
mod tests;

use std::{ops::Range, sync::Arc};

use prefab_core::{Config, ConfigSet, PackedFormat, PackedMessage, StoredConfig, borrowed};
use prost::{DecodeError, Message as _};

use crate::{
    convert::{self, Cause, InvalidConfig},
    wire,
};
use fields::{Field, Fields};

/// A message's configs, still packed, and what was wrong with parts of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PackedConfigs {
    /// What could be read.
    pub set: ConfigSet<StoredConfig>,
    /// What could not.
    pub findings: Vec<InvalidConfig>,
    /// The highest id, that of a config that could not be read included; 0 without configs.
    pub newest_id: i64,
}

impl PackedConfigs {
    /// Tells whether a part was no config at all: it was damaged on its way, and nobody knows what it said.
    pub fn is_damaged(&self) -> bool {
        self.findings.iter().any(|finding| matches!(finding.cause, Cause::Malformed(_)))
    }
}

/// Field 1 of `Configs`.
const CONFIGS: u32 = 1;

/// Takes in the bytes of a `Configs` message. One bad config costs that config.
///
/// ```
/// use prefab_core::{Config, ConfigSet};
/// use prefab_proto::{convert, packed};
///
/// let set = ConfigSet { configs: vec![Config::constant("max-jobs", 30)], ..ConfigSet::default() };
/// let packed = packed::pack(convert::encode(&set))?;
/// assert_eq!(packed.set.configs[0].key(), "max-jobs");
/// assert_eq!(*packed.set.configs[0].config(), set.configs[0]);
/// # Ok::<(), prost::DecodeError>(())
/// ```
pub fn pack(bytes: impl Into<Box<[u8]>>) -> Result<PackedConfigs, DecodeError> {
    let bytes = bytes.into();
    let Some(parts) = split(&bytes) else {
        // A message that is sound all the same is written anew, the usual way.
        let unusual = wire::Configs::decode(&*bytes)?.encode_to_vec().into_boxed_slice();
        let parts = split(&unusual).unwrap_or_default();
        return gather(&PackedMessage::new(unusual, &Wire), parts);
    };
    gather(&PackedMessage::new(bytes, &Wire), parts)
}

/// Takes in a `Configs` message that was decoded already.
pub fn pack_decoded(message: &wire::Configs) -> PackedConfigs {
    // Nothing can be wrong with what was written just now.
    pack(message.encode_to_vec()).unwrap_or_default()
}

/// Where the configs of a message stand, and the bytes of its other fields.
#[derive(Default)]
struct Parts {
    configs: Vec<Range<usize>>,
    rest: Vec<u8>,
}

fn split(bytes: &[u8]) -> Option<Parts> {
    let mut parts = Parts::default();
    let mut fields = Fields::new(bytes);
    let mut start = 0;
    while let Some((number, field)) = fields.next().ok()? {
        let end = bytes.len() - fields.rest();
        match field {
            Field::Bytes(config) if number == CONFIGS => parts.configs.push(end - config.len()..end),
            _ => parts.rest.extend_from_slice(&bytes[start..end]),
        }
        start = end;
    }
    Some(parts)
}

fn gather(message: &Arc<PackedMessage>, parts: Parts) -> Result<PackedConfigs, DecodeError> {
    let convert::DecodedConfigs { set, .. } =
        convert::configs_from_wire(wire::Configs::decode(&*parts.rest)?);
    let ConfigSet { configs: _, pointer, default_context, keep_alive } = set;
    let mut packed = PackedConfigs {
        set: ConfigSet {
            configs: Vec::with_capacity(parts.configs.len()),
            pointer,
            default_context,
            keep_alive,
        },
        ..PackedConfigs::default()
    };
    for range in parts.configs {
        let bytes = message.bytes().get(range.clone()).unwrap_or_default();
        let stored = match check::config(bytes) {
            Some(head) => Ok(StoredConfig::packed(message, range, head)),
            None => slowly(bytes),
        };
        match stored {
            Ok(stored) => {
                packed.newest_id = packed.newest_id.max(stored.id());
                packed.set.configs.push(stored);
            }
            Err((id, finding)) => {
                packed.newest_id = packed.newest_id.max(id);
                packed.findings.push(finding);
            }
        }
    }
    Ok(packed)
}

/// Reads a config that the walk did not pass: it may be sound, and what is wrong with it gets its words here.
fn slowly(bytes: &[u8]) -> Result<StoredConfig, (i64, InvalidConfig)> {
    let config = wire::Config::decode(bytes).map_err(|cause| {
        let key = check::key(bytes).unwrap_or("?").to_owned();
        (0, InvalidConfig { key, place: "config".to_owned(), cause: Cause::Malformed(cause.to_string()) })
    })?;
    let id = config.id;
    Config::try_from(config).map(Into::into).map_err(|finding| (id, finding))
}

/// Reads configs that [`check`] has passed, so that nothing of them fails.
struct Wire;

impl PackedFormat for Wire {
    fn config(&self, bytes: &[u8]) -> Config {
        let config = wire::Config::decode(bytes).unwrap_or_default();
        config.try_into().unwrap_or_default()
    }

    fn borrowed<'a>(&self, bytes: &'a [u8]) -> borrowed::Config<'a> {
        read::config(bytes)
    }
}

/// Returns the bytes of a config: those that it is packed in, if it is.
pub fn encoded(stored: &StoredConfig) -> std::borrow::Cow<'_, [u8]> {
    stored.packed_bytes().map_or_else(
        || wire::Config::from(&*stored.config()).encode_to_vec().into(),
        std::borrow::Cow::Borrowed,
    )
}
