//! Extractors for API keys, by their rights.

use crate::api::origin::origin_of;
use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::api::{error::ApiError, state::App};
use crate::auth;
use prefab_service::project_cache;
use prefab_store::key::KeyKind;

/// A valid API key of any kind.
pub(crate) struct Anyone(pub(crate) project_cache::Caller);

/// An API key that may fetch configs with their rules.
pub(crate) struct Backend(pub(crate) project_cache::Caller);

/// An API key that may change configs.
pub(crate) struct Admin(pub(crate) project_cache::Caller);

impl FromRequestParts<App> for Anyone {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let key = auth::api_key(&parts.headers).ok_or(ApiError::Unauthorized)?;
        app.project_cache.caller(&key).await.map(Self).ok_or_else(|| {
            app.project_cache.record_refusal(&key, origin_of(parts));
            ApiError::Unauthorized
        })
    }
}

impl FromRequestParts<App> for Backend {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Anyone(caller) = Anyone::from_request_parts(parts, app).await?;
        match caller.kind {
            KeyKind::Backend | KeyKind::Admin => Ok(Self(caller)),
            KeyKind::Frontend => Err(ApiError::Forbidden("a front-end key may not fetch rules")),
        }
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Anyone(caller) = Anyone::from_request_parts(parts, app).await?;
        match caller.kind {
            KeyKind::Admin => Ok(Self(caller)),
            KeyKind::Backend | KeyKind::Frontend => {
                Err(ApiError::Forbidden("changing configs requires an admin key"))
            }
        }
    }
}
