//! What is kept beside the log: who did what, keys as people see them, what environments demand.

use std::path::PathBuf;

use prefab_core::Config;

use crate::key::{IssuedKey, KeyKind};
use crate::{Environment, KeyRange, StoreFuture, Version};
use prefab_core::ids::{EnvironmentId, ProjectId};

/// Keeps what people need to manage a project.
pub trait Records: Send + Sync + 'static {
    /// Lists the changes of a project, newest first, from before an id.
    fn changes(&self, project: ProjectId, before: Option<i64>, limit: u32) -> StoreFuture<'_, Vec<Version>>;

    /// Returns one version, whether it stands or not.
    fn version(&self, project: ProjectId, id: i64) -> StoreFuture<'_, Option<Version>>;

    /// Lists the tombstones of keys that are deleted.
    fn deleted(&self, project: ProjectId) -> StoreFuture<'_, Vec<Version>>;

    /// Writes entries into the audit log.
    fn note(&self, entries: Vec<AuditEntry>) -> StoreFuture<'_, ()>;

    /// Writes refusals into the audit log: equal ones of an hour are one entry with a count, and the number of entries
    /// per hour is bounded.
    fn note_refusals(&self, refusals: Vec<Refusal>) -> StoreFuture<'_, ()>;

    /// Deletes some of the audit entries from before a moment; returns whether there may be more.
    fn forget_audit_before(&self, at_millis: i64) -> StoreFuture<'_, bool>;

    /// Lists entries of the audit log, newest first.
    fn audit(&self, filter: AuditFilter) -> StoreFuture<'_, Vec<AuditRecord>>;

    /// Lists the comments on the versions that stand, by version, where there is one.
    fn comments(&self, project: ProjectId, keys: KeyRange) -> StoreFuture<'_, Vec<(i64, String)>>;

    /// Gives a project another name.
    fn rename_project(&self, project: ProjectId, name: String) -> StoreFuture<'_, ()>;

    /// Creates an environment.
    fn create_environment(&self, project: ProjectId, name: String) -> StoreFuture<'_, Environment>;

    /// Gives an environment another name and other demands; tells whether there was one.
    fn update_environment(&self, project: ProjectId, environment: Environment) -> StoreFuture<'_, bool>;

    /// Makes a key that people can tell from others.
    fn issue_named_key(&self, request: NewKey) -> StoreFuture<'_, IssuedKey>;

    /// Lists a project's keys as people see them.
    fn keys(&self, project: ProjectId) -> StoreFuture<'_, Vec<KeyDetails>>;

    /// Says when a key ends, in milliseconds since 1970; tells whether there was one that had not ended.
    fn expire_key(&self, id: i64, at_millis: i64) -> StoreFuture<'_, bool>;

    /// Writes down when keys were used last.
    fn used_keys(&self, used: Vec<(i64, i64)>) -> StoreFuture<'_, ()>;

    /// Lists a project's drafts by key.
    fn drafts(&self, project: ProjectId) -> StoreFuture<'_, Vec<Draft>>;

    /// Lists which drafts a project has, without what they are.
    fn draft_marks(&self, project: ProjectId) -> StoreFuture<'_, Vec<DraftMark>>;

    /// Keeps a draft in place of an earlier one of that key, whose approval does not hold for it.
    fn save_draft(&self, project: ProjectId, draft: Draft) -> StoreFuture<'_, ()>;

    /// Writes down who approved a draft; tells whether it is still the one that was saved at that moment.
    fn approve_draft(&self, project: ProjectId, draft: Draft, by: String) -> StoreFuture<'_, bool>;

    /// Throws a draft away; tells whether there was one.
    fn drop_draft(&self, project: ProjectId, key: String) -> StoreFuture<'_, bool>;

    /// Writes a copy of everything, at one consistent moment, into a new file.
    fn backup(&self, file: PathBuf) -> StoreFuture<'_, ()>;
}

/// What tells a draft from another one of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftMark {
    /// The key.
    pub key: String,
    /// Who saved it, as people know them.
    pub saved_by: String,
    /// When, in milliseconds since 1970.
    pub saved_at_millis: i64,
    /// Who approved it.
    pub approved_by: Option<String>,
}

/// What changes to an environment take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    /// A comment with every change.
    pub needs_comment: bool,
    /// The approval of a second person.
    pub needs_approval: bool,
}

