//! How things are shown that several endpoints show.

use prefab_core::ChangedBy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use prefab_service::{ErrorCode, item::Item};
use prefab_store::{AuditRecord, Environment, Role, Roles, Version};

/// A refusal.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "describes what `ApiError` writes")]
pub(super) struct Problem {
    /// In short: `Bad Request`.
    message: String,
    /// The kind of the error. Programs decide by this, not by the texts.
    code: ErrorCode,
    /// What is wrong in particular.
    #[serde(rename = "_embedded")]
    embedded: Option<Problems>,
}

#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "describes what `ApiError` writes")]
pub(super) struct Problems {
    errors: Vec<Cause>,
}

#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "describes what `ApiError` writes")]
pub(super) struct Cause {
    /// The place, what is wrong, and what would be right.
    #[schema(example = "`default.rules[0].value.value`: expected true or false, not 3")]
    message: String,
    /// The path of the field; empty if the problem has no single place.
    #[schema(example = "item.default.rules[0].value.value")]
    place: String,
    /// The place inside the JSON value of the field, as a JSON pointer.
    #[schema(example = "/limits/0")]
    pointer: Option<String>,
    /// The kind of the problem: for `invalid`, one of `ProblemCode`, else the code of the error.
    #[schema(example = "wrong_type")]
    code: String,
}

/// An environment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvironmentView {
    /// Its number, as a text.
    id: String,
    name: String,
    /// Whether every change takes a comment.
    needs_comment: bool,
    /// Whether every change takes the approval of a second person.
    needs_approval: bool,
}

impl EnvironmentView {
    pub(super) fn of(environment: &Environment) -> Self {
        let Environment { id, name, protection } = environment;
        Self {
            id: id.to_string(),
            name: name.clone(),
            needs_comment: protection.needs_comment,
            needs_approval: protection.needs_approval,
        }
    }
}

/// What somebody may do in an environment.
#[derive(Serialize, ToSchema)]
pub(super) struct RoleIn {
    /// The environment's number, as a text.
    id: String,
    name: String,
    role: Role,
}

impl RoleIn {
    pub(super) fn of(environment: &Environment, roles: &Roles) -> Self {
        let Environment { id, name, .. } = environment;
        Self { id: id.to_string(), name: name.clone(), role: roles.in_environment(*id) }
    }

    /// Returns the environments in which somebody may do something else than in the rest of the project.
    pub(super) fn exceptions(environments: &[Environment], roles: &Roles) -> Vec<Self> {
        let own = environments.iter().filter(|environment| roles.environments.contains_key(&environment.id));
        own.map(|environment| Self::of(environment, roles)).collect()
    }
}

/// What came of a change.
#[derive(Serialize, ToSchema)]
pub(super) struct Changed {
    /// The new version's number, as a text.
    #[schema(example = "17017173800583163")]
    pub(super) id: String,
    pub(super) key: String,
}

/// Why something is done.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Why {
    /// Why, for the audit log; some environments take no change without.
    pub(super) comment: Option<String>,
    /// The version that the change is meant for; without, whichever stands.
    pub(super) version: Option<String>,
}

/// One version of a key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VersionView {
    /// Its number, as a text.
    pub(super) id: String,
    /// The version it replaced.
    pub(super) previous_id: Option<String>,
    pub(super) key: String,
    /// When it was made, in milliseconds since 1970.
    pub(super) changed_at: i64,
    /// Who made it: `ann@acme.test`, `key 7 (ci)`.
    pub(super) changed_by: String,
    /// Whether it says that the key is archived.
    pub(super) is_archived: bool,
    /// What changed, as a sentence.
    pub(super) sentence: Option<String>,
    /// Why.
    pub(super) comment: Option<String>,
    /// What it was; only where one version is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<Item>,
}

impl VersionView {
    /// Shows a version with what the audit log says of it, if it is that old.
    pub(super) fn of(version: &Version, record: Option<&AuditRecord>) -> Self {
        let note = record.map(|record| &record.entry.note);
        Self {
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
}

/// Names whoever made a change, as far as the version itself tells.
pub(super) fn who(changed_by: &ChangedBy) -> String {
    let ChangedBy { user_id: _, email, api_key_id, user_identity } = changed_by;
    match (email.as_str(), api_key_id.as_str(), user_identity.as_str()) {
        ("", "", "") => "somebody".to_owned(),
        ("", "", identity) => identity.to_owned(),
        ("", key, _) => format!("key {key}"),
        (email, ..) => email.to_owned(),
    }
}
