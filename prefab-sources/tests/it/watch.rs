//! Files that change while they are followed, with real files and time.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use futures_util::StreamExt as _;
use prefab_core::{Layer, LayeredStore};
use prefab_sources::{
    ConfigSource, DatafileSource, SourceError, SourceErrorKind, SourceUpdate, UpdateStream, YamlFile,
};
use tempfile::TempDir;
use tokio::time::timeout;

/// A quiet time for tests of other changes.
const SHORT: Duration = Duration::from_millis(300);

/// A followed file and its store.
struct Followed {
    _dir: TempDir,
    path: PathBuf,
    updates: UpdateStream,
    store: LayeredStore,
}

impl Followed {
    /// Follows a file with the content `text`, past its first update.
    async fn new(text: Option<&str>, source: impl FnOnce(&Path) -> Box<dyn ConfigSource>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("followed");
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        let updates = source(&path).updates();
        let mut followed = Self { _dir: dir, path, updates, store: LayeredStore::default() };
        followed.taken().await;
        followed
    }

    async fn yaml(text: Option<&str>) -> Self {
        Self::new(text, |path| Box::new(YamlFile::new(path, Layer::Default).quiet_time(SHORT))).await
    }

    fn write(&self, text: &str) {
        fs::write(&self.path, text).unwrap();
    }

    /// Returns the next item, which must come within a second.
    async fn item(&mut self) -> Result<SourceUpdate, SourceError> {
        let start = Instant::now();
        let item = timeout(Duration::from_secs(3), self.updates.next()).await;
        let item = item.expect("an item in time").expect("a stream without end");
        assert!(start.elapsed() < Duration::from_secs(1), "took {:?}", start.elapsed());
        item
    }

    /// Applies the next item and returns all keys.
    async fn taken(&mut self) -> Vec<String> {
        let loaded = self.item().await.unwrap();
        self.store.apply(loaded.update);
        self.keys()
    }

    async fn failed(&mut self) -> SourceError {
        self.item().await.expect_err("an error")
    }

    async fn quiet(&mut self) {
        let item = timeout(Duration::from_millis(700), self.updates.next()).await;
        assert!(item.is_err(), "expected no update, got {item:?}");
    }

    fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.store.entries().map(|entry| entry.key().to_owned()).collect();
        keys.sort();
        keys
    }
}

#[tokio::test]
async fn a_saved_edit_is_applied_and_a_save_without_changes_is_ignored() {
    let mut file = Followed::yaml(Some("a: 1\n")).await;
    file.write("a: 1\nb: 2\n");
    assert_eq!(file.taken().await, ["a", "b"]);
    file.write("a: 1\nb: 2\n");
    file.quiet().await;
}

#[tokio::test]
async fn quick_edits_of_one_size_are_applied() {
    let mut file = Followed::yaml(Some("a: 1\n")).await;
    for key in ["b", "c", "d", "e"] {
        file.write(&format!("{key}: 1\n"));
        assert_eq!(file.taken().await, [key]);
    }
}

#[tokio::test]
async fn an_edit_with_the_same_time_and_size_is_applied() {
    let mut file = Followed::yaml(Some("a: 1\n")).await;
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(3_600);
    let set_time =
        |path: &Path| fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
    set_time(&file.path);
    file.quiet().await;
    file.write("b: 1\n");
    set_time(&file.path);
    assert_eq!(file.taken().await, ["b"]);
}

