//! Removal of rules that were set for a limited time: personal overrides and log levels.
//!
//! Every server polls the store. One server at a time removes rules, with a lease; if it dies, another one continues. The
//! change also names the version that it replaces, so a rule is removed once. A removal is stored before its rule exists and
//! until the rule is gone, so it survives a restart and a crash.

use std::{sync::Arc, time::Duration};

use prefab_core::{ChangedBy, Config};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::{
    Conflict, Error, Service, actor::Actor, log_level_rules, origin::Origin, personal_overrides,
    project::Project,
};
use prefab_store::{Role, Roles, RuleTarget, ScheduledRemoval, TimedRule};

const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Removes expired rules every 500 ms, until `stop` becomes true. A removal that fails is retried.
pub async fn follow(service: Arc<Service>, mut stop: watch::Receiver<bool>) {
    let lease = service.lease("scheduled-removals");
    loop {
        if !due(&service).await.is_empty()
            && let Err(error) = lease.run(remove_due(&service)).await
        {
            warn!(%error, "removing expired rules failed, retrying");
        }
        tokio::select! {
            () = service.clock.sleep(POLL_INTERVAL) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn due(service: &Service) -> Vec<ScheduledRemoval> {
    let due = service.project_cache.store().due_removals(service.clock.now_millis()).await;
    due.unwrap_or_else(|error| {
        warn!(%error, "reading due removals failed, retrying");
        Vec::new()
    })
}

/// Removes all rules that have expired. They are read again, because another server may have removed some until now.
async fn remove_due(service: &Service) -> Duration {
    for removal in due(service).await {
        let key = removal.rule.key.clone();
        if let Err(error) = remove(service, removal).await {
            warn!(%error, key, "removing an expired rule failed, retrying");
        }
    }
    Duration::ZERO
}

async fn remove(service: &Service, removal: ScheduledRemoval) -> Result<(), Error> {
    let store = service.project_cache.store();
    let TimedRule { project, key, environment: _, target: _ } = &removal.rule;
    let Some(project) = service.project_cache.project(*project) else { return Ok(()) };
    // Another server may have set the rule just before it expired.
    project.sync(store, &service.workers).await?;
    let current = project.config(key);
    let config = current.as_ref().and_then(|version| version.config.clone());
    if let (Some(current), Some(mut config)) = (current, config)
        && remove_from(&mut config, &removal.rule)
    {
        let config = (!config.rows.is_empty()).then_some(config);
        match service.remove_expired(&actor(&project, &removal), &current, config).await {
            Ok(()) => info!(key, "expired rule removed"),
            // Another change came first. The next poll looks at its result.
            Err(Error::Conflict(Conflict::Version { .. } | Conflict::Deleted(_))) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(store.complete_removal(removal).await?)
}

fn remove_from(config: &mut Config, rule: &TimedRule) -> bool {
    match (&rule.target, rule.environment) {
        (RuleTarget::User(user), Some(environment)) => personal_overrides::remove(config, environment, user),
        (target, environment) => log_level_rules::remove(config, environment, target),
    }
}

/// Returns the actor of a removal: the server itself.
fn actor(project: &Arc<Project>, removal: &ScheduledRemoval) -> Actor {
    let what = match removal.rule.target {
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
        comment: format!("{what} that {} set has expired", removal.set_by),
    }
}
