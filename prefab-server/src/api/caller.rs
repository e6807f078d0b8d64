//! Who may ask what.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::{ApiError, App, Origin};
use crate::{auth, hub};
use prefab_store::key::KeyKind;

/// The owner of any good key.
pub(crate) struct Anyone(pub(crate) hub::Caller);

/// The owner of a key that may fetch configs with their rules.
pub(crate) struct Backend(pub(crate) hub::Caller);

/// The owner of a key that may change configs.
pub(crate) struct Admin(pub(crate) hub::Caller);

impl FromRequestParts<App> for Anyone {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let key = auth::api_key(&parts.headers).ok_or(ApiError::Unauthorized)?;
        app.hub.caller(&key).map(Self).ok_or_else(|| {
            app.hub.refused(&key, Origin::of(parts));
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
                Err(ApiError::Forbidden("changing configs takes an admin key"))
            }
        }
    }
}
