//! The audit log: who did what, and what was refused.

use prefab_core::ids::{EnvironmentId, ProjectId};

use crate::StoreFuture;

/// How many entries of refusals an hour may have, besides one per project and action for all further refusals.
pub const REFUSALS_PER_HOUR: i64 = 1_000;
/// How many of them may be a single project's.
pub const REFUSALS_PER_PROJECT: i64 = 200;

/// Stores the audit log.
pub trait AuditLog: Send + Sync + 'static {
    /// Writes entries into the audit log.
    fn record_audit(&self, entries: Vec<AuditEntry>) -> StoreFuture<'_, ()>;

    /// Writes refusals into the audit log: equal ones of an hour are one entry with a count, and the number of entries
    /// per hour is bounded.
    fn record_refusals(&self, refusals: Vec<Refusal>) -> StoreFuture<'_, ()>;

    /// Deletes some of the audit entries from before a moment; returns whether there may be more.
    fn delete_audit_entries_before(&self, at_millis: i64) -> StoreFuture<'_, bool>;

    /// Lists entries of the audit log, newest first.
    fn audit(&self, filter: AuditFilter) -> StoreFuture<'_, Vec<AuditRecord>>;
}

/// What the audit log says of a deed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditNote {
    /// Who: `ann@acme.test`, `key 7 (ci)`.
    pub actor: String,
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
    pub note: AuditNote,
}

impl AuditEntry {
    /// Returns an entry with nothing but a note.
    pub fn of(note: AuditNote) -> Self {
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
        let note = AuditNote { sentence: FURTHER.to_owned(), ..AuditNote::default() };
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
