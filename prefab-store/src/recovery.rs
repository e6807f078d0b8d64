//! Recovery of the clients of a database that went back to an older state.
//!
//! A client keeps the version of a key with the highest id. After a restored backup or a failover that lost versions, clients
//! have versions that the database does not contain, and they would ignore the current ones. So the current versions are
//! appended again, with ids above everything that a client can have received.

use prefab_core::{ChangedBy, Config, ids::ProjectId};

use crate::{AuditEntry, AuditNote, Draft, StoreFuture, Version};

/// The label of the actor of recovered versions and of the drafts of lost changes.
pub const RECOVERY_ACTOR: &str = "recovery";

/// Detects that a database went back, and appends its current versions again.
pub trait Recovery: Send + Sync + 'static {
    /// Returns the epoch of the database: a random id that changes once per recovery.
    fn epoch(&self) -> StoreFuture<'_, String>;

    /// Returns the identity of the database server, which changes when a standby replaces the primary, or when the server is
    /// restored from a backup. Returns `None` if it is unknown, or if the store has no such server.
    fn server_identity(&self) -> StoreFuture<'_, Option<String>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Compares the log of every project with the newest versions that a server remembers. A project that is missing in
    /// `remembered` contains its remembered version.
    fn log_positions(&self, remembered: Vec<(ProjectId, i64)>) -> StoreFuture<'_, Vec<LogPosition>>;

    /// Appends current versions again, in one transaction, and returns the projects that changed.
    ///
    /// For every project:
    ///
    /// - A key whose current version is older than the remembered one is appended again.
    /// - A draft that is based on a version that is appended again is based on the new version.
    /// - A key that the database does not contain is deleted.
    /// - The content of a remembered version that the database lost becomes a draft, unless the key has a draft or the current
    ///   version has the same content. A lost deletion becomes a draft that archives the config.
    /// - One entry with the action `recovered` is written to the audit log.
    ///
    /// New ids are above `last_id` of the [`Remembered`] state, above all ids in the log, and not below the clock. A second call
    /// with the same state changes nothing, unless it names [`Heads::All`].
    fn recover(&self, remembered: Vec<Remembered>) -> StoreFuture<'_, Vec<Recovered>>;
}

/// The end of the log of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPosition {
    /// The project.
    pub project: ProjectId,
    /// The id of the newest version.
    pub last_id: i64,
    /// Whether the log contains the version that the server remembers as the newest.
    pub has_remembered: bool,
}

/// The state of a project that a server or its clients have seen.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// The project.
    pub project: ProjectId,
    /// The highest id that was seen.
    pub last_id: i64,
    /// The newest seen version of each key, deleted keys included.
    pub versions: Vec<Version>,
    /// The keys that are appended again.
    pub heads: Heads,
}

/// The keys that a recovery appends again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heads {
    /// The keys whose current version is older than the remembered one.
    Older,
    /// All keys, because it is unknown what clients have.
    All,
}

/// The result of a recovery of one project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The project.
    pub project: ProjectId,
    /// The number of versions that were appended again.
    pub appended: usize,
    /// The number of keys that were deleted because the database does not contain them.
    pub deleted: usize,
    /// The number of lost changes that became drafts.
    pub drafts: usize,
    /// The id of the newest version.
    pub last_id: i64,
}

impl Recovered {
    /// Returns the entry of the audit log.
    pub fn audit_entry(&self) -> AuditEntry {
        let Self { project, appended, deleted, drafts, last_id: _ } = self;
        let sentence = format!(
            "the database went back: appended {appended} current versions again, deleted {deleted} keys, saved {drafts} lost \
             changes as drafts"
        );
        let note = AuditNote { actor: RECOVERY_ACTOR.to_owned(), sentence, ..AuditNote::default() };
        AuditEntry { project: Some(*project), action: "recovered".to_owned(), ..AuditEntry::of(note) }
    }
}

impl Version {
    /// Returns a copy that a recovery appends, and which replaces this version.
    #[must_use]
    pub fn copy(&self, id: i64, changed_at_millis: i64) -> Self {
        let changed_by = recovery_actor();
        Self { id, previous_id: Some(self.id), changed_by, changed_at_millis, ..self.clone() }
    }

    /// Returns the deletion of a key that the database does not contain.
    #[must_use]
    pub fn deletion(&self, id: i64, changed_at_millis: i64) -> Self {
        let changed_by = recovery_actor();
        Self { id, previous_id: None, key: self.key.clone(), config: None, changed_by, changed_at_millis }
    }
}

impl Draft {
    /// Returns a lost version as a draft that is based on the current version, if there is one.
    pub fn of_lost(lost: Version, current: Option<i64>, saved_at_millis: i64) -> Self {
        let Version { id, key, config, changed_by, .. } = lost;
        let author = [&changed_by.email, &changed_by.user_identity].into_iter().find(|name| !name.is_empty());
        let by = author.map(|name| format!(" by {name}")).unwrap_or_default();
        Self {
            key,
            config,
            base_id: current.unwrap_or_default(),
            comment: format!("lost change{by}: version {id} is not in the restored database"),
            saved_by: RECOVERY_ACTOR.to_owned(),
            // The identity of the author, so that they cannot approve their own change.
            saved_by_person: match changed_by.user_id {
                0 => RECOVERY_ACTOR.to_owned(),
                id => format!("user {id}"),
            },
            saved_at_millis,
            approved_by: None,
        }
    }
}

fn recovery_actor() -> ChangedBy {
    ChangedBy { user_identity: RECOVERY_ACTOR.to_owned(), ..ChangedBy::default() }
}

/// Returns whether two versions have the same content. Ids and authors are not compared.
pub fn is_same_content(left: Option<&Config>, right: Option<&Config>) -> bool {
    let content = |config: &Config| Config { id: 0, project_id: 0, changed_by: None, ..config.clone() };
    left.map(content) == right.map(content)
}
