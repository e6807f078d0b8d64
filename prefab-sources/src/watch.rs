//! Follows a file by polling.
//!
//! Polling detects all ways in which editors, deployment tools and mounted volumes replace a file: writes in place, renames
//! and swapped links.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
    time::{Duration, SystemTime},
};

use futures_util::stream;
use tokio::time::sleep;

use crate::{SourceError, SourceUpdate, UpdateStream};

/// How often a file is checked.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// How long a changed file must stay the same before it is read, so that a partial write is not applied.
const SETTLE_TIME: Duration = Duration::from_millis(50);

/// A file that changes continuously is applied after this number of reads.
const MAX_SETTLE_READS: usize = 4;

/// Within this time after an edit, another edit may leave time and size unchanged.
const MTIME_GRANULARITY: Duration = Duration::from_secs(2);

/// A file that can be followed.
pub(crate) trait WatchedFile: Send + Sync + 'static {
    fn path(&self) -> &Path;

    /// Returns the content; `None` if the file does not exist.
    fn read(&self) -> Result<Option<String>, SourceError>;

    fn parse(&self, content: Option<String>) -> Result<SourceUpdate, SourceError>;
}

/// Returns a stream of the current content and of every later one.
pub(crate) fn watch<W: WatchedFile>(file: W, every: Duration) -> UpdateStream {
    let watcher = Watcher { file, every, seen: None };
    Box::pin(stream::unfold(watcher, async |mut watcher| {
        let item = watcher.next().await;
        Some((item, watcher))
    }))
}

struct Watcher<W> {
    file: W,
    every: Duration,
    seen: Option<FileState>,
}

/// The file at the last read.
struct FileState {
    fingerprint: Option<Fingerprint>,
    /// The hash of the content or of the error.
    digest: u64,
    readable: bool,
}

struct FileRead {
    seen: FileState,
    content: Result<Option<String>, SourceError>,
}

impl<W: WatchedFile> Watcher<W> {
    /// Waits for a different content.
    async fn next(&mut self) -> Result<SourceUpdate, SourceError> {
        loop {
            let before = match &self.seen {
                None => None,
                Some(seen) => {
                    sleep(self.every).await;
                    if !seen.may_have_changed(Fingerprint::of(self.file.path()).as_ref()) {
                        continue;
                    }
                    Some(seen.digest)
                }
            };
            let FileRead { seen, content } = match before {
                None => self.read_state(),
                Some(before) => self.read_settled(before).await,
            };
            let has_changed = before != Some(seen.digest);
            self.seen = Some(seen);
            if has_changed {
                return content.and_then(|content| self.file.parse(content));
            }
        }
    }

    fn read_state(&self) -> FileRead {
        // Before the read, so that an edit in between is detected by the next check.
        let fingerprint = Fingerprint::of(self.file.path());
        let content = self.file.read();
        let mut hasher = DefaultHasher::new();
        match &content {
            Ok(content) => content.hash(&mut hasher),
            Err(error) => error.to_string().hash(&mut hasher),
        }
        FileRead {
            seen: FileState { fingerprint, digest: hasher.finish(), readable: content.is_ok() },
            content,
        }
    }

    /// Reads until the content has settled.
    async fn read_settled(&self, before: u64) -> FileRead {
        let mut look = self.read_state();
        for _ in 0..MAX_SETTLE_READS {
            if look.seen.digest == before {
                break;
            }
            sleep(SETTLE_TIME).await;
            let again = self.read_state();
            let rests = again.seen.digest == look.seen.digest;
            look = again;
            if rests {
                break;
            }
        }
        look
    }
}

impl FileState {
    fn may_have_changed(&self, now: Option<&Fingerprint>) -> bool {
        !self.readable || self.fingerprint.as_ref() != now || now.is_some_and(Fingerprint::is_recent)
    }
}

/// Detects a change of the file without reading it.
#[derive(Debug, PartialEq, Eq)]
struct Fingerprint {
    modified: Option<SystemTime>,
    len: u64,
    /// Device, inode and the time of the last change of content or permissions.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl Fingerprint {
    /// Follows links, so that a swapped link is a change.
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            modified: metadata.modified().ok(),
            len: metadata.len(),
            #[cfg(unix)]
            inode: {
                use std::os::unix::fs::MetadataExt as _;
                (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
            },
        })
    }

    /// Returns whether another edit could have the same time and size.
    fn is_recent(&self) -> bool {
        let Some(modified) = self.modified else { return true };
        let now = SystemTime::now();
        let distance = now.duration_since(modified).or_else(|_| modified.duration_since(now));
        distance.is_ok_and(|distance| distance < MTIME_GRANULARITY)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::StreamExt as _;
    use prefab_core::{Layer, Update};

    use super::*;
    use crate::Finding;

    /// A file with a different content at every read, which it returns as a finding.
    struct Script {
        file: tempfile::NamedTempFile,
        looks: Mutex<Vec<&'static str>>,
    }

    impl WatchedFile for Script {
        fn path(&self) -> &Path {
            self.file.path()
        }

        fn read(&self) -> Result<Option<String>, SourceError> {
            let mut looks = self.looks.lock().unwrap();
            let now = if looks.len() > 1 { looks.remove(0) } else { looks[0] };
            Ok(Some(now.to_owned()))
        }

        fn parse(&self, content: Option<String>) -> Result<SourceUpdate, SourceError> {
            let update = Update::Replace { slot: Layer::Default.into(), entries: Vec::new() };
            Ok(SourceUpdate { update, findings: vec![Finding::new("script", content.unwrap())] })
        }
    }

    async fn check<const N: usize>(looks: &[&'static str], expected: [&str; N]) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let script = Script { file, looks: Mutex::new(looks.to_vec()) };
        let items = watch(script, Duration::from_millis(1)).take(N).collect::<Vec<_>>().await;
        let got: Vec<String> =
            items.into_iter().map(|item| item.unwrap().findings[0].message.clone()).collect();
        assert_eq!(got, expected);
    }

    #[tokio::test]
    async fn a_change_is_applied_when_it_has_settled() {
        check(&["old", "old", "", "ne", "new", "new"], ["old", "new"]).await;
    }

    #[tokio::test]
    async fn a_change_that_is_reverted_is_ignored() {
        check(&["old", "", "old", "old", "new"], ["old", "new"]).await;
    }

    #[tokio::test]
    async fn a_file_that_changes_continuously_is_applied() {
        check(&["old", "1", "2", "3", "4", "5", "6", "7", "end"], ["old", "5"]).await;
    }
}
