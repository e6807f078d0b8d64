//! API keys as they are stored.

use std::sync::Arc;

use prefab_core::ids::{EnvironmentId, ProjectId};

use crate::{
    StoreFuture,
    key::{IssuedKey, KeyHash, KeyKind},
};

/// Stores API keys: their hashes and what people see of them.
pub trait ApiKeys: Send + Sync + 'static {
    /// Makes a key. Only its hash is kept.
    fn issue_key(&self, request: KeyRequest) -> StoreFuture<'_, IssuedKey>;

    /// Makes a key that people can tell from others.
    fn issue_named_key(&self, request: NewKey) -> StoreFuture<'_, IssuedKey>;

    /// Lists a project's keys as people see them.
    fn keys(&self, project: ProjectId) -> StoreFuture<'_, Vec<KeyDetails>>;

    /// Revokes a key for good; tells whether there was one to revoke.
    fn revoke_key(&self, id: i64) -> StoreFuture<'_, bool>;

    /// Says when a key ends, in milliseconds since 1970; tells whether there was one that had not ended.
    fn expire_key(&self, id: i64, at_millis: i64) -> StoreFuture<'_, bool>;

    /// Writes down when keys were used last.
    fn record_key_usage(&self, used: Vec<(i64, i64)>) -> StoreFuture<'_, ()>;
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
