//! One local YAML file and its layer.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use prefab_core::{Entry, Match, Provenance, Slot, Update};

use crate::{
    ConfigSource, SourceError, SourceErrorKind, SourceUpdate, UpdateStream, read,
    watch::{POLL_INTERVAL, WatchedFile, watch},
    yaml,
};

/// A local YAML file.
///
/// # Examples
///
/// ```
/// use prefab_core::{Layer, LayeredStore};
/// use prefab_sources::YamlFile;
///
/// # let dir = tempfile::tempdir()?;
/// let path = dir.path().join("defaults.yaml");
/// std::fs::write(&path, "max-jobs: 30\nlog-level.db: loud\n")?;
///
/// let loaded = YamlFile::new(&path, Layer::Default).load()?;
/// assert_eq!(loaded.findings[0].key.as_deref(), Some("log-level.db"));
/// let mut store = LayeredStore::default();
/// store.apply(loaded.update);
/// assert!(store.get("max-jobs").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # As a stream
///
/// As a [`ConfigSource`], it follows the file: an edit, a swapped link or a replaced file is an update within a second. A
/// deleted file empties its slot. If the file does not parse, the stream yields an error and the previous configs remain in
/// effect. The stream reads the file on the polling thread, and requires a tokio runtime with time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlFile {
    path: PathBuf,
    name: Arc<str>,
    slot: Slot,
    max_bytes: u64,
    poll_interval: Duration,
}

impl YamlFile {
    /// The default size limit: 8 MiB.
    pub const MAX_BYTES: u64 = 8 << 20;

    /// Returns the file at `path`, whose keys go to `slot`. It need not exist.
    pub fn new(path: impl Into<PathBuf>, slot: impl Into<Slot>) -> Self {
        let path = path.into();
        let name = path.display().to_string().into();
        Self { path, name, slot: slot.into(), max_bytes: Self::MAX_BYTES, poll_interval: POLL_INTERVAL }
    }

    /// Sets the size limit. Default: [`MAX_BYTES`](Self::MAX_BYTES).
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::Layer;
    /// use prefab_sources::YamlFile;
    ///
    /// let file = YamlFile::new("defaults.yaml", Layer::Default).max_bytes(1 << 20);
    /// # drop(file);
    /// ```
    #[must_use]
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Sets how often the file is checked for changes. Default: 250 ms.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use prefab_core::Layer;
    /// use prefab_sources::YamlFile;
    ///
    /// let file = YamlFile::new("defaults.yaml", Layer::Default).poll_interval(Duration::from_secs(5));
    /// # drop(file);
    /// ```
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Returns the path of the file.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::Layer;
    /// use prefab_sources::YamlFile;
    ///
    /// let file = YamlFile::new("config/.prefab.default.config.yaml", Layer::Default);
    /// assert_eq!(file.path(), std::path::Path::new("config/.prefab.default.config.yaml"));
    /// ```
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the slot of its keys.
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// Reads the file once. A file that does not exist is empty.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, exceeds the size limit, is not UTF-8 or is not YAML. A single invalid key is a finding, not
    /// an error.
    pub fn load(&self) -> Result<SourceUpdate, SourceError> {
        self.parse(self.read()?)
    }

    fn provenance(&self, matched: Match) -> Arc<Provenance> {
        Arc::new(Provenance { matched, ..Provenance::new(self.slot.layer, Arc::clone(&self.name)) })
    }
}

impl WatchedFile for YamlFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn read(&self) -> Result<Option<String>, SourceError> {
        read::text(&self.path, &self.name, self.max_bytes)
    }

    fn parse(&self, content: Option<String>) -> Result<SourceUpdate, SourceError> {
        let parsed = yaml::parse(&content.unwrap_or_default(), Arc::clone(&self.name));
        let yaml::ParsedYaml { items, findings } = parsed.map_err(|error| {
            SourceError::new(SourceErrorKind::Syntax, Arc::clone(&self.name), error.cause.to_string())
                .with_path(&self.path)
                .with_position(error.position)
                .with_advice(error.cause.advice())
        })?;
        let by_row = self.provenance(Match::ByRow);
        let entry = |yaml::YamlItem { config, matched, position: _ }| match matched {
            Match::ByRow => Entry::new(config, Arc::clone(&by_row)),
            text @ Match::Text(_) => Entry::new(config, self.provenance(text)),
        };
        let entries = items.into_iter().map(entry).collect();
        Ok(SourceUpdate { update: Update::Replace { slot: self.slot, entries }, findings })
    }
}

impl ConfigSource for YamlFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn updates(self: Box<Self>) -> UpdateStream {
        let interval = self.poll_interval;
        watch(*self, interval)
    }
}
