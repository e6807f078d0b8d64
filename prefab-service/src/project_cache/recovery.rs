//! Recovery of clients after the database went back to an older state.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use prefab_core::ids::ProjectId;
use prefab_store::{Heads, Recovered, Remembered, StoreError, key::KeyKind};
use tracing::warn;

use super::{Caller, ProjectCache};
use crate::project::Project;

/// How far above the start of the server, or the newest failover of the database, an id of a client can be. Ids are
/// microseconds since 1970. An id further above is an error of the client or an attack: the server itself has seen all versions
/// since then.
const MAX_AHEAD: Duration = Duration::from_secs(300);

/// How long after the start of the server, or a failover, the ids of clients can cause a recovery. By then the clients have
/// reconnected.
const CLIENT_RECOVERY_PERIOD: Duration = Duration::from_secs(3_600);

impl ProjectCache {
    /// Compares the logs of all projects with the newest published ids. If a log went back, its current versions are appended
    /// again. Returns the projects without new versions.
    pub(super) async fn recover(
        &self,
        known: &HashMap<ProjectId, i64>,
    ) -> Result<HashSet<ProjectId>, StoreError> {
        let remembered = known.iter().map(|(project, id)| (*project, *id)).collect();
        self.note_failover().await?;
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

    /// Allows clients to cause a recovery again if another database server answers. That server may lack versions which only
    /// clients of servers that are gone have seen.
    async fn note_failover(&self) -> Result<(), StoreError> {
        let Some(identity) = self.store.server_identity().await? else { return Ok(()) };
        let mut known = self.server_identity.lock().unwrap_or_else(PoisonError::into_inner);
        if known.replace(identity.clone()).is_none_or(|known| known == identity) {
            return Ok(());
        }
        drop(known);
        warn!("another database server answers, as after a failover");
        self.trusts_clients_since_micros.store(self.clock.now_micros(), Ordering::Relaxed);
        self.recovered().clear();
        Ok(())
    }

    /// Checks the id up to which a client has everything. If the id is above all ids of the project, the database went back
    /// while no server was running, or only servers that are gone have seen the newest versions, and the current versions are
    /// appended again above this id.
    ///
    /// Front-end keys are public, so their ids are ignored. Clients can cause a recovery of a project once, within an hour after
    /// the start of the server or a failover of the database.
    pub fn check_cursor(self: &Arc<Self>, caller: &Caller, cursor: i64) {
        if caller.kind == KeyKind::Frontend || !self.is_ahead(&caller.project, cursor) {
            return;
        }
        let (this, project) = (Arc::clone(self), Arc::clone(&caller.project));
        if !this.recovered().insert(project.id) {
            return;
        }
        tokio::spawn(async move {
            let is_recovered = this.recover_above(&project, cursor).await.unwrap_or_else(|error| {
                warn!(%error, project = project.id.0, "appending current versions again failed");
                false
            });
            if !is_recovered {
                // The next client can cause it.
                this.recovered().remove(&project.id);
            }
        });
    }

    fn is_ahead(&self, project: &Project, cursor: i64) -> bool {
        let after_start = |time: Duration| {
            let since = self.trusts_clients_since_micros.load(Ordering::Relaxed);
            since.saturating_add(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
        };
        cursor > project.published_id()
            && cursor <= after_start(MAX_AHEAD)
            && self.clock.now_micros() <= after_start(CLIENT_RECOVERY_PERIOD)
    }

    /// Appends the current versions of a project again above an id. Returns whether that was necessary.
    async fn recover_above(&self, project: &Arc<Project>, cursor: i64) -> Result<bool, StoreError> {
        // Another server may have appended the version a moment ago.
        project.sync(&*self.store, &self.workers).await?;
        if !self.is_ahead(project, cursor) {
            return Ok(false);
        }
        let remembered =
            Remembered { project: project.id, last_id: cursor, versions: Vec::new(), heads: Heads::All };
        report(&self.store.recover(vec![remembered]).await?, "a client has newer versions");
        project.sync(&*self.store, &self.workers).await?;
        Ok(true)
    }

    /// The projects that clients have caused to recover, or are recovering now.
    fn recovered(&self) -> MutexGuard<'_, HashSet<ProjectId>> {
        self.recovered.lock().unwrap_or_else(PoisonError::into_inner)
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
