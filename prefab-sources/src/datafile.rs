//! Datafiles: all configs of a project in one JSON file, in place of a server.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use prefab_core::{
    Update,
    datafile::{self, DatafileError},
};

use crate::{
    ConfigSource, Finding, Position, SourceError, SourceErrorKind, SourceUpdate, UpdateStream, read,
    watch::{POLL_INTERVAL, QUIET_TIME, WatchedFile, watch},
};

/// The name of every datafile in provenance.
pub const SOURCE_NAME: &str = "datafile";

/// A datafile on disk.
///
/// # Examples
///
/// ```
/// use prefab_core::LayeredStore;
/// use prefab_sources::DatafileSource;
///
/// # let dir = tempfile::tempdir()?;
/// let path = dir.path().join("prefab.json");
/// std::fs::write(&path, r#"{"configs": [{"id": "7", "key": "max-jobs", "rows": [{"values": [
///     {"value": {"int": "30"}}]}]}], "configServicePointer": {"projectEnvId": "143"}}"#)?;
///
/// let mut store = LayeredStore::default();
/// store.apply(DatafileSource::new(&path).load()?.update);
/// assert_eq!((store.high_water_mark(), store.project_env_id()), (7, 143));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # As a stream
///
/// As a [`ConfigSource`], it follows the file: a new content replaces the old one completely. If the file does not parse or
/// is deleted, the stream yields an error and the previous configs remain in effect. The stream reads the file on the
/// polling thread, and requires a tokio runtime with time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatafileSource {
    path: PathBuf,
    name: Arc<str>,
    max_bytes: u64,
    poll_interval: Duration,
    quiet_time: Duration,
}

impl DatafileSource {
    /// The default size limit: 256 MiB.
    pub const MAX_BYTES: u64 = 256 << 20;

    /// Returns the datafile at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            name: SOURCE_NAME.into(),
            max_bytes: Self::MAX_BYTES,
            poll_interval: POLL_INTERVAL,
            quiet_time: QUIET_TIME,
        }
    }

    /// Sets the size limit. Default: [`MAX_BYTES`](Self::MAX_BYTES).
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::DatafileSource;
    ///
    /// let source = DatafileSource::new("prefab.json").max_bytes(1 << 20);
    /// # drop(source);
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
    /// use prefab_sources::DatafileSource;
    ///
    /// let source = DatafileSource::new("prefab.json").poll_interval(Duration::from_secs(5));
    /// # drop(source);
    /// ```
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Sets how long a file that became shorter, empty or absent must stay the same before it is applied. Default: 2 s.
    ///
    /// Such a file may be about to be written. Other changes are applied after 50 ms without a change.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use prefab_sources::DatafileSource;
    ///
    /// let source = DatafileSource::new("prefab.json").quiet_time(Duration::from_secs(10));
    /// # drop(source);
    /// ```
    #[must_use]
    pub fn quiet_time(mut self, time: Duration) -> Self {
        self.quiet_time = time;
        self
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file once.
    ///
    /// # Errors
    ///
    /// If the file does not exist, cannot be read, exceeds the size limit, or is not a datafile. A single invalid config is a
    /// finding, not an error.
    pub fn load(&self) -> Result<SourceUpdate, SourceError> {
        self.parse(self.read()?)
    }

    fn error(&self, kind: SourceErrorKind, why: impl Into<String>) -> SourceError {
        SourceError::new(kind, Arc::clone(&self.name), why).with_path(&self.path)
    }
}

impl WatchedFile for DatafileSource {
    fn path(&self) -> &Path {
        &self.path
    }

    fn quiet_time(&self) -> Duration {
        self.quiet_time
    }

    fn read(&self) -> Result<Option<String>, SourceError> {
        read::text(&self.path, &self.name, self.max_bytes)
    }

    fn parse(&self, content: Option<String>) -> Result<SourceUpdate, SourceError> {
        let text = content.ok_or_else(|| {
            self.error(SourceErrorKind::NotFound, "datafile not found")
                .with_advice("create it, or set another path")
        })?;
        let parsed = datafile::parse(&text).map_err(|error| match error {
            DatafileError::Json { line, column, cause } => self
                .error(SourceErrorKind::Syntax, format!("not JSON: {cause}"))
                .with_position(Position { line: line.max(1), column: column.max(1) })
                .with_advice("correct the file and save it again"),
            DatafileError::Shape { path, expected: wanted } => self
                .error(SourceErrorKind::InvalidContent, format!("`{path}`: expected {wanted}"))
                .with_advice("download the datafile again"),
        })?;
        let file: Arc<str> = self.path.display().to_string().into();
        let finding = |datafile::Finding { key, path, expected: wanted }| {
            Finding::new(Arc::clone(&file), format!("`{path}`: expected {wanted}")).with_key(key)
        };
        let update = Update::Snapshot { set: parsed.set.into(), source: Arc::clone(&self.name) };
        Ok(SourceUpdate { update, findings: parsed.findings.into_iter().map(finding).collect() })
    }
}

impl ConfigSource for DatafileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn updates(self: Box<Self>) -> UpdateStream {
        let interval = self.poll_interval;
        watch(*self, interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prefab_core::LayeredStore;
    use std::fs;

    const GOOD: &str = r#"{"configs": [
        {"id": "1", "key": "good", "rows": [{"values": [{"value": {"int": "30"}}]}]},
        {"id": "2", "key": "bad", "rows": [{"values": [{"value": {"int": "x"}}]}]}
    ]}"#;

    fn fails(text: Option<&str>, kind: SourceErrorKind, message: &str) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("prefab.json");
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        let error = DatafileSource::new(&path).load().unwrap_err();
        assert_eq!((error.kind(), error.source_name()), (kind, "datafile"));
        assert_eq!(error.to_string(), format!("{}{message}", path.display()));
    }

    #[test]
    fn an_invalid_config_is_skipped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("prefab.json");
        fs::write(&path, format!("\u{feff}{GOOD}")).unwrap();
        let loaded = DatafileSource::new(&path).load().unwrap();
        let [finding] = &loaded.findings[..] else { panic!("one finding, not {:?}", loaded.findings) };
        let rest = ": key `bad`: `rows[0].values[0].value.int`: expected a 64-bit integer";
        assert_eq!(finding.to_string(), format!("{}{rest}", path.display()));
        let mut store = LayeredStore::default();
        store.apply(loaded.update);
        assert_eq!(&*store.get("good").unwrap().provenance().source, "datafile");
        assert_eq!(store.entries().count(), 1);
    }

    #[test]
    fn an_invalid_datafile_is_an_error_with_its_position() {
        use SourceErrorKind::{InvalidContent, NotFound, Syntax};
        let again = "correct the file and save it again";
        fails(None, NotFound, ": datafile not found; create it, or set another path");
        fails(Some(""), Syntax, &format!(":1:1: not JSON: EOF while parsing a value; {again}"));
        fails(
            Some("{\"configs\": [\n  {\"id\": 1,}\n]}"),
            Syntax,
            &format!(":2:12: not JSON: trailing comma; {again}"),
        );
        fails(Some("[1]"), InvalidContent, ": `datafile`: expected an object; download the datafile again");
        let deep = "[".repeat(100_000);
        fails(Some(&deep), Syntax, &format!(":1:128: not JSON: recursion limit exceeded; {again}"));
    }

    #[test]
    fn a_datafile_beyond_the_size_limit_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("prefab.json");
        fs::write(&path, GOOD).unwrap();
        let error = DatafileSource::new(&path).max_bytes(10).load().unwrap_err();
        assert_eq!(error.kind(), SourceErrorKind::TooLarge);
    }
}
