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
use tokio::time::{Instant, sleep};

use crate::{SourceError, SourceUpdate, UpdateStream};

/// How often a file is checked.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// How long a changed file must stay the same before it is read, so that a partial write is not applied.
const SETTLE_TIME: Duration = Duration::from_millis(50);

/// How long a file that became shorter, empty or absent must stay the same, by default. It may be about to be written.
pub(crate) const QUIET_TIME: Duration = Duration::from_secs(2);

/// A file that changes continuously is applied after this number of reads without a shorter content.
const MAX_SETTLE_READS: usize = 4;

/// A shorter file that changes continuously is applied after this number of quiet times.
const MAX_QUIET_TIMES: u32 = 15;

/// Within this time after an edit, another edit may leave time and size unchanged.
const MTIME_GRANULARITY: Duration = Duration::from_secs(2);

/// A file that can be followed.
pub(crate) trait WatchedFile: Send + Sync + 'static {
    fn path(&self) -> &Path;

    /// Returns how long a file that became shorter must stay the same before it is read.
    fn quiet_time(&self) -> Duration;

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
    /// The length of the last content that could be read, in bytes.
    len: usize,
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
                    Some((seen.digest, seen.len))
                }
            };
            let FileRead { seen, content } = match before {
                None => self.read_state(0),
                Some((digest, len)) => self.read_settled(digest, len).await,
            };
            let has_changed = before.is_none_or(|(digest, _)| digest != seen.digest);
            self.seen = Some(seen);
            if has_changed {
                return content.and_then(|content| self.file.parse(content));
            }
        }
    }

    /// Reads the file. `len` is the length of the previous content, in case it cannot be read.
    fn read_state(&self, len: usize) -> FileRead {
        // Before the read, so that an edit in between is detected by the next check.
        let fingerprint = Fingerprint::of(self.file.path());
        let content = self.file.read();
        let mut hasher = DefaultHasher::new();
        match &content {
            Ok(content) => content.hash(&mut hasher),
            Err(error) => error.to_string().hash(&mut hasher),
        }
        FileRead {
            seen: FileState {
                fingerprint,
                digest: hasher.finish(),
                readable: content.is_ok(),
                len: content.as_ref().map_or(len, |content| content.as_ref().map_or(0, String::len)),
            },
            content,
        }
    }

    /// Reads until the content has settled, or is the same as before.
    ///
    /// Many programs save a file by truncating it and writing it again. A shorter content is therefore applied only after
    /// a longer time without a change.
    async fn read_settled(&self, digest: u64, len: usize) -> FileRead {
        let quiet_time = self.file.quiet_time();
        let started = Instant::now();
        let (mut read, mut changed_at, mut reads) = (self.read_state(len), started, 0);
        while read.seen.digest != digest {
            let is_shorter = read.seen.len < len && quiet_time > SETTLE_TIME;
            let (settle_time, every) = if is_shorter {
                (quiet_time, self.every.clamp(SETTLE_TIME, quiet_time))
            } else {
                (SETTLE_TIME, SETTLE_TIME)
            };
            let changes_continuously = if is_shorter {
                started.elapsed() >= quiet_time.saturating_mul(MAX_QUIET_TIMES)
            } else {
                reads >= MAX_SETTLE_READS
            };
            if changed_at.elapsed() >= settle_time || changes_continuously {
                break;
            }
            sleep(every).await;
            let again = self.read_state(len);
            reads = if is_shorter { 0 } else { reads + 1 };
            if again.seen.digest != read.seen.digest {
                changed_at = Instant::now();
            }
            read = again;
        }
        read
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
        quiet_time: Duration,
    }

    impl WatchedFile for Script {
        fn path(&self) -> &Path {
            self.file.path()
        }

        fn quiet_time(&self) -> Duration {
            self.quiet_time
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
        check_quiet(2 * SETTLE_TIME, looks, expected).await;
    }

    async fn check_quiet<const N: usize>(quiet_time: Duration, looks: &[&'static str], expected: [&str; N]) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let script = Script { file, looks: Mutex::new(looks.to_vec()), quiet_time };
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
    async fn a_shorter_file_is_applied_when_it_is_quiet() {
        check(&["old", "", "", "new", "new"], ["old", "new"]).await;
        check(&["old", "o", "o", "ol", "ol", "old", "new"], ["old", "new"]).await;
        check(&["old", "n", "n", "n", "n"], ["old", "n"]).await;
    }

    #[tokio::test]
    async fn without_a_quiet_time_a_change_still_has_to_settle() {
        check_quiet(Duration::ZERO, &["old", "", "ne", "new", "new"], ["old", "new"]).await;
    }

    #[tokio::test]
    async fn reads_of_a_shorter_file_do_not_count_as_reads_of_a_changing_one() {
        check(&["old", "", "n", "", "n", "", "half-written", "written", "written"], ["old", "written"]).await;
    }

    #[tokio::test]
    async fn a_change_that_is_reverted_is_ignored() {
        check(&["old", "", "old", "old", "new"], ["old", "new"]).await;
    }

    #[tokio::test]
    async fn a_file_that_changes_continuously_is_applied() {
        check(&["old", "no1", "no2", "no3", "no4", "no5", "no6", "end"], ["old", "no5"]).await;
    }
}
