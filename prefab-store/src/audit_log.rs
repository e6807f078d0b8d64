//! The audit log: what actors did, and what was refused.

use prefab_core::ids::{EnvironmentId, ProjectId};

use crate::StoreFuture;

/// Maximum number of refusal entries per hour. Further refusals share one entry per project and action.
pub const REFUSALS_PER_HOUR: i64 = 1_000;
/// Maximum number of refusal entries per hour and project.
pub const REFUSALS_PER_PROJECT: i64 = 200;

/// Stores the audit log.
pub trait AuditLog: Send + Sync + 'static {
    /// Writes entries.
    fn record_audit(&self, entries: Vec<AuditEntry>) -> StoreFuture<'_, ()>;

    /// Writes refusals. Equal refusals of one hour share an entry with a count, and the number of entries per hour is
    /// limited.
    fn record_refusals(&self, refusals: Vec<Refusal>) -> StoreFuture<'_, ()>;

    /// Deletes a batch of the entries before a time, in milliseconds since 1970. Returns whether there may be more.
    fn delete_audit_entries_before(&self, at_millis: i64) -> StoreFuture<'_, bool>;

    /// Lists entries, newest first.
    fn audit(&self, filter: AuditFilter) -> StoreFuture<'_, Vec<AuditRecord>>;
}

/// The description of an action for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditNote {
    /// The label of the actor: `Ann (ann@acme.test)`, `key 7 (ci)`.
    pub actor: String,
    /// The address the request came from.
    pub origin: String,
    /// The program that sent the request, as named in the request.
    pub via: String,
    /// The action as a sentence.
    pub sentence: String,
    /// The comment of the actor.
    pub comment: String,
}

/// One entry of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditEntry {
    /// The project; `None` for an action on the server.
    pub project: Option<ProjectId>,
    /// The kind of action: `config.changed`.
    pub action: String,
    /// What was changed: a config key, the name of an environment.
    pub subject: String,
    /// The environment, if the action is about one.
    pub environment: Option<EnvironmentId>,
    /// The version that the action created.
    pub version_id: Option<i64>,
    /// Whether the action was refused.
    pub is_refused: bool,
    /// The description.
    pub note: AuditNote,
}

impl AuditEntry {
    /// Creates an entry with a note and without anything else.
    pub fn of(note: AuditNote) -> Self {
        Self { note, ..Self::default() }
    }

    /// Returns the name that equal refusals of one hour share. It does not contain the program, which the client can choose
    /// freely.
    pub fn refusal_name(&self, hour: i64) -> String {
        let Self { project, action, subject, note, .. } = self;
        let project = project.map(|id| id.0).unwrap_or_default();
        format!("{hour}/{project}/{action}/{subject}/{}/{}", note.origin, note.sentence)
    }
}

/// A stored entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// The id. Newer entries have higher ids.
    pub id: i64,
    /// The time of the action, in milliseconds since 1970; the first time, if `count` is above 1.
    pub at_millis: i64,
    /// The number of times. Only refusals have a count above 1.
    pub count: i64,
    /// The entry.
    pub entry: AuditEntry,
}

/// A refused action, and how often it was refused since it was last written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The entry. Entries with the same project, action, subject, origin and sentence are equal.
    pub entry: AuditEntry,
    /// The number of times.
    pub count: i64,
}

impl Refusal {
    /// Returns the entry for all refusals of an hour beyond the maximum number of entries.
    pub fn further(project: Option<ProjectId>, action: &str, count: i64) -> Self {
        let note = AuditNote { sentence: FURTHER.to_owned(), ..AuditNote::default() };
        let entry =
            AuditEntry { project, action: action.to_owned(), is_refused: true, ..AuditEntry::of(note) };
        Self { entry, count }
    }
}

const FURTHER: &str = "further refusals in this hour, too many to list";

/// A filter for audit entries. Empty fields match every entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// The project.
    pub project: Option<ProjectId>,
    /// The exact subject.
    pub subject: Option<String>,
    /// A part of the label of the actor, in any case.
    pub actor: Option<String>,
    /// The kind of action, or the part of it before the dot: `config.changed`, `config`.
    pub action: Option<String>,
    /// The environment.
    pub environment: Option<EnvironmentId>,
    /// A part of the sentence or the comment, in any case.
    pub text: Option<String>,
    /// The earliest time, in milliseconds since 1970.
    pub from_millis: Option<i64>,
    /// The time before which entries match, in milliseconds since 1970.
    pub to_millis: Option<i64>,
    /// The id below which entries match.
    pub before: Option<i64>,
    /// Maximum number of entries.
    pub limit: u32,
}
