//! Where do changes live? An append-only log of config versions, behind a trait.
//!
//! The log is the truth and ids order it: within a project every change has a higher id than all before
//! it, and none is given out twice. Watching is only a hint that there may be news; whoever is told asks
//! [`Store::since`]. So several servers can share one database, and a lost hint costs time, not data.

pub mod clock;
mod expiry;
pub mod key;
mod observations;
pub mod people;
mod records;
mod role;

use std::{error::Error as StdError, future::Future, pin::Pin, sync::Arc};

use prefab_core::{ChangedBy, Config};
use tokio::sync::watch;

use crate::key::{IssuedKey, KeyHash, KeyKind};
use prefab_core::ids::{EnvironmentId, ProjectId};

pub use expiry::{Expiries, Expiry, Target, TimedRule};
pub use observations::{
    Evaluated, EvaluationCount, EvaluationFilter, Example, HOUR_MILLIS, HourlyCount, KeyRange, LevelCounts,
    Logger, MAX_COUNT, Observations, Observed, Property, RowLimits, Told, add_counts,
};
pub use records::{
    AuditEntry, AuditFilter, AuditRecord, Draft, DraftMark, KeyDetails, NewKey, Note, Protection, Records,
    Refusal,
};
pub use role::{Role, Roles};

/// How many entries of refusals an hour may have, besides one per project and action for all further refusals.
pub const REFUSALS_PER_HOUR: i64 = 1_000;
/// How many of them may be a single project's.
pub const REFUSALS_PER_PROJECT: i64 = 200;

/// What a store answers with, some time later.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps projects, keys and the log of changes.
pub trait Store: Records + Observations + Expiries + people::People + Send + Sync + 'static {
    /// Lists projects, environments and keys.
    fn registry(&self) -> StoreFuture<'_, Registry>;

    /// Creates a project with environments. Its log starts empty, at an id above 0.
    fn create_project(&self, name: String, environments: Vec<String>) -> StoreFuture<'_, Project>;

    /// Creates a project with environments and every kind of key for each, unless there is a project already.
    fn create_first_project(
        &self,
        name: String,
        environments: Vec<String>,
    ) -> StoreFuture<'_, Option<(Project, Vec<IssuedKey>)>>;

    /// Makes a key. Only its hash is kept.
    fn issue_key(&self, request: KeyRequest) -> StoreFuture<'_, IssuedKey>;

    /// Revokes a key for good; tells whether there was one to revoke.
    fn revoke_key(&self, id: i64) -> StoreFuture<'_, bool>;

    /// Appends changes, all or none, and returns their ids.
    fn append(&self, project: ProjectId, changes: Vec<Change>) -> StoreFuture<'_, Vec<i64>>;

    /// Lists the newest version of every key that changed after `id`, oldest change first.
    fn since(&self, project: ProjectId, id: i64) -> StoreFuture<'_, Vec<Version>>;

    /// Lists the versions of one key, newest first.
    fn history(&self, project: ProjectId, key: String, limit: u32) -> StoreFuture<'_, Vec<Version>>;

    /// Fails if the database cannot be read.
    fn ping(&self) -> StoreFuture<'_, ()>;

    /// Counts hints that something changed, here or in another process.
    fn watch(&self) -> watch::Receiver<u64>;
}

/// Projects, environments and keys.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// The projects.
    pub projects: Vec<Project>,
    /// The keys, revoked ones too.
    pub keys: Vec<StoredKey>,
}

/// A project and its environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its number.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// The id its log starts after.
    pub first_id: i64,
    /// Its environments.
    pub environments: Vec<Environment>,
}

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its number.
    pub id: EnvironmentId,
    /// Its name.
    pub name: String,
    /// What changes to it take.
    pub protection: Protection,
}

impl Environment {
    /// Returns an environment that is not protected.
    pub fn new(id: EnvironmentId, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), protection: Protection::default() }
    }
}

/// A key as it is kept.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// Its number.
    pub id: i64,
    /// Its project.
    pub project: ProjectId,
    /// Its environment.
    pub environment: EnvironmentId,
    /// What it may do.
    pub kind: KeyKind,
    /// The hash of its text.
    pub hash: KeyHash,
    /// The person it belongs to, whose overrides it sees.
    pub user_id: Option<Arc<str>>,
    /// Whether it has been revoked.
    pub revoked: bool,
    /// When it ends by itself, in milliseconds since 1970.
    pub expires_at_millis: Option<i64>,
    /// What people call it.
    pub name: Arc<str>,
}

/// A wish for a key.
#[derive(Clone, Debug)]
pub struct KeyRequest {
    /// Its project.
    pub project: ProjectId,
    /// Its environment.
    pub environment: EnvironmentId,
    /// What it may do.
    pub kind: KeyKind,
    /// The person it belongs to.
    pub user_id: Option<String>,
}

/// A change that is wanted.
#[derive(Clone, Debug)]
pub struct Change {
    /// The key.
    pub key: String,
    /// What it is to be; nothing deletes it.
    pub config: Option<Config>,
    /// What the writer believes to be there.
    pub expected: Expected,
    /// Who wants it.
    pub changed_by: ChangedBy,
    /// What the audit log says of it, written with it or not at all.
    pub note: Option<Note>,
}

/// What a writer believes to be there, so that two cannot silently overwrite one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there.
    Anything,
    /// Nothing: the key is new, or deleted.
    Absent,
    /// The version with this id.
    Version(i64),
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Its id.
    pub id: i64,
    /// The id of the version it replaced.
    pub previous_id: Option<i64>,
    /// The key.
    pub key: String,
    /// What it became; nothing for a deletion.
    pub config: Option<Config>,
    /// Who made it.
    pub changed_by: ChangedBy,
    /// When, in milliseconds since 1970.
    pub changed_at_millis: i64,
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster.
    #[error("config `{key}`: {}", conflict(*.current))]
    Conflict {
        /// The key.
        key: String,
        /// What the writer expected.
        expected: Expected,
        /// The version that is there.
        current: Option<i64>,
    },
    /// There is no such project.
    #[error("project {0}: there is none with this number")]
    UnknownProject(ProjectId),
    /// Somebody else has that name.
    #[error("`{0}`: the name is taken")]
    NameTaken(String),
    /// The database cannot be used right now, or at all.
    #[error("database: {doing}")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// What whoever runs the server can do something about.
        trouble: Trouble,
        /// Why it failed.
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl StoreError {
    /// Returns the error of a store that cannot be used for an unknown reason.
    pub fn unavailable(doing: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unavailable { doing, trouble: Trouble::Other, source: source.into() }
    }
}

/// Why a database cannot be used, as far as people can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no room for more.
    Full,
    /// It, or where it is, may not be written to.
    ReadOnly,
    /// Another server writes for very long.
    Busy,
    /// It is not what a server wrote.
    Damaged,
    /// Something else.
    Other,
}

fn conflict(current: Option<i64>) -> String {
    current.map_or("it is not there any more".to_owned(), |id| format!("version {id} is there already"))
}
