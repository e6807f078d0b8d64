//! A project in memory: its current configs, and a channel per environment.

mod wait;

use std::{
    collections::{BTreeMap, HashSet},
    sync::{self, Arc, PoisonError, RwLock},
};

use prefab_core::{Config, ConfigSet, ConfigType, Pointer};
use prefab_eval::Ruleset;
use tokio::sync::{Mutex, MutexGuard, OwnedMutexGuard, watch};

pub use crate::{current_configs::Configs, shared_keys::SharedKeys};
use crate::{
    current_configs::CurrentConfigs,
    lazy_channel::LazyChannel,
    new_names::NewNames,
    workers::{Kind, Workers},
};
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_publish::{Channel, for_environment, for_sdk};
use prefab_store;
use prefab_store::{
    Appended, DraftMark, Environment, Heads, Remembered, Store, StoreError, Version, names::NoMatch,
};

/// A project in memory.
pub struct Project {
    /// The id.
    pub id: ProjectId,
    name: RwLock<Arc<str>>,
    environments: RwLock<Arc<[Environment]>>,
    channels: RwLock<BTreeMap<EnvironmentId, Arc<LazyChannel>>>,
    /// Held while versions are applied to the configs and the channels, and while a channel is created.
    publishing: sync::Mutex<()>,
    /// The turn of requests that wait for a channel to be created.
    activating: Mutex<()>,
    current: RwLock<CurrentConfigs>,
    /// The id of the newest applied version. The lock is held while versions are applied, so that each is applied once and
    /// in order.
    last_id: Arc<Mutex<i64>>,
    /// The id of the newest published change.
    published: watch::Sender<i64>,
    /// The drafts, by config key.
    drafts: watch::Sender<Drafts>,
    /// The turn of requests that change configs without an expected version.
    edit_turn: Mutex<()>,
    cache_bytes: usize,
}

/// The drafts of a project without their content.
pub type Drafts = Arc<[DraftMark]>;