/// A change that is not made yet. Each key has one at most.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The key.
    pub key: String,
    /// What it is to be; nothing archives it.
    pub config: Option<Config>,
    /// The version it is meant for; 0 where the key is new.
    pub base_id: i64,
    /// Why.
    pub comment: String,
    /// Who saved it, as people know them.
    pub saved_by: String,
    /// The person behind that, so that the same one with another key is no second person.
    pub saved_by_person: String,
    /// When, in milliseconds since 1970.
    pub saved_at_millis: i64,
    /// Who approved it.
    pub approved_by: Option<String>,
}

/// What the audit log says of a deed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Who: `ann@acme.test`, `key 7 (ci)`.
    pub who: String,
    /// From where: an address.
    pub origin: String,
    /// With which program, as it calls itself.
    pub via: String,
    /// What was done, in words.
    pub sentence: String,
    /// Why, in that person's words.
    pub comment: String,
}

/// One entry of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditEntry {
    /// The project, unless it concerns all.
    pub project: Option<ProjectId>,
    /// What kind of deed: `config.changed`.
    pub action: String,
    /// What it was done to: a config's key, an environment's name.
    pub subject: String,
    /// The environment, if it concerns one.
    pub environment: Option<EnvironmentId>,
    /// The version that came of it.
    pub version_id: Option<i64>,
    /// Whether it was refused.
    pub is_refused: bool,
    /// Who, from where, and the sentence.
    pub note: Note,
}

impl AuditEntry {
    /// Returns an entry with nothing but a note.
    pub fn of(note: Note) -> Self {
        Self { note, ..Self::default() }
    }
}

/// An entry as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number; grows.
    pub id: i64,
    /// When, in milliseconds since 1970; the first time, if it happened more than once.
    pub at_millis: i64,
    /// How many times. More than once for refusals only.
    pub count: i64,
    /// What.
    pub entry: AuditEntry,
}

/// What was refused, and how many times since the last time it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was refused. Entries with the same project, action, subject, origin and sentence are equal.
    pub entry: AuditEntry,
    /// How many times.
    pub count: i64,
}

impl Refusal {
    /// Returns the entry that stands for all refusals of an hour that found no room for an entry of their own.
    pub fn further(project: Option<ProjectId>, action: &str, count: i64) -> Self {
        let note = Note { sentence: FURTHER.to_owned(), ..Note::default() };
        let entry =
            AuditEntry { project, action: action.to_owned(), is_refused: true, ..AuditEntry::of(note) };
        Self { entry, count }
    }
}

const FURTHER: &str = "further refusals in this hour, too many to list";

/// Which entries of the audit log are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this project.
    pub project: Option<ProjectId>,
    /// About exactly this subject.
    pub subject: Option<String>,
    /// By somebody whose name contains this.
    pub who: Option<String>,
    /// Deeds of this kind, or of every kind before its dot: `config`, `config.changed`.
    pub action: Option<String>,
    /// About this environment.
    pub environment: Option<EnvironmentId>,
    /// Whose sentence or comment contains this.
    pub text: Option<String>,
    /// Not before this moment.
    pub from_millis: Option<i64>,
    /// Before this moment.
    pub to_millis: Option<i64>,
    /// Before this entry.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// A wish for a key that people can tell from others.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its project.
    pub project: ProjectId,
    /// Its environment.
    pub environment: EnvironmentId,
    /// What it may do.
    pub kind: KeyKind,
    /// The person it belongs to.
    pub user_id: Option<String>,
    /// What people call it.
    pub name: String,
    /// Who made it.
    pub created_by: String,
    /// When it ends by itself, in milliseconds since 1970.
    pub expires_at_millis: Option<i64>,
}

/// A key as people see it: everything but its text, which is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDetails {
    /// Its number, with which its text begins.
    pub id: i64,
    /// Its environment.
    pub environment: EnvironmentId,
    /// What it may do.
    pub kind: KeyKind,
    /// What people call it.
    pub name: String,
    /// The person it belongs to.
    pub user_id: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at_millis: i64,
    /// When it was used last.
    pub last_used_at_millis: Option<i64>,
    /// When it ends by itself.
    pub expires_at_millis: Option<i64>,
    /// When it was revoked.
    pub revoked_at_millis: Option<i64>,
}
