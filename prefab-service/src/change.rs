//! Changing configs: validated, allowed, stored with who and why, published, in that order.

pub mod diff;
pub mod policy;
mod prepared;

use prefab_core::{ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue};

pub use prepared::Prepared;

use crate::{
    Conflict, Error, Service, actor::Author, limits::Limits, project::Configs, references, validate, workers,
};
use prefab_core::ids::EnvironmentId;
use prefab_store::{Change, Draft, Environment, Expected, Role, Version};

/// Stores a config and returns its new id. An id of 0 says that the key is new; another one names the version
/// that this replaces.
pub async fn put(service: &Service, author: &Author, config: Config) -> Result<i64, Error> {
    append(service, author, checked(service, author, config).await?).await
}

/// Checks a config and returns the change that it is, if it may be made.
pub async fn checked(service: &Service, author: &Author, config: Config) -> Result<Prepared, Error> {
    by(service, author, |author, limits| {
        let change = prepare(author, config, limits)?;
        policy::check(author, &change)?;
        Ok(change)
    })
    .await
}

/// Runs an author's CPU-heavy work on a worker thread.
async fn by<T: Send + 'static>(
    service: &Service,
    author: &Author,
    work: impl FnOnce(&Author, &Limits) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (author, limits) = (author.clone(), service.limits.clone());
    service.work(author.project.id, move |_| work(&author, limits.limits())).await
}

/// Stores a config from which a rule has been taken that was allowed for a time, or deletes it. Protection let
/// that rule come and does not keep it.
pub async fn put_expired(
    service: &Service,
    author: &Author,
    standing: &Version,
    config: Option<Config>,
) -> Result<i64, Error> {
    let change = Prepared {
        key: standing.key.clone(),
        before: standing.config.clone(),
        after: config,
        expected: Expected::Version(standing.id),
    };
    append(service, author, change).await
}

/// Stores several configs, all or none.
pub async fn put_all(service: &Service, author: &Author, configs: Vec<Config>) -> Result<(), Error> {
    let (this, limits) = (author.clone(), service.limits.clone());
    let prepare_all = move |deadline| {
        let standing = this.project.configs();
        let prepared = |config| {
            workers::check(deadline)?;
            prepare_beside(&this, config, &standing, limits.limits())
        };
        let changes = configs.into_iter().map(prepared).collect::<Result<Vec<_>, _>>()?;
        changes.iter().try_for_each(|change| policy::check(&this, change))?;
        Ok::<_, Error>(changes)
    };
    let changes = service.work(author.project.id, prepare_all).await?;
    append_all(service, author, changes).await.map(drop)
}

/// Stores several configs, all or none, that have been checked with one another.
pub async fn put_checked(service: &Service, author: &Author, configs: Vec<Config>) -> Result<(), Error> {
    let check = |author: &Author, _: &Limits| {
        let standing = author.project.configs();
        let changes: Vec<Prepared> = configs.into_iter().map(|config| prepared(config, &standing)).collect();
        for change in &changes {
            policy::check(author, change)?;
            keep_used(author, change.before.as_ref(), change.after.as_ref())?;
        }
        Ok(changes)
    };
    let changes = by(service, author, check).await?;
    append_all(service, author, changes).await.map(drop)
}

/// Makes the change that a draft is, with the approval it has.
pub async fn publish(service: &Service, author: &Author, draft: Draft) -> Result<i64, Error> {
    let check = |author: &Author, limits: &Limits| {
        let is_approved = draft.approved_by.is_some();
        let change = drafted(author, draft, limits)?;
        policy::check_role(author, &change, Role::Publisher)?;
        if let Some(name) = policy::needs_approval(author, &change).filter(|_| !is_approved) {
            let next_step = "this draft waits for it";
            return Err(Conflict::NeedsApproval { environment: name, next_step }.into());
        }
        policy::check_comment(author, &change)?;
        Ok(change)
    };
    append(service, author, by(service, author, check).await?).await
}

/// Checks a draft and returns the change that it is.
pub fn drafted(author: &Author, draft: Draft, limits: &Limits) -> Result<Prepared, Error> {
    let Draft { key, config, base_id, .. } = draft;
    if let Some(config) = config {
        return prepare(author, Config { id: base_id, ..config }, limits);
    }
    let before = author.project.config(&key).and_then(|version| version.config.clone());
    keep_used(author, before.as_ref(), None)?;
    Ok(Prepared { key, before, after: None, expected: Expected::Version(base_id) })
}

