//! A project in memory: its configs as they stand, and a channel per environment.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use prefab_core::{ConfigType, Pointer};
use tokio::sync::Mutex;

use crate::{
    ids::{EnvironmentId, ProjectId},
    publish::{Channel, outgoing},
    store::{self, Environment, Store, StoreError, Version},
};

/// A project in memory.
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    pub(crate) environments: Vec<Environment>,
    channels: BTreeMap<EnvironmentId, Arc<Channel>>,
    configs: RwLock<Configs>,
    /// Held while news are taken in, so that they are taken in once and in order. Holds the id of the newest.
    last_id: Mutex<i64>,
}

/// The configs of a project as they stand, all environments' rows in them.
pub(crate) type Configs = BTreeMap<String, Arc<Version>>;

impl Project {
    pub(crate) fn new(project: store::Project) -> Self {
        let store::Project { id, name: _, first_id, environments } = project;
        let channel = |environment: &Environment| {
            (environment.id, Arc::new(Channel::new(id, environment.id, first_id)))
        };
        Self {
            id,
            channels: environments.iter().map(channel).collect(),
            environments,
            configs: RwLock::default(),
            last_id: Mutex::new(first_id),
        }
    }

    pub(crate) fn channel(&self, environment: EnvironmentId) -> Option<&Arc<Channel>> {
        self.channels.get(&environment)
    }

    /// Returns the version of a key that stands, unless it is deleted.
    pub(crate) fn config(&self, key: &str) -> Option<Arc<Version>> {
        let configs = self.configs.read().unwrap_or_else(PoisonError::into_inner);
        configs.get(key).cloned()
    }

    /// Returns a copy of all that stands.
    pub(crate) fn configs(&self) -> Configs {
        self.configs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes in what is new in the store and publishes it.
    pub(crate) async fn catch_up(&self, store: &dyn Store) -> Result<(), StoreError> {
        let mut last_id = self.last_id.lock().await;
        let news = store.since(self.id, *last_id).await?;
        let Some(newest) = news.last() else { return Ok(()) };
        *last_id = newest.id;
        self.take_in(&news);
        self.publish(&news, *last_id);
        Ok(())
    }

    fn take_in(&self, news: &[Version]) {
        let mut configs = self.configs.write().unwrap_or_else(PoisonError::into_inner);
        for version in news {
            if version.config.is_some() {
                configs.insert(version.key.clone(), Arc::new(version.clone()));
            } else {
                configs.remove(&version.key);
            }
        }
    }

    fn publish(&self, news: &[Version], last_id: i64) {
        let segments = self.segments();
        for (environment, channel) in &self.channels {
            let configs = news.iter().map(|version| match &version.config {
                Some(config) => outgoing(config, *environment, |key| segments.contains(key)),
                None => crate::publish::tombstone(version.id, self.id.0, &version.key),
            });
            let pointer =
                Pointer { project_id: self.id.0, start_at_id: last_id, project_env_id: environment.0 };
            channel.publish(configs.collect(), last_id, pointer);
        }
    }

    fn segments(&self) -> HashSet<String> {
        let configs = self.configs.read().unwrap_or_else(PoisonError::into_inner);
        let is_segment =
            |version: &Version| version.config.as_ref().is_some_and(|c| c.config_type == ConfigType::Segment);
        configs.values().filter(|version| is_segment(version)).map(|version| version.key.clone()).collect()
    }
}
