//! A cache of a server's last state in a file, so that a program can start during an outage.
//!
//! A file consists of a line with the format, the time of the write, a checksum, and the state as a `Configs` message. The
//! checksum is keyed with the API key, so that a file of another key, or a truncated one, is rejected. The file name is a
//! hash of key and server. Only the owner can read the file, because configs contain secrets.

mod temporary;

use std::{
    fs::{self, File},
    hash::{Hash as _, Hasher as _},
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use prefab_proto::packed::{self, PackedConfigs};
use siphasher::{
    sip::SipHasher13,
    sip128::{Hasher128 as _, SipHasher13 as SipHasher128},
};
use tokio::task::spawn_blocking;

use crate::ApiKey;

const MAGIC: &[u8] = b"prefab cache 1\n";
const HEADER: usize = MAGIC.len() + 8 + 16;
/// The maximum size of the file. A larger one was not written by this code.
const MAX_BYTES: u64 = 256 << 20;

/// The cache file of one API key at one server.
pub(crate) struct Cache {
    file: Arc<CacheFile>,
    /// Whether the last write failed. Only the first failure in a row is reported.
    is_failing: bool,
}

/// The content of a cache.
#[derive(Debug)]
pub(crate) struct Cached {
    pub(crate) configs: PackedConfigs,
    pub(crate) saved_at: SystemTime,
}

impl Cache {
    /// Returns the cache of an API key at a server, in a directory that need not exist.
    pub(crate) fn new(dir: &Path, key: &ApiKey, server_id: String) -> Self {
        let mut hasher = SipHasher13::new();
        (key.secret(), server_id).hash(&mut hasher);
        let id: String = key.id().chars().filter(char::is_ascii_alphanumeric).take(32).collect();
        let name = format!("prefab.cache.{id}.{:016x}", hasher.finish());
        let file = CacheFile { path: dir.join(name), key: key.clone() };
        Self { file: Arc::new(file), is_failing: false }
    }

    /// Returns the content; `None` if there is no file, and the reason if the file is not valid.
    pub(crate) async fn read(&self) -> Result<Option<Cached>, String> {
        let file = Arc::clone(&self.file);
        let read = spawn_blocking(move || file.read()).await;
        let read = read.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        read.map_err(|cause| format!("ignored the cache file `{}`: {cause}", self.file.path.display()))
    }

    /// Replaces the content. Returns the first of several failures in a row.
    pub(crate) async fn write(&mut self, state: Vec<u8>, now: SystemTime) -> Result<(), String> {
        let file = Arc::clone(&self.file);
        let written = spawn_blocking(move || file.write(&state, now)).await;
        let written = written.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        let was_failing = std::mem::replace(&mut self.is_failing, written.is_err());
        match written {
            Err(cause) if !was_failing => {
                Err(format!("cannot write the cache file `{}`: {cause}", self.file.path.display()))
            }
            _ => Ok(()),
        }
    }
}

struct CacheFile {
    path: PathBuf,
    key: ApiKey,
}

impl CacheFile {
    fn read(&self) -> io::Result<Option<Cached>> {
        if let Some(dir) = self.path.parent() {
            temporary::sweep(dir);
        }
        let mut bytes = Vec::new();
        match File::open(&self.path) {
            Ok(file) if file.metadata()?.is_file() => file.take(MAX_BYTES).read_to_end(&mut bytes)?,
            Ok(_) => return Err(invalid("not a regular file")),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(cause),
        };
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| invalid("not a cache of this version"))?;
        let (time, rest) = rest.split_first_chunk::<8>().ok_or_else(|| invalid("truncated"))?;
        let (checksum, state) = rest.split_first_chunk::<16>().ok_or_else(|| invalid("truncated"))?;
        if *checksum != self.checksum(*time, state) {
            return Err(invalid("wrong checksum"));
        }
        let configs = packed::pack(state).map_err(|_| invalid("content does not parse"))?;
        let saved_at = UNIX_EPOCH.checked_add(Duration::from_millis(u64::from_le_bytes(*time)));
        Ok(Some(Cached { configs, saved_at: saved_at.unwrap_or(UNIX_EPOCH) }))
    }

    /// Replaces the file, so that readers see either the old state or the new one.
    fn write(&self, state: &[u8], now: SystemTime) -> io::Result<()> {
        let millis = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let time = u64::try_from(millis).unwrap_or_default().to_le_bytes();
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&time);
        header.extend_from_slice(&self.checksum(time, state));

        if let Some(dir) = self.path.parent() {
            create_dir(dir)?;
        }
        temporary::replace(&self.path, &[&header, state])
    }

    fn checksum(&self, time: [u8; 8], state: &[u8]) -> [u8; 16] {
        let mut hasher = SipHasher128::new();
        hasher.write(self.key.secret().as_bytes());
        hasher.write(&time);
        hasher.write(state);
        hasher.finish128().as_u128().to_le_bytes()
    }
}

fn create_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests;
