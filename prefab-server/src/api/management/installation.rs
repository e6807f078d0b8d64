//! The installation: its owners, and the settings that only they change.

use axum::{Json, extract::State};

use crate::api::management::access::{Access, JsonBody, PathParams};
use crate::api::{error::ApiError, state::App};
use prefab_management_api as api;
use prefab_management_api::{ErrorResponse, InstallationResponse, PersonResponse, UpdateInstallationRequest};
use prefab_service::Conflict;
use prefab_store::{
    AuditEntry,
    accounts::{Inviters, OwnerChange, Person},
};

pub(super) const OWNERS_ONLY: &str = "this requires an owner of the installation";

/// Returns the owners and settings of the installation.
#[utoipa::path(
    get, path = "/installation", tag = "installation",
    responses((status = 200, body = InstallationResponse),
              (status = 403, description = "You are not an owner of the installation", body = ErrorResponse))
)]
pub(super) async fn show(
    State(app): State<App>,
    access: Access,
) -> Result<Json<InstallationResponse>, ApiError> {
    require_owner(&app, &access).await?;
    response(&app).await
}

/// Changes the settings of the installation.
#[utoipa::path(
    patch, path = "/installation", tag = "installation", request_body = UpdateInstallationRequest,
    responses((status = 200, body = InstallationResponse), (status = 400, body = ErrorResponse),
              (status = 403, description = "You are not an owner of the installation", body = ErrorResponse))
)]
pub(super) async fn update(
    State(app): State<App>,
    access: Access,
    JsonBody(UpdateInstallationRequest { inviters }): JsonBody<UpdateInstallationRequest>,
) -> Result<Json<InstallationResponse>, ApiError> {
    require_owner(&app, &access).await?;
    if let Some(inviters) = inviters {
        let (inviters, whose) = match inviters {
            api::Inviters::Admins => (Inviters::Admins, "admins of projects"),
            api::Inviters::Owners => (Inviters::Owners, "owners of the installation"),
        };
        app.project_cache.store().set_inviters(inviters).await?;
        let action = format!("let {whose} invite people without an account");
        record(&app, &access, "installation.inviters", "", &action).await?;
    }
    response(&app).await
}

/// Makes a person an owner of the installation.
#[utoipa::path(
    put, path = "/installation/owners/{person}", tag = "installation",
    params(("person" = i64, Path, description = "The number of the person")),
    responses((status = 200, body = InstallationResponse),
              (status = 403, description = "You are not an owner of the installation", body = ErrorResponse),
              (status = 404, body = ErrorResponse))
)]
pub(super) async fn add_owner(
    State(app): State<App>,
    access: Access,
    PathParams(person): PathParams<i64>,
) -> Result<Json<InstallationResponse>, ApiError> {
    set_owner(&app, &access, person, true).await
}

/// Makes an owner of the installation an ordinary person.
#[utoipa::path(
    delete, path = "/installation/owners/{person}", tag = "installation",
    params(("person" = i64, Path, description = "The number of the person")),
    responses((status = 200, body = InstallationResponse),
              (status = 403, description = "You are not an owner of the installation", body = ErrorResponse),
              (status = 404, body = ErrorResponse),
              (status = 409, description = "The installation would have no owner", body = ErrorResponse))
)]
pub(super) async fn remove_owner(
    State(app): State<App>,
    access: Access,
    PathParams(person): PathParams<i64>,
) -> Result<Json<InstallationResponse>, ApiError> {
    set_owner(&app, &access, person, false).await
}

async fn set_owner(
    app: &App,
    access: &Access,
    person: i64,
    is_owner: bool,
) -> Result<Json<InstallationResponse>, ApiError> {
    require_owner(app, access).await?;
    match app.project_cache.store().set_owner(person, is_owner).await? {
        OwnerChange::Done => {}
        OwnerChange::Unknown => return Err(ApiError::NotFound),
        OwnerChange::LastOwner => return Err(Conflict::LastOwner.into()),
    }
    let action = if is_owner { "made person {} an owner" } else { "ended the ownership of person {}" };
    record(
        app,
        access,
        "installation.owner",
        &person.to_string(),
        &action.replace("{}", &person.to_string()),
    )
    .await?;
    response(app).await
}

async fn require_owner(app: &App, access: &Access) -> Result<(), ApiError> {
    if access.is_owner(app).await? { Ok(()) } else { Err(ApiError::Forbidden(OWNERS_ONLY)) }
}

/// Records an action in the audit log of the first project.
async fn record(
    app: &App,
    access: &Access,
    action: &str,
    subject: &str,
    sentence: &str,
) -> Result<(), ApiError> {
    let entry = AuditEntry {
        project: app.project_cache.projects().first().map(|project| project.id),
        action: action.to_owned(),
        subject: subject.to_owned(),
        ..AuditEntry::of(access.note(sentence))
    };
    Ok(app.project_cache.store().record_audit(vec![entry]).await?)
}

async fn response(app: &App) -> Result<Json<InstallationResponse>, ApiError> {
    let store = app.project_cache.store();
    let owners = store.owners().await?.into_iter();
    let owners = owners.map(|Person { id, email, name }| PersonResponse { id: id.to_string(), email, name });
    Ok(Json(InstallationResponse {
        owners: owners.collect(),
        inviters: match store.inviters().await? {
            Inviters::Admins => api::Inviters::Admins,
            Inviters::Owners => api::Inviters::Owners,
        },
    }))
}
