//! Audit log entries about sessions and accounts.

use crate::api::{error::ApiError, state::App};
use prefab_core::ids::ProjectId;
use prefab_service::{origin::Origin, sign_in::network};
use prefab_store::{
    AuditEntry, AuditNote, Refusal,
    accounts::{Account, Person},
};

use crate::api::management::session::checks::validate_email;

/// Records an action of a person in the audit log of each of their projects.
pub(in super::super) async fn note(
    app: &App,
    person: &Person,
    projects: &[ProjectId],
    origin: Origin,
    (action, sentence): (&str, &str),
) -> Result<(), ApiError> {
    let Person { id, email, name } = person;
    let who = format!("{name} ({email})");
    let entries = projects.iter().map(|project| AuditEntry {
        project: Some(*project),
        action: action.to_owned(),
        subject: id.to_string(),
        note: AuditNote {
            sentence: format!("{who} {sentence}"),
            actor: who.clone(),
            origin: origin.address.clone(),
            via: origin.via.clone(),
            comment: String::new(),
        },
        ..AuditEntry::default()
    });
    Ok(app.project_cache.store().record_audit(entries.collect()).await?)
}

/// Records a rejected log-in in the audit logs of the account's projects. Without such an account, in the log of the
/// first project.
pub(in super::super) async fn refused(
    app: &App,
    email: &str,
    account: Option<&Account>,
    origin: Origin,
    cause: &str,
) -> Result<(), ApiError> {
    let first = app.project_cache.projects().first().map(|project| project.id);
    let projects = account.map_or_else(|| Vec::from_iter(first), |account| account.projects.clone());
    // The input may be long, or not an e-mail address.
    let typed = validate_email(email).unwrap_or_else(|_| "unknown person".to_owned());
    let entry = |project| AuditEntry {
        project: Some(project),
        action: "session.refused".to_owned(),
        subject: account.map(|account| account.person.id.to_string()).unwrap_or_default(),
        is_refused: true,
        note: AuditNote {
            sentence: format!("log-in of {typed} was rejected: {cause}"),
            actor: typed.clone(),
            origin: network(origin.peer()),
            via: origin.via.clone(),
            comment: String::new(),
        },
        ..AuditEntry::default()
    };
    let refusals = projects.into_iter().map(|project| Refusal { entry: entry(project), count: 1 });
    Ok(app.project_cache.store().record_refusals(refusals.collect()).await?)
}
