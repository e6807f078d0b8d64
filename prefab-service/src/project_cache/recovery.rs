//! Recovery of clients after the database went back to an older state.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError},
    time::Duration,
};

use prefab_core::ids::ProjectId;
use prefab_store::{Heads, Recovered, Remembered, StoreError, key::KeyKind};
use tracing::warn;

use super::{Caller, ProjectCache};
use crate::project::Project;

/// How far above the clock an id of a client can be. Ids are microseconds since 1970, and an id further above is an error of
/// the client or an attack.
const MAX_AHEAD: Duration = Duration::from_secs(300);

/// How often the ids of clients can cause a recovery of one project.
const CLIENT_RECOVERY_INTERVAL: Duration = Duration::from_secs(3_600);

impl ProjectCache {
    /// Compares the logs of all projects with the newest published ids. If a log went back, its current versions are appended
    /// again. Returns the projects without new versions.
    pub(super) async fn recover(
        &self,
        known: &HashMap<ProjectId, i64>,
    ) -> Result<HashSet<ProjectId>, StoreError> {
        let remembered = known.iter().map(|(project, id)| (*project, *id)).collect();
        let (mut unchanged, mut went_back) = (HashSet::new(), Vec::new());
        for position in self.store.log_positions(remembered).await? {
            let Some(known) = known.get(&position.project) else { continue };
            if position.last_id < *known || !position.has_remembered {
                went_back.extend(self.project(position.project));
            } else if position.last_id == *known {
                unchanged.insert(position.project);
            }
        }
        if went_back.is_empty() {
            return Ok(unchanged);
        }
        let mut remembered = Vec::with_capacity(went_back.len());
        for project in went_back {
            remembered.extend(project.remembered(&self.workers).await);
        }
        report(&self.store.recover(remembered).await?, "this server has seen newer versions");
        Ok(unchanged)
    }

    /// Checks the id up to which a client has everything. If the id is above all ids of the project, the database went back
    /// while no server was running, and the current versions are appended again above this id.
    ///
    /// Front-end keys are public, so their ids are ignored. A project is recovered at most once per hour because of clients.
    pub fn check_cursor(self: &Arc<Self>, caller: &Caller, cursor: i64) {
        if caller.kind == KeyKind::Frontend || !self.is_ahead(&caller.project, cursor) {
            return;
        }
        let (this, project) = (Arc::clone(self), Arc::clone(&caller.project));
        tokio::spawn(async move {
            if let Err(error) = this.recover_above(&project, cursor).await {
                warn!(%error, project = project.id.0, "appending current versions again failed");
            }
        });
    }

    fn is_ahead(&self, project: &Project, cursor: i64) -> bool {
        let ahead = i64::try_from(MAX_AHEAD.as_micros()).unwrap_or(i64::MAX);
        cursor > project.published_id() && cursor <= self.clock.now_micros().saturating_add(ahead)
    }

    async fn recover_above(&self, project: &Arc<Project>, cursor: i64) -> Result<(), StoreError> {
        // Another server may have appended the version a moment ago.
        project.sync(&*self.store, &self.workers).await?;
        if !self.is_ahead(project, cursor) || !self.may_recover(project.id) {
            return Ok(());
        }
        let remembered =
            Remembered { project: project.id, last_id: cursor, versions: Vec::new(), heads: Heads::All };
        report(&self.store.recover(vec![remembered]).await?, "a client has newer versions");
        project.sync(&*self.store, &self.workers).await
    }

    fn may_recover(&self, project: ProjectId) -> bool {
        let now = self.clock.now_millis();
        let interval = i64::try_from(CLIENT_RECOVERY_INTERVAL.as_millis()).unwrap_or(i64::MAX);
        let mut recovered_at = self.recovered_at.lock().unwrap_or_else(PoisonError::into_inner);
        if recovered_at.get(&project).is_some_and(|at| now < at.saturating_add(interval)) {
            return false;
        }
        recovered_at.insert(project, now);
        true
    }
}

fn report(recovered: &[Recovered], evidence: &str) {
    for Recovered { project, appended, deleted, drafts, last_id } in recovered {
        warn!(
            project = project.0,
            appended,
            deleted,
            drafts,
            last_id,
            evidence,
            "the database went back, appended its current versions again"
        );
    }
}
