//! Encodes configs as messages: as one response, or as events of a stream.

use crate::audience::is_for_front_ends;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use prefab_core::{Config, ConfigSet, ConfigType, datafile};
use prefab_proto::{convert, wire};
use prost::Message as _;

/// Maximum size of an event before base64, in bytes. The Go client cannot read events above 64 KiB.
const MAX_EVENT_BYTES: usize = 45_000;

/// The encoding of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Protobuf; as base64 in a stream.
    Protobuf,
    /// Proto3 JSON, for the one client without protobuf.
    Json,
}

impl Encoding {
    /// Returns the media type of a response.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// Encodes one message: the configs, followed by the fields that every message repeats.
pub(super) fn message<'i>(
    items: impl IntoIterator<Item = &'i Item>,
    repeated: &[u8],
    encoding: Encoding,
) -> Bytes {
    let mut bytes = BytesMut::new();
    for item in items {
        bytes.extend_from_slice(&item.bytes);
    }
    bytes.extend_from_slice(repeated);
    match encoding {
        Encoding::Protobuf => bytes.freeze(),
        Encoding::Json => json(&bytes).into(),
    }
}

fn json(bytes: &[u8]) -> Vec<u8> {
    // These bytes were encoded above, so decoding cannot fail.
    let set = convert::decode(bytes).map_or_else(|_| ConfigSet::default(), |decoded| decoded.set);
    datafile::to_json(&set).to_string().into_bytes()
}

/// Returns how many of the first items fit in one event.
pub(super) fn fitting(items: &[&Item], repeated: usize) -> usize {
    let mut size = repeated;
    let fitting = items.iter().take_while(|item| {
        size += item.bytes.len();
        size <= MAX_EVENT_BYTES
    });
    // A config that is too large for an event is sent nevertheless.
    fitting.count().max(1).min(items.len())
}

/// Encodes items as one event. Returns no bytes if there are no items.
pub(super) fn event(items: &[&Item], repeated: &[u8], encoding: Encoding) -> Bytes {
    if items.is_empty() { Bytes::new() } else { event_of(items, repeated, encoding) }
}

/// Encodes an event without items, which contains only the fields that every message repeats.
pub(super) fn event_without_items(repeated: &[u8], encoding: Encoding) -> Bytes {
    event_of(&[], repeated, encoding)
}

fn event_of(items: &[&Item], repeated: &[u8], encoding: Encoding) -> Bytes {
    let message = message(items.iter().copied(), repeated, encoding);
    let text = match encoding {
        Encoding::Protobuf => BASE64_STANDARD.encode(&message).into_bytes().into(),
        Encoding::Json => message,
    };
    let mut event = BytesMut::with_capacity(text.len() + 8);
    event.extend_from_slice(b"data: ");
    event.extend_from_slice(&text);
    event.extend_from_slice(b"\n\n");
    event.freeze()
}

/// Encodes one config as a field of a `Configs` message.
pub(super) fn field(config: wire::Config) -> Bytes {
    wire::Configs { configs: vec![config], ..wire::Configs::default() }.encode_to_vec().into()
}

/// One encoded config.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(super) id: i64,
    pub(super) is_tombstone: bool,
    /// Whether the config can change what a front end receives. A deleted config may have been one, and the values of others may
    /// depend on a segment.
    pub(super) affects_front_ends: bool,
    /// The config as a field of a `Configs` message.
    pub(super) bytes: Bytes,
}

impl Item {
    pub(super) fn new(config: &Config) -> Self {
        let is_tombstone = config.is_tombstone();
        Self {
            id: config.id,
            is_tombstone,
            affects_front_ends: is_tombstone
                || config.config_type == ConfigType::Segment
                || is_for_front_ends(config),
            bytes: field(config.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::for_sdk::tombstone;
    use prefab_core::Config;

    fn item(config: &Config) -> Item {
        Item::new(config)
    }

    fn pointer() -> Vec<u8> {
        let pointer = wire::ConfigServicePointer { project_id: 202, start_at_id: 0, project_env_id: 308 };
        wire::Configs { config_service_pointer: Some(pointer), ..wire::Configs::default() }.encode_to_vec()
    }

    #[test]
    fn an_event_has_the_official_bytes() {
        let changed = Config {
            id: 17_000_000_000_000_101,
            project_id: 202,
            value_type: prefab_core::ValueType::String,
            ..Config::constant("my.string", "updated-by-sse")
        };
        assert_eq!(
            event(&[&item(&changed)], &pointer(), Encoding::Protobuf),
            "data: CjEI5YC6iY+tmR4QygEaCW15LnN0cmluZyoUEhISEBIOdXBkYXRlZC1ieS1zc2U4AUgCEgYIygEYtAI=\n\n"
        );
        let deleted = tombstone(17_000_000_000_000_102, 202, "my.int");
        assert_eq!(
            event(&[&item(&deleted)], &pointer(), Encoding::Protobuf),
            "data: ChYI5oC6iY+tmR4QygEaBm15LmludDgGEgYIygEYtAI=\n\n"
        );
    }

    #[test]
    fn a_large_change_is_split_into_several_events() {
        let config = Config { id: 1, ..Config::constant("k", "x".repeat(20_000)) };
        let (small, large) =
            (item(&config), item(&Config { id: 2, ..Config::constant("l", "x".repeat(90_000)) }));
        let items = [&small, &small, &small, &large, &small];
        let (mut rest, mut sizes) = (&items[..], Vec::new());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(fitting(rest, 12));
            sizes.push(event(now, &pointer(), Encoding::Protobuf).len());
            rest = later;
        }
        assert_eq!(sizes.len(), 4);
        assert!(sizes[0] < 65_536 && sizes[2] > 65_536, "{sizes:?}");
    }
}
