//! The last good state of a server, in a file, for a start while everything is down.
//!
//! A file begins with a line that names the format, then carries the time it was written, a checksum and the
//! state as the bytes of a `Configs` message. The checksum is keyed with the API key, so that a file of
//! another key, like one that was cut short, is no cache. Its name tells key and server apart without giving
//! the key away. Only its owner may read it, since configs hold secrets.

use std::{
    fs::{self, File, OpenOptions},
    hash::{Hash as _, Hasher as _},
    io::{self, Read as _, Write as _},
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
/// No state is larger; a file that is was not written here.
const MAX_BYTES: u64 = 256 << 20;

/// The file of one key at one server.
pub(crate) struct Cache {
    file: Arc<CacheFile>,
    /// Whether the last write failed, which was told then.
    is_failing: bool,
}

/// What a cache holds.
#[derive(Debug)]
pub(crate) struct Cached {
    pub(crate) configs: PackedConfigs,
    pub(crate) saved_at: SystemTime,
}

impl Cache {
    /// Returns the cache of a key at a server, `place`, in a directory, which need not exist yet.
    pub(crate) fn new(dir: &Path, key: &ApiKey, place: String) -> Self {
        let mut hasher = SipHasher13::new();
        (key.secret(), place).hash(&mut hasher);
        let id: String = key.id().chars().filter(char::is_ascii_alphanumeric).take(32).collect();
        let name = format!("prefab.cache.{id}.{:016x}", hasher.finish());
        let file = CacheFile { path: dir.join(name), key: key.clone() };
        Self { file: Arc::new(file), is_failing: false }
    }

    /// Returns what is there; nothing without a file, and why, where it is not to be trusted.
    pub(crate) async fn read(&self) -> Result<Option<Cached>, String> {
        let file = Arc::clone(&self.file);
        let read = spawn_blocking(move || file.read()).await;
        let read = read.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        read.map_err(|cause| format!("`{}` is left alone: {cause}", self.file.path.display()))
    }

    /// Replaces what is there; tells the first of several failures in a row.
    pub(crate) async fn write(&mut self, state: Vec<u8>, now: SystemTime) -> Result<(), String> {
        let file = Arc::clone(&self.file);
        let written = spawn_blocking(move || file.write(&state, now)).await;
        let written = written.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        let was_failing = std::mem::replace(&mut self.is_failing, written.is_err());
        match written {
            Err(cause) if !was_failing => {
                Err(format!("`{}` cannot be written: {cause}", self.file.path.display()))
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
        let mut bytes = Vec::new();
        match File::open(&self.path) {
            Ok(file) if file.metadata()?.is_file() => file.take(MAX_BYTES).read_to_end(&mut bytes)?,
            Ok(_) => return Err(invalid("it is no regular file")),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(cause),
        };
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| invalid("it is no cache of this version"))?;
        let (time, rest) = rest.split_first_chunk::<8>().ok_or_else(|| invalid("it is cut short"))?;
        let (checksum, state) = rest.split_first_chunk::<16>().ok_or_else(|| invalid("it is cut short"))?;
        if *checksum != self.checksum(*time, state) {
            return Err(invalid("its checksum is wrong"));
        }
        let configs = packed::pack(state).map_err(|_| invalid("its content does not parse"))?;
        let saved_at = UNIX_EPOCH.checked_add(Duration::from_millis(u64::from_le_bytes(*time)));
        Ok(Some(Cached { configs, saved_at: saved_at.unwrap_or(UNIX_EPOCH) }))
    }

    /// Writes beside and renames, so that whoever reads meets the old state or the new one, whole.
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
        let mut beside = self.path.clone().into_os_string();
        beside.push(format!(".{:016x}.tmp", fastrand::u64(..)));
        let beside = PathBuf::from(beside);
        let written = write_new(&beside, &header, state).and_then(|()| fs::rename(&beside, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }

    fn checksum(&self, time: [u8; 8], state: &[u8]) -> [u8; 16] {
        let mut hasher = SipHasher128::new();
        hasher.write(self.key.secret().as_bytes());
        hasher.write(&time);
        hasher.write(state);
        hasher.finish128().as_u128().to_le_bytes()
    }
}

fn write_new(path: &Path, header: &[u8], state: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(header)?;
    file.write_all(state)?;
    file.sync_all()
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
