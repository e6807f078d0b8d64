//! Offers of membership, which a person accepts or declines.

use axum::{Json, extract::State};

use crate::api::management::{
    access::PathParams,
    credentials::BrowserSession,
    session::{audit::note, session_response},
};
use crate::api::{error::ApiError, origin::RequestOrigin, state::App};
use prefab_core::ids::ProjectId;
use prefab_management_api::{EmptyResponse, ErrorResponse, SessionResponse};

/// Accepts membership in a project.
#[utoipa::path(
    post, path = "/session/offers/{project}", tag = "people", security(("session" = [])),
    params(("project" = i64, Path)),
    responses((status = 200, body = SessionResponse), (status = 401, body = ErrorResponse),
              (status = 404, description = "There is no offer of this project to you", body = ErrorResponse))
)]
pub(super) async fn accept(
    State(app): State<App>,
    visitor: BrowserSession,
    RequestOrigin(origin): RequestOrigin,
    PathParams(project): PathParams<i64>,
) -> Result<Json<SessionResponse>, ApiError> {
    let BrowserSession { session, hash, csrf } = visitor;
    let (store, project) = (app.project_cache.store(), ProjectId(project));
    if !store.accept_membership(project, session.person.id).await? {
        return Err(ApiError::NotFound);
    }
    note(&app, &session.person, &[project], origin, ("person.joined", "joined the project")).await?;
    let session = store.session(hash, false).await?.ok_or(ApiError::Unauthorized)?;
    Ok(Json(session_response(&app, session, csrf).await?))
}

/// Declines membership in a project.
#[utoipa::path(
    delete, path = "/session/offers/{project}", tag = "people", security(("session" = [])),
    params(("project" = i64, Path)),
    responses((status = 200, body = EmptyResponse), (status = 401, body = ErrorResponse),
              (status = 404, description = "There is no offer of this project to you", body = ErrorResponse))
)]
pub(super) async fn decline(
    State(app): State<App>,
    visitor: BrowserSession,
    RequestOrigin(origin): RequestOrigin,
    PathParams(project): PathParams<i64>,
) -> Result<Json<EmptyResponse>, ApiError> {
    let (person, project) = (visitor.session.person, ProjectId(project));
    if !app.project_cache.store().remove_offer(project, person.id).await? {
        return Err(ApiError::NotFound);
    }
    note(&app, &person, &[project], origin, ("person.declined", "declined to join the project")).await?;
    Ok(Json(EmptyResponse {}))
}
