//! Notifications of changes in a store.
//!
//! A notification names the part of the store that changed, so that the receiver reads only that part again. It carries no data
//! and is never needed for correctness: a receiver that misses some receives [`StoreChange::Unknown`] instead.

use std::collections::{BTreeMap, BTreeSet};

use prefab_core::ids::ProjectId;
use tokio::sync::broadcast::{
    self,
    error::{RecvError, TryRecvError},
};

/// The number of notifications that a receiver can miss before it receives [`StoreChange::Unknown`] in their place.
const CAPACITY: usize = 1_024;

/// A part of the store that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreChange {
    /// Versions were appended to the log of a project.
    Configs {
        /// The project.
        project: ProjectId,
        /// The id of the newest version.
        last_id: i64,
    },
    /// The drafts of a project changed.
    Drafts {
        /// The project.
        project: ProjectId,
    },
    /// API keys were issued, revoked or given another expiry.
    ApiKeys,
    /// Projects or environments changed.
    Registry,
    /// Anything may have changed, for example because another process wrote.
    Unknown,
}

/// All changes since the last time that a receiver asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreChanges {
    /// Whether anything may have changed.
    pub is_unknown: bool,
    /// Whether projects, environments or API keys changed.
    pub registry: bool,
    /// The projects with new versions, and the id of the newest version of each.
    pub configs: BTreeMap<ProjectId, i64>,
    /// The projects whose drafts changed.
    pub drafts: BTreeSet<ProjectId>,
}

impl StoreChanges {
    /// Returns changes after which everything is read again.
    pub fn unknown() -> Self {
        Self { is_unknown: true, ..Self::default() }
    }

    /// Adds a change.
    pub fn add(&mut self, change: StoreChange) {
        match change {
            StoreChange::Configs { project, last_id } => {
                let newest = self.configs.entry(project).or_insert(last_id);
                *newest = last_id.max(*newest);
            }
            StoreChange::Drafts { project } => drop(self.drafts.insert(project)),
            StoreChange::ApiKeys | StoreChange::Registry => self.registry = true,
            StoreChange::Unknown => self.is_unknown = true,
        }
    }

    /// Adds all of these changes.
    pub fn merge(&mut self, other: Self) {
        let Self { is_unknown, registry, configs, drafts } = other;
        self.is_unknown |= is_unknown;
        self.registry |= registry;
        self.drafts.extend(drafts);
        for (project, last_id) in configs {
            self.add(StoreChange::Configs { project, last_id });
        }
    }

    /// Returns whether only versions were appended.
    pub fn is_configs_only(&self) -> bool {
        !self.is_unknown && !self.registry && self.drafts.is_empty()
    }
}

/// The sender of a store's notifications.
#[derive(Clone, Debug)]
pub struct Notifier(broadcast::Sender<StoreChange>);

impl Default for Notifier {
    fn default() -> Self {
        Self(broadcast::Sender::new(CAPACITY))
    }
}

impl Notifier {
    /// Notifies all receivers.
    pub fn notify(&self, change: StoreChange) {
        // A notification without receivers is discarded.
        let _ = self.0.send(change);
    }

    /// Returns a receiver of all later notifications.
    pub fn subscribe(&self) -> StoreWatch {
        StoreWatch(self.0.subscribe())
    }
}

/// A receiver of a store's notifications.
#[derive(Debug)]
pub struct StoreWatch(broadcast::Receiver<StoreChange>);

impl StoreWatch {
    /// Waits for a change, and returns it together with all others that wait already. Returns `None` if the store is closed.
    ///
    /// Cancelling this call loses no notification.
    pub async fn changed(&mut self) -> Option<StoreChanges> {
        let first = match self.0.recv().await {
            Ok(change) => change,
            Err(RecvError::Lagged(_)) => StoreChange::Unknown,
            Err(RecvError::Closed) => return None,
        };
        let mut changes = self.pending();
        changes.add(first);
        Some(changes)
    }

    /// Returns the changes that wait already.
    pub fn pending(&mut self) -> StoreChanges {
        let mut changes = StoreChanges::default();
        loop {
            match self.0.try_recv() {
                Ok(change) => changes.add(change),
                Err(TryRecvError::Lagged(_)) => changes.add(StoreChange::Unknown),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return changes,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configs(project: i64, last_id: i64) -> StoreChange {
        StoreChange::Configs { project: ProjectId(project), last_id }
    }

    #[tokio::test]
    async fn pending_notifications_are_received_together() {
        let notifier = Notifier::default();
        let mut watch = notifier.subscribe();
        for change in
            [configs(1, 5), configs(2, 9), configs(1, 7), StoreChange::Drafts { project: ProjectId(1) }]
        {
            notifier.notify(change);
        }
        let changes = watch.changed().await.unwrap();
        let expected = StoreChanges {
            configs: [(ProjectId(1), 7), (ProjectId(2), 9)].into(),
            drafts: [ProjectId(1)].into(),
            ..StoreChanges::default()
        };
        assert_eq!(changes, expected);
        assert_eq!(watch.pending(), StoreChanges::default());
        drop(notifier);
        assert_eq!(watch.changed().await, None);
    }

    #[tokio::test]
    async fn a_receiver_that_misses_notifications_reads_everything_again() {
        let notifier = Notifier::default();
        let mut watch = notifier.subscribe();
        for id in 0..2_000 {
            notifier.notify(configs(1, id));
        }
        let changes = watch.changed().await.unwrap();
        assert!(changes.is_unknown);
        assert_eq!(changes.configs, [(ProjectId(1), 1_999)].into());
    }
}
