//! The log of config versions.

use prefab_core::{ChangedBy, Config, ids::ProjectId};

use crate::{
    audit_log::{AuditEntry, AuditNote},
    error::{StoreError, StoreFuture},
    expected::Expected,
};

/// Stores the versions of every config in an append-only log.
pub trait ConfigLog: Send + Sync + 'static {
    /// Appends changes, all or none, and returns the new versions as [`since`](Self::since) returns them.
    fn append(&self, project: ProjectId, changes: Vec<Change>) -> StoreFuture<'_, Appended>;

    /// Lists the newest version of every key that changed after `id`, oldest change first.
    fn since(&self, project: ProjectId, id: i64) -> StoreFuture<'_, Vec<Version>>;

    /// Lists the versions of one key, newest first.
    fn history(&self, project: ProjectId, key: String, limit: u32) -> StoreFuture<'_, Vec<Version>>;

    /// Lists the changes of a project with an id lower than `before`, newest first.
    fn changes(&self, project: ProjectId, before: Option<i64>, limit: u32) -> StoreFuture<'_, Vec<Version>>;

    /// Lists the changes after an id, oldest first, with the replaced configs and the audit entries.
    fn changes_after(&self, project: ProjectId, id: i64, limit: u32) -> StoreFuture<'_, Vec<AuditedChange>>;

    /// Returns one version, current or not.
    fn version(&self, project: ProjectId, id: i64) -> StoreFuture<'_, Option<Version>>;

    /// Lists the tombstones of keys that are deleted.
    fn deleted(&self, project: ProjectId) -> StoreFuture<'_, Vec<Version>>;

    /// Lists the comments on current versions by version id. Versions without a comment are skipped.
    fn comments(&self, project: ProjectId, keys: KeyRange) -> StoreFuture<'_, Vec<(i64, String)>>;
}

/// A change to append.
#[derive(Clone, Debug)]
pub struct Change {
    /// The config key.
    pub key: String,
    /// The new config; `None` deletes it.
    pub config: Option<Config>,
    /// The version that must be current.
    pub expected: Expected,
    /// The actor.
    pub changed_by: ChangedBy,
    /// The audit note, which is written in the same transaction.
    pub note: Option<AuditNote>,
}

impl Change {
    /// Checks the current version of the key.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if it is not the expected one.
    pub fn check_expected(&self, current: Option<i64>) -> Result<(), StoreError> {
        let is_expected = match self.expected {
            Expected::Anything => true,
            Expected::Absent => current.is_none(),
            Expected::Version(id) => current == Some(id),
        };
        if is_expected {
            return Ok(());
        }
        Err(StoreError::Conflict { key: self.key.clone(), expected: self.expected, current })
    }

    /// Returns the audit entry for this change, which appended the version `id`. `is_live` is whether the key had a config
    /// before it.
    pub fn audit_entry(&self, project: ProjectId, id: i64, is_live: bool) -> Option<AuditEntry> {
        let action = match (is_live, &self.config) {
            (_, None) => "config.deleted",
            (false, Some(_)) => "config.created",
            (true, Some(_)) => "config.changed",
        };
        Some(AuditEntry {
            project: Some(project),
            action: action.to_owned(),
            subject: self.key.clone(),
            version_id: Some(id),
            ..AuditEntry::of(self.note.clone()?)
        })
    }
}

/// The versions that an append created.
#[derive(Clone, Debug, PartialEq)]
pub struct Appended {
    /// The id of the newest version of the project before them.
    pub after: i64,
    /// The versions, in the order of the changes.
    pub versions: Vec<Version>,
}

impl Appended {
    /// Returns the ids of the versions.
    pub fn ids(&self) -> Vec<i64> {
        self.versions.iter().map(|version| version.id).collect()
    }
}

/// A stored version of a config.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The id.
    pub id: i64,
    /// The id of the version that it replaced.
    pub previous_id: Option<i64>,
    /// The config key.
    pub key: String,
    /// The config; `None` for a deletion.
    pub config: Option<Config>,
    /// The actor.
    pub changed_by: ChangedBy,
    /// The time of the change, in milliseconds since 1970.
    pub changed_at_millis: i64,
}

/// A version with its audit entry.
#[derive(Clone, Debug)]
pub struct AuditedChange {
    /// The new version.
    pub version: Version,
    /// The config that it replaced.
    pub before: Option<Config>,
    /// The actor and the sentence of the audit entry, if there is one.
    pub audit: Option<(String, String)>,
}

/// A range of config keys, both ends included.
#[derive(Clone, Debug)]
pub struct KeyRange {
    /// The first key.
    pub first: String,
    /// The last key.
    pub last: String,
}
