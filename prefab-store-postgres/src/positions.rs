//! What a poll compares: the newest id of each project, and the counters of drafts and of the registry.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use prefab_core::ids::ProjectId;
use prefab_store::{StoreChange, StoreError};
use tokio::{
    sync::{RwLock, RwLockReadGuard},
    time::timeout,
};

use crate::{session::Session, sql::values};

/// The counters of the database that this server has read, or written itself.
#[derive(Default)]
pub(crate) struct Positions {
    /// Kept for reading during a commit of this server, and for writing during a poll. So a poll sees a change of this server
    /// only after it was noted, and does not report it again.
    commits: RwLock<()>,
    known: Mutex<Option<Counters>>,
}

/// How long a poll waits for the commits of this server.
const COMMIT_WAIT: Duration = Duration::from_millis(200);

#[derive(Clone, Debug, PartialEq)]
struct Counters {
    registry: i64,
    /// The newest id and the counter of drafts, by project.
    projects: BTreeMap<i64, (i64, i64)>,
}

impl Positions {
    /// Reads the counters, and returns what has changed since the last time. Returns nothing the first time.
    pub(crate) async fn compare(&self, mut session: Session) -> Result<Vec<StoreChange>, StoreError> {
        // The connection comes first: a commit that waits for the poll has one, and a pooler may have no other.
        session.begin_read().await?;
        // A commit that hangs must not stop the commits behind this poll. The next poll compares again.
        let Ok(no_commit) = timeout(COMMIT_WAIT, self.commits.write()).await else { return Ok(Vec::new()) };
        let sql = "SELECT 0::bigint, registry_revision, 0::bigint FROM @.epoch
                   UNION ALL SELECT id, last_id, draft_revision FROM @.project";
        let rows = session.query(sql, values![]).await?;
        let mut read = Counters { registry: 0, projects: BTreeMap::new() };
        for row in rows {
            let (project, first, second): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
            if project == 0 {
                read.registry = first;
            } else {
                read.projects.insert(project, (first, second));
            }
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = known.as_ref().map(|known| known.changes(&read)).unwrap_or_default();
        *known = Some(read);
        drop(known);
        drop(no_commit);
        Ok(changes)
    }

    /// Returns the newest id of a project that this server has read or written. Returns `None` before the first poll.
    pub(crate) fn last_id(&self, project: ProjectId) -> Option<i64> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref()?.projects.get(&project.0).map(|(last_id, _)| *last_id)
    }

    /// Waits until no poll runs. The caller commits, notes what changed, and drops the guard.
    pub(crate) async fn begin_commit(&self) -> Commit<'_> {
        Commit { _guard: self.commits.read().await, known: &self.known }
    }
}

/// A commit of this server that its polls do not report.
pub(crate) struct Commit<'p> {
    _guard: RwLockReadGuard<'p, ()>,
    known: &'p Mutex<Option<Counters>>,
}

impl Commit<'_> {
    /// Notes a change to the registry, unless another one came before it.
    pub(crate) fn note_registry(&self, revision: i64) {
        self.note(|known| {
            if known.registry == revision - 1 {
                known.registry = revision;
            }
        });
    }

    /// Notes a new project.
    pub(crate) fn note_project(&self, project: i64, first_id: i64) {
        self.note(|known| {
            known.projects.insert(project, (first_id, 0));
        });
    }

    /// Notes a change to the drafts of a project, unless another one came before it.
    pub(crate) fn note_drafts(&self, project: i64, revision: i64) {
        self.note(|known| {
            if let Some((_, drafts)) = known.projects.get_mut(&project)
                && *drafts == revision - 1
            {
                *drafts = revision;
            }
        });
    }

    /// Notes appended versions, unless others came before them.
    pub(crate) fn note_configs(&self, project: i64, after: i64, last_id: i64) {
        self.note(|known| {
            if let Some((newest, _)) = known.projects.get_mut(&project)
                && *newest == after
            {
                *newest = last_id;
            }
        });
    }

    fn note(&self, note: impl FnOnce(&mut Counters)) {
        if let Some(known) = &mut *self.known.lock().unwrap_or_else(PoisonError::into_inner) {
            note(known);
        }
    }
}

impl Counters {
    fn changes(&self, read: &Self) -> Vec<StoreChange> {
        let went_back = |(project, (last_id, _)): (&i64, &(i64, i64))| {
            read.projects.get(project).is_none_or(|(read, _)| read < last_id)
        };
        if read.registry < self.registry || self.projects.iter().any(went_back) {
            // After a failover or a restore, everything is compared.
            return vec![StoreChange::Unknown];
        }
        let mut changes = Vec::new();
        if read.registry != self.registry || read.projects.len() != self.projects.len() {
            changes.push(StoreChange::Registry);
        }
        for (project, (last_id, drafts)) in &read.projects {
            let (known_id, known_drafts) = self.projects.get(project).copied().unwrap_or_default();
            let project = ProjectId(*project);
            if *last_id != known_id {
                changes.push(StoreChange::Configs { project, last_id: *last_id });
            }
            if *drafts != known_drafts {
                changes.push(StoreChange::Drafts { project });
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(registry: i64, projects: &[(i64, i64, i64)]) -> Counters {
        let projects = projects.iter().map(|(id, last, drafts)| (*id, (*last, *drafts))).collect();
        Counters { registry, projects }
    }

    #[test]
    fn changes_name_what_changed_and_a_database_that_went_back_is_unknown() {
        let known = counters(5, &[(1, 100, 0), (2, 200, 3)]);
        let check = |read: Counters, expected: Vec<StoreChange>| assert_eq!(known.changes(&read), expected);
        let project = ProjectId(2);
        check(known.clone(), vec![]);
        check(counters(5, &[(1, 100, 0), (2, 201, 3)]), vec![StoreChange::Configs { project, last_id: 201 }]);
        check(counters(5, &[(1, 100, 0), (2, 200, 4)]), vec![StoreChange::Drafts { project }]);
        check(counters(6, &[(1, 100, 0), (2, 200, 3)]), vec![StoreChange::Registry]);
        check(counters(5, &[(1, 100, 0), (2, 199, 3)]), vec![StoreChange::Unknown]);
        check(counters(4, &[(1, 100, 0), (2, 200, 3)]), vec![StoreChange::Unknown]);
        check(counters(5, &[(1, 100, 0)]), vec![StoreChange::Unknown]);
    }
}
