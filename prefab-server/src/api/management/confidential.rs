//! Confidential values in responses: redacted, unless the caller asks to reveal them and may.

use std::{collections::BTreeSet, sync::Arc};

use prefab_core::{Config, ids::EnvironmentId};
use prefab_service::{
    actor::Actor,
    confidential::{self, Scope},
};

use crate::api::{error::ApiError, management::audit_entry, state::App};

/// The maximum number of versions in which a redacted value is looked up.
const MAX_SEARCHED_VERSIONS: u32 = 1_000;

const MISSING_ROLE: &str =
    "revealing a confidential value requires the role publisher in each environment that uses it";

/// The form in which a response contains configs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Without confidential values.
    Redacted,
    /// With all values.
    Revealed,
}

impl Form {
    /// Returns a config in this form.
    pub(super) fn of(self, config: &Config) -> Config {
        match self {
            Self::Redacted => confidential::redacted(config),
            Self::Revealed => config.clone(),
        }
    }
}

/// Returns the form of the configs of a response. Records it in the audit log if confidential values are revealed.
///
/// The subject of the entry is `subject`: a config key, or the name of the export.
pub(super) async fn form<'a>(
    app: &App,
    actor: &Actor,
    reveal: Option<bool>,
    subject: &str,
    configs: impl IntoIterator<Item = &'a Config>,
) -> Result<Form, ApiError> {
    if reveal != Some(true) {
        return Ok(Form::Redacted);
    }
    require_any(actor)?;
    let scopes = configs.into_iter().flat_map(confidential::scopes).collect();
    form_of_scopes(app, actor, subject, scopes).await
}

/// Returns the form of an export: of the whole project, of one environment, or of one item.
pub(super) async fn form_of_export(
    app: &App,
    actor: &Actor,
    reveal: Option<bool>,
    environment: Option<EnvironmentId>,
    key: Option<String>,
) -> Result<Form, ApiError> {
    if reveal != Some(true) {
        return Ok(Form::Redacted);
    }
    require_any(actor)?;
    let subject = key.as_ref().map_or("the project in an export".to_owned(), |key| format!("`{key}`"));
    let project = Arc::clone(&actor.project);
    let find = move |_| {
        let configs = project.configs();
        let configs = configs.values().filter_map(|version| version.config.as_ref());
        let configs = configs.filter(|config| key.as_ref().is_none_or(|key| config.key == *key));
        let mut scopes: BTreeSet<Scope> = configs.flat_map(confidential::scopes).collect();
        if let Some(environment) = environment {
            scopes.retain(|scope| scope.is_none_or(|id| id == environment.0));
        }
        Ok(scopes)
    };
    let scopes = app.work(actor.project.id, find).await?;
    form_of_scopes(app, actor, &subject, scopes).await
}

/// Refuses a caller who may read the confidential values of no scope, before values are searched.
fn require_any(actor: &Actor) -> Result<(), ApiError> {
    let environments = actor.project.environments();
    let scopes = environments.iter().map(|environment| Some(environment.id.0)).chain([None]);
    let mut scopes = scopes.map(|scope| confidential::may_read(&actor.roles, &environments, scope));
    if scopes.any(|may_read| may_read) { Ok(()) } else { Err(ApiError::Forbidden(MISSING_ROLE)) }
}

async fn form_of_scopes(
    app: &App,
    actor: &Actor,
    subject: &str,
    scopes: BTreeSet<Scope>,
) -> Result<Form, ApiError> {
    let environments = actor.project.environments();
    if !scopes.iter().all(|scope| confidential::may_read(&actor.roles, &environments, *scope)) {
        return Err(ApiError::Forbidden(MISSING_ROLE));
    }
    if !scopes.is_empty() {
        let sentence = format!("revealed the confidential values of {subject}");
        audit_entry::record(app, actor, "value.revealed", subject.trim_matches('`'), None, &sentence).await?;
    }
    Ok(Form::Revealed)
}

/// Replaces the redacted values of a config that a caller sends back.
pub(super) async fn restored(app: &App, actor: &Actor, config: Config) -> Result<Config, ApiError> {
    if !confidential::has_redacted(&config) {
        return Ok(config);
    }
    let (store, project) = (app.project_cache.store(), actor.project.id);
    let drafts = store.drafts(project).await?.into_iter().filter(|draft| draft.key == config.key);
    let drafts = drafts.filter_map(|draft| draft.config);
    let versions = store.history(project, config.key.clone(), MAX_SEARCHED_VERSIONS).await?;
    let versions: Vec<Config> =
        drafts.chain(versions.into_iter().filter_map(|version| version.config)).collect();
    let actor = actor.clone();
    app.work(project, move |_| restored_from(&actor, config, &versions)).await
}

/// Replaces the redacted values of a config by those of the given versions.
pub(super) fn restored_from<'a>(
    actor: &Actor,
    config: Config,
    versions: impl IntoIterator<Item = &'a Config>,
) -> Result<Config, ApiError> {
    if !confidential::has_redacted(&config) {
        return Ok(config);
    }
    let environments = actor.project.environments();
    let may_read = |scope| confidential::may_read(&actor.roles, &environments, scope);
    confidential::restored(config, versions, may_read).map_err(|problem| ApiError::Invalid(vec![problem]))
}

/// Refuses a redacted value where it cannot be replaced.
pub(super) fn reject_redacted(value: &prefab_core::ConfigValue) -> Result<(), ApiError> {
    if confidential::is_redacted(value) {
        return Err(ApiError::invalid("`value`: expected a value, not its redacted form"));
    }
    Ok(())
}
