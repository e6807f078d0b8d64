//! A project in memory: its configs as they stand, and a channel per environment.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use prefab_core::{Config, ConfigSet, ConfigType, Pointer};
use prefab_eval::Ruleset;
use tokio::sync::{Mutex, watch};

use crate::workers::{Kind, Workers};
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_publish::{Channel, for_sdk};
use prefab_store;
use prefab_store::{DraftMark, Environment, Store, StoreError, Version};

/// A project in memory.
pub struct Project {
    /// The number of the project.
    pub id: ProjectId,
    name: RwLock<Arc<str>>,
    environments: RwLock<Arc<[Environment]>>,
    channels: RwLock<BTreeMap<EnvironmentId, Arc<Channel>>>,
    configs: RwLock<Configs>,
    /// The keys of deleted configs: clients may report them for a while.
    deleted: RwLock<HashSet<String>>,
    /// Held while versions are taken in, so that they are taken in once and in order. Holds the id of the newest.
    last_id: Arc<Mutex<i64>>,
    /// The id of the newest change that has been published.
    published: watch::Sender<i64>,
    /// Which drafts there are, by key.
    drafts: watch::Sender<Drafts>,
    cache_bytes: usize,
}

/// The drafts of a project, as marks that change with each draft.
pub type Drafts = Arc<[DraftMark]>;

/// The configs of a project as they stand, all environments' rows in them.
pub type Configs = BTreeMap<String, Arc<Version>>;

impl Project {
    /// Returns a project without configs, whose environments each cache this many bytes of responses.
    pub fn new(project: prefab_store::Project, cache_bytes: usize) -> Self {
        let prefab_store::Project { id, name, first_id, environments } = project;
        let channel = |environment: &Environment| {
            (environment.id, Arc::new(Channel::new(id, environment.id, first_id, cache_bytes)))
        };
        Self {
            id,
            name: RwLock::new(name.into()),
            channels: RwLock::new(environments.iter().map(channel).collect()),
            environments: RwLock::new(environments.into()),
            configs: RwLock::default(),
            last_id: Arc::new(Mutex::new(first_id)),
            deleted: RwLock::default(),
            published: watch::Sender::new(first_id),
            drafts: watch::Sender::new(Arc::default()),
            cache_bytes,
        }
    }

