//! What every request looks at: the projects and keys as they stand, kept up with the store.

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
    Store, StoreError, StoredKey, clock,
    key::{self, KeyHash, KeyKind},
};

/// How often the use of keys is written down.
const KEY_USAGE_FLUSH_INTERVAL: Duration = Duration::from_secs(5);

/// How soon news that could not be taken in are asked for again: no other hint may come.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// How long a clock that is set may go unnoticed by a stream whose key expires.
const KEY_RECHECK_INTERVAL: Duration = Duration::from_secs(3_600);

/// The projects and keys as they stand.
pub struct ProjectCache {
    store: Arc<dyn Store>,
    workers: Workers,
    cache_bytes: usize,
    state: RwLock<State>,
    /// Held while news are taken in: an older reading must not replace a newer one.
    refreshing: Mutex<()>,
    key_usage: KeyUsage,
    /// Counts changes to which keys are good, and until when.
    keys_changed: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    projects: HashMap<ProjectId, Arc<Project>>,
    keys: HashMap<i64, StoredKey>,
}

/// What there is to do while the store is followed.
enum Next {
    Refresh,
    FlushKeyUsage,
    Stop,
}

/// Who is asking.
#[derive(Clone)]
pub struct Caller {
    /// The number of the API key.
    pub key_id: i64,
    /// What the API key may do.
    pub kind: KeyKind,
    /// What people call the key.
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
    /// Reads everything from a store. Each environment caches this many bytes of responses.
    pub async fn open(
        store: Arc<dyn Store>,
        workers: Workers,
        cache_bytes: usize,
    ) -> Result<Self, StoreError> {
        let project_cache = Self {
            store,
            workers,
            cache_bytes,
            state: RwLock::default(),
            refreshing: Mutex::default(),
            key_usage: KeyUsage::default(),
            keys_changed: watch::Sender::new(0),
        };
        project_cache.refresh().await?;
        Ok(project_cache)
    }

    /// Returns the store.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Takes in whatever is new in the store.
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
        // Every stream looks up at this, so nothing is said where it concerns none.
        let is_news = self.read(|state| ends(&state.keys) != ends(&keys));
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State { projects, keys };
        if is_news {
            self.keys_changed.send_modify(|count| *count += 1);
        }
        Ok(())
    }

    /// Follows the store until `stop` says so.
    pub async fn follow(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut news = self.store.watch();
        let mut flush_key_usage = tokio::time::interval(KEY_USAGE_FLUSH_INTERVAL);
        let mut is_behind = false;
        loop {
            // What is awaited holds locks that must not be held while the store is asked.
            let next = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => Next::Stop,
                changed = news.changed() => if changed.is_err() { return } else { Next::Refresh },
                () = tokio::time::sleep(RETRY_INTERVAL), if is_behind => Next::Refresh,
                _ = flush_key_usage.tick() => Next::FlushKeyUsage,
            };
            match next {
                Next::Refresh => {}
                Next::FlushKeyUsage => {
                    self.flush_key_usage().await;
                    continue;
                }
                Next::Stop => return self.flush_key_usage().await,
            }
            let refreshed = self.refresh().await;
            is_behind = refreshed.is_err();
            if let Err(error) = refreshed {
                // Until it works, clients keep what they have.
                warn!(%error, cause = ?std::error::Error::source(&error), "changes could not be taken in");
            }
        }
    }

    /// Writes down how keys were used.
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
            warn!(%error, "the use of keys could not be written down");
        }
    }

    /// Remembers that a key was refused, if there is one with this number; tells nobody why.
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

    /// Finds out who has this key.
    pub fn caller(&self, text: &str) -> Option<Caller> {
        let caller = self.find(text)?;
        self.key_usage.record_use(caller.key_id);
        Some(caller)
    }

    fn find(&self, text: &str) -> Option<Caller> {
        let id = key::parse_id(text)?;
        self.read(|state| {
            let key = state.keys.get(&id).filter(|key| is_good(key))?;
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

    /// Returns a project by its number, or `None` if there is none.
    pub fn project(&self, id: ProjectId) -> Option<Arc<Project>> {
        self.read(|state| state.projects.get(&id).cloned())
    }

    /// Tells whether a key that was good still is.
    pub fn is_live(&self, key_id: i64) -> bool {
        self.read(|state| state.keys.get(&key_id).is_some_and(is_good))
    }

    /// Waits until a key is revoked or has expired.
    pub async fn key_ended(&self, key_id: i64) {
        let mut changed = self.keys_changed.subscribe();
        while self.is_live(key_id) {
            let expires = self.read(|state| state.keys.get(&key_id).and_then(|key| key.expires_at_millis));
            let left = expires.map_or(KEY_RECHECK_INTERVAL, |at| clock::until(at).min(KEY_RECHECK_INTERVAL));
            tokio::select! {
                _ = changed.changed() => {}
                () = tokio::time::sleep(left) => {}
            }
        }
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Says which keys end, and when.
fn ends(keys: &HashMap<i64, StoredKey>) -> BTreeSet<(i64, bool, Option<i64>)> {
    keys.values().map(|key| (key.id, key.revoked, key.expires_at_millis)).collect()
}

fn is_good(key: &StoredKey) -> bool {
    !key.revoked && key.expires_at_millis.is_none_or(|at| at > clock::now_millis())
}
