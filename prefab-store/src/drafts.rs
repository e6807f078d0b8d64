//! Unpublished changes.

use prefab_core::{Config, ids::ProjectId};

use crate::StoreFuture;

/// Stores drafts: at most one per config key.
pub trait Drafts: Send + Sync + 'static {
    /// Lists a project's drafts by key.
    fn drafts(&self, project: ProjectId) -> StoreFuture<'_, Vec<Draft>>;

    /// Lists which drafts a project has, without what they are.
    fn draft_marks(&self, project: ProjectId) -> StoreFuture<'_, Vec<DraftMark>>;

    /// Keeps a draft in place of an earlier one of that key, whose approval does not hold for it.
    fn save_draft(&self, project: ProjectId, draft: Draft) -> StoreFuture<'_, ()>;

    /// Writes down who approved a draft; tells whether it is still the one that was saved at that moment.
    fn approve_draft(&self, project: ProjectId, draft: Draft, by: String) -> StoreFuture<'_, bool>;

    /// Throws a draft away; tells whether there was one.
    fn discard_draft(&self, project: ProjectId, key: String) -> StoreFuture<'_, bool>;
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
