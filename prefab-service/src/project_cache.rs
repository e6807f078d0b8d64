//! In-memory cache of projects and API keys, refreshed from the store.
//!
//! Every request reads this cache; no request reads the store for configuration.

mod catch_up;
mod recovery;
mod store;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{self, Arc, PoisonError, RwLock, atomic::AtomicI64},
    time::Duration,
};

use tokio::{
    sync::{Mutex, watch},
    time::Instant,
};
use tracing::warn;

use crate::{key_usage::KeyUsage, ofrep::stream_token, origin::Origin, project::Project, workers::Workers};
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_publish::{Audience, Channel};
use prefab_store::{
    Store, StoreChanges, StoreError, StoreWatch, StoredKey,
    clock::Clock,
    key::{self, KeyHash, KeyKind},
};

/// How often the usage of API keys is written to the store.
const KEY_USAGE_FLUSH_INTERVAL: Duration = Duration::from_secs(5);

/// Delay before a failed refresh is retried; the store may not notify again.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// How long notifications of new versions are collected. The server that appended them usually publishes them itself.
const COLLECT_INTERVAL: Duration = Duration::from_millis(20);

/// In-memory cache of projects and API keys.
pub struct ProjectCache {
    store: Arc<dyn Store>,
    /// The notifications since the cache was opened, until [`follow`](Self::follow) receives them.
    watch: sync::Mutex<Option<StoreWatch>>,
    workers: Workers,
    cache_bytes: usize,
    clock: Clock,
    state: RwLock<State>,
    /// Serializes refreshes, so that a stale read never overwrites a newer one.
    refreshing: Mutex<()>,
    key_usage: KeyUsage,
    /// Counts changes to the set of valid API keys and to their expiry.
    keys_changed: watch::Sender<u64>,
    /// The projects whose versions were appended again because a client had newer ones.
    recovered: sync::Mutex<HashSet<ProjectId>>,
    /// When the versions of a project were last read for clients that wait.
    last_reads: sync::Mutex<HashMap<ProjectId, Instant>>,
    /// The time at which the cache was opened, or of the newest failover of the database, in microseconds since 1970.
    trusts_clients_since_micros: AtomicI64,
    /// The database server that answered last, if the store has one.
    server_identity: sync::Mutex<Option<String>>,
}

#[derive(Default)]
struct State {
    projects: HashMap<ProjectId, Arc<Project>>,
    keys: HashMap<i64, StoredKey>,
}

/// The next step of the task that follows the store.
enum Next {
    Refresh,
    FlushKeyUsage,
    Stop,
}

/// The caller of an SDK endpoint, identified by an API key.
#[derive(Clone)]
pub struct Caller {
    /// The number of the API key.
    pub key_id: i64,
    /// The kind of the API key.
    pub kind: KeyKind,
    /// The name of the API key.
    pub name: Arc<str>,
    /// The id of the user the API key belongs to, whose personal overrides it receives.
    pub user_id: Option<Arc<str>>,
    /// What this API key receives in every message.
    pub audience: Audience,
    /// The environment of the API key.
    pub environment: EnvironmentId,
    /// The project of the API key.
    pub project: Arc<Project>,
    /// The channel of the environment.
    pub channel: Arc<Channel>,
}

impl ProjectCache {
    /// Creates a cache with the current content of a store.
    ///
    /// Each environment caches up to `cache_bytes` bytes of responses.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be read.
    pub async fn open(
        store: Arc<dyn Store>,
        workers: Workers,
        cache_bytes: usize,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        // Subscribed before the first read, so that no change in between is missed.
        let watch = sync::Mutex::new(Some(store.watch()));
        let trusts_clients_since_micros = AtomicI64::new(clock.now_micros());
        let cache = Self {
            store,
            watch,
            workers,
            cache_bytes,
            key_usage: KeyUsage::new(clock.clone()),
            clock,
            state: RwLock::default(),
            refreshing: Mutex::default(),
            keys_changed: watch::Sender::new(0),
            recovered: sync::Mutex::default(),
            last_reads: sync::Mutex::default(),
            trusts_clients_since_micros,
            server_identity: sync::Mutex::default(),
        };
        cache.refresh().await?;
        Ok(cache)
    }

