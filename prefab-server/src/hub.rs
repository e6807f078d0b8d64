//! What every request looks at: the projects and keys as they stand, kept up with the store.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::watch;
use tracing::warn;

use crate::{
    ids::{EnvironmentId, ProjectId},
    key::{self, KeyHash, KeyKind},
    project::Project,
    publish::{Audience, Channel},
    store::{Store, StoreError, StoredKey},
};

/// The projects and keys as they stand.
pub(crate) struct Hub {
    store: Arc<dyn Store>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    projects: HashMap<ProjectId, Arc<Project>>,
    keys: HashMap<i64, StoredKey>,
}

/// Who is asking.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) key_id: i64,
    pub(crate) kind: KeyKind,
    pub(crate) user_id: Option<Arc<str>>,
    pub(crate) audience: Audience,
    pub(crate) environment: EnvironmentId,
    pub(crate) project: Arc<Project>,
    pub(crate) channel: Arc<Channel>,
}

impl Hub {
    /// Reads everything from a store.
    pub(crate) async fn open(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let hub = Self { store, state: RwLock::default() };
        hub.refresh().await?;
        Ok(hub)
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Takes in whatever is new in the store.
    pub(crate) async fn refresh(&self) -> Result<(), StoreError> {
        let registry = self.store.registry().await?;
        let mut projects = self.read(|state| state.projects.clone());
        for project in registry.projects {
            let known = projects.get(&project.id);
            if known.is_none_or(|known| known.environments != project.environments) {
                projects.insert(project.id, Arc::new(Project::new(project)));
            }
        }
        for project in projects.values() {
            project.catch_up(&*self.store).await?;
        }
        let keys = registry.keys.into_iter().map(|key| (key.id, key)).collect();
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State { projects, keys };
        Ok(())
    }

    /// Follows the store until `stop` says so.
    pub(crate) async fn follow(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut news = self.store.watch();
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                changed = news.changed() => if changed.is_err() { return },
            }
            if let Err(error) = self.refresh().await {
                // The next change tries again; until then clients keep what they have.
                warn!(%error, cause = ?std::error::Error::source(&error), "changes could not be taken in");
            }
        }
    }

    /// Finds out who has this key.
    pub(crate) fn caller(&self, text: &str) -> Option<Caller> {
        let id = key::id_of(text)?;
        self.read(|state| {
            let key = state.keys.get(&id).filter(|key| !key.revoked)?;
            if !key.hash.matches(&KeyHash::of(text)) {
                return None;
            }
            let project = state.projects.get(&key.project)?;
            Some(Caller {
                key_id: key.id,
                kind: key.kind,
                user_id: key.user_id.clone(),
                audience: Audience::of(key.id, key.user_id.as_deref()),
                environment: key.environment,
                channel: Arc::clone(project.channel(key.environment)?),
                project: Arc::clone(project),
            })
        })
    }

    /// Tells whether a key that was good still is.
    pub(crate) fn is_live(&self, key_id: i64) -> bool {
        self.read(|state| state.keys.get(&key_id).is_some_and(|key| !key.revoked))
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}
