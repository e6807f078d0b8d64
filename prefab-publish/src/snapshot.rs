//! The payload of one environment at one moment.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use prefab_core::{Config, Pointer};
use prefab_proto::wire;
use prost::Message as _;

use crate::{
    audience::Audience,
    cache::{Cache, Cost},
    encoded::Encoded,
    encoding,
    encoding::{Encoding, Item},
    for_sdk::tombstone,
    items::Items,
    quonfig::{Envelope, Fragments},
};
use prefab_core::ids::{EnvironmentId, ProjectId};

/// The key of the tombstone in an empty project. The Ruby client opens no stream before it has received an id.
const EMPTY_PROJECT_KEY: &str = "prefab.no-configs-yet";

/// The next events for a stream.
#[derive(Clone)]
pub struct Batch {
    /// The events; empty if nothing is newer.
    pub events: Bytes,
    /// The id up to which the client has everything after these events.
    pub up_to: i64,
}

impl Cost for Batch {
    fn bytes(&self) -> usize {
        self.events.len()
    }
}

/// The payload of one environment at one moment. Every change creates a new snapshot.
///
/// A stream stores the id up to which its client has everything, and reads the current snapshot when it can send more. So a
/// client that does not read keeps no old snapshot in memory.
pub struct Snapshot {
    project: ProjectId,
    environment: EnvironmentId,
    /// The id of the newest change.
    pub last_id: i64,
    /// The configs by id. Each key occurs once, deleted keys included.
    items: Items,
    responses: Cache<Arc<Encoded>>,
    batches: Cache<Batch>,
    cache_bytes: usize,
    /// The parts of the document for Quonfig SDKs, which all snapshots of the environment share.
    fragments: Arc<Fragments>,
    /// The document, from the first time that it is requested.
    envelope: OnceLock<Arc<Envelope>>,
}

impl Snapshot {
    /// Creates the snapshot of an environment without configs. It caches up to `cache_bytes` bytes of responses.
    pub fn empty(project: ProjectId, environment: EnvironmentId, first_id: i64, cache_bytes: usize) -> Self {
        let nothing_yet = Item::new(&tombstone(first_id, project.0, EMPTY_PROJECT_KEY));
        Self {
            project,
            environment,
            last_id: first_id,
            items: Items::default().with(&[], vec![nothing_yet]),
            responses: responses(cache_bytes),
            batches: batches(cache_bytes),
            cache_bytes,
            fragments: Arc::default(),
            envelope: OnceLock::new(),
        }
    }

    /// Returns the snapshot after these changes, which are newer than the snapshot and ordered oldest first. `replaced` are the
    /// sorted ids of the items that they replace. Both snapshots share all other items.
    #[must_use]
    pub(crate) fn with(&self, configs: &[Config], replaced: &[i64], last_id: i64) -> Self {
        let mut added: Vec<Item> = configs.iter().map(Item::new).collect();
        added.sort_by_key(|item| item.id);
        // A front end must learn of a config that it may no longer read.
        if self.items.affect_front_ends(replaced) {
            for item in &mut added {
                item.affects_front_ends = true;
            }
        }
        Self {
            last_id,
            items: self.items.with(replaced, added),
            responses: responses(self.cache_bytes),
            batches: batches(self.cache_bytes),
            fragments: Arc::clone(&self.fragments),
            envelope: OnceLock::new(),
            ..*self
        }
    }

    /// Returns the response with everything newer than `id`. For 0 it contains all live configs.
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

    /// Returns the response with everything newer than `id` if it is cached, without waiting for it.
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

    /// Returns an event without configs, for a client that has everything. Some tools wait for a first event.
    pub fn event_without_configs(&self, audience: &Audience, encoding: Encoding) -> Bytes {
        encoding::event_without_items(&self.repeated(audience), encoding)
    }

    /// Returns a message without configs, for a client that has everything.
    pub fn message_without_configs(&self, audience: &Audience) -> Bytes {
        self.repeated(audience).into()
    }

    /// Returns the document for Quonfig SDKs, with all configs. It is the same for all API keys, because these SDKs receive no
    /// contexts from the server. The first call encodes it.
    pub fn envelope(&self) -> Arc<Envelope> {
        let encode = || self.fragments.envelope(self.items.iter(), self.environment, self.last_id);
        Arc::clone(self.envelope.get_or_init(encode))
    }

    #[cfg(test)]
    pub(crate) fn fragments(&self) -> &Fragments {
        &self.fragments
    }

    /// Returns the document for Quonfig SDKs if it is encoded already.
    pub fn cached_envelope(&self) -> Option<Arc<Envelope>> {
        self.envelope.get().cloned()
    }

    /// Returns whether anything newer than an id can change what a front end receives.
    pub fn has_front_end_change(&self, after: i64) -> bool {
        self.items.newer(after).any(|item| item.affects_front_ends)
    }

    /// Returns the cursor, or 0 if another server issued it: it is then above the newest id.
    pub fn valid_cursor(&self, id: i64) -> i64 {
        if id < 0 || id > self.last_id { 0 } else { id }
    }

    fn newer(&self, id: i64) -> Vec<&Item> {
        if id > 0 {
            return self.items.newer(id).collect();
        }
        let live: Vec<&Item> = self.items.iter().filter(|item| !item.is_tombstone).collect();
        // At least one item must carry an id.
        if live.is_empty() { self.items.iter().next_back().into_iter().collect() } else { live }
    }

    /// Returns the fields that every message repeats, because clients read them from every message.
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

/// Returns the cache of responses. They get most of the memory: the full response of a user is large, a batch is small.
fn responses(cache_bytes: usize) -> Cache<Arc<Encoded>> {
    Cache::new(cache_bytes / 4 * 3)
}

fn batches(cache_bytes: usize) -> Cache<Batch> {
    Cache::new(cache_bytes / 4)
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
