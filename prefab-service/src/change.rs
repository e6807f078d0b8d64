//! Changing configs: validated, allowed, stored with who and why, published, in that order.

pub mod diff;
pub mod policy;
mod prepared;

use prefab_core::{ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue};

pub use prepared::PreparedChange;

use crate::{
    Conflict, Error, Service, actor::Actor, limits::Limits, project::Configs, references, validate, workers,
};
use prefab_core::ids::EnvironmentId;
use prefab_store::{Change, Draft, Environment, Expected, Role, Version};

/// Stores a config and returns its new id. An id of 0 says that the key is new; another one names the version
/// that this replaces.
pub async fn put(service: &Service, actor: &Actor, config: Config) -> Result<i64, Error> {
    append(service, actor, checked(service, actor, config).await?).await
}

/// Checks a config and returns the change that it is, if it may be made.
pub async fn checked(service: &Service, actor: &Actor, config: Config) -> Result<PreparedChange, Error> {
    by(service, actor, |actor, limits| {
        let change = prepare(actor, config, limits)?;
        policy::check(actor, &change)?;
        Ok(change)
    })
    .await
}

/// Runs an author's CPU-heavy work on a worker thread.
async fn by<T: Send + 'static>(
    service: &Service,
    actor: &Actor,
    work: impl FnOnce(&Actor, &Limits) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (actor, limits) = (actor.clone(), service.limits.clone());
    service.work(actor.project.id, move |_| work(&actor, limits.limits())).await
}

/// Stores a config from which a rule has been taken that was allowed for a time, or deletes it. Protection let
/// that rule come and does not keep it.
pub async fn put_expired(
    service: &Service,
    actor: &Actor,
    current: &Version,
    config: Option<Config>,
) -> Result<i64, Error> {
    let change = PreparedChange {
        key: current.key.clone(),
        before: current.config.clone(),
        after: config,
        expected: Expected::Version(current.id),
    };
    append(service, actor, change).await
}

/// Stores several configs, all or none.
pub async fn put_all(service: &Service, actor: &Actor, configs: Vec<Config>) -> Result<(), Error> {
    let (this, limits) = (actor.clone(), service.limits.clone());
    let prepare_all = move |deadline| {
        let current = this.project.configs();
        let prepared = |config| {
            workers::check(deadline)?;
            prepare_beside(&this, config, &current, limits.limits())
        };
        let changes = configs.into_iter().map(prepared).collect::<Result<Vec<_>, _>>()?;
        changes.iter().try_for_each(|change| policy::check(&this, change))?;
        Ok::<_, Error>(changes)
    };
    let changes = service.work(actor.project.id, prepare_all).await?;
    append_all(service, actor, changes).await.map(drop)
}

/// Stores several configs, all or none, that have been checked with one another.
pub async fn put_checked(service: &Service, actor: &Actor, configs: Vec<Config>) -> Result<(), Error> {
    let check = |actor: &Actor, _: &Limits| {
        let current = actor.project.configs();
        let changes: Vec<PreparedChange> =
            configs.into_iter().map(|config| prepared(config, &current)).collect();
        for change in &changes {
            policy::check(actor, change)?;
            reject_if_referenced(actor, change.before.as_ref(), change.after.as_ref())?;
        }
        Ok(changes)
    };
    let changes = by(service, actor, check).await?;
    append_all(service, actor, changes).await.map(drop)
}

/// Makes the change that a draft is, with the approval it has.
pub async fn publish(service: &Service, actor: &Actor, draft: Draft) -> Result<i64, Error> {
    let check = |actor: &Actor, limits: &Limits| {
        let is_approved = draft.approved_by.is_some();
        let change = drafted(actor, draft, limits)?;
        policy::check_role(actor, &change, Role::Publisher)?;
        if let Some(name) = policy::needs_approval(actor, &change).filter(|_| !is_approved) {
            let next_step = "this draft waits for it";
            return Err(Conflict::NeedsApproval { environment: name, next_step }.into());
        }
        policy::check_comment(actor, &change)?;
        Ok(change)
    };
    append(service, actor, by(service, actor, check).await?).await
}

/// Checks a draft and returns the change that it is.
pub fn drafted(actor: &Actor, draft: Draft, limits: &Limits) -> Result<PreparedChange, Error> {
    let Draft { key, config, base_id, .. } = draft;
    if let Some(config) = config {
        return prepare(actor, Config { id: base_id, ..config }, limits);
    }
    let before = actor.project.config(&key).and_then(|version| version.config.clone());
    reject_if_referenced(actor, before.as_ref(), None)?;
    Ok(PreparedChange { key, before, after: None, expected: Expected::Version(base_id) })
}

/// Stores a config in which only somebody's own override is different, which protection does not cover.
pub async fn put_personal(service: &Service, actor: &Actor, config: Config) -> Result<i64, Error> {
    let change = personal(service, actor, config).await?;
    append(service, actor, change).await
}