    /// Reads everything again and applies what changed.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be read. The cache then keeps its previous content.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        self.apply(&StoreChanges::unknown()).await
    }

    /// Reads projects, environments and API keys again.
    ///
    /// # Errors
    ///
    /// As [`refresh`](Self::refresh).
    pub async fn refresh_registry(&self) -> Result<(), StoreError> {
        self.apply(&StoreChanges { registry: true, ..StoreChanges::default() }).await
    }

    /// Reads the parts of the store that changed.
    async fn apply(&self, changes: &StoreChanges) -> Result<(), StoreError> {
        let _refreshing = self.refreshing.lock().await;
        if changes.is_unknown {
            return self.apply_everything().await;
        }
        if changes.registry {
            for project in self.apply_registry().await? {
                self.read_project(&project).await?;
            }
        }
        for (project, last_id) in &changes.configs {
            if let Some(project) = self.project(*project).filter(|project| project.published_id() < *last_id)
            {
                project.sync(&*self.store, &self.workers).await?;
            }
        }
        for project in &changes.drafts {
            if let Some(project) = self.project(*project) {
                project.refresh_drafts(&*self.store).await?;
            }
        }
        Ok(())
    }

    async fn apply_everything(&self) -> Result<(), StoreError> {
        // Read before the log, which may grow until the comparison.
        let known: HashMap<ProjectId, i64> = self.read(|state| {
            state.projects.values().map(|project| (project.id, project.published_id())).collect()
        });
        // A recovery that fails must not delay changes of keys and of other projects. The caller retries.
        let recovered = self.recover(&known).await;
        self.apply_registry().await?;
        let unchanged = recovered.as_ref().map(HashSet::clone).unwrap_or_default();
        for project in self.projects() {
            if unchanged.contains(&project.id) {
                project.refresh_drafts(&*self.store).await?;
            } else {
                self.read_project(&project).await?;
            }
        }
        recovered.map(drop)
    }

    async fn read_project(&self, project: &Arc<Project>) -> Result<(), StoreError> {
        project.sync(&*self.store, &self.workers).await?;
        project.refresh_drafts(&*self.store).await
    }

    /// Reads projects, environments and API keys, and returns the new projects.
    async fn apply_registry(&self) -> Result<Vec<Arc<Project>>, StoreError> {
        let registry = self.store.registry().await?;
        let known = self.read(|state| state.projects.clone());
        let (mut projects, mut added) = (HashMap::new(), Vec::new());
        for project in registry.projects {
            let cached = if let Some(known) = known.get(&project.id) {
                known.apply_environments(project).await;
                Arc::clone(known)
            } else {
                let project = Arc::new(Project::new(project, self.cache_bytes));
                added.push(Arc::clone(&project));
                project
            };
            projects.insert(cached.id, cached);
        }
        let keys = registry.keys.into_iter().map(|key| (key.id, key)).collect();
        // Signalled only if a key was revoked or its expiry changed, because every open stream wakes up.
        let is_changed = self.read(|state| validity(&state.keys) != validity(&keys));
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State { projects, keys };
        if is_changed {
            self.keys_changed.send_modify(|count| *count += 1);
        }
        Ok(added)
    }

    /// Refreshes the cache whenever the store changes, until `stop` becomes true.
    ///
    /// A refresh that fails is retried after one second; until then requests see the previous state.
    pub async fn follow(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let since_open = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut watch = since_open.unwrap_or_else(|| self.store.watch());
        let mut flush = Box::pin(self.clock.sleep(KEY_USAGE_FLUSH_INTERVAL));
        let (mut pending, mut is_behind) = (StoreChanges::default(), false);
        loop {
            let next = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => Next::Stop,
                received = watch.changed() => match received {
                    None => Next::Stop,
                    Some(changes) => {
                        pending.merge(changes);
                        Next::Refresh
                    }
                },
                () = self.clock.sleep(RETRY_INTERVAL), if is_behind => Next::Refresh,
                () = flush.as_mut() => Next::FlushKeyUsage,
            };
            match next {
                Next::Refresh => {}
                Next::FlushKeyUsage => {
                    flush = Box::pin(self.clock.sleep(KEY_USAGE_FLUSH_INTERVAL));
                    self.flush_key_usage().await;
                    continue;
                }
                Next::Stop => return self.flush_key_usage().await,
            }
            if pending.is_configs_only() {
                tokio::time::sleep(COLLECT_INTERVAL).await;
                pending.merge(watch.pending());
            }
            let refreshed = self.apply(&pending).await;
            is_behind = refreshed.is_err();
            match refreshed {
                Ok(()) => pending = StoreChanges::default(),
                Err(error) => {
                    let cause = std::error::Error::source(&error);
                    warn!(
                        %error,
                        ?cause,
                        retry_in_ms = RETRY_INTERVAL.as_millis(),
                        "store refresh failed, serving the previous state"
                    );
                }
            }
        }
    }

    async fn flush_key_usage(&self) {
        let (used, refused) = self.key_usage.take();
        let mut written = Ok(());
        if !used.is_empty() {
            written = self.store.record_key_usage(used).await;
        }
        if !refused.is_empty() {
            written = written.and(self.store.record_refusals(refused).await);
        }
        if let Err(error) = written {
            warn!(%error, "writing API key usage failed, the usage of the last 5 s is lost");
        }
    }

    /// Records that an API key was refused, if the store contains a key with its number.
    ///
    /// The reason is recorded in the audit log and not returned.
    pub fn record_refusal(&self, text: &str, origin: Origin) {
        let Some(id) = key::parse_id(text) else { return };
        self.read(|state| {
            let Some(key) = state.keys.get(&id) else { return };
            let cause = if !key.hash.matches(&KeyHash::of(text)) {
                "only its number is right"
            } else if key.revoked {
                "it is revoked"
            } else {
                "it has expired"
            };
            self.key_usage.record_refusal(key, cause, origin);
        });
    }

    /// Returns the caller with this API key, and records the use of the key. Returns `None` if the key is unknown,
    /// revoked or expired.
    pub async fn caller(&self, text: &str) -> Option<Caller> {
        let caller = self.find(text).await?;
        self.key_usage.record_use(caller.key_id);
        Some(caller)
    }

    async fn find(&self, text: &str) -> Option<Caller> {
        self.caller_if(key::parse_id(text)?, |key| key.hash.matches(&KeyHash::of(text))).await
    }

    /// Returns the caller whose API key has this token for event streams.
    pub async fn caller_of_stream_token(&self, token: &str) -> Option<Caller> {
        self.caller_if(stream_token::key_id(token)?, |key| stream_token::matches(token, key)).await
    }

    /// Returns the token for event streams of an API key.
    pub fn stream_token(&self, key_id: i64) -> Option<String> {
        self.read(|state| state.keys.get(&key_id).map(stream_token::of))
    }

    /// Returns the caller with the API key `id`, if the key is valid and has been proved.
    async fn caller_if(&self, id: i64, is_proved: impl FnOnce(&StoredKey) -> bool) -> Option<Caller> {
        let (key, project) = self.read(|state| {
            let key = state.keys.get(&id).filter(|key| self.is_valid(key) && is_proved(key))?;
            Some((key.clone(), Arc::clone(state.projects.get(&key.project)?)))
        })?;
        let channel = project.activate(key.environment, &self.workers).await?;
        Some(Caller {
            key_id: key.id,
            kind: key.kind,
            audience: Audience::of(key.id, key.user_id.as_deref()),
            environment: key.environment,
            name: key.name,
            user_id: key.user_id,
            channel,
            project,
        })
    }

    /// Lists the projects by id.
    pub fn projects(&self) -> Vec<Arc<Project>> {
        let mut projects: Vec<_> = self.read(|state| state.projects.values().cloned().collect());
        projects.sort_by_key(|project: &Arc<Project>| project.id);
        projects
    }

    /// Returns a project, or `None` if no project has this id.
    pub fn project(&self, id: ProjectId) -> Option<Arc<Project>> {
        self.read(|state| state.projects.get(&id).cloned())
    }

    /// Returns whether an API key is neither revoked nor expired.
    pub fn is_live(&self, key_id: i64) -> bool {
        self.read(|state| state.keys.get(&key_id).is_some_and(|key| self.is_valid(key)))
    }

    /// Waits until an API key is revoked or expires.
    pub async fn key_ended(&self, key_id: i64) {
        let mut changed = self.keys_changed.subscribe();
        while self.is_live(key_id) {
            let expires_at = self.read(|state| state.keys.get(&key_id).and_then(|key| key.expires_at_millis));
            let expiry = async {
                match expires_at {
                    Some(at) => self.clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = changed.changed() => {}
                () = expiry => {}
            }
        }
    }

    fn is_valid(&self, key: &StoredKey) -> bool {
        !key.revoked && key.expires_at_millis.is_none_or(|at| at > self.clock.now_millis())
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns the part of the API keys that decides whether they are valid.
fn validity(keys: &HashMap<i64, StoredKey>) -> BTreeSet<(i64, bool, Option<i64>)> {
    keys.values().map(|key| (key.id, key.revoked, key.expires_at_millis)).collect()
}
