//! New entries in the audit log of a project.

use prefab_core::ids::EnvironmentId;
use prefab_service::actor::Author;
use prefab_store::AuditEntry;

use crate::api::{error::ApiError, state::App};

/// Adds an entry about an action of the author.
pub(super) async fn record(
    app: &App,
    author: &Author,
    action: &str,
    subject: impl ToString,
    environment: Option<EnvironmentId>,
    sentence: &str,
) -> Result<(), ApiError> {
    let entry = AuditEntry {
        project: Some(author.project.id),
        action: action.to_owned(),
        subject: subject.to_string(),
        environment,
        ..AuditEntry::of(author.note(sentence))
    };
    Ok(app.hub.store().note(vec![entry]).await?)
}
