//! Changes to configs. Every change goes through this module.
//!
//! Start with [`ChangeRequest`], and pass it to [`Service::apply`]. Every change takes the same steps: it is validated,
//! checked against its [`Policy`], appended to the log of the store together with its audit note, and published. The
//! caller receives a response after the last step.

pub mod diff;
mod edit;
mod policy;
mod prepared;
mod request;
mod schedule;

use std::time::Instant;

use prefab_core::{Config, ConfigType};
use prefab_store::{AuditEntry, Change, Draft, Environment, Expected, Version};
use tracing::warn;

pub use edit::Edit;
pub use policy::{Approval, Policy, environment_needing_approval, touched_environments};
pub use prepared::PreparedChange;
pub use request::{ChangeRequest, Mode, RuleSchedule};

use crate::{
    Conflict, Error, Service, actor::Actor, confidential, limits::Limits, namespaces, new_names::NewNames,
    project::Configs, references, validate, workers,
};

/// Maximum number of attempts of a change to the current state.
const MAX_ATTEMPTS: usize = 20;

/// The outcome of [`Service::apply`].
#[derive(Debug)]
pub struct ChangeOutcome {
    /// The changes, in the order of the request.
    pub changes: Vec<PreparedChange>,
    /// The ids of the new versions, in the same order. Empty unless the mode is [`Mode::Publish`].
    pub ids: Vec<i64>,
    /// The saved draft, if the mode is [`Mode::SaveDraft`].
    pub draft: Option<Draft>,
}

impl ChangeOutcome {
    /// Returns the id of the new version of a request with a single edit.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if nothing was published.
    pub fn id(&self) -> Result<i64, Error> {
        self.ids.last().copied().ok_or(Error::NotFound)
    }
}

impl Service {
    /// Applies a change: all of its edits, or none.
    ///
    /// # Errors
    ///
    /// - [`Error::Invalid`] if a config is invalid, or would invalidate other configs.
    /// - [`Error::Forbidden`], [`Error::NeedsComment`] or [`Conflict::NeedsApproval`] if the policy does not allow it.
    /// - [`Conflict::InUse`] if it removes a segment or a schema that other configs refer to.
    /// - [`Conflict::Version`], [`Conflict::Deleted`] or [`Conflict::KeyTaken`] if another version is current.
    /// - [`Error::Busy`] or [`Error::Store`] if the server cannot apply it at the moment.
    pub async fn apply(&self, actor: &Actor, request: ChangeRequest) -> Result<ChangeOutcome, Error> {
        let ChangeRequest { edits, policy, mode, is_validated, schedule } = request;
        let (this, limits) = (actor.clone(), self.limits.clone());
        let check = move |deadline| check(&this, edits, policy, is_validated, limits.limits(), deadline);
        let changes = self.work(actor.project.id, check).await?;
        let mut outcome = ChangeOutcome { changes, ids: Vec::new(), draft: None };
        match mode {
            Mode::DryRun => {}
            Mode::SaveDraft => outcome.draft = Some(self.save_draft(actor, &outcome.changes).await?),
            Mode::Publish => {
                let (this, changes) = (actor.clone(), outcome.changes.clone());
                let noted = move |_| {
                    let environments = this.project.environments();
                    let noted =
                        changes.into_iter().map(|change| with_audit_note(&this, change, &environments));
                    Ok::<_, Error>(noted.collect())
                };
                let changes = self.work(actor.project.id, noted).await?;
                outcome.ids = match schedule {
                    Some(schedule) => schedule.run(self, actor, self.append(actor, changes)).await?,
                    None => self.append(actor, changes).await?,
                };
            }
        }
        Ok(outcome)
    }

    /// Applies a change that `request` computes from the current state. If another change came first, it is computed again.
    ///
    /// This is for callers that name no version, so that a conflict would mean nothing to them. A caller that names one
    /// receives the conflict from `request`, which compares the version with the current one. Such requests to a project
    /// take turns, so a retry is needed only after a change with a version, or of another server.
    ///
    /// # Errors
    ///
    /// The errors of `request` and of [`apply`](Self::apply). A conflict after 20 attempts.
    pub async fn apply_to_current<E: From<Error>>(
        &self,
        actor: &Actor,
        request: impl Fn() -> Result<ChangeRequest, E>,
    ) -> Result<ChangeOutcome, E> {
        let _turn = actor.project.edit_turn().await;
        let mut attempt = 1;
        loop {
            match self.apply(actor, request()?).await {
                Err(Error::Conflict(conflict)) if conflict.is_outdated() && attempt < MAX_ATTEMPTS => {
                    attempt += 1;
                    let synced = actor.project.sync(self.project_cache.store(), &self.workers).await;
                    synced.map_err(Error::from)?;
                }
                outcome => return outcome.map_err(E::from),
            }
        }
    }

    /// Archives or replaces a config from which an expired rule was removed. This is a change of the server itself: the
    /// result is not validated, and no policy applies.
    pub(crate) async fn remove_expired(
        &self,
        actor: &Actor,
        current: &Version,
        config: Option<Config>,
    ) -> Result<(), Error> {
        let edit = Edit { config, ..Edit::archive(current.key.clone(), Expected::Version(current.id)) };
        let request = ChangeRequest::new(edit).with_policy(Policy::SCHEDULED_REMOVAL).already_validated();
        self.apply(actor, request).await.map(drop)
    }

