//! Password resets with a link that an admin creates.

use crate::api::origin::RequestOrigin;

use axum::{Json, extract::State, response::Response};
use http::HeaderMap;

use crate::api::management::{
    access::{Access, JsonBody, PathParams},
    people::{find, named},
    reset_rights::ResetRights,
    session::{
        audit::note,
        checks::{count_link_attempt, link, reject_cross_site, validate_password},
        start_session,
    },
};
use crate::api::{error::ApiError, state::App};
use prefab_core::ids::ProjectId;
use prefab_management_api::{ErrorResponse, PasswordResetLink, ResetPasswordRequest, SessionResponse};
use prefab_service::sign_in::{Secret, network};
use prefab_store::{
    AuditEntry, Role,
    accounts::{NewReset, Session},
    key::KeyHash,
};

const LINK_LIFETIME_MILLIS: i64 = 24 * 3_600 * 1_000;

/// Creates a link with which a member sets a new password, once, within one day. It replaces an earlier link.
///
/// An account has access to all its projects, so this requires an owner of the installation, or an admin of each of the
/// projects. For an owner of the installation, it requires another owner.
#[utoipa::path(
    post, path = "/projects/{project}/people/{person}/password-reset", tag = "people",
    params(("project" = i64, Path), ("person" = i64, Path, description = "The number of the person")),
    responses((status = 200, body = PasswordResetLink),
              (status = 403, description = "The person is a member of a project that you do not manage, or an owner of the installation", body = ErrorResponse),
              (status = 404, body = ErrorResponse))
)]
pub(super) async fn offer(
    State(app): State<App>,
    access: Access,
    PathParams((project, person)): PathParams<(i64, i64)>,
    headers: HeaderMap,
) -> Result<Json<PasswordResetLink>, ApiError> {
    let rights = ResetRights::of(&app, &access).await?;
    let actor = access.require_role(project, Role::Admin)?;
    let member = find(&app, &actor, person).await?;
    let account =
        app.project_cache.store().account(member.person.email.clone()).await?.ok_or(ApiError::NotFound)?;
    rights.check(&account)?;
    let secret = Secret::new()?;
    let expires_at_millis = app.clock.now_millis() + LINK_LIFETIME_MILLIS;
    let reset = NewReset { hash: secret.hash(), person, expires_at_millis };
    app.project_cache.store().create_password_reset(reset).await?;
    let sentence = format!("created a password reset link for {}", named(&member));
    let entries = account.projects.iter().map(|project| AuditEntry {
        project: Some(*project),
        action: "person.reset-offered".to_owned(),
        subject: person.to_string(),
        ..AuditEntry::of(actor.audit_note(&sentence))
    });
    app.project_cache.store().record_audit(entries.collect()).await?;
    Ok(Json(PasswordResetLink {
        link: link(&app, &headers, "reset", secret.text()),
        token: secret.text().to_owned(),
        expires_at: expires_at_millis,
    }))
}

/// Sets a new password with a link, ends all sessions of that person, and logs in.
#[utoipa::path(
    post, path = "/password-reset", tag = "people", request_body = ResetPasswordRequest, security(()),
    responses((status = 200, body = SessionResponse), (status = 400, body = ErrorResponse),
              (status = 403, description = "The link has been used or has expired", body = ErrorResponse),
              (status = 429, description = "Too many attempts; `Retry-After` contains the time to wait", body = ErrorResponse))
)]
pub(super) async fn reset(
    State(app): State<App>,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
    JsonBody(ResetPasswordRequest { token, password }): JsonBody<ResetPasswordRequest>,
) -> Result<Response, ApiError> {
    reject_cross_site(&headers)?;
    count_link_attempt(&app, &origin).await?;
    validate_password("password", &password)?;
    let hash = KeyHash::of(&token);
    let refused = "this link has been used or has expired; ask an admin for a new one";
    // Hashing is expensive, so it happens only for valid links.
    if !app.project_cache.store().is_password_reset_valid(hash).await? {
        return Err(ApiError::Forbidden(refused));
    }
    let password = app.sign_in.passwords.hash(password).await?;
    let done = app.project_cache.store().reset_password(hash, password).await?;
    let Session { person, projects, is_owner: _ } = done.ok_or(ApiError::Forbidden(refused))?;
    let store = app.project_cache.store();
    app.sign_in.succeeded(store, &person.email, &network(origin.peer()), None).await?;
    let projects: Vec<ProjectId> = projects.into_keys().collect();
    note(&app, &person, &projects, origin, ("person.password", "set a new password with a link")).await?;
    start_session(&app, person, &headers).await
}
