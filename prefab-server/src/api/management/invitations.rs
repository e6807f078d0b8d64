//! Invitations: links with which a person creates an account, once.

use super::role_text::in_words;
use axum::{Json, extract::State};
use http::HeaderMap;

use crate::api::management::audit_entry;
use crate::api::management::views::{exceptional_roles, role_response, store_role};
use crate::api::management::{
    access::{Access, JsonBody, PathParams},
    people::roles,
    session::checks::{link, validate_email},
};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    CreateInvitationRequest, CreateInvitationResponse, ErrorResponse, InvitationResponse,
};
use prefab_service::{Conflict, actor::Actor, sign_in::Secret};
use prefab_store::{
    Role, Roles,
    accounts::{Invitation, Inviters, NewInvitation},
};
/// The maximum lifetime of an invitation: 30 days.
const MAX_LIFETIME_SECONDS: i64 = 30 * 24 * 3_600;

fn invitation_response(invitation: Invitation, actor: &Actor) -> InvitationResponse {
    let Invitation { id, email, roles, created_by, created_at_millis, expires_at_millis } = invitation;
    InvitationResponse {
        id: id.to_string(),
        email,
        role: role_response(roles.project),
        environments: exceptional_roles(&actor.project.environments(), &roles),
        created_by,
        created_at: created_at_millis,
        expires_at: expires_at_millis,
    }
}

/// Lists the open invitations.
#[utoipa::path(
    get, path = "/projects/{project}/invitations", tag = "people", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<InvitationResponse>), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Json<Vec<InvitationResponse>>, ApiError> {
    let actor = access.require_role(project, Role::Admin)?;
    let invitations = app.project_cache.store().invitations(actor.project.id).await?;
    Ok(Json(invitations.into_iter().map(|invitation| invitation_response(invitation, &actor)).collect()))
}

/// Invites a person without an account.
#[utoipa::path(
    post, path = "/projects/{project}/invitations", tag = "people", params(("project" = i64, Path)),
    request_body = CreateInvitationRequest,
    responses((status = 200, body = CreateInvitationResponse), (status = 400, body = ErrorResponse),
              (status = 403, description = "Only owners of the installation may invite people without an account", body = ErrorResponse),
              (status = 404, body = ErrorResponse), (status = 409, description = "The e-mail address has an account", body = ErrorResponse))
)]
pub(super) async fn create(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    headers: HeaderMap,
    JsonBody(CreateInvitationRequest { email, role, environments, expires_in_seconds }): JsonBody<
        CreateInvitationRequest,
    >,
) -> Result<Json<CreateInvitationResponse>, ApiError> {
    let is_owner = access.is_owner(&app).await?;
    let actor = access.authorize(project)?;
    let (email, roles) = (validate_email(&email)?, roles(&actor, store_role(role), &environments)?);
    if !(1..=MAX_LIFETIME_SECONDS).contains(&expires_in_seconds) {
        return Err(ApiError::invalid(format!("`expiresInSeconds`: expected 1 to {MAX_LIFETIME_SECONDS}")));
    }
    if app.project_cache.store().account(email.clone()).await?.is_some() {
        let next_step = "add the person to the project instead";
        return Err(Conflict::AccountExists { email, next_step }.into());
    }
    // After the lookup: every admin may add people with an account.
    if !is_owner && app.project_cache.store().inviters().await? == Inviters::Owners {
        return Err(ApiError::Forbidden(
            "on this server, only an owner of the installation can invite people without an account",
        ));
    }
    let secret = Secret::new()?;
    let expires_at_millis = app.clock.now_millis() + 1_000 * expires_in_seconds;
    let id = store(&app, &actor, &secret, (email.clone(), roles.clone()), expires_at_millis).await?;
    let sentence = format!("invited {email} as {}", in_words(&actor, &roles));
    audit_entry::record(&app, &actor, "invitation.created", id, None, &sentence).await?;
    let invitation = Invitation {
        id,
        email,
        roles,
        created_by: actor.label.clone(),
        created_at_millis: app.clock.now_millis(),
        expires_at_millis,
    };
    Ok(Json(CreateInvitationResponse {
        invitation: invitation_response(invitation, &actor),
        link: link(&app, &headers, "sign-up", secret.text()),
        token: secret.text().to_owned(),
    }))
}

/// Revokes an invitation.
#[utoipa::path(
    delete, path = "/projects/{project}/invitations/{invitation}", tag = "people",
    params(("project" = i64, Path), ("invitation" = i64, Path, description = "The number of the invitation")),
    responses((status = 200, body = InvitationResponse),
              (status = 404, description = "Unknown, used or expired", body = ErrorResponse))
)]
pub(super) async fn revoke(
    State(app): State<App>,
    access: Access,
    PathParams((project, id)): PathParams<(i64, i64)>,
) -> Result<Json<InvitationResponse>, ApiError> {
    let actor = access.authorize(project)?;
    let invitations = app.project_cache.store().invitations(actor.project.id).await?;
    let invitation = invitations.into_iter().find(|invitation| invitation.id == id);
    let invitation = invitation.ok_or(ApiError::NotFound)?;
    if !app.project_cache.store().revoke_invitation(actor.project.id, id).await? {
        return Err(ApiError::NotFound);
    }
    let sentence = format!("revoked the invitation of {}", invitation.email);
    audit_entry::record(&app, &actor, "invitation.revoked", id, None, &sentence).await?;
    Ok(Json(invitation_response(invitation, &actor)))
}

async fn store(
    app: &App,
    actor: &Actor,
    secret: &Secret,
    (email, roles): (String, Roles),
    expires_at_millis: i64,
) -> Result<i64, ApiError> {
    let invitation = NewInvitation {
        hash: secret.hash(),
        to: Some((actor.project.id, email, roles)),
        created_by: actor.label.clone(),
        expires_at_millis,
    };
    Ok(app.project_cache.store().invite(invitation).await?)
}
