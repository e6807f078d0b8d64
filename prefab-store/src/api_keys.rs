//! Stored API keys.

use std::sync::Arc;

use prefab_core::ids::{EnvironmentId, ProjectId};

use crate::{
    StoreFuture,
    key::{IssuedKey, KeyHash, KeyKind},
};

/// Stores API keys: their hashes and their descriptions, never their text.
pub trait ApiKeys: Send + Sync + 'static {
    /// Issues a key without a name.
    fn issue_key(&self, request: KeyRequest) -> StoreFuture<'_, IssuedKey>;

    /// Issues a key with a name.
    fn issue_named_key(&self, request: NewKey) -> StoreFuture<'_, IssuedKey>;

    /// Lists the keys of a project, revoked and expired ones included.
    fn keys(&self, project: ProjectId) -> StoreFuture<'_, Vec<KeyDetails>>;

    /// Revokes a key permanently. Returns whether there was a key to revoke.
    fn revoke_key(&self, id: i64) -> StoreFuture<'_, bool>;

    /// Sets the expiry of a key, in milliseconds since 1970. Returns whether there was a key that had not ended.
    fn expire_key(&self, id: i64, at_millis: i64) -> StoreFuture<'_, bool>;

    /// Records the last use of keys: pairs of key id and time in milliseconds since 1970.
    fn record_key_usage(&self, used: Vec<(i64, i64)>) -> StoreFuture<'_, ()>;
}

/// A stored key.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// The id.
    pub id: i64,
    /// The project.
    pub project: ProjectId,
    /// The environment.
    pub environment: EnvironmentId,
    /// The kind.
    pub kind: KeyKind,
    /// The hash of the text.
    pub hash: KeyHash,
    /// The id of the user it belongs to, whose personal overrides it receives.
    pub user_id: Option<Arc<str>>,
    /// Whether the key is revoked.
    pub revoked: bool,
    /// The time it expires, in milliseconds since 1970.
    pub expires_at_millis: Option<i64>,
    /// The name.
    pub name: Arc<str>,
}

/// A request for a key without a name.
#[derive(Clone, Debug)]
pub struct KeyRequest {
    /// The project.
    pub project: ProjectId,
    /// The environment.
    pub environment: EnvironmentId,
    /// The kind.
    pub kind: KeyKind,
    /// The id of the user it belongs to.
    pub user_id: Option<String>,
}

/// A request for a key with a name.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The project.
    pub project: ProjectId,
    /// The environment.
    pub environment: EnvironmentId,
    /// The kind.
    pub kind: KeyKind,
    /// The id of the user it belongs to.
    pub user_id: Option<String>,
    /// The name.
    pub name: String,
    /// The label of the actor who issued it.
    pub created_by: String,
    /// The id of the person who issued it, directly or with a token or an admin key of their own.
    pub created_by_person: Option<i64>,
    /// The time it expires, in milliseconds since 1970.
    pub expires_at_millis: Option<i64>,
}

/// The description of a key, without its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDetails {
    /// The id, with which the text starts.
    pub id: i64,
    /// The environment.
    pub environment: EnvironmentId,
    /// The kind.
    pub kind: KeyKind,
    /// The name.
    pub name: String,
    /// The id of the user it belongs to.
    pub user_id: Option<String>,
    /// The label of the actor who issued it.
    pub created_by: String,
    /// The id of the person who issued it, directly or with a token or an admin key of their own.
    pub created_by_person: Option<i64>,
    /// The time it was issued, in milliseconds since 1970.
    pub created_at_millis: i64,
    /// The time of its last use.
    pub last_used_at_millis: Option<i64>,
    /// The time it expires.
    pub expires_at_millis: Option<i64>,
    /// The time it was revoked.
    pub revoked_at_millis: Option<i64>,
}
