//! Taking away what has ended: personal overrides and log levels that were set for a time.
//!
//! Every server looks, and one of them wins: the change names the version it was made from, so the others are
//! told that they were late. What ends is remembered in the database before the rule is there and until it is
//! gone, so neither a restart nor a crash in between leaves a rule standing.

use std::{sync::Arc, time::Duration};

use prefab_core::{ChangedBy, Config};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::{
    Conflict, Error, Service,
    actor::Actor,
    change::{self, PreparedChange},
    log_level_rules,
    origin::Origin,
    personal_overrides,
    project::Project,
};
use prefab_store::{Role, Roles, RuleTarget, ScheduledRemoval, TimedRule, clock};

const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Takes away what has ended until `stop` says so.
pub async fn follow(service: Arc<Service>, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(POLL_INTERVAL);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let due = match service.project_cache.store().due_removals(clock::now_millis()).await {
            Ok(due) => due,
            Err(error) => {
                warn!(%error, "what has ended could not be asked for; it is tried again");
                continue;
            }
        };
        for expiry in due {
            let key = expiry.rule.key.clone();
            if let Err(error) = end(&service, expiry).await {
                warn!(%error, key, "a rule that has ended could not be taken away; it is tried again");
            }
        }
    }
}

/// Makes a change that sets a rule, which ends at a moment or stays.
pub async fn append(
    service: &Service,
    actor: &Actor,
    change: PreparedChange,
    rule: TimedRule,
    at_millis: Option<i64>,
) -> Result<i64, Error> {
    let store = service.project_cache.store();
    let Some(at_millis) = at_millis else {
        let id = change::append(service, actor, change).await?;
        store.cancel_removal(rule).await?;
        return Ok(id);
    };
    let earlier = store.scheduled_removals(actor.project.id).await?;
    let earlier = earlier.into_iter().find(|expiry| expiry.rule == rule);
    // Before the rule: should this server die in between, nothing stands that would not end.
    store
        .schedule_removal(ScheduledRemoval { rule: rule.clone(), at_millis, set_by: actor.label.clone() })
        .await?;
    let appended = change::append(service, actor, change).await;
    if appended.is_err() {
        match earlier {
            Some(earlier) => store.schedule_removal(earlier).await?,
            None => store.cancel_removal(rule).await?,
        }
    }
    appended
}

async fn end(service: &Service, expiry: ScheduledRemoval) -> Result<(), Error> {
    let store = service.project_cache.store();
    let TimedRule { project, key, environment: _, target: _ } = &expiry.rule;
    let project = service.project_cache.projects().into_iter().find(|other| other.id == *project);
    let Some(project) = project else { return Ok(()) };
    // Another server may have set it a moment ago.
    project.sync(store, &service.workers).await?;
    let standing = project.config(key);
    let config = standing.as_ref().and_then(|version| version.config.clone());
    if let (Some(standing), Some(mut config)) = (standing, config)
        && take(&mut config, &expiry.rule)
    {
        let config = (!config.rows.is_empty()).then_some(config);
        match change::put_expired(service, &actor(&project, &expiry), &standing, config).await {
            Ok(_) => info!(key, "a rule has ended"),
            // Somebody else was faster; what they left is looked at the next time.
            Err(Error::Conflict(Conflict::Version { .. } | Conflict::Deleted(_))) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(store.complete_removal(expiry).await?)
}

fn take(config: &mut Config, rule: &TimedRule) -> bool {
    match (&rule.target, rule.environment) {
        (RuleTarget::User(user), Some(environment)) => personal_overrides::remove(config, environment, user),
        (target, environment) => log_level_rules::remove(config, environment, target),
    }
}

fn actor(project: &Arc<Project>, expiry: &ScheduledRemoval) -> Actor {
    let what = match expiry.rule.target {
        RuleTarget::User(_) => "the override",
        RuleTarget::Property(..) | RuleTarget::Segment(_) | RuleTarget::Everyone => "the level",
    };
    Actor {
        project: Arc::clone(project),
        changed_by: ChangedBy { user_identity: "expiry".to_owned(), ..ChangedBy::default() },
        roles: Roles::of(Role::Admin),
        person_id: None,
        label: "expiry".to_owned(),
        origin: Origin::default(),
        comment: format!("{what} that {} set has expired", expiry.set_by),
    }
}