/// Checks a config in which only somebody's own override is different, which protection does not cover.
pub async fn personal(service: &Service, actor: &Actor, config: Config) -> Result<PreparedChange, Error> {
    by(service, actor, |actor, limits| {
        let change = prepare(actor, config, limits)?;
        policy::check_role(actor, &change, Role::Editor)?;
        Ok(change)
    })
    .await
}

/// Checks a config and returns the change that it is.
fn prepare(actor: &Actor, config: Config, limits: &Limits) -> Result<PreparedChange, Error> {
    prepare_beside(actor, config, &actor.project.configs(), limits)
}

fn prepare_beside(
    actor: &Actor,
    config: Config,
    current: &Configs,
    limits: &Limits,
) -> Result<PreparedChange, Error> {
    let problems = validate::find_problems(&config, current, &actor.project.environments(), limits);
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let change = prepared(config, current);
    reject_if_referenced(actor, change.before.as_ref(), change.after.as_ref())?;
    Ok(change)
}

fn prepared(config: Config, current: &Configs) -> PreparedChange {
    let before = current.get(&config.key).and_then(|version| version.config.clone());
    let expected = if config.id == 0 { Expected::Absent } else { Expected::Version(config.id) };
    PreparedChange { key: config.key.clone(), before, after: Some(config), expected }
}

/// Gives a key another value in one environment, or in all that have no row of their own. Rules stay.
pub async fn set_default(
    service: &Service,
    actor: &Actor,
    current: &Version,
    environment: Option<EnvironmentId>,
    value: ConfigValue,
) -> Result<i64, Error> {
    let mut config = current.config.clone().ok_or(Error::NotFound)?;
    let wanted = environment.map(|id| id.0);
    let is_wanted = |row: &&mut ConfigRow| row.project_env_id.filter(|id| *id != 0) == wanted;
    match config.rows.iter_mut().find(is_wanted) {
        Some(row) => match row.values.last_mut().filter(|rule| rule.criteria.is_empty()) {
            Some(last) => last.value = Some(value),
            None => row.values.push(ConditionalValue::always(value)),
        },
        None => config.rows.push(ConfigRow {
            project_env_id: wanted,
            values: vec![ConditionalValue::always(value)],
            ..ConfigRow::default()
        }),
    }
    config.id = current.id;
    put(service, actor, config).await
}

/// Deletes a key and returns the id of its tombstone.
pub async fn delete(
    service: &Service,
    actor: &Actor,
    current: &Version,
    expected: Expected,
) -> Result<i64, Error> {
    let change =
        PreparedChange { key: current.key.clone(), before: current.config.clone(), after: None, expected };
    let check = |actor: &Actor, _: &Limits| {
        reject_if_referenced(actor, change.before.as_ref(), None)?;
        policy::check(actor, &change)?;
        Ok(change)
    };
    append(service, actor, by(service, actor, check).await?).await
}

/// Refuses to take a segment or a schema away that others refer to; Python raises for such segments.
fn reject_if_referenced(actor: &Actor, before: Option<&Config>, after: Option<&Config>) -> Result<(), Error> {
    let Some(before) = before else { return Ok(()) };
    let kind = match before.config_type {
        ConfigType::Segment => "segment",
        ConfigType::Schema => "schema",
        _ => return Ok(()),
    };
    if after.is_some_and(|after| after.config_type == before.config_type) {
        return Ok(());
    }
    let users = references::find(&before.key, &actor.project.configs());
    if users.is_empty() {
        return Ok(());
    }
    Err(Conflict::InUse { kind, key: before.key.clone(), users }.into())
}

/// Makes a change that has been checked, and returns its id.
pub async fn append(service: &Service, actor: &Actor, change: PreparedChange) -> Result<i64, Error> {
    let ids = append_all(service, actor, vec![change]).await?;
    ids.last().copied().ok_or(Error::NotFound)
}

async fn append_all(
    service: &Service,
    actor: &Actor,
    changes: Vec<PreparedChange>,
) -> Result<Vec<i64>, Error> {
    let describe = |actor: &Actor, _: &Limits| {
        let environments = actor.project.environments();
        Ok(changes.into_iter().map(|change| noted(actor, change, &environments)).collect())
    };
    let changes = by(service, actor, describe).await?;
    let ids = service.project_cache.store().append(actor.project.id, changes).await?;
    service.metrics.changes.inc_by(ids.len() as u64);
    // Whoever wrote must read what they wrote, so it is published before they are answered.
    actor.project.sync(service.project_cache.store(), &service.workers).await?;
    Ok(ids)
}

fn noted(actor: &Actor, change: PreparedChange, environments: &[Environment]) -> Change {
    let PreparedChange { key, before, after, expected } = change;
    let differences = diff::describe(before.as_ref(), after.as_ref(), environments);
    let differences =
        if differences.is_empty() { "no difference".to_owned() } else { differences.join("; ") };
    let note = Some(actor.audit_note(&format!("changed `{key}`: {differences}")));
    Change { key, config: after, expected, changed_by: actor.changed_by.clone(), note }
}
