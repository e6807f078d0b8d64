//! A new password for somebody who has forgotten theirs: an admin makes a link, which works once.

use crate::api::origin::RequestOrigin;
use std::time::Instant;

use axum::{Json, extract::State, response::Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::management::{
    access::{Access, JsonBody, PathParams},
    people::{find, named},
    session::{
        SessionView,
        audit::note,
        begin,
        checks::{link, reject_cross_site, too_many_attempts, validate_password},
    },
    views::Problem,
};
use crate::api::{error::ApiError, state::App};
use prefab_core::ids::ProjectId;
use prefab_service::sign_in::{Secret, network};
use prefab_store::{
    AuditEntry, Role,
    accounts::{NewReset, Session},
    clock,
    key::KeyHash,
};

const A_DAY_MILLIS: i64 = 24 * 3_600 * 1_000;

/// A link to a new password, shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResetView {
    /// What `POST /password-reset` takes as `token`.
    token: String,
    /// Where they choose a password. Send it to them; nobody else does.
    link: String,
    /// Until when it works, in milliseconds since 1970.
    expires_at: i64,
}

/// Makes a link with which somebody chooses a new password, once, within a day. An earlier one ends.
///
/// Their account opens all their projects, so this takes an admin of each of them.
#[utoipa::path(
    post, path = "/projects/{project}/people/{person}/password-reset", tag = "people",
    params(("project" = i64, Path), ("person" = i64, Path, description = "Their number")),
    responses((status = 200, body = ResetView),
              (status = 403, description = "They are in a project that you do not manage", body = Problem),
              (status = 404, body = Problem))
)]
pub(super) async fn offer(
    State(app): State<App>,
    access: Access,
    PathParams((project, person)): PathParams<(i64, i64)>,
    headers: HeaderMap,
) -> Result<Json<ResetView>, ApiError> {
    let managed = access.managed();
    let author = access.require_role(project, Role::Admin)?;
    let member = find(&app, &author, person).await?;
    let account = app.hub.store().account(member.person.email.clone()).await?.ok_or(ApiError::NotFound)?;
    if !account.projects.iter().all(|project| managed.contains(project)) {
        return Err(ApiError::Forbidden(
            "they are in another project too: only an admin of all their projects may make such a link",
        ));
    }
    let secret = Secret::new()?;
    let expires_at_millis = clock::now_millis() + A_DAY_MILLIS;
    let reset = NewReset { hash: secret.hash(), person, expires_at_millis };
    app.hub.store().offer_reset(reset).await?;
    let deed = format!("made a link to a new password for {}", named(&member));
    let entries = account.projects.iter().map(|project| AuditEntry {
        project: Some(*project),
        action: "person.reset-offered".to_owned(),
        subject: person.to_string(),
        ..AuditEntry::of(author.note(&deed))
    });
    app.hub.store().note(entries.collect()).await?;
    Ok(Json(ResetView {
        link: link(&app, &headers, "reset", secret.text()),
        token: secret.text().to_owned(),
        expires_at: expires_at_millis,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    /// What stands behind `token=` in the link.
    token: String,
    /// At least ten characters.
    password: String,
}

/// Sets a new password with a link, ends all sessions of that person, and logs in.
#[utoipa::path(
    post, path = "/password-reset", tag = "people", request_body = Reset, security(()),
    responses((status = 200, body = SessionView), (status = 400, body = Problem),
              (status = 403, description = "The link cannot be used", body = Problem),
              (status = 429, description = "Too many attempts; `Retry-After` says when to come back", body = Problem))
)]
pub(super) async fn reset(
    State(app): State<App>,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
    JsonBody(Reset { token, password }): JsonBody<Reset>,
) -> Result<Response, ApiError> {
    reject_cross_site(&headers)?;
    app.entrance.by_address.attempt(&network(origin.peer()), Instant::now()).map_err(too_many_attempts)?;
    validate_password("password", &password)?;
    let hash = KeyHash::of(&token);
    let refused = "this link has been used or has expired: ask for a new one";
    // Hashing is dear, so only for those who may.
    if !app.hub.store().is_reset(hash).await? {
        return Err(ApiError::Forbidden(refused));
    }
    let password = app.entrance.passwords.hash(password).await?;
    let done = app.hub.store().reset_password(hash, password).await?;
    let Session { person, projects } = done.ok_or(ApiError::Forbidden(refused))?;
    app.entrance.by_email.forgive(&person.email);
    let projects: Vec<ProjectId> = projects.into_keys().collect();
    note(&app, &person, &projects, origin, ("person.password", "chose a new password by a link")).await?;
    begin(&app, person, &headers).await
}
