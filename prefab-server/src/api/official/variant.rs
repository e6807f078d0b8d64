//! Personal overrides of the official command.

use crate::api::origin::RequestOrigin;
use axum::{Json, body::Body, extract::State};
use prefab_core::Config;
use serde_json::{Value, json};

use crate::api::{error::ApiError, official::configs::read, sdk::api_key::Admin, state::App};
use prefab_service::{
    actor::Actor,
    change::{ChangeRequest, Edit, Policy},
    personal_overrides,
    project_cache::Caller,
};
use prefab_store::{RuleTarget, TimedRule};

/// Handles `POST config/assign-variant`.
pub(crate) async fn assign(
    State(app): State<App>,
    Admin(caller): Admin,
    RequestOrigin(origin): RequestOrigin,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let json = read(&app, body).await?;
    let user = user(&caller)?;
    let key = key(&json)?;
    let variant = json.get("variant").ok_or_else(|| ApiError::invalid("`variant`: expected a value"))?;
    let rule = TimedRule {
        project: caller.project.id,
        key: key.to_owned(),
        environment: Some(caller.environment),
        target: RuleTarget::User(user.to_owned()),
    };
    // An override that is set here is permanent, so a scheduled removal is canceled.
    let request = || {
        let mut config = current(&caller, key)?;
        let value = personal_overrides::coerce(variant, config.value_type).map_err(ApiError::invalid)?;
        personal_overrides::assign(&mut config, caller.environment, user, value);
        let change = ChangeRequest::new(Edit::put(config)).with_policy(Policy::PERSONAL_OVERRIDE);
        Ok::<_, ApiError>(change.with_removal(rule.clone(), None))
    };
    let id = app.apply_to_current(&Actor::of(&caller, origin), request).await?.id()?;
    Ok(Json(json!({ "response": { "message": "", "newId": id.to_string() } })))
}

/// Handles `POST config/remove-variant`. The value in the body is ignored; the user identifies the override.
pub(crate) async fn remove(
    State(app): State<App>,
    Admin(caller): Admin,
    RequestOrigin(origin): RequestOrigin,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let json = read(&app, body).await?;
    let user = user(&caller)?;
    let key = key(&json)?;
    let request = || {
        let mut config = current(&caller, key)?;
        if !personal_overrides::remove(&mut config, caller.environment, user) {
            return Err(ApiError::NotFound);
        }
        Ok(ChangeRequest::new(Edit::put(config)).with_policy(Policy::PERSONAL_OVERRIDE))
    };
    let id = app.apply_to_current(&Actor::of(&caller, origin), request).await?.id()?;
    Ok(Json(json!({ "message": "", "newId": id.to_string() })))
}

fn current(caller: &Caller, key: &str) -> Result<Config, ApiError> {
    let current = caller.project.config(key).ok_or(ApiError::NotFound)?;
    current.config.clone().ok_or(ApiError::NotFound)
}

fn key(json: &Value) -> Result<&str, ApiError> {
    let key = json.get("configKey").and_then(Value::as_str);
    key.ok_or_else(|| ApiError::invalid("`configKey`: expected a text"))
}

fn user(caller: &Caller) -> Result<&str, ApiError> {
    caller.user_id.as_deref().ok_or(ApiError::Forbidden("this key has no user, so it cannot set overrides"))
}