    async fn append(&self, actor: &Actor, changes: Vec<Change>) -> Result<Vec<i64>, Error> {
        let store = self.project_cache.store();
        let appended = store.append(actor.project.id, changes).await?;
        let ids = appended.ids();
        self.metrics.changes.inc_by(ids.len() as u64);
        // Published before the response, so that the caller reads its own writes.
        if let Err(error) = actor.project.apply_appended(appended, store, &self.workers).await {
            // The change is stored. The project cache follows the store and retries.
            warn!(%error, project = actor.project.id.0, "publishing a stored change is delayed");
        }
        Ok(ids)
    }

    async fn save_draft(&self, actor: &Actor, changes: &[PreparedChange]) -> Result<Draft, Error> {
        // A draft belongs to one config, so a request to save one has a single edit.
        let [PreparedChange { key, before: _, after, expected }] = changes else {
            return Err(Error::NotFound);
        };
        let draft = Draft {
            key: key.clone(),
            config: after.clone(),
            base_id: match expected {
                Expected::Version(id) => *id,
                Expected::Absent | Expected::Anything => 0,
            },
            comment: actor.comment.clone(),
            saved_by: actor.label.clone(),
            saved_by_person: actor.identity(),
            saved_at_millis: self.clock.now_millis(),
            approved_by: None,
        };
        let store = self.project_cache.store();
        store.save_draft(actor.project.id, draft.clone()).await?;
        let entry = AuditEntry {
            project: Some(actor.project.id),
            action: "draft.saved".to_owned(),
            subject: key.clone(),
            ..AuditEntry::of(actor.audit_note(&format!("saved a draft of `{key}`")))
        };
        store.record_audit(vec![entry]).await?;
        Ok(draft)
    }
}

/// Validates all edits, then checks the policy for each.
fn check(
    actor: &Actor,
    edits: Vec<Edit>,
    policy: Policy,
    is_validated: bool,
    limits: &Limits,
    deadline: Instant,
) -> Result<Vec<PreparedChange>, Error> {
    let (current, shared) = actor.project.configs_and_shared_keys();
    let environments = actor.project.environments();
    let mut changes = Vec::with_capacity(edits.len());
    let mut names = actor.project.new_names();
    for mut edit in edits {
        workers::check(deadline)?;
        if let Some(config) = edit.config.as_mut().filter(|_| !is_validated) {
            validate::convert_to_declared_type(config);
            validate::add_bool_variants(config);
            namespaces::sort(config);
            if confidential::has_redacted(config) {
                let problem = format!("`{}` contains a redacted value instead of a value", config.key);
                return Err(Error::Invalid(vec![problem.into()]));
            }
            let problems = validate::find_problems(config, (&current, &shared), &environments, limits);
            if !problems.is_empty() {
                return Err(Error::Invalid(problems));
            }
        }
        // After the checks of the config, which limit the number of its tags.
        if let Some(config) = &edit.config {
            check_names(config, &current, &mut names)?;
        }
        let change = edit.prepare(&current);
        if policy.protects_references {
            reject_if_referenced(&change, &current)?;
        }
        changes.push(change);
    }
    changes.iter().try_for_each(|change| policy.check(actor, change, &environments))?;
    Ok(changes)
}

/// Rejects a new key or tag that looks like another one.
fn check_names(config: &Config, current: &Configs, names: &mut NewNames) -> Result<(), Error> {
    let before = current.get(&config.key).and_then(|version| version.config.as_ref());
    let is_known = |tag: &String| before.is_some_and(|before| before.tags.contains(tag));
    if before.is_some() && config.tags.iter().all(is_known) {
        return Ok(());
    }
    if before.is_none() {
        names.check_key(&config.key)?;
    }
    let problems = names.tag_problems(before, config);
    names.add(config);
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

/// Rejects the removal of a segment or a schema that other configs refer to: the Python client raises an error for a
/// missing segment.
fn reject_if_referenced(change: &PreparedChange, current: &Configs) -> Result<(), Error> {
    let Some(before) = &change.before else { return Ok(()) };
    let kind = match before.config_type {
        ConfigType::Segment => "segment",
        ConfigType::Schema => "schema",
        _ => return Ok(()),
    };
    if change.after.as_ref().is_some_and(|after| after.config_type == before.config_type) {
        return Ok(());
    }
    let users = references::find(&before.key, current);
    if users.is_empty() {
        return Ok(());
    }
    Err(Conflict::InUse { kind, key: before.key.clone(), users }.into())
}

fn with_audit_note(actor: &Actor, change: PreparedChange, environments: &[Environment]) -> Change {
    let PreparedChange { key, before, after, expected } = change;
    let differences = diff::describe(before.as_ref(), after.as_ref(), environments);
    let differences =
        if differences.is_empty() { "no difference".to_owned() } else { differences.join("; ") };
    let note = Some(actor.audit_note(&format!("changed `{key}`: {differences}")));
    Change { key, config: after, expected, changed_by: actor.changed_by.clone(), note }
}
