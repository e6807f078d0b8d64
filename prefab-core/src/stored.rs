//! Configs as a layer stores them: decoded, or packed in the bytes of a message.
//!
//! # Examples
//!
//! ```
//! use prefab_core::{Config, stored::StoredConfig};
//! assert_eq!(StoredConfig::from(Config::constant("max-jobs", 30)).key(), "max-jobs");
//! ```

use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

use crate::{Config, ConfigSet, ConfigType, borrowed};

/// A config as a layer stores it: a header, and the rules, which may be packed.
///
/// A decoded config needs several times the memory of its message, and is rarely read after it has been compiled. A
/// source can therefore pass on the message. [`config`](Self::config) decodes it on demand.
///
/// # Examples
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
    header: ConfigHeader,
    body: Body,
}

/// The fields of a config that a store reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigHeader {
    /// The config key.
    pub key: Arc<str>,
    /// The version. Of two configs with the same key, the one with the higher id is newer.
    pub id: i64,
    /// The type of item.
    pub config_type: ConfigType,
    /// Whether this version records that the key was deleted.
    pub is_tombstone: bool,
}

#[derive(Clone)]
enum Body {
    Read(Arc<Config>),
    Packed { message: Arc<PackedMessage>, start: u32, end: u32 },
}

/// A message that contains packed configs. Each of them shares ownership of the message.
pub struct PackedMessage {
    bytes: Box<[u8]>,
    format: &'static dyn PackedFormat,
}

/// The encoding of packed configs. The result for invalid bytes is unspecified.
pub trait PackedFormat: Send + Sync {
    /// Decodes a config.
    fn config(&self, bytes: &[u8]) -> Config;

    /// Decodes the part of a config that evaluation uses, without copying strings.
    fn borrowed<'a>(&self, bytes: &'a [u8]) -> borrowed::Config<'a>;
}

impl PackedMessage {
    /// Creates a message.
    pub fn new(bytes: impl Into<Box<[u8]>>, format: &'static dyn PackedFormat) -> Arc<Self> {
        Arc::new(Self { bytes: bytes.into(), format })
    }

    /// Returns the bytes of the message.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl StoredConfig {
    /// Creates a packed config from the bytes `range` of the message.
    ///
    /// A range that is not within the first 4 GiB of the message is decoded immediately.
    pub fn packed(message: &Arc<PackedMessage>, range: Range<usize>, header: ConfigHeader) -> Self {
        let body = match (u32::try_from(range.start), u32::try_from(range.end)) {
            (Ok(start), Ok(end)) if start <= end && range.end <= message.bytes.len() => {
                Body::Packed { message: Arc::clone(message), start, end }
            }
            _ => Body::Read(Arc::new(message.format.config(message.bytes.get(range).unwrap_or_default()))),
        };
        Self { header, body }
    }

    /// Returns the config key.
    pub fn key(&self) -> &str {
        &self.header.key
    }

    /// Returns the config key, shared.
    pub fn shared_key(&self) -> &Arc<str> {
        &self.header.key
    }

    /// Returns the version.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Config, StoredConfig};
    /// let stored = StoredConfig::from(Config { id: 7, ..Config::constant("max-jobs", 30) });
    /// assert_eq!(stored.id(), 7);
    /// ```
    pub fn id(&self) -> i64 {
        self.header.id
    }

    /// Returns the type of item.
    pub fn config_type(&self) -> ConfigType {
        self.header.config_type
    }

    /// Returns whether this version records that the key was deleted.
    pub fn is_tombstone(&self) -> bool {
        self.header.is_tombstone
    }

    /// Returns the decoded config. Decodes a packed config on each call, so do not call it on a hot path.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Config, StoredConfig};
    /// let config = Config::constant("max-jobs", 30);
    /// assert_eq!(*StoredConfig::from(config.clone()).config(), config);
    /// ```
    pub fn config(&self) -> Cow<'_, Config> {
        match &self.body {
            Body::Read(config) => Cow::Borrowed(config),
            Body::Packed { message, .. } => {
                Cow::Owned(message.format.config(self.packed_bytes().unwrap_or_default()))
            }
        }
    }

    /// Returns the part of the config that evaluation uses, without copying strings.
    pub fn borrowed(&self) -> borrowed::Config<'_> {
        match &self.body {
            Body::Read(config) => (&**config).into(),
            Body::Packed { message, .. } => message.format.borrowed(self.packed_bytes().unwrap_or_default()),
        }
    }

    /// Returns the bytes of a packed config, or `None` if the config is decoded.
    pub fn packed_bytes(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Read(_) => None,
            Body::Packed { message, start, end } => message.bytes.get(*start as usize..*end as usize),
        }
    }
}

impl From<Config> for StoredConfig {
    fn from(config: Config) -> Self {
        let header = ConfigHeader {
            key: config.key.as_str().into(),
            id: config.id,
            config_type: config.config_type,
            is_tombstone: config.is_tombstone(),
        };
        Self { header, body: Body::Read(Arc::new(config)) }
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
        self.header == other.header
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
    fn a_packed_config_equals_the_config_that_its_bytes_encode() {
        let message = PackedMessage::new(*b"..max-jobs..", &JustTheKey);
        let model = Config { id: 7, ..Config::constant("max-jobs", true) };
        let header = StoredConfig::from(model.clone()).header;
        let packed = StoredConfig::packed(&message, 2..10, header.clone());
        assert_eq!((packed.key(), packed.id(), packed.is_tombstone()), ("max-jobs", 7, false));
        assert_eq!(
            (packed.packed_bytes(), packed.config()),
            (Some(&b"max-jobs"[..]), Cow::Owned(model.clone()))
        );
        assert_eq!(packed.borrowed().key, "max-jobs");
        assert_eq!(packed, StoredConfig::from(model));
        assert_ne!(packed, StoredConfig::packed(&message, 2..9, header.clone()));
        assert_eq!(StoredConfig::packed(&message, 9..99, header).packed_bytes(), None);
    }
}