#[tokio::test]
async fn a_file_renamed_over_the_old_one_is_applied() {
    let mut file = Followed::yaml(Some("a: 1\n")).await;
    let fresh = file.path.with_extension("new");
    fs::write(&fresh, "b: 1\n").unwrap();
    fs::rename(&fresh, &file.path).unwrap();
    assert_eq!(file.taken().await, ["b"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_swapped_link_is_applied() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    for (version, key) in [("v1", "a"), ("v2", "b")] {
        fs::create_dir(at(version)).unwrap();
        fs::write(at(version).join("f.yaml"), format!("{key}: 1\n")).unwrap();
    }
    symlink("v1", at("data")).unwrap();
    symlink("data/f.yaml", at("f.yaml")).unwrap();
    let link = at("f.yaml");
    let mut file = Followed::new(None, |_| Box::new(YamlFile::new(link, Layer::Default))).await;
    assert_eq!(file.keys(), ["a"]);
    symlink("v2", at("data.new")).unwrap();
    fs::rename(at("data.new"), at("data")).unwrap();
    assert_eq!(file.taken().await, ["b"]);
}

#[tokio::test]
async fn a_file_may_be_created_and_deleted_later() {
    let mut file = Followed::yaml(None).await;
    file.quiet().await;
    file.write("a: 1\n");
    assert_eq!(file.taken().await, ["a"]);
    fs::remove_file(&file.path).unwrap();
    assert!(file.taken().await.is_empty());
    file.write("a: 1\n");
    assert_eq!(file.taken().await, ["a"]);
}

#[tokio::test]
async fn an_invalid_edit_is_reported_once_and_the_next_valid_one_applied() {
    let mut file = Followed::yaml(Some("a: 1\n")).await;
    file.write("a: 1\nb: [2\n");
    let error = file.failed().await;
    assert_eq!((error.kind(), error.line(), error.column()), (SourceErrorKind::Syntax, Some(3), Some(1)));
    let why = "while parsing a flow sequence, expected ',' or ']'; correct the file and save it again";
    assert_eq!(error.to_string(), format!("{}:3:1: {why}", file.path.display()));
    assert_eq!(file.keys(), ["a"]);
    file.quiet().await;
    file.write("a: 1\nb: [2]\n");
    assert_eq!(file.taken().await, ["a", "b"]);
}

#[tokio::test]
async fn reverting_an_invalid_edit_is_applied() {
    let mut file = Followed::yaml(Some("a: 1\n")).await;
    file.write("\tb\n");
    file.write("a: {\n");
    file.failed().await;
    file.write("a: 1\n");
    assert_eq!(file.taken().await, ["a"]);
}

#[tokio::test]
async fn a_directory_instead_of_the_file_is_an_error_until_it_is_removed() {
    let mut file = Followed::yaml(Some("a: 1\n")).await;
    fs::remove_file(&file.path).unwrap();
    fs::create_dir(&file.path).unwrap();
    assert_eq!(file.failed().await.kind(), SourceErrorKind::NotAFile);
    file.quiet().await;
    fs::remove_dir(&file.path).unwrap();
    file.write("b: 1\n");
    assert_eq!(file.taken().await, ["b"]);
}

#[tokio::test]
async fn a_new_datafile_replaces_the_old_one_completely() {
    let text = |env: i64, configs: &[(&str, i64)]| {
        let configs: Vec<String> = configs
            .iter()
            .map(|(key, id)| {
                let rows = r#"[{"values": [{"value": {"bool": true}}]}]"#;
                format!(r#"{{"id": "{id}", "key": "{key}", "rows": {rows}}}"#)
            })
            .collect();
        let pointer = format!(r#"{{"projectEnvId": "{env}"}}"#);
        format!(r#"{{"configs": [{}], "configServicePointer": {pointer}}}"#, configs.join(","))
    };
    let first = text(5, &[("a", 9), ("b", 8)]);
    let mut file =
        Followed::new(Some(&first), |path| Box::new(DatafileSource::new(path).quiet_time(SHORT))).await;
    assert_eq!((file.keys(), file.store.project_env_id()), (vec!["a".into(), "b".into()], 5));

    file.write(&text(6, &[("b", 3)]));
    assert_eq!(file.taken().await, ["b"]);
    assert_eq!((file.store.get("b").unwrap().stored().id(), file.store.project_env_id()), (3, 6));

    file.write("{");
    assert_eq!(file.failed().await.line(), Some(1));
    fs::remove_file(&file.path).unwrap();
    let error = file.failed().await;
    assert!(error.kind() == SourceErrorKind::NotFound && error.is_retryable());
    assert_eq!(file.keys(), ["b"]);

    file.write(&text(6, &[("c", 1)]));
    assert_eq!(file.taken().await, ["c"]);
}

/// The quiet time of the files below.
const QUIET: Duration = Duration::from_millis(1_200);

const WHOLE: &str = "a: 1\nb: 2\nc: 3\n";

async fn written_file() -> Followed {
    let mut file =
        Followed::new(Some(WHOLE), |path| Box::new(YamlFile::new(path, Layer::Default).quiet_time(QUIET)))
            .await;
    file.quiet().await;
    file
}

#[tokio::test]
async fn a_pause_between_truncating_and_writing_takes_no_values_away() {
    let mut file = written_file().await;
    // The same content again.
    file.write("");
    file.quiet().await;
    file.write(WHOLE);
    file.quiet().await;
    // Another content.
    file.write("");
    file.quiet().await;
    file.write("a: 1\nb: 2\nc: 3\nd: 4\n");
    assert_eq!(file.taken().await, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn a_file_that_is_written_in_pieces_takes_no_values_away() {
    use std::io::Write as _;
    let mut file = written_file().await;
    let mut writer = fs::File::create(&file.path).unwrap();
    for piece in ["a: 7\n", "b: 2\n", "c: 3"] {
        writer.write_all(piece.as_bytes()).unwrap();
        file.quiet().await;
    }
    writer.write_all(b"\nd: 4\n").unwrap();
    assert_eq!(file.taken().await, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn a_file_that_is_deleted_and_created_again_takes_no_values_away() {
    let mut file = written_file().await;
    fs::remove_file(&file.path).unwrap();
    file.quiet().await;
    file.write(WHOLE);
    file.quiet().await;
    fs::remove_file(&file.path).unwrap();
    file.quiet().await;
    file.write("a: 1\nb: 2\nc: 3\nd: 4\n");
    assert_eq!(file.taken().await, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn a_shorter_or_deleted_file_is_applied_after_the_quiet_time() {
    let mut file = written_file().await;
    for (text, keys) in [(Some("b: 2\n"), vec!["b"]), (None, vec![])] {
        match text {
            Some(text) => file.write(text),
            None => fs::remove_file(&file.path).unwrap(),
        }
        let start = Instant::now();
        let item = timeout(2 * QUIET, file.updates.next()).await.unwrap().unwrap().unwrap();
        assert!(start.elapsed() >= QUIET, "took {:?}", start.elapsed());
        file.store.apply(item.update);
        assert_eq!(file.keys(), keys);
    }
}