    /// Returns the name of the project.
    pub fn name(&self) -> Arc<str> {
        Arc::clone(&self.name.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the environments of the project.
    pub fn environments(&self) -> Arc<[Environment]> {
        Arc::clone(&self.environments.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the channel of an environment, or `None` if the project has no such environment.
    pub fn channel(&self, environment: EnvironmentId) -> Option<Arc<Channel>> {
        self.channels().get(&environment).cloned()
    }

    /// Takes in new names and new environments. Environments that are there already keep their channels, so
    /// that open streams go on.
    pub async fn apply_environments(self: &Arc<Self>, project: prefab_store::Project, workers: &Workers) {
        let is_same = *self.name() == *project.name && *self.environments() == *project.environments;
        if is_same {
            return;
        }
        // Nothing may be published between what a new channel starts with and its joining the others.
        let last_id = Arc::clone(&self.last_id).lock_owned().await;
        let this = Arc::clone(self);
        let add = move || this.add_environments(project, *last_id);
        // Refused only while the process stops.
        let _ = workers.run_always(Kind::Publish, Some(self.id), add).await;
    }

    fn add_environments(&self, project: prefab_store::Project, last_id: i64) {
        let prefab_store::Project { id: _, name, first_id, environments } = project;
        let segments = self.segments();
        let configs = self.configs();
        let mut channels = self.channels();
        for environment in &environments {
            if channels.contains_key(&environment.id) {
                continue;
            }
            let channel = Channel::new(self.id, environment.id, first_id, self.cache_bytes);
            let mut sent: Vec<Config> = sent(&configs, environment.id, &segments);
            sent.sort_by_key(|config| config.id);
            channel.publish(sent, last_id, self.pointer(environment.id, last_id));
            channels.insert(environment.id, Arc::new(channel));
        }
        *self.channels.write().unwrap_or_else(PoisonError::into_inner) = channels;
        *self.name.write().unwrap_or_else(PoisonError::into_inner) = name.into();
        *self.environments.write().unwrap_or_else(PoisonError::into_inner) = environments.into();
    }

    /// Returns what one environment's clients are given, by id.
    pub fn datafile(&self, environment: EnvironmentId) -> ConfigSet {
        let mut configs = sent(&self.configs(), environment, &self.segments());
        configs.retain(|config| !config.is_tombstone());
        configs.sort_by_key(|config| config.id);
        let last_id = configs.last().map(|config| config.id).unwrap_or_default();
        let pointer = Some(self.pointer(environment, last_id));
        ConfigSet { configs, pointer, ..ConfigSet::default() }
    }

    /// Returns the rules that an environment's clients have, or would have if this config stood.
    pub fn ruleset(&self, environment: EnvironmentId, instead: Option<&Config>) -> Option<Arc<Ruleset>> {
        let channel = self.channel(environment)?;
        let Some(config) = instead else { return Some(channel.ruleset()) };
        let segments = self.segments();
        let config = for_sdk(config, environment, |key| segments.contains(key));
        Some(Arc::new(channel.ruleset_with(config)))
    }

    fn channels(&self) -> BTreeMap<EnvironmentId, Arc<Channel>> {
        self.channels.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn pointer(&self, environment: EnvironmentId, last_id: i64) -> Pointer {
        Pointer { project_id: self.id.0, start_at_id: last_id, project_env_id: environment.0 }
    }

    /// Returns the version of a key that stands, unless it is deleted.
    pub fn config(&self, key: &str) -> Option<Arc<Version>> {
        let configs = self.configs.read().unwrap_or_else(PoisonError::into_inner);
        configs.get(key).cloned()
    }

    /// Tells whether the project has, or had, a config with this key.
    pub fn has_or_had(&self, key: &str) -> bool {
        self.configs.read().unwrap_or_else(PoisonError::into_inner).contains_key(key)
            || self.deleted.read().unwrap_or_else(PoisonError::into_inner).contains(key)
    }

    /// Returns a copy of all that stands.
    pub fn configs(&self) -> Configs {
        self.configs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes in what is new in the store and publishes it.
    ///
    /// Publishing waits for a worker thread as long as it takes: what is stored must reach clients.
    pub async fn sync(self: &Arc<Self>, store: &dyn Store, workers: &Workers) -> Result<(), StoreError> {
        let mut last_id = Arc::clone(&self.last_id).lock_owned().await;
        let versions = store.since(self.id, *last_id).await?;
        let Some(newest) = versions.last().map(|newest| newest.id) else { return Ok(()) };
        let this = Arc::clone(self);
        // All of it happens on the worker thread, so a caller that stops waiting leaves nothing half done.
        let publish = move || {
            *last_id = newest;
            this.apply_versions(&versions);
            this.publish(&versions, newest);
            this.published.send_replace(newest);
        };
        // Refused only while the process stops.
        let _ = workers.run_always(Kind::Publish, Some(self.id), publish).await;
        Ok(())
    }

    /// Follows the id of the newest change that has been published.
    pub fn published(&self) -> watch::Receiver<i64> {
        self.published.subscribe()
    }

    /// Looks which drafts there are now.
    pub async fn refresh_drafts(&self, store: &dyn Store) -> Result<(), StoreError> {
        let drafts: Drafts = store.draft_marks(self.id).await?.into();
        self.drafts.send_if_modified(|known| {
            let is_news = *known != drafts;
            *known = drafts;
            is_news
        });
        Ok(())
    }

    /// Follows which drafts there are.
    pub fn drafts(&self) -> watch::Receiver<Drafts> {
        self.drafts.subscribe()
    }

    fn apply_versions(&self, versions: &[Version]) {
        let mut configs = self.configs.write().unwrap_or_else(PoisonError::into_inner);
        for version in versions {
            if version.config.is_some() {
                configs.insert(version.key.clone(), Arc::new(version.clone()));
            } else {
                configs.remove(&version.key);
                self.deleted.write().unwrap_or_else(PoisonError::into_inner).insert(version.key.clone());
            }
        }
    }

    fn publish(&self, versions: &[Version], last_id: i64) {
        let segments = self.segments();
        for (environment, channel) in self.channels() {
            let configs = versions.iter().map(|version| match &version.config {
                Some(config) => for_sdk(config, environment, |key| segments.contains(key)),
                None => prefab_publish::tombstone(version.id, self.id.0, &version.key),
            });
            channel.publish(configs.collect(), last_id, self.pointer(environment, last_id));
        }
    }

    fn segments(&self) -> HashSet<String> {
        let configs = self.configs.read().unwrap_or_else(PoisonError::into_inner);
        let is_segment =
            |version: &Version| version.config.as_ref().is_some_and(|c| c.config_type == ConfigType::Segment);
        configs.values().filter(|version| is_segment(version)).map(|version| version.key.clone()).collect()
    }
}

fn sent(configs: &Configs, environment: EnvironmentId, segments: &HashSet<String>) -> Vec<Config> {
    let live = configs.values().filter_map(|version| version.config.as_ref());
    live.map(|config| for_sdk(config, environment, |key| segments.contains(key))).collect()
}
