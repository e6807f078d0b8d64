//! Configs as layers hold them: read, or still as small as they came.

use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

use crate::{Config, ConfigSet, ConfigType, borrowed};

/// A config as a layer holds it. What a store asks is at hand; the rest may still be packed.
///
/// A model of a config takes many times the room of its message, and few are looked at once they are
/// compiled. So a source may hand over the message, and whoever wants the model has it made.
///
/// ```
/// use prefab_core::{Config, StoredConfig};
///
/// let stored = StoredConfig::from(Config { id: 7, ..Config::constant("max-jobs", 30) });
/// assert_eq!((stored.key(), stored.id()), ("max-jobs", 7));
/// assert_eq!(stored.config().rows.len(), 1);
/// ```
#[derive(Clone)]
pub struct StoredConfig {
    head: ConfigHeader,
    body: Body,
}

/// What a store asks of a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigHeader {
    /// The config's name.
    pub key: Arc<str>,
    /// Of two configs with one key, the higher id is the newer.
    pub id: i64,
    /// What it is used for.
    pub config_type: ConfigType,
    /// Whether it says that the key was deleted.
    pub is_tombstone: bool,
}

#[derive(Clone)]
enum Body {
    Read(Arc<Config>),
    Packed { message: Arc<PackedMessage>, start: u32, end: u32 },
}

/// A message that configs are read from when somebody asks. It stays for as long as one of them does.
pub struct PackedMessage {
    bytes: Box<[u8]>,
    format: &'static dyn PackedFormat,
}

/// How a config is packed. What it makes of bytes that are no config does not matter.
pub trait PackedFormat: Send + Sync {
    /// Makes the model.
    fn config(&self, bytes: &[u8]) -> Config;

    /// Reads what answers, in place.
    fn borrowed<'a>(&self, bytes: &'a [u8]) -> borrowed::Config<'a>;
}

impl PackedMessage {
    /// Keeps a message.
    pub fn new(bytes: impl Into<Box<[u8]>>, format: &'static dyn PackedFormat) -> Arc<Self> {
        Arc::new(Self { bytes: bytes.into(), format })
    }

    /// Returns the message.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl StoredConfig {
    /// Returns a config that stays packed: the bytes `range` of the message. A part that is not within the
    /// message, or lies beyond 4 GiB, is read at once.
    pub fn packed(message: &Arc<PackedMessage>, range: Range<usize>, head: ConfigHeader) -> Self {
        let body = match (u32::try_from(range.start), u32::try_from(range.end)) {
            (Ok(start), Ok(end)) if start <= end && range.end <= message.bytes.len() => {
                Body::Packed { message: Arc::clone(message), start, end }
            }
            _ => Body::Read(Arc::new(message.format.config(message.bytes.get(range).unwrap_or_default()))),
        };
        Self { head, body }
    }

    /// Returns its name.
    pub fn key(&self) -> &str {
        &self.head.key
    }

    /// Returns its name, to share.
    pub fn shared_key(&self) -> &Arc<str> {
        &self.head.key
    }

    /// Returns its id.
    pub fn id(&self) -> i64 {
        self.head.id
    }

    /// Returns what it is used for.
    pub fn config_type(&self) -> ConfigType {
        self.head.config_type
    }

    /// Tells whether this says that the key was deleted.
    pub fn is_tombstone(&self) -> bool {
        self.head.is_tombstone
    }

    /// Returns the model, which may have to be made: not for a hot path.
    pub fn config(&self) -> Cow<'_, Config> {
        match &self.body {
            Body::Read(config) => Cow::Borrowed(config),
            Body::Packed { message, .. } => {
                Cow::Owned(message.format.config(self.packed_bytes().unwrap_or_default()))
            }
        }
    }

    /// Returns what answers, with every text left where it is.
    pub fn borrowed(&self) -> borrowed::Config<'_> {
        match &self.body {
            Body::Read(config) => (&**config).into(),
            Body::Packed { message, .. } => message.format.borrowed(self.packed_bytes().unwrap_or_default()),
        }
    }

    /// Returns the bytes that it is packed in, if it is.
    pub fn packed_bytes(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Read(_) => None,
            Body::Packed { message, start, end } => message.bytes.get(*start as usize..*end as usize),
        }
    }
}

impl From<Config> for StoredConfig {
    fn from(config: Config) -> Self {
        let head = ConfigHeader {
            key: config.key.as_str().into(),
            id: config.id,
            config_type: config.config_type,
            is_tombstone: config.is_tombstone(),
        };
        Self { head, body: Body::Read(Arc::new(config)) }
    }
}

impl From<ConfigSet> for ConfigSet<StoredConfig> {
    fn from(set: ConfigSet) -> Self {
        let ConfigSet { configs, pointer, default_context, keep_alive } = set;
        let configs = configs.into_iter().map(StoredConfig::from).collect();
        Self { configs, pointer, default_context, keep_alive }
    }
}

impl PartialEq for StoredConfig {
    fn eq(&self, other: &Self) -> bool {
        self.head == other.head
            && match (self.packed_bytes(), other.packed_bytes()) {
                (Some(left), Some(right)) if left == right => true,
                _ => self.config() == other.config(),
            }
    }
}

impl fmt::Debug for StoredConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.config().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct JustTheKey;

    impl PackedFormat for JustTheKey {
        fn config(&self, bytes: &[u8]) -> Config {
            let key = String::from_utf8_lossy(bytes).into_owned();
            Config { id: 7, ..Config::constant(key, true) }
        }

        fn borrowed<'a>(&self, bytes: &'a [u8]) -> borrowed::Config<'a> {
            borrowed::Config { key: str::from_utf8(bytes).unwrap(), ..borrowed::Config::default() }
        }
    }

    #[test]
    fn a_packed_config_is_the_config_that_its_bytes_mean() {
        let message = PackedMessage::new(*b"..max-jobs..", &JustTheKey);
        let model = Config { id: 7, ..Config::constant("max-jobs", true) };
        let head = StoredConfig::from(model.clone()).head;
        let packed = StoredConfig::packed(&message, 2..10, head.clone());
        assert_eq!((packed.key(), packed.id(), packed.is_tombstone()), ("max-jobs", 7, false));
        assert_eq!(
            (packed.packed_bytes(), packed.config()),
            (Some(&b"max-jobs"[..]), Cow::Owned(model.clone()))
        );
        assert_eq!(packed.borrowed().key, "max-jobs");
        assert_eq!(packed, StoredConfig::from(model));
        assert_ne!(packed, StoredConfig::packed(&message, 2..9, head.clone()));
        assert_eq!(StoredConfig::packed(&message, 9..99, head).packed_bytes(), None);
    }
}
