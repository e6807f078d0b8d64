//! Drafts: unpublished changes.

use prefab_core::{Config, ids::ProjectId};

use crate::StoreFuture;

/// Stores drafts: at most one per config key.
pub trait Drafts: Send + Sync + 'static {
    /// Lists a project's drafts by key.
    fn drafts(&self, project: ProjectId) -> StoreFuture<'_, Vec<Draft>>;

    /// Lists the drafts of a project without their content.
    fn draft_marks(&self, project: ProjectId) -> StoreFuture<'_, Vec<DraftMark>>;

    /// Saves a draft. It replaces an earlier draft of the same key, together with its approval.
    fn save_draft(&self, project: ProjectId, draft: Draft) -> StoreFuture<'_, ()>;

    /// Records the approval of a draft. Returns whether the stored draft is still the given one.
    fn approve_draft(&self, project: ProjectId, draft: Draft, by: String) -> StoreFuture<'_, bool>;

    /// Discards a draft. Returns whether there was one.
    fn discard_draft(&self, project: ProjectId, key: String) -> StoreFuture<'_, bool>;
}

/// The part of a draft that differs between two drafts of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftMark {
    /// The config key.
    pub key: String,
    /// The label of the actor who saved it.
    pub saved_by: String,
    /// The time it was saved, in milliseconds since 1970.
    pub saved_at_millis: i64,
    /// The label of the actor who approved it.
    pub approved_by: Option<String>,
}

/// An unpublished change. Each config key has at most one.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The config key.
    pub key: String,
    /// The config after the change; `None` archives it.
    pub config: Option<Config>,
    /// The version that the draft is based on; 0 if the key is new.
    pub base_id: i64,
    /// The comment.
    pub comment: String,
    /// The label of the actor who saved it.
    pub saved_by: String,
    /// The identity of that actor: the same for all keys and tokens of one person, so that a person cannot approve their
    /// own draft.
    pub saved_by_person: String,
    /// The time it was saved, in milliseconds since 1970.
    pub saved_at_millis: i64,
    /// The label of the actor who approved it.
    pub approved_by: Option<String>,
}
