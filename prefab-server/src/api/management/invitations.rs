//! Invitations: a link that makes an account, once.

use super::role_text::in_words;
use axum::{Json, extract::State};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::management::{
    access::{Access, At, Sent},
    people::{Exception, roles},
    session::checks::{an_email, link},
    views::{Problem, RoleIn},
};
use crate::api::{error::ApiError, state::App};
use prefab_service::{Conflict, actor::Actor, sign_in::Secret};
use prefab_store::{
    AuditEntry, Role, Roles,
    accounts::{Invitation, NewInvitation},
    clock,
};

const A_WEEK: i64 = 7 * 24 * 3_600;
const LONGEST: i64 = 30 * 24 * 3_600;

/// An invitation without its link, which is not kept.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationView {
    /// Its number, as a text.
    id: String,
    email: String,
    role: Role,
    /// The environments with another role.
    environments: Vec<RoleIn>,
    created_by: String,
    /// Times are in milliseconds since 1970.
    created_at: i64,
    expires_at: i64,
}

impl InvitationView {
    fn of(invitation: Invitation, actor: &Actor) -> Self {
        let Invitation { id, email, roles, created_by, created_at_millis, expires_at_millis } = invitation;
        Self {
            id: id.to_string(),
            email,
            role: roles.project,
            environments: RoleIn::exceptions(&actor.project.environments(), &roles),
            created_by,
            created_at: created_at_millis,
            expires_at: expires_at_millis,
        }
    }
}

/// Lists invitations that can still be used.
#[utoipa::path(
    get, path = "/projects/{project}/invitations", tag = "people", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<InvitationView>), (status = 404, body = Problem))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    At(project): At<i64>,
) -> Result<Json<Vec<InvitationView>>, ApiError> {
    let actor = access.holding(project, Role::Admin)?;
    let invitations = app.project_cache.store().invitations(actor.project.id).await?;
    Ok(Json(invitations.into_iter().map(|invitation| InvitationView::of(invitation, &actor)).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Invite {
    #[schema(example = "bea@example.com")]
    email: String,
    role: Role,
    /// Other roles in some environments.
    #[serde(default)]
    environments: Vec<Exception>,
    /// For how many seconds the link can be used; a week if it is not said.
    #[serde(default = "a_week")]
    expires_in_seconds: i64,
}

fn a_week() -> i64 {
    A_WEEK
}

/// An invitation with its link, shown this once.
#[derive(Serialize, ToSchema)]
pub(super) struct NewInvitationView {
    #[serde(flatten)]
    invitation: InvitationView,
    /// What `POST /sign-up` takes as `token`.
    token: String,
    /// Where they sign up. Send it to them; nobody else does.
    link: String,
}

/// Invites somebody who has no account yet.
#[utoipa::path(
    post, path = "/projects/{project}/invitations", tag = "people", params(("project" = i64, Path)),
    request_body = Invite,
    responses((status = 200, body = NewInvitationView), (status = 400, body = Problem),
              (status = 404, body = Problem), (status = 409, description = "They have an account", body = Problem))
)]
pub(super) async fn create(
    State(app): State<App>,
    access: Access,
    At(project): At<i64>,
    headers: HeaderMap,
    Sent(Invite { email, role, environments, expires_in_seconds }): Sent<Invite>,
) -> Result<Json<NewInvitationView>, ApiError> {
    let actor = access.to(project)?;
    let (email, roles) = (an_email(&email)?, roles(&actor, role, &environments)?);
    if !(1..=LONGEST).contains(&expires_in_seconds) {
        return Err(ApiError::invalid(format!("`expiresInSeconds`: expected 1 to {LONGEST}")));
    }
    if app.project_cache.store().account(email.clone()).await?.is_some() {
        let next_step = "add them to the people instead";
        return Err(Conflict::AccountExists { email, next_step }.into());
    }
    let secret = Secret::new()?;
    let expires_at_millis = clock::now_millis() + 1_000 * expires_in_seconds;
    let id = keep(&app, &actor, &secret, (email.clone(), roles.clone()), expires_at_millis).await?;
    let deed = format!("invited {email} as {}", in_words(&actor, &roles));
    note(&app, &actor, id, "invitation.created", &deed).await?;
    let invitation = Invitation {
        id,
        email,
        roles,
        created_by: actor.label.clone(),
        created_at_millis: clock::now_millis(),
        expires_at_millis,
    };
    Ok(Json(NewInvitationView {
        invitation: InvitationView::of(invitation, &actor),
        link: link(&app, &headers, "sign-up", secret.text()),
        token: secret.text().to_owned(),
    }))
}

/// Takes an invitation back.
#[utoipa::path(
    delete, path = "/projects/{project}/invitations/{invitation}", tag = "people",
    params(("project" = i64, Path), ("invitation" = i64, Path, description = "Its number")),
    responses((status = 200, body = InvitationView),
              (status = 404, description = "There is none that can still be used", body = Problem))
)]
pub(super) async fn revoke(
    State(app): State<App>,
    access: Access,
    At((project, id)): At<(i64, i64)>,
) -> Result<Json<InvitationView>, ApiError> {
    let actor = access.to(project)?;
    let invitations = app.project_cache.store().invitations(actor.project.id).await?;
    let invitation = invitations.into_iter().find(|invitation| invitation.id == id);
    let invitation = invitation.ok_or(ApiError::NotFound)?;
    if !app.project_cache.store().revoke_invitation(actor.project.id, id).await? {
        return Err(ApiError::NotFound);
    }
    let deed = format!("took the invitation of {} back", invitation.email);
    note(&app, &actor, id, "invitation.revoked", &deed).await?;
    Ok(Json(InvitationView::of(invitation, &actor)))
}

async fn keep(
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

async fn note(app: &App, actor: &Actor, id: i64, action: &str, deed: &str) -> Result<(), ApiError> {
    let entry = AuditEntry {
        project: Some(actor.project.id),
        action: action.to_owned(),
        subject: id.to_string(),
        ..AuditEntry::of(actor.audit_note(deed))
    };
    Ok(app.project_cache.store().record_audit(vec![entry]).await?)
}