impl Project {
    /// Creates a project without configs. Each environment caches up to `cache_bytes` bytes of responses.
    pub fn new(project: prefab_store::Project, cache_bytes: usize) -> Self {
        let prefab_store::Project { id, name, first_id, environments } = project;
        let channel = |environment: &Environment| (environment.id, Arc::new(LazyChannel::new(first_id)));
        Self {
            id,
            name: RwLock::new(name.into()),
            channels: RwLock::new(environments.iter().map(channel).collect()),
            publishing: sync::Mutex::default(),
            activating: Mutex::default(),
            environments: RwLock::new(environments.into()),
            current: RwLock::default(),
            last_id: Arc::new(Mutex::new(first_id)),
            published: watch::Sender::new(first_id),
            drafts: watch::Sender::new(Arc::default()),
            edit_turn: Mutex::default(),
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

    /// Returns the channel of an environment, or `None` if the project has no such environment. Creates the channel if no client
    /// has used it yet, which takes as long as compiling all configs; see [`activate`](Self::activate).
    pub fn channel(&self, environment: EnvironmentId) -> Option<Arc<Channel>> {
        let lazy = self.channels().get(&environment).cloned()?;
        if let Some(channel) = lazy.channel.get() {
            return Some(Arc::clone(channel));
        }
        let _publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(
            lazy.channel.get_or_init(|| Arc::new(self.create_channel(environment, lazy.first_id))),
        ))
    }

    /// Returns the channel of an environment, or `None` if the project has no such environment. Creates the channel on a worker
    /// thread if no client has used it yet.
    pub async fn activate(
        self: &Arc<Self>,
        environment: EnvironmentId,
        workers: &Workers,
    ) -> Option<Arc<Channel>> {
        if let Some(channel) = self.used_channel(environment) {
            return Some(channel);
        }
        // All clients of an environment may arrive together. One of them creates the channel.
        let _turn = self.activating.lock().await;
        if let Some(channel) = self.used_channel(environment) {
            return Some(channel);
        }
        let this = Arc::clone(self);
        let create = move || this.channel(environment);
        workers.run_always(Kind::Publish, Some(self.id), create).await.ok().flatten()
    }

    /// Returns the channel of an environment, or `None` if no client has used it yet.
    pub fn used_channel(&self, environment: EnvironmentId) -> Option<Arc<Channel>> {
        self.channels.read().unwrap_or_else(PoisonError::into_inner).get(&environment)?.channel.get().cloned()
    }

    /// Creates a channel with the current configs, and the deletions, which clients with an older version need. The caller
    /// holds the lock of publishing.
    fn create_channel(&self, environment: EnvironmentId, first_id: i64) -> Channel {
        let channel = Channel::new(self.id, environment, first_id, self.cache_bytes);
        let mut versions = self.read(CurrentConfigs::versions);
        if !versions.is_empty() {
            versions.sort_unstable_by_key(|version| version.id);
            self.publish_to(&channel, environment, &versions, self.published_id());
        }
        channel
    }

    /// Applies a renamed project and new environments. Existing environments keep their channels, so that open streams
    /// continue.
    pub async fn apply_environments(&self, project: prefab_store::Project) {
        let is_same = *self.name() == *project.name && *self.environments() == *project.environments;
        if is_same {
            return;
        }
        // Nothing may be published in between.
        let _last_id = self.last_id.lock().await;
        self.add_environments(project);
    }

    fn add_environments(&self, project: prefab_store::Project) {
        let prefab_store::Project { id: _, name, first_id, environments } = project;
        let mut channels = self.channels();
        for environment in &environments {
            channels.entry(environment.id).or_insert_with(|| Arc::new(LazyChannel::new(first_id)));
        }
        *self.channels.write().unwrap_or_else(PoisonError::into_inner) = channels;
        *self.name.write().unwrap_or_else(PoisonError::into_inner) = name.into();
        *self.environments.write().unwrap_or_else(PoisonError::into_inner) = environments.into();
    }

    /// Returns what clients of an environment receive, ordered by id.
    pub fn datafile(&self, environment: EnvironmentId) -> ConfigSet {
        self.datafile_of(environment, sent(&self.configs(), environment, &self.segments()))
    }

    /// Returns what clients of an environment receive, and the schemas, which no SDK reads, ordered by id.
    pub fn datafile_with_schemas(&self, environment: EnvironmentId) -> ConfigSet {
        let (configs, segments) = (self.configs(), self.segments());
        let mut all = sent(&configs, environment, &segments);
        let schemas = configs.values().filter_map(|version| version.config.as_ref());
        let schemas = schemas.filter(|config| config.config_type == ConfigType::Schema);
        all.extend(schemas.map(|config| for_environment(config, environment, |key| segments.contains(key))));
        self.datafile_of(environment, all)
    }

    fn datafile_of(&self, environment: EnvironmentId, mut configs: Vec<Config>) -> ConfigSet {
        configs.retain(|config| !config.is_tombstone());
        configs.sort_by_key(|config| config.id);
        let last_id = configs.last().map(|config| config.id).unwrap_or_default();
        let pointer = Some(self.pointer(environment, last_id));
        ConfigSet { configs, pointer, ..ConfigSet::default() }
    }

    /// Returns the ruleset of an environment, with one config replaced if `instead` is given. Returns `None` if the project
    /// has no such environment.
    pub fn ruleset(&self, environment: EnvironmentId, instead: Option<&Config>) -> Option<Arc<Ruleset>> {
        let channel = self.channel(environment)?;
        let Some(config) = instead else { return Some(channel.ruleset()) };
        let segments = self.segments();
        let config = for_sdk(config, environment, |key| segments.contains(key));
        Some(Arc::new(channel.ruleset_with(config)))
    }

    fn channels(&self) -> BTreeMap<EnvironmentId, Arc<LazyChannel>> {
        self.channels.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn pointer(&self, environment: EnvironmentId, last_id: i64) -> Pointer {
        Pointer { project_id: self.id.0, start_at_id: last_id, project_env_id: environment.0 }
    }

    /// Returns the current version of a config, or `None` if it does not exist.
    pub fn config(&self, key: &str) -> Option<Arc<Version>> {
        self.read(|current| current.get(key))
    }

    /// Returns whether the project has or had a config with this key.
    pub fn has_or_had(&self, key: &str) -> bool {
        self.read(|current| current.has_or_had(key))
    }

    /// Finds a config key: the exact key of a current or deleted config, else the only key of a current config that looks
    /// the same. Returns `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`NoMatch::Ambiguous`] if several keys look the same.
    pub fn find_key(&self, text: &str) -> Result<Option<String>, NoMatch> {
        if self.has_or_had(text) {
            return Ok(Some(text.to_owned()));
        }
        let (configs, names) = self.read(|current| (current.configs(), current.names()));
        let similar: Vec<&str> = names.similar_keys(&configs, text).collect();
        match *similar {
            [] => Ok(None),
            [key] => Ok(Some(key.to_owned())),
            _ => {
                let similar = similar.into_iter().map(|key| key.escape_debug().to_string());
                Err(NoMatch::Ambiguous(similar.collect()))
            }
        }
    }

    /// Returns a check of new names beside the current ones.
    pub(crate) fn new_names(&self) -> NewNames {
        self.read(|current| NewNames::new(current.configs(), current.names()))
    }

    /// Waits for the turn to change configs without a version that the caller expects. Requests that take turns do not
    /// conflict with each other.
    pub(crate) async fn edit_turn(&self) -> MutexGuard<'_, ()> {
        self.edit_turn.lock().await
    }

    /// Returns all current configs. Later changes do not affect the returned map.
    pub fn configs(&self) -> Arc<Configs> {
        self.read(CurrentConfigs::configs)
    }

    /// Applies and publishes all versions that are new in the store.
    ///
    /// Publishing has no deadline, because stored changes must reach clients.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be read.
    pub async fn sync(self: &Arc<Self>, store: &dyn Store, workers: &Workers) -> Result<(), StoreError> {
        let last_id = Arc::clone(&self.last_id).lock_owned().await;
        let versions = store.since(self.id, *last_id).await?;
        self.apply(last_id, versions, workers).await;
        Ok(())
    }

    /// Applies and publishes versions that this server has just appended. They are not read again, unless another server has
    /// appended versions before them.
    pub(crate) async fn apply_appended(
        self: &Arc<Self>,
        appended: Appended,
        store: &dyn Store,
        workers: &Workers,
    ) -> Result<(), StoreError> {
        let last_id = Arc::clone(&self.last_id).lock_owned().await;
        let versions = if *last_id == appended.after {
            appended.versions
        } else {
            store.since(self.id, *last_id).await?
        };
        self.apply(last_id, versions, workers).await;
        Ok(())
    }

    /// Applies versions, which come oldest first, and publishes them on a worker thread. A caller that is cancelled leaves
    /// nothing partially applied.
    async fn apply(
        self: &Arc<Self>,
        mut last_id: OwnedMutexGuard<i64>,
        versions: Vec<Version>,
        workers: &Workers,
    ) {
        let Some(newest) = versions.last().map(|newest| newest.id) else { return };
        let this = Arc::clone(self);
        let publish = move || {
            *last_id = newest;
            let _publishing = this.publishing.lock().unwrap_or_else(PoisonError::into_inner);
            this.apply_to_current(&versions);
            this.publish(&versions, newest);
            this.published.send_replace(newest);
        };
        // This fails only while the process stops.
        let _ = workers.run_always(Kind::Publish, Some(self.id), publish).await;
    }

    /// Applies versions to the configs in memory. Calls come one after the other, because the caller holds the lock of the
    /// newest id.
    fn apply_to_current(&self, versions: &[Version]) {
        let current = || self.current.write().unwrap_or_else(PoisonError::into_inner);
        {
            let mut current = current();
            if current.is_unshared() {
                current.apply(versions);
                return;
            }
        }
        // The maps are copied and the old ones are dropped without the lock, so that readers do not wait.
        let mut next = self.read(CurrentConfigs::clone);
        next.apply(versions);
        let old = std::mem::replace(&mut *current(), next);
        drop(old);
    }

    /// Returns what this server and its clients have seen of the project, or `None` while the process stops.
    pub(crate) async fn remembered(&self, workers: &Workers) -> Option<Remembered> {
        let (last_id, current) = {
            let last_id = self.last_id.lock().await;
            (*last_id, self.read(CurrentConfigs::clone))
        };
        let versions =
            workers.run_always(Kind::Publish, Some(self.id), move || current.versions()).await.ok()?;
        Some(Remembered { project: self.id, last_id, versions, heads: Heads::Older })
    }

    /// Returns the id of the newest published change.
    pub fn published_id(&self) -> i64 {
        *self.published.borrow()
    }

    /// Subscribes to the id of the newest published change.
    pub fn published(&self) -> watch::Receiver<i64> {
        self.published.subscribe()
    }

    /// Reloads the list of drafts.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be read.
    pub async fn refresh_drafts(&self, store: &dyn Store) -> Result<(), StoreError> {
        let drafts: Drafts = store.draft_marks(self.id).await?.into();
        self.drafts.send_if_modified(|known| {
            let is_changed = *known != drafts;
            *known = drafts;
            is_changed
        });
        Ok(())
    }

    /// Subscribes to the list of drafts.
    pub fn drafts(&self) -> watch::Receiver<Drafts> {
        self.drafts.subscribe()
    }

    fn publish(&self, versions: &[Version], last_id: i64) {
        for (environment, lazy) in self.channels() {
            if let Some(channel) = lazy.channel.get() {
                self.publish_to(channel, environment, versions, last_id);
            }
        }
    }

    fn publish_to(&self, channel: &Channel, environment: EnvironmentId, versions: &[Version], last_id: i64) {
        let segments = self.segments();
        let configs = versions.iter().map(|version| match &version.config {
            Some(config) => for_sdk(config, environment, |key| segments.contains(key)),
            None => prefab_publish::tombstone(version.id, self.id.0, &version.key),
        });
        channel.publish(configs.collect(), last_id, self.pointer(environment, last_id));
    }

    /// Returns the current configs, and the keys of those that others are compiled with.
    pub fn configs_and_shared_keys(&self) -> (Arc<Configs>, SharedKeys) {
        self.read(|current| (current.configs(), current.shared_keys()))
    }

    fn segments(&self) -> Arc<HashSet<String>> {
        self.read(CurrentConfigs::segments)
    }

    fn read<T>(&self, read: impl FnOnce(&CurrentConfigs) -> T) -> T {
        read(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn sent(configs: &Configs, environment: EnvironmentId, segments: &HashSet<String>) -> Vec<Config> {
    let live = configs.values().filter_map(|version| version.config.as_ref());
    live.map(|config| for_sdk(config, environment, |key| segments.contains(key))).collect()
}
