//! One local YAML file and the place of its keys among the layers.

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
/// ```
/// use prefab_core::{Layer, LayeredStore};
/// use prefab_sources::YamlFile;
///
/// # let dir = tempfile::tempdir()?;
/// let path = dir.path().join("defaults.yaml");
/// std::fs::write(&path, "max-jobs: 30\nlog-level.db: loud\n")?;
///
/// let loaded = YamlFile::new(&path, Layer::Default).load()?;
/// assert!(loaded.findings[0].to_string().ends_with(
///     "defaults.yaml:2:1: key `log-level.db`: `loud` is no log level; \
///      use one of trace, debug, info, warn, error, fatal"
/// ));
/// let mut store = LayeredStore::default();
/// store.apply(loaded.update);
/// assert!(store.get("max-jobs").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// As a [`ConfigSource`] it follows its file: an edit, a swapped link or another file put in its place is a
/// new update within a second, a deleted file empties the slot, and an edit that does not parse is an error
/// that leaves what was read before. The stream reads files in place, so poll it where blocking for the
/// length of a read does no harm; it needs a tokio runtime with time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlFile {
    path: PathBuf,
    name: Arc<str>,
    slot: Slot,
    max_bytes: u64,
    poll_interval: Duration,
}

impl YamlFile {
    /// The most bytes that are read, if nothing else is said: 8 MiB.
    pub const MAX_BYTES: u64 = 8 << 20;

    /// Returns the file at `path`, whose keys go to `slot`; it need not exist.
    pub fn new(path: impl Into<PathBuf>, slot: impl Into<Slot>) -> Self {
        let path = path.into();
        let name = path.display().to_string().into();
        Self { path, name, slot: slot.into(), max_bytes: Self::MAX_BYTES, poll_interval: POLL_INTERVAL }
    }

    /// Changes the largest size that is read.
    #[must_use]
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Changes how often the file is looked at: every 250 ms, if nothing else is said.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Returns where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the place of its keys.
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// Reads the file once; a file that does not exist says nothing.
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
                .at(error.place)
                .with_advice(error.cause.advice())
        })?;
        let by_row = self.provenance(Match::ByRow);
        let entry = |yaml::YamlItem { config, matched, place: _ }| match matched {
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
