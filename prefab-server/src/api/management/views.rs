//! Conversions from records of the store to responses that several endpoints return.

use prefab_core::ChangedBy;

use prefab_management_api as api;
use prefab_management_api::{EnvironmentResponse, EnvironmentRole, ItemVersion};
use prefab_store::{AuditRecord, Environment, Role, Roles, Version};

pub(super) fn environment_response(environment: &Environment) -> EnvironmentResponse {
    let Environment { id, name, protection } = environment;
    EnvironmentResponse {
        id: id.to_string(),
        name: name.clone(),
        needs_comment: protection.needs_comment,
        needs_approval: protection.needs_approval,
    }
}

/// Returns a role of the store in the form of the API.
pub(super) fn role_response(role: Role) -> api::Role {
    match role {
        Role::Viewer => api::Role::Viewer,
        Role::Editor => api::Role::Editor,
        Role::Publisher => api::Role::Publisher,
        Role::Admin => api::Role::Admin,
    }
}

/// Returns a role of the API in the form of the store.
pub(super) fn store_role(role: api::Role) -> Role {
    match role {
        api::Role::Viewer => Role::Viewer,
        api::Role::Editor => Role::Editor,
        api::Role::Publisher => Role::Publisher,
        api::Role::Admin => Role::Admin,
    }
}

pub(super) fn environment_role(environment: &Environment, roles: &Roles) -> EnvironmentRole {
    let Environment { id, name, .. } = environment;
    EnvironmentRole { id: id.to_string(), name: name.clone(), role: role_response(roles.in_environment(*id)) }
}

/// Returns the environments with a different role than the project.
pub(super) fn exceptional_roles(environments: &[Environment], roles: &Roles) -> Vec<EnvironmentRole> {
    let own = environments.iter().filter(|environment| roles.environments.contains_key(&environment.id));
    own.map(|environment| environment_role(environment, roles)).collect()
}

/// Returns a version with its audit log entry. Old versions have none.
pub(super) fn item_version(version: &Version, record: Option<&AuditRecord>) -> ItemVersion {
    let note = record.map(|record| &record.entry.note);
    ItemVersion {
        id: version.id.to_string(),
        previous_id: version.previous_id.map(|id| id.to_string()),
        key: version.key.clone(),
        changed_at: version.changed_at_millis,
        changed_by: note.map_or_else(|| who(&version.changed_by), |note| note.actor.clone()),
        is_archived: version.config.is_none(),
        sentence: note.map(|note| note.sentence.clone()),
        comment: note.map(|note| note.comment.clone()).filter(|comment| !comment.is_empty()),
        item: None,
    }
}

/// Returns the actor of a change from the version alone.
pub(super) fn who(changed_by: &ChangedBy) -> String {
    let ChangedBy { user_id: _, email, api_key_id, user_identity } = changed_by;
    match (email.as_str(), api_key_id.as_str(), user_identity.as_str()) {
        ("", "", "") => "unknown".to_owned(),
        ("", "", identity) => identity.to_owned(),
        ("", key, _) => format!("key {key}"),
        (email, ..) => email.to_owned(),
    }
}
