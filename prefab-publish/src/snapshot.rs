//! All that an environment's clients may know, at one moment.

use std::{
    io::Write as _,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use prefab_core::{Config, Pointer};
use prefab_proto::wire;
use prost::Message as _;

use crate::{
    audience::Audience,
    cache::{Cache, Cost},
    encoding,
    encoding::{Encoding, Item},
    for_sdk::tombstone,
};
use prefab_core::ids::{EnvironmentId, ProjectId};

/// Level 6 costs three times as much and saves little on configs.
const ZSTD_LEVEL: i32 = 3;

/// The key of the tombstone that an empty project has: Ruby opens no stream before it has seen an id.
const EMPTY_PROJECT_KEY: &str = "prefab.no-configs-yet";

/// An answer in each encoding, made when first asked for.
pub struct Encoded {
    /// Names the content; equal names mean equal bytes.
    pub etag: String,
    /// The uncompressed bytes.
    pub plain: Bytes,
    gzip: OnceLock<Bytes>,
    zstd: OnceLock<Bytes>,
}

/// How an answer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentCoding {
    /// Not compressed.
    Plain,
    /// Compressed with gzip, level 6.
    Gzip,
    /// Compressed with Zstandard, level 3.
    Zstd,
}

impl Encoded {
    fn new(etag: String, plain: Bytes) -> Self {
        Self { etag, plain, gzip: OnceLock::new(), zstd: OnceLock::new() }
    }

    /// Tells whether an encoding has been made already.
    pub fn has(&self, coding: ContentCoding) -> bool {
        match coding {
            ContentCoding::Plain => true,
            ContentCoding::Gzip => self.gzip.get().is_some(),
            ContentCoding::Zstd => self.zstd.get().is_some(),
        }
    }

    /// Returns the bytes compressed with gzip. The first call compresses them.
    pub fn gzip(&self) -> &Bytes {
        self.gzip.get_or_init(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
            // Writing to memory cannot fail.
            let _ = encoder.write_all(&self.plain);
            encoder.finish().unwrap_or_default().into()
        })
    }

    /// Returns the bytes compressed with Zstandard. The first call compresses them.
    pub fn zstd(&self) -> &Bytes {
        self.zstd.get_or_init(|| zstd::encode_all(&self.plain[..], ZSTD_LEVEL).unwrap_or_default().into())
    }
}

impl Cost for Arc<Encoded> {
    fn bytes(&self) -> usize {
        let compressed = [&self.gzip, &self.zstd].map(|form| form.get().map_or(0, Bytes::len));
        self.plain.len() + compressed.iter().sum::<usize>()
    }
}

/// The next events of a stream.
#[derive(Clone)]
pub struct Batch {
    /// The events; empty if nothing is newer.
    pub events: Bytes,
    /// The id up to which the client then has everything.
    pub up_to: i64,
}

impl Cost for Batch {
    fn bytes(&self) -> usize {
        self.events.len()
    }
}

/// All that an environment's clients may know, at one moment. News make a new one.
///
/// Streams keep no snapshot: each keeps the id up to which its client has everything, and reads the current
/// snapshot when it can send more. So a client that does not read keeps no old snapshot in memory.
pub struct Snapshot {
    project: ProjectId,
    environment: EnvironmentId,
    /// The id of the newest change.
    pub last_id: i64,
    /// By id; each key once, deleted ones too.
    items: Vec<Item>,
    responses: Cache<Arc<Encoded>>,
    batches: Cache<Batch>,
    cache_bytes: usize,
}

impl Snapshot {
    /// Returns the snapshot of an environment without configs, which caches this many bytes of responses.
    pub fn empty(project: ProjectId, environment: EnvironmentId, first_id: i64, cache_bytes: usize) -> Self {
        let nothing_yet = Item::new(&tombstone(first_id, project.0, EMPTY_PROJECT_KEY));
        Self::of(project, environment, first_id, vec![nothing_yet], cache_bytes)
    }

    fn of(
        project: ProjectId,
        environment: EnvironmentId,
        last_id: i64,
        items: Vec<Item>,
        cache_bytes: usize,
    ) -> Self {
        // A batch is small; a person's full response is not.
        let (responses, batches) = (Cache::new(cache_bytes / 4 * 3), Cache::new(cache_bytes / 4));
        Self { project, environment, last_id, items, responses, batches, cache_bytes }
    }

