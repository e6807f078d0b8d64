//! Accounts: sign-up, password change and deletion.

use crate::api::origin::RequestOrigin;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::HeaderMap;

use crate::api::management::{
    access::JsonBody,
    credentials::BrowserSession,
    projects::validate_name,
    session::{
        attempt,
        audit::note,
        checks::{
            count_link_attempt, reject_cross_site, too_many_attempts, validate_email, validate_password,
        },
        remember_browser, session_ended, start_session,
    },
    tokens,
};
use crate::api::{error::ApiError, state::App};
use prefab_core::ids::ProjectId;
use prefab_management_api::{
    ChangePasswordRequest, DeleteAccountRequest, EmptyResponse, ErrorResponse, SessionResponse, SignUpRequest,
};
use prefab_service::{Conflict, actor::Actor, origin::Origin, sign_in::network};
use prefab_store::{
    accounts::{DeletePersonOutcome, NewPerson, Person, Session, SignUpOutcome},
    key::KeyHash,
};

/// Creates an account from an invitation, and logs in.
#[utoipa::path(
    post, path = "/sign-up", tag = "people", request_body = SignUpRequest, security(()),
    responses((status = 200, body = SessionResponse), (status = 400, body = ErrorResponse),
              (status = 403, description = "The invitation has been used, has expired, or is for another e-mail address", body = ErrorResponse),
              (status = 409, description = "The e-mail address has an account", body = ErrorResponse),
              (status = 429, description = "Too many attempts; `Retry-After` contains the time to wait", body = ErrorResponse))
)]
pub(super) async fn sign_up(
    State(app): State<App>,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
    JsonBody(SignUpRequest { token, email, name, password }): JsonBody<SignUpRequest>,
) -> Result<Response, ApiError> {
    reject_cross_site(&headers)?;
    count_link_attempt(&app, &origin).await?;
    let (email, name, invitation) = (validate_email(&email)?, validate_name(&name)?, KeyHash::of(&token));
    validate_password("password", &password)?;
    let refused =
        "this link has been used, has expired, or is for another e-mail address; ask an admin for a new one";
    // Hashing is expensive, so it happens only for valid invitations.
    if !app.project_cache.store().is_invited(invitation, email.clone()).await? {
        return Err(ApiError::Forbidden(refused));
    }
    let password = app.sign_in.passwords.hash(password).await?;
    let person = NewPerson { email: email.clone(), name, password };
    let (person, projects) = match app.project_cache.store().sign_up(invitation, person).await? {
        SignUpOutcome::Created(person, projects) => (person, projects),
        SignUpOutcome::NotInvited => return Err(ApiError::Forbidden(refused)),
        SignUpOutcome::EmailTaken => {
            let next_step = "log in, and ask an admin to add you to the project";
            return Err(Conflict::AccountExists { email, next_step }.into());
        }
    };
    note(&app, &person, &projects, origin, ("person.signed-up", "signed up")).await?;
    start_session(&app, person, &headers).await
}

/// Changes your password, and ends your other sessions.
#[utoipa::path(
    put, path = "/session/password", tag = "people", request_body = ChangePasswordRequest, security(("session" = [])),
    responses((status = 200, body = EmptyResponse), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
              (status = 403, description = "The current password is wrong", body = ErrorResponse),
              (status = 429, description = "Too many attempts; `Retry-After` contains the time to wait", body = ErrorResponse))
)]
pub(super) async fn change_password(
    State(app): State<App>,
    visitor: BrowserSession,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
    JsonBody(ChangePasswordRequest { current, password }): JsonBody<ChangePasswordRequest>,
) -> Result<Response, ApiError> {
    let BrowserSession { session: Session { person, projects, is_owner: _ }, hash, csrf: _ } = visitor;
    validate_password("password", &password)?;
    prove(&app, &person, current, (&origin, &headers), "`current` is not your password").await?;
    let password = app.sign_in.passwords.hash(password).await?;
    app.project_cache.store().set_password(person.id, password, hash).await?;
    let projects: Vec<ProjectId> = projects.into_keys().collect();
    note(&app, &person, &projects, origin, ("person.password", "changed their password")).await?;
    // The new password makes all browsers unknown, also this one.
    remember_browser(&app, &headers, person.id, Json(EmptyResponse {}).into_response()).await
}

/// Deletes your account, its sessions and the management tokens that act for you. The audit log keeps your actions.
#[utoipa::path(
    delete, path = "/account", tag = "people", request_body = DeleteAccountRequest, security(("session" = [])),
    responses((status = 200, body = EmptyResponse), (status = 400, body = ErrorResponse), (status = 401, body = ErrorResponse),
              (status = 403, description = "The password is wrong", body = ErrorResponse),
              (status = 409, description = "A project would have no admin, or the installation no owner", body = ErrorResponse),
              (status = 429, description = "Too many attempts; `Retry-After` contains the time to wait", body = ErrorResponse))
)]
pub(super) async fn delete(
    State(app): State<App>,
    visitor: BrowserSession,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
    JsonBody(DeleteAccountRequest { password }): JsonBody<DeleteAccountRequest>,
) -> Result<Response, ApiError> {
    let Session { person, projects, is_owner: _ } = visitor.session;
    prove(&app, &person, password, (&origin, &headers), "`password` is not your password").await?;
    let revoked = match app.project_cache.store().delete_person(person.id).await? {
        DeletePersonOutcome::Done(revoked) => revoked,
        DeletePersonOutcome::LastOwner => return Err(Conflict::LastOwner.into()),
        DeletePersonOutcome::LastAdmin(project) => {
            let name = app
                .project_cache
                .project(project)
                .map(|project| project.name().to_string())
                .unwrap_or_default();
            return Err(Conflict::LastAdmin(format!("you are the last admin of the project {name}")).into());
        }
    };
    for (id, roles) in &projects {
        let Some(project) = app.project_cache.project(*id) else { continue };
        let actor = Actor::of_person(&person, roles.clone(), project, origin.clone());
        let here: Vec<_> = revoked.iter().filter(|token| token.project == *id).cloned().collect();
        tokens::record_revoked(&app, &actor, &here, &actor.label).await?;
    }
    let projects: Vec<ProjectId> = projects.into_keys().collect();
    note(&app, &person, &projects, origin, ("person.deleted", "deleted their account")).await?;
    Ok(session_ended(&app, &headers))
}

/// Verifies the password of a person who is logged in.
async fn prove(
    app: &App,
    person: &Person,
    password: String,
    (origin, headers): (&Origin, &HeaderMap),
    refusal: &'static str,
) -> Result<(), ApiError> {
    let browser = attempt(app, headers, &person.email, origin).await?.map_err(too_many_attempts)?;
    let account = app.project_cache.store().account(person.email.clone()).await?;
    let kept = account.and_then(|account| account.password);
    if !app.sign_in.passwords.check(password, kept).await? {
        return Err(ApiError::Forbidden(refusal));
    }
    let store = app.project_cache.store();
    Ok(app.sign_in.succeeded(store, &person.email, &network(origin.peer()), browser.as_ref()).await?)
}
