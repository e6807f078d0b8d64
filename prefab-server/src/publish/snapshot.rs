//! All that an environment's clients may know, at one moment.

use std::{
    collections::{BTreeMap, HashMap},
    io::Write as _,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use prefab_core::{Config, Context, ContextSet, Pointer};
use prefab_proto::wire;
use prost::Message as _;

use super::{
    frame::{self, Form},
    outgoing::tombstone,
};
use crate::ids::{EnvironmentId, ProjectId};

/// How many answers besides the full one are kept; reconnecting clients ask for the same few.
const MOST_KEPT: usize = 64;

/// Level 6 costs three times as much and saves little on configs.
const ZSTD_LEVEL: i32 = 3;

/// The key of the tombstone that an empty project has: Ruby opens no stream before it has seen an id.
const NOTHING_YET: &str = "prefab.no-configs-yet";

/// What clients of one key get in every message besides the pointer.
///
/// Most keys belong to nobody and share one audience, hence one encoding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Audience {
    repeated: Bytes,
}

impl Audience {
    /// Returns the audience of a person's key: their id lets their own overrides match.
    pub(crate) fn of(key_id: i64, user_id: Option<&str>) -> Self {
        let Some(user_id) = user_id else { return Self::default() };
        let context = Context::new("prefab-api-key").with("user-id", user_id);
        let configs = wire::Configs {
            apikey_metadata: Some(wire::ApiKeyMetadata {
                key_id: Some(key_id.to_string()),
                user_id: Some(user_id.to_owned()),
            }),
            default_context: Some((&ContextSet::from(context)).into()),
            ..wire::Configs::default()
        };
        Self { repeated: configs.encode_to_vec().into() }
    }
}

/// One config, ready to send.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(super) id: i64,
    is_tombstone: bool,
    /// The config as a field of a `Configs` message.
    pub(super) bytes: Bytes,
}

impl Item {
    pub(super) fn new(config: &Config) -> Self {
        Self { id: config.id, is_tombstone: config.is_tombstone(), bytes: frame::field(config.into()) }
    }
}

/// An answer in each encoding, made when first asked for.
pub(crate) struct Encoded {
    /// Names the content; equal names mean equal bytes.
    pub(crate) etag: String,
    pub(crate) plain: Bytes,
    gzip: OnceLock<Bytes>,
    zstd: OnceLock<Bytes>,
}

/// How an answer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Plain,
    Gzip,
    Zstd,
}

impl Encoded {
    fn new(etag: String, plain: Bytes) -> Self {
        Self { etag, plain, gzip: OnceLock::new(), zstd: OnceLock::new() }
    }

    /// Tells whether an encoding has been made already.
    pub(crate) fn has(&self, coding: Coding) -> bool {
        match coding {
            Coding::Plain => true,
            Coding::Gzip => self.gzip.get().is_some(),
            Coding::Zstd => self.zstd.get().is_some(),
        }
    }

    pub(crate) fn gzip(&self) -> &Bytes {
        self.gzip.get_or_init(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
            // Writing to memory cannot fail.
            let _ = encoder.write_all(&self.plain);
            encoder.finish().unwrap_or_default().into()
        })
    }

    pub(crate) fn zstd(&self) -> &Bytes {
        self.zstd.get_or_init(|| zstd::encode_all(&self.plain[..], ZSTD_LEVEL).unwrap_or_default().into())
    }
}

type Wanted = (i64, Audience, Form);

/// All that an environment's clients may know, at one moment. News make a new one.
pub(crate) struct Snapshot {
    project: ProjectId,
    environment: EnvironmentId,
    /// The id of the newest change.
    pub(crate) last_id: i64,
    /// By id; each key once, deleted ones too.
    items: Vec<Item>,
    /// The ids by key, so that an older version is found and leaves.
    ids: Arc<BTreeMap<Arc<str>, i64>>,
    answers: Mutex<HashMap<Wanted, Arc<Encoded>>>,
    events: Mutex<HashMap<Wanted, Bytes>>,
}

impl Snapshot {
    pub(crate) fn empty(project: ProjectId, environment: EnvironmentId, first_id: i64) -> Self {
        Self {
            project,
            environment,
            last_id: first_id,
            items: vec![Item::new(&tombstone(first_id, project.0, NOTHING_YET))],
            ids: Arc::default(),
            answers: Mutex::default(),
            events: Mutex::default(),
        }
    }

    /// Returns the snapshot after these configs, which come oldest first and are all newer than it.
    pub(crate) fn with(&self, configs: &[Config], last_id: i64) -> Self {
        let mut ids = Arc::clone(&self.ids);
        let mut replaced: Vec<i64> = configs
            .iter()
            .filter_map(|config| Arc::make_mut(&mut ids).insert(config.key.as_str().into(), config.id))
            .collect();
        replaced.sort_unstable();
        let kept = self.items.iter().filter(|item| replaced.binary_search(&item.id).is_err());
        let mut items: Vec<Item> = kept.cloned().collect();
        items.extend(configs.iter().map(Item::new));
        items.sort_by_key(|item| item.id);
        Self {
            project: self.project,
            environment: self.environment,
            last_id,
            items,
            ids,
            answers: Mutex::default(),
            events: Mutex::default(),
        }
    }

    /// Returns the answer to "what is newer than `id`": everything live for 0.
    pub(crate) fn answer(&self, id: i64, audience: &Audience, form: Form) -> Arc<Encoded> {
        kept(&self.answers, (self.from(id), audience.clone(), form), |(from, audience, form)| {
            let message = frame::message(self.newer(*from), &self.repeated(audience), *form);
            let who = if audience.repeated.is_empty() { "" } else { "-u" };
            let kind = if *form == Form::Json { "-j" } else { "" };
            let etag =
                format!("{}-{:x}-{:x}{kind}{who}{}", self.environment, self.last_id, from, tag_of(audience));
            Arc::new(Encoded::new(etag, message))
        })
    }

    /// Returns the answer to "what is newer than `id`" if it is known, without waiting for it.
    pub(crate) fn known_answer(&self, id: i64, audience: &Audience, form: Form) -> Option<Arc<Encoded>> {
        let answers = self.answers.try_lock().ok()?;
        answers.get(&(self.from(id), audience.clone(), form)).cloned()
    }

    /// Returns the same as events of a stream; empty if nothing is newer.
    pub(crate) fn events(&self, id: i64, audience: &Audience, form: Form) -> Bytes {
        kept(&self.events, (self.from(id), audience.clone(), form), |(from, audience, form)| {
            frame::events(&self.newer(*from), &self.repeated(audience), *form)
        })
    }

    /// A cursor beyond our newest change was given by somebody else and says nothing here.
    fn from(&self, id: i64) -> i64 {
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

fn kept<T: Clone>(answers: &Mutex<HashMap<Wanted, T>>, wanted: Wanted, make: impl FnOnce(&Wanted) -> T) -> T {
    // Nothing in here can panic half-way, so what a poisoned lock guards is whole.
    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(answer) = answers.get(&wanted) {
        return answer.clone();
    }
    let answer = make(&wanted);
    if answers.len() >= MOST_KEPT {
        answers.retain(|(id, ..), _| *id == 0);
    }
    if answers.len() < 2 * MOST_KEPT {
        answers.insert(wanted, answer.clone());
    }
    answer
}

#[cfg(test)]
#[path = "snapshot/tests.rs"]
mod tests;
