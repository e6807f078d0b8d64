//! Follows one file by looking at it again and again.
//!
//! Polling sees what every editor, deployment tool and mounted volume does, without a notion of how they do
//! it: saves in place, renames over the old file, swapped links.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
    time::{Duration, SystemTime},
};

use futures_util::stream;
use tokio::time::sleep;

use crate::{SourceError, SourceUpdate, UpdateStream};

/// How often a file is looked at.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// How long a changed file must rest before it is taken, so that a half-written one is not.
const SETTLE_TIME: Duration = Duration::from_millis(50);

/// A file that is written all the time is taken after this many looks.
const MAX_SETTLE_READS: usize = 4;

/// Within this time after an edit another one may leave time and size as they are.
const MTIME_GRANULARITY: Duration = Duration::from_secs(2);

/// A file that can be followed.
pub(crate) trait WatchedFile: Send + Sync + 'static {
    fn path(&self) -> &Path;

    /// Returns the content; `None` when there is no file.
    fn read(&self) -> Result<Option<String>, SourceError>;

    fn parse(&self, content: Option<String>) -> Result<SourceUpdate, SourceError>;
}

/// Returns what the file says now, and again whenever it says something else.
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

/// What was there at the last look.
struct FileState {
    fingerprint: Option<Fingerprint>,
    /// The digest of the content or of the failure.
    digest: u64,
    readable: bool,
}

struct FileRead {
    seen: FileState,
    content: Result<Option<String>, SourceError>,
}

impl<W: WatchedFile> Watcher<W> {
    /// Waits for something new.
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
            let is_news = before != Some(seen.digest);
            self.seen = Some(seen);
            if is_news {
                return content.and_then(|content| self.file.parse(content));
            }
        }
    }

    fn read_state(&self) -> FileRead {
        // Taken before reading, so that an edit in between shows at the next look.
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

    /// Looks until a change has come to rest.
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

/// What tells, without reading a file, that it is another one.
#[derive(Debug, PartialEq, Eq)]
struct Fingerprint {
    modified: Option<SystemTime>,
    len: u64,
    /// Device, inode and the time of the last change of either content or permission.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl Fingerprint {
    /// Follows links, so that a swapped link is another file.
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

    /// Tells whether an edit could hide behind the same time and size.
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

    /// A file that has other content at every look, and says it as a finding.
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

    async fn check<const N: usize>(looks: &[&'static str], said: [&str; N]) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let script = Script { file, looks: Mutex::new(looks.to_vec()) };
        let items = watch(script, Duration::from_millis(1)).take(N).collect::<Vec<_>>().await;
        let got: Vec<String> =
            items.into_iter().map(|item| item.unwrap().findings[0].message.clone()).collect();
        assert_eq!(got, said);
    }

    #[tokio::test]
    async fn a_change_is_taken_once_it_rests() {
        check(&["old", "old", "", "ne", "new", "new"], ["old", "new"]).await;
    }

    #[tokio::test]
    async fn a_change_that_was_taken_back_is_none() {
        check(&["old", "", "old", "old", "new"], ["old", "new"]).await;
    }

    #[tokio::test]
    async fn a_file_without_rest_is_taken_all_the_same() {
        check(&["old", "1", "2", "3", "4", "5", "6", "7", "end"], ["old", "5"]).await;
    }
}
