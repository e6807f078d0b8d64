//! The log of config versions.

use prefab_core::{ChangedBy, Config, ids::ProjectId};

use crate::expected::Expected;
use crate::{StoreFuture, audit_log::AuditNote};

/// Stores the versions of every config in an append-only log.
pub trait ConfigLog: Send + Sync + 'static {
    /// Appends changes, all or none, and returns their ids.
    fn append(&self, project: ProjectId, changes: Vec<Change>) -> StoreFuture<'_, Vec<i64>>;

    /// Lists the newest version of every key that changed after `id`, oldest change first.
    fn since(&self, project: ProjectId, id: i64) -> StoreFuture<'_, Vec<Version>>;

    /// Lists the versions of one key, newest first.
    fn history(&self, project: ProjectId, key: String, limit: u32) -> StoreFuture<'_, Vec<Version>>;

    /// Lists the changes of a project, newest first, from before an id.
    fn changes(&self, project: ProjectId, before: Option<i64>, limit: u32) -> StoreFuture<'_, Vec<Version>>;

    /// Lists the changes after an id, oldest first, with what they replaced and who the audit log says it was.
    fn changes_after(&self, project: ProjectId, id: i64, limit: u32) -> StoreFuture<'_, Vec<AuditedChange>>;

    /// Returns one version, whether it stands or not.
    fn version(&self, project: ProjectId, id: i64) -> StoreFuture<'_, Option<Version>>;

    /// Lists the tombstones of keys that are deleted.
    fn deleted(&self, project: ProjectId) -> StoreFuture<'_, Vec<Version>>;

    /// Lists the comments on the versions that stand, by version, where there is one.
    fn comments(&self, project: ProjectId, keys: KeyRange) -> StoreFuture<'_, Vec<(i64, String)>>;
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
    pub note: Option<AuditNote>,
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

/// A change with what is told of it.
#[derive(Clone, Debug)]
pub struct AuditedChange {
    /// What came of it.
    pub version: Version,
    /// What it replaced.
    pub before: Option<Config>,
    /// Who made it and what it was, as the audit log says.
    pub said: Option<(String, String)>,
}

/// Keys between two, both included.
#[derive(Clone, Debug)]
pub struct KeyRange {
    /// The first.
    pub first: String,
    /// The last.
    pub last: String,
}
