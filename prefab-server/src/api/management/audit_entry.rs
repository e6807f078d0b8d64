//! New entries in the audit log of a project.

use prefab_core::ids::EnvironmentId;
use prefab_service::actor::Actor;
use prefab_store::AuditEntry;

use crate::api::{error::ApiError, state::App};

/// Adds an entry about an action of the actor.
pub(super) async fn record(
    app: &App,
    actor: &Actor,
    action: &str,
    subject: impl ToString,
    environment: Option<EnvironmentId>,
    sentence: &str,
) -> Result<(), ApiError> {
    let entry = AuditEntry {
        project: Some(actor.project.id),
        action: action.to_owned(),
        subject: subject.to_string(),
        environment,
        ..AuditEntry::of(actor.audit_note(sentence))
    };
    Ok(app.project_cache.store().record_audit(vec![entry]).await?)
}
