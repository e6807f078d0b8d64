//! The schedule of a rule that is set for a limited time.

use std::future::Future;

use prefab_store::{ScheduledRemoval, StoreError, UnavailableReason};

use crate::{Error, Service, actor::Actor, change::request::RuleSchedule};

impl RuleSchedule {
    /// Runs the change that sets or removes the rule, and schedules or cancels the removal of the rule.
    ///
    /// The removal is scheduled before the rule exists, so that a server that stops in between leaves no rule without an
    /// end. If the change is not stored, the earlier schedule is restored. If that is unknown, the new schedule stays.
    pub(super) async fn run<T>(
        self,
        service: &Service,
        actor: &Actor,
        change: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let store = service.project_cache.store();
        let Self { rule, remove_at_millis } = self;
        let Some(at_millis) = remove_at_millis else {
            let changed = change.await?;
            store.cancel_removal(rule).await?;
            return Ok(changed);
        };
        let earlier = store.scheduled_removals(actor.project.id).await?;
        let earlier = earlier.into_iter().find(|removal| removal.rule == rule);
        let removal = ScheduledRemoval { rule: rule.clone(), at_millis, set_by: actor.label.clone() };
        store.schedule_removal(removal).await?;
        let changed = change.await;
        // A change whose outcome is unknown may be stored, and its rule must end.
        let is_unchanged = changed.as_ref().is_err_and(|error| !is_unknown(error));
        if is_unchanged {
            match earlier {
                Some(earlier) => store.schedule_removal(earlier).await?,
                None => store.cancel_removal(rule).await?,
            }
        }
        changed
    }
}

/// Returns whether a change that failed with this error may be stored.
fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::Store(StoreError::Unavailable { reason: UnavailableReason::OutcomeUnknown, .. }))
}
