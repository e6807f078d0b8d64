//! In-memory cache of projects and API keys, refreshed from the store.
//!
//! Every request reads this cache; no request reads the store for configuration.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::sync::{Mutex, watch};
use tracing::warn;

use crate::{key_usage::KeyUsage, origin::Origin, project::Project, workers::Workers};
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_publish::{Audience, Channel};
use prefab_store::{
    Store, StoreError, StoredKey,
    clock::Clock,
    key::{self, KeyHash, KeyKind},
};

/// How often the usage of API keys is written to the store.
const KEY_USAGE_FLUSH_INTERVAL: Duration = Duration::from_secs(5);

/// Delay before a failed refresh is retried; the store may not notify again.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// In-memory cache of projects and API keys.
pub struct ProjectCache {
    store: Arc<dyn Store>,
    workers: Workers,
    cache_bytes: usize,
    clock: Clock,
    state: RwLock<State>,
    /// Serializes refreshes, so that a stale read never overwrites a newer one.
    refreshing: Mutex<()>,
    key_usage: KeyUsage,
    /// Counts changes to the set of valid API keys and to their expiry.
    keys_changed: watch::Sender<u64>,
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
        let cache = Self {
            store,
            workers,
            cache_bytes,
            key_usage: KeyUsage::new(clock.clone()),
            clock,
            state: RwLock::default(),
            refreshing: Mutex::default(),
            keys_changed: watch::Sender::new(0),
        };
        cache.refresh().await?;
        Ok(cache)
    }

    /// Returns the store.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Applies all changes since the last refresh.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be read. The cache then keeps its previous content.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let _refreshing = self.refreshing.lock().await;
        let registry = self.store.registry().await?;
        let mut projects = self.read(|state| state.projects.clone());
        for project in registry.projects {
            if let Some(known) = projects.get(&project.id) {
                known.apply_environments(project, &self.workers).await;
            } else {
                projects.insert(project.id, Arc::new(Project::new(project, self.cache_bytes)));
            }
        }
        for project in projects.values() {
            project.sync(&*self.store, &self.workers).await?;
            project.refresh_drafts(&*self.store).await?;
        }
        let keys = registry.keys.into_iter().map(|key| (key.id, key)).collect();
        // Every open stream wakes up, so this is signalled only if a key was revoked or has another end.
        let is_changed = self.read(|state| validity(&state.keys) != validity(&keys));
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State { projects, keys };
        if is_changed {
            self.keys_changed.send_modify(|count| *count += 1);
        }
        Ok(())
    }

    /// Refreshes the cache whenever the store changes, until `stop` becomes true.
    ///
    /// A refresh that fails is retried after one second; until then requests see the previous state.
    pub async fn follow(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut notifications = self.store.watch();
        let mut flush = Box::pin(self.clock.sleep(KEY_USAGE_FLUSH_INTERVAL));
        let mut is_behind = false;
        loop {
            // The awaited guards must be dropped before the store is read.
            let next = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => Next::Stop,
                notified = notifications.changed() => if notified.is_err() { return } else { Next::Refresh },
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
            let refreshed = self.refresh().await;
            is_behind = refreshed.is_err();
            if let Err(error) = refreshed {
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
    pub fn caller(&self, text: &str) -> Option<Caller> {
        let caller = self.find(text)?;
        self.key_usage.record_use(caller.key_id);
        Some(caller)
    }

    fn find(&self, text: &str) -> Option<Caller> {
        let id = key::parse_id(text)?;
        self.read(|state| {
            let key = state.keys.get(&id).filter(|key| self.is_valid(key))?;
            if !key.hash.matches(&KeyHash::of(text)) {
                return None;
            }
            let project = state.projects.get(&key.project)?;
            Some(Caller {
                key_id: key.id,
                kind: key.kind,
                name: Arc::clone(&key.name),
                user_id: key.user_id.clone(),
                audience: Audience::of(key.id, key.user_id.as_deref()),
                environment: key.environment,
                channel: project.channel(key.environment)?,
                project: Arc::clone(project),
            })
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
