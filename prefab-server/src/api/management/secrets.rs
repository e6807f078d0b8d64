//! Encrypted values and the rotation of their keys. The server never receives an encryption key.

use std::collections::HashSet;

use axum::{Json, extract::State, response::Response};
use prefab_core::{Config, ConfigValue, Value};

use crate::api::management::{
    access::{self, Access, JsonBody, PathParams, QueryParams},
    items::current_item,
};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    EncryptedValue, ErrorResponse, ItemSecrets, RotateSecretsRequest, RotateSecretsResponse, SecretsQuery,
};
use prefab_service::{actor::Actor, change::ChangeRequest};
use prefab_store::Role;

/// Lists items with encrypted values, sorted by config key.
#[utoipa::path(
    get, path = "/projects/{project}/secrets", tag = "secrets", params(("project" = i64, Path), SecretsQuery),
    responses((status = 200, body = Vec<ItemSecrets>), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(SecretsQuery { decrypt_with }): QueryParams<SecretsQuery>,
) -> Result<Response, ApiError> {
    let project = access.authorize(project)?.project;
    app.json(project.id, move |_| {
        let mut secrets = Vec::new();
        for (key, version) in project.configs().iter() {
            let mut values = version.config.as_ref().map(ciphers).unwrap_or_default();
            values.retain(|value| decrypt_with.as_ref().is_none_or(|key| *key == value.decrypt_with));
            if !values.is_empty() {
                secrets.push(ItemSecrets { key: key.clone(), id: version.id.to_string(), values });
            }
        }
        Ok(secrets)
    })
    .await
}

fn ciphers(config: &Config) -> Vec<EncryptedValue> {
    let mut found = Vec::new();
    for row in &config.rows {
        for (rule, value) in row.values.iter().enumerate() {
            let Some(value) = &value.value else { continue };
            let (Some(decrypt_with), Value::String(text)) = (value.encrypted_with(), &value.value) else {
                continue;
            };
            found.push(EncryptedValue {
                environment: row.project_env_id.filter(|id| *id != 0).map(|id| id.to_string()),
                rule,
                cipher_text: text.clone(),
                decrypt_with: decrypt_with.to_owned(),
            });
        }
    }
    found
}

/// Replaces encrypted values in one change, for example with the same values encrypted with another key.
#[utoipa::path(
    post, path = "/projects/{project}/secrets", tag = "secrets", params(("project" = i64, Path)),
    request_body = RotateSecretsRequest,
    responses((status = 200, body = RotateSecretsResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "Another version is current", body = ErrorResponse))
)]
pub(super) async fn rotate(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(RotateSecretsRequest { secrets, comment }): JsonBody<RotateSecretsRequest>,
) -> Result<Json<RotateSecretsResponse>, ApiError> {
    let actor = access.require_role(project, Role::Publisher)?.with_comment(comment);
    let rotator = actor.clone();
    let (configs, rotated) = app.work(actor.project.id, move |_| rotated(&rotator, secrets)).await?;
    app.apply(&actor, ChangeRequest::put_all(configs)).await?;
    Ok(Json(rotated))
}

fn rotated(
    actor: &Actor,
    secrets: Vec<ItemSecrets>,
) -> Result<(Vec<Config>, RotateSecretsResponse), ApiError> {
    let mut configs = Vec::with_capacity(secrets.len());
    let mut keys = Vec::with_capacity(secrets.len());
    let mut seen = HashSet::new();
    let mut values = 0;
    for (at, secret) in secrets.into_iter().enumerate() {
        if !seen.insert(secret.key.clone()) {
            let key = &secret.key;
            return Err(ApiError::invalid(format!("`secrets[{at}].key`: `{key}` is listed twice")));
        }
        keys.push(secret.key.clone());
        values += secret.values.len();
        configs.push(replaced(actor, secret, &format!("secrets[{at}]"))?);
    }
    Ok((configs, RotateSecretsResponse { keys, values }))
}

fn replaced(actor: &Actor, secret: ItemSecrets, place: &str) -> Result<Config, ApiError> {
    let ItemSecrets { key, id, values } = secret;
    let (_, mut config) = current_item(actor, &key)
        .map_err(|_| ApiError::invalid(format!("`{place}.key`: unknown item `{key}`")))?;
    config.id = id.parse().map_err(|_| {
        ApiError::invalid(format!("`{place}.id`: expected the number of a version, as a string"))
    })?;
    for (at, cipher) in values.into_iter().enumerate() {
        let place = format!("{place}.values[{at}]");
        let EncryptedValue { environment, rule, cipher_text, decrypt_with } = cipher;
        let environment = environment.as_deref();
        let environment = access::optional_environment(actor, environment, &format!("{place}.environment"))?;
        if actor.project.config(&decrypt_with).is_none() {
            return Err(ApiError::invalid(format!("`{place}.decryptWith`: unknown item `{decrypt_with}`")));
        }
        let value = config
            .rows
            .iter_mut()
            .find(|row| row.project_env_id.filter(|id| *id != 0) == environment.map(|id| id.0))
            .and_then(|row| row.values.get_mut(rule)?.value.as_mut())
            .filter(|value| value.encrypted_with().is_some());
        let Some(value) = value else {
            return Err(ApiError::invalid(format!("`{place}.rule`: rule {rule} has no encrypted value")));
        };
        *value = ConfigValue {
            value: Value::String(cipher_text),
            decrypt_with: Some(decrypt_with),
            ..value.clone()
        };
    }
    Ok(config)
}