    /// Returns the snapshot after these configs, which come oldest first and are all newer than it.
    #[must_use]
    pub fn with(&self, configs: &[Config], last_id: i64) -> Self {
        // Of several versions of a key the last one counts.
        let mut newest: Vec<(&str, i64)> = configs.iter().map(|c| (c.key.as_str(), c.id)).collect();
        newest.sort_unstable();
        let is_replaced = |item: &Item| {
            let later = newest.partition_point(|(key, id)| (*key, *id) <= (&*item.key, item.id));
            newest.get(later).is_some_and(|(key, _)| *key == &*item.key)
        };
        let added = configs.iter().map(Item::new);
        let mut items: Vec<Item> = self.items.iter().cloned().chain(added).collect();
        items.retain(|item| !is_replaced(item));
        items.sort_by_key(|item| item.id);
        Self::of(self.project, self.environment, last_id, items, self.cache_bytes)
    }

    /// Returns the answer to "what is newer than `id`": everything live for 0.
    pub fn response(&self, id: i64, audience: &Audience, encoding: Encoding) -> Arc<Encoded> {
        let key = (self.valid_cursor(id), audience.clone(), encoding);
        self.responses.get_or_encode(key, |(from, audience, encoding)| {
            let message = encoding::message(self.newer(*from), &self.repeated(audience), *encoding);
            let who = if audience.repeated.is_empty() { "" } else { "-u" };
            let kind = if *encoding == Encoding::Json { "-j" } else { "" };
            let etag =
                format!("{}-{:x}-{:x}{kind}{who}{}", self.environment, self.last_id, from, tag_of(audience));
            Arc::new(Encoded::new(etag, message))
        })
    }

    /// Returns the answer to "what is newer than `id`" if it is cached, without waiting for it.
    pub fn cached_response(&self, id: i64, audience: &Audience, encoding: Encoding) -> Option<Arc<Encoded>> {
        self.responses.get(&(self.valid_cursor(id), audience.clone(), encoding))
    }

    /// Returns the next events for a client that has everything up to an id. A client that has nothing receives
    /// no tombstones in its first batch.
    pub fn batch(&self, id: i64, audience: &Audience, encoding: Encoding) -> Batch {
        let key = (self.valid_cursor(id), audience.clone(), encoding);
        self.batches.get_or_encode(key, |(from, audience, encoding)| {
            let newer = self.newer(*from);
            let repeated = self.repeated(audience);
            let fitting = encoding::fitting(&newer, repeated.len());
            let up_to = match newer.get(fitting) {
                Some(_) => newer[fitting - 1].id,
                None => self.last_id,
            };
            Batch { events: encoding::event(&newer[..fitting], &repeated, *encoding), up_to }
        })
    }

    /// A cursor beyond our newest change was given by somebody else and says nothing here.
    pub fn valid_cursor(&self, id: i64) -> i64 {
        if id < 0 || id > self.last_id { 0 } else { id }
    }

    fn newer(&self, id: i64) -> Vec<&Item> {
        if id > 0 {
            return self.items[self.items.partition_point(|item| item.id <= id)..].iter().collect();
        }
        let live: Vec<&Item> = self.items.iter().filter(|item| !item.is_tombstone).collect();
        // Something must carry an id.
        if live.is_empty() { self.items.last().into_iter().collect() } else { live }
    }

    /// What clients take from every message, so every message has it.
    fn repeated(&self, audience: &Audience) -> Vec<u8> {
        let pointer = Pointer {
            project_id: self.project.0,
            start_at_id: self.last_id,
            project_env_id: self.environment.0,
        };
        let configs =
            wire::Configs { config_service_pointer: Some(pointer.into()), ..wire::Configs::default() };
        let mut bytes = configs.encode_to_vec();
        bytes.extend_from_slice(&audience.repeated);
        bytes
    }
}

fn tag_of(audience: &Audience) -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    if audience.repeated.is_empty() {
        return String::new();
    }
    let mut hasher = DefaultHasher::new();
    audience.repeated.hash(&mut hasher);
    format!("{:x}", hasher.finish())
}

#[cfg(test)]
#[path = "snapshot/tests.rs"]
mod tests;