/// Stores a config in which only somebody's own override is different, which protection does not cover.
pub async fn put_personal(service: &Service, author: &Author, config: Config) -> Result<i64, Error> {
    let change = personal(service, author, config).await?;
    append(service, author, change).await
}

/// Checks a config in which only somebody's own override is different, which protection does not cover.
pub async fn personal(service: &Service, author: &Author, config: Config) -> Result<Prepared, Error> {
    by(service, author, |author, limits| {
        let change = prepare(author, config, limits)?;
        policy::check_role(author, &change, Role::Editor)?;
        Ok(change)
    })
    .await
}

/// Checks a config and returns the change that it is.
fn prepare(author: &Author, config: Config, limits: &Limits) -> Result<Prepared, Error> {
    prepare_beside(author, config, &author.project.configs(), limits)
}

fn prepare_beside(
    author: &Author,
    config: Config,
    standing: &Configs,
    limits: &Limits,
) -> Result<Prepared, Error> {
    let problems = validate::problems(&config, standing, &author.project.environments(), limits);
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let change = prepared(config, standing);
    keep_used(author, change.before.as_ref(), change.after.as_ref())?;
    Ok(change)
}

fn prepared(config: Config, standing: &Configs) -> Prepared {
    let before = standing.get(&config.key).and_then(|version| version.config.clone());
    let expected = if config.id == 0 { Expected::Absent } else { Expected::Version(config.id) };
    Prepared { key: config.key.clone(), before, after: Some(config), expected }
}

/// Gives a key another value in one environment, or in all that have no row of their own. Rules stay.
pub async fn set_default(
    service: &Service,
    author: &Author,
    standing: &Version,
    environment: Option<EnvironmentId>,
    value: ConfigValue,
) -> Result<i64, Error> {
    let mut config = standing.config.clone().ok_or(Error::NotFound)?;
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
    config.id = standing.id;
    put(service, author, config).await
}

/// Deletes a key and returns the id of its tombstone.
pub async fn delete(
    service: &Service,
    author: &Author,
    standing: &Version,
    expected: Expected,
) -> Result<i64, Error> {
    let change =
        Prepared { key: standing.key.clone(), before: standing.config.clone(), after: None, expected };
    let check = |author: &Author, _: &Limits| {
        keep_used(author, change.before.as_ref(), None)?;
        policy::check(author, &change)?;
        Ok(change)
    };
    append(service, author, by(service, author, check).await?).await
}

/// Refuses to take a segment or a schema away that others refer to; Python raises for such segments.
fn keep_used(author: &Author, before: Option<&Config>, after: Option<&Config>) -> Result<(), Error> {
    let Some(before) = before else { return Ok(()) };
    let kind = match before.config_type {
        ConfigType::Segment => "segment",
        ConfigType::Schema => "schema",
        _ => return Ok(()),
    };
    if after.is_some_and(|after| after.config_type == before.config_type) {
        return Ok(());
    }
    let users = references::of(&before.key, &author.project.configs());
    if users.is_empty() {
        return Ok(());
    }
    Err(Conflict::InUse { kind, key: before.key.clone(), users }.into())
}

/// Makes a change that has been checked, and returns its id.
pub async fn append(service: &Service, author: &Author, change: Prepared) -> Result<i64, Error> {
    let ids = append_all(service, author, vec![change]).await?;
    ids.last().copied().ok_or(Error::NotFound)
}

async fn append_all(service: &Service, author: &Author, changes: Vec<Prepared>) -> Result<Vec<i64>, Error> {
    let describe = |author: &Author, _: &Limits| {
        let environments = author.project.environments();
        Ok(changes.into_iter().map(|change| noted(author, change, &environments)).collect())
    };
    let changes = by(service, author, describe).await?;
    let ids = service.hub.store().append(author.project.id, changes).await?;
    service.metrics.changes.inc_by(ids.len() as u64);
    // Whoever wrote must read what they wrote, so it is published before they are answered.
    author.project.catch_up(service.hub.store(), &service.workers).await?;
    Ok(ids)
}

fn noted(author: &Author, change: Prepared, environments: &[Environment]) -> Change {
    let Prepared { key, before, after, expected } = change;
    let differences = diff::in_words(before.as_ref(), after.as_ref(), environments);
    let differences =
        if differences.is_empty() { "no difference".to_owned() } else { differences.join("; ") };
    let note = Some(author.note(&format!("changed `{key}`: {differences}")));
    Change { key, config: after, expected, changed_by: author.changed_by.clone(), note }
}
