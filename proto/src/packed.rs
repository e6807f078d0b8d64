//! Messages whose configs stay packed: they are checked on arrival and decoded on demand.
//!
//! Decoding 10,000 configs allocates about 200,000 strings and lists, most of which are not used after compiling. The
//! check walks over the message in place, and each config stores its range of bytes. A config that the check does not
//! accept is decoded immediately: it may be valid in an unusual encoding, or invalid.

mod check;
mod fields;
mod read;
#[cfg(test)]
mod tests;

use std::{ops::Range, sync::Arc};

use prefab_core::{
    Config, ConfigSet, StoredConfig, borrowed,
    stored::{PackedFormat, PackedMessage},
};
use prost::{DecodeError, Message as _};

use crate::{
    convert::{self, Cause, InvalidConfig},
    wire,
};
use fields::{Field, Fields};

/// The packed configs of a message, and its invalid configs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PackedConfigs {
    /// The valid configs.
    pub set: ConfigSet<StoredConfig>,
    /// One finding for each config that was skipped.
    pub findings: Vec<InvalidConfig>,
    /// The highest id, including those of invalid configs. 0 if there are no configs.
    pub newest_id: i64,
}

impl PackedConfigs {
    /// Returns whether a config could not be decoded at all, so that its id and its key are unknown.
    pub fn is_damaged(&self) -> bool {
        self.findings.iter().any(|finding| matches!(finding.cause, Cause::Malformed(_)))
    }
}

/// Field 1 of `Configs`.
const CONFIGS: u32 = 1;

/// Checks the bytes of a `Configs` message and packs its configs. Skips invalid configs.
///
/// # Errors
///
/// [`DecodeError`] if the bytes are not a `Configs` message.
///
/// # Examples
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
        // A valid message in an unusual encoding is encoded again.
        let reencoded = wire::Configs::decode(&*bytes)?.encode_to_vec().into_boxed_slice();
        let parts = split(&reencoded).unwrap_or_default();
        return gather(&PackedMessage::new(reencoded, &Wire), parts);
    };
    gather(&PackedMessage::new(bytes, &Wire), parts)
}

/// Packs the configs of a decoded `Configs` message.
///
/// # Examples
///
/// ```
/// use prefab_proto::{packed, wire};
/// assert!(packed::pack_decoded(&wire::Configs::default()).set.configs.is_empty());
/// ```
pub fn pack_decoded(message: &wire::Configs) -> PackedConfigs {
    // A message that was just encoded is valid.
    pack(message.encode_to_vec()).unwrap_or_default()
}

/// The ranges of the configs in a message, and the bytes of its other fields.
#[derive(Default)]
struct MessageParts {
    configs: Vec<Range<usize>>,
    rest: Vec<u8>,
}

fn split(bytes: &[u8]) -> Option<MessageParts> {
    let mut parts = MessageParts::default();
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

fn gather(message: &Arc<PackedMessage>, parts: MessageParts) -> Result<PackedConfigs, DecodeError> {
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
            Some(header) => Ok(StoredConfig::packed(message, range, header)),
            None => decode_unchecked(bytes),
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

/// Decodes a config that the check did not accept. It may be valid; if not, this returns the error.
fn decode_unchecked(bytes: &[u8]) -> Result<StoredConfig, (i64, InvalidConfig)> {
    let config = wire::Config::decode(bytes).map_err(|cause| {
        let key = check::key(bytes).unwrap_or("?").to_owned();
        (0, InvalidConfig { key, place: "config".to_owned(), cause: Cause::Malformed(cause.to_string()) })
    })?;
    let id = config.id;
    Config::try_from(config).map(Into::into).map_err(|finding| (id, finding))
}

/// The encoding of configs that [`check`] has accepted. Decoding them does not fail.
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

/// Returns the encoded config. Borrows the bytes of a packed config.
///
/// # Examples
///
/// ```
/// use prefab_core::{Config, StoredConfig};
/// use prefab_proto::{packed, wire};
/// use prost::Message as _;
///
/// let stored = StoredConfig::from(Config::constant("max-jobs", 30));
/// assert_eq!(wire::Config::decode(&*packed::encoded(&stored))?.key, "max-jobs");
/// # Ok::<(), prost::DecodeError>(())
/// ```
pub fn encoded(stored: &StoredConfig) -> std::borrow::Cow<'_, [u8]> {
    stored.packed_bytes().map_or_else(
        || wire::Config::from(&*stored.config()).encode_to_vec().into(),
        std::borrow::Cow::Borrowed,
    )
}
