//! Who changes something, from where, and why.

use std::sync::Arc;

use prefab_core::ChangedBy;

use crate::labels::{token_label, who};
use crate::{origin::Origin, project::Project, project_cache::Caller};
use prefab_store::{
    AuditNote, Role, Roles,
    accounts::{Person, Token},
};

/// Who changes something in a project.
#[derive(Clone)]
pub struct Actor {
    /// The project that is changed.
    pub project: Arc<Project>,
    /// The actor, in the form that the log of versions stores.
    pub changed_by: ChangedBy,
    /// What the actor may do in the project.
    pub roles: Roles,
    /// The person who acts, in a browser or by a token; none where a key does.
    pub owner: Option<i64>,
    /// As people know them: `key 7 (ci)`.
    pub who: String,
    /// The address and program that the request came from.
    pub origin: Origin,
    /// Why, in their words.
    pub comment: String,
}

impl Actor {
    /// Returns the owner of a key as an actor.
    pub fn of(caller: &Caller, origin: Origin) -> Self {
        let changed_by = ChangedBy {
            user_id: caller.user_id.as_deref().and_then(|id| id.parse().ok()).unwrap_or_default(),
            api_key_id: caller.key_id.to_string(),
            ..ChangedBy::default()
        };
        Self {
            project: Arc::clone(&caller.project),
            changed_by,
            // Whoever may change with a key at all may change everything in its project.
            roles: Roles::of(Role::Admin),
            owner: None,
            who: who(caller.key_id, &caller.name),
            origin,
            comment: String::new(),
        }
    }

    /// Returns a person as an actor.
    pub fn of_person(person: &Person, roles: Roles, project: Arc<Project>, origin: Origin) -> Self {
        let Person { id, email, name } = person;
        let changed_by = ChangedBy { user_id: *id, email: email.clone(), ..ChangedBy::default() };
        let who = format!("{name} ({email})");
        Self { project, changed_by, roles, owner: Some(*id), who, origin, comment: String::new() }
    }

    /// Returns the holder of a management token as an actor. The person who made it answers for it, so that it
    /// is no second person beside them.
    pub fn of_token(token: &Token, project: Arc<Project>, origin: Origin) -> Self {
        let who = token_label(token.id, &token.name);
        let changed_by = ChangedBy {
            user_id: token.created_by_person,
            user_identity: who.clone(),
            ..ChangedBy::default()
        };
        let (roles, owner) = (token.roles.clone(), token.owner);
        Self { project, changed_by, roles, owner, who, origin, comment: String::new() }
    }

    /// Names the person, whichever key they use; a key that belongs to nobody stands for itself.
    pub fn identity(&self) -> String {
        match self.changed_by.user_id {
            0 => self.who.clone(),
            id => format!("user {id}"),
        }
    }

    /// Adds why.
    #[must_use]
    pub fn with_comment(self, comment: impl Into<String>) -> Self {
        Self { comment: comment.into(), ..self }
    }

    /// Returns what the audit log says of a deed of theirs.
    pub fn audit_note(&self, deed: &str) -> AuditNote {
        let Self { project: _, changed_by: _, roles: _, owner: _, who, origin, comment } = self;
        AuditNote {
            who: who.clone(),
            origin: origin.address.clone(),
            via: origin.via.clone(),
            sentence: format!("{who} {deed}"),
            comment: comment.clone(),
        }
    }
}
