//! The actor of a change: a person, a management token or an API key.

use std::sync::Arc;

use prefab_core::ChangedBy;

use crate::labels::{api_key_label, token_label};
use crate::{origin::Origin, project::Project, project_cache::Caller};
use prefab_store::{
    AuditNote, Role, Roles,
    accounts::{Person, Token},
};

/// A person, a management token or an API key that changes something in a project.
#[derive(Clone)]
pub struct Actor {
    /// The project that is changed.
    pub project: Arc<Project>,
    /// The actor, in the form that the log of versions stores.
    pub changed_by: ChangedBy,
    /// What the actor may do in the project.
    pub roles: Roles,
    /// The id of the person who acts, in a browser or by a token; `None` for an API key.
    pub person_id: Option<i64>,
    /// The label for people: `Ann (ann@acme.test)`, `key 7 (ci)`, `token 3 (deploy)`.
    pub label: String,
    /// The address and program that the request came from.
    pub origin: Origin,
    /// The comment on the change.
    pub comment: String,
}

impl Actor {
    /// Returns the owner of an API key as an actor.
    pub fn of(caller: &Caller, origin: Origin) -> Self {
        let changed_by = ChangedBy {
            user_id: caller.user_id.as_deref().and_then(|id| id.parse().ok()).unwrap_or_default(),
            api_key_id: caller.key_id.to_string(),
            ..ChangedBy::default()
        };
        Self {
            project: Arc::clone(&caller.project),
            changed_by,
            // Handlers accept admin keys only, and an admin key may change everything in its project.
            roles: Roles::of(Role::Admin),
            person_id: None,
            label: api_key_label(caller.key_id, &caller.name),
            origin,
            comment: String::new(),
        }
    }

    /// Returns a person as an actor.
    pub fn of_person(person: &Person, roles: Roles, project: Arc<Project>, origin: Origin) -> Self {
        let Person { id, email, name } = person;
        let changed_by = ChangedBy { user_id: *id, email: email.clone(), ..ChangedBy::default() };
        let label = format!("{name} ({email})");
        Self { project, changed_by, roles, person_id: Some(*id), label, origin, comment: String::new() }
    }

    /// Returns a management token as an actor.
    ///
    /// The token counts as the person who created it, so that it cannot approve that person's drafts.
    pub fn of_token(token: &Token, project: Arc<Project>, origin: Origin) -> Self {
        let label = token_label(token.id, &token.name);
        let changed_by = ChangedBy {
            user_id: token.created_by_person,
            user_identity: label.clone(),
            ..ChangedBy::default()
        };
        let (roles, person_id) = (token.roles.clone(), token.owner);
        Self { project, changed_by, roles, person_id, label, origin, comment: String::new() }
    }

    /// Returns the identity that approvals compare: the same for every key and token of one person.
    ///
    /// A key that belongs to no person has an identity of its own.
    pub fn identity(&self) -> String {
        match self.changed_by.user_id {
            0 => self.label.clone(),
            id => format!("user {id}"),
        }
    }

    /// Sets the comment.
    #[must_use]
    pub fn with_comment(self, comment: impl Into<String>) -> Self {
        Self { comment: comment.into(), ..self }
    }

    /// Returns the audit note for something the actor did.
    ///
    /// `action` completes the sentence that starts with the label: `created the project "web"`.
    pub fn audit_note(&self, action: &str) -> AuditNote {
        let Self { project: _, changed_by: _, roles: _, person_id: _, label, origin, comment } = self;
        AuditNote {
            actor: label.clone(),
            origin: origin.address.clone(),
            via: origin.via.clone(),
            sentence: format!("{label} {action}"),
            comment: comment.clone(),
        }
    }
}
