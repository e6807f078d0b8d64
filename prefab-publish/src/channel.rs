//! One environment: its current snapshot, and the stream of its changes.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use prefab_core::{Config, ConfigSet, LayeredStore, Pointer, Update};
use prefab_eval::{Options, Ruleset};
use tokio::sync::watch;

use crate::{
    audience::Audience,
    encoding::Encoding,
    items::ItemIds,
    snapshot::Snapshot,
    subscribers::{Protocol, Subscribers},
};
use prefab_core::ids::{EnvironmentId, ProjectId};

/// The number of changed configs up to which the ruleset is changed in place, while readers wait.
const MAX_IN_PLACE: usize = 16;

/// The newest change of an environment.
#[derive(Clone, Copy, Debug)]
pub struct Newest {
    /// The id.
    pub id: i64,
    /// The time it was published.
    pub published_at: Instant,
}

/// The current state of one environment, and its open streams.
pub struct Channel {
    /// What the next change is applied to. Changes come one after the other.
    source: Mutex<Source>,
    published: Mutex<Published>,
    /// The open streams of this environment.
    pub subscribers: Arc<Subscribers>,
}

struct Source {
    /// The id of each item of the published snapshot.
    item_ids: ItemIds,
    /// The configs that the ruleset was compiled from.
    store: LayeredStore,
}

/// What readers see. They never wait for the encoding of a change, and only for the compilation of a few configs.
struct Published {
    snapshot: Arc<Snapshot>,
    ruleset: Arc<Ruleset>,
    /// Contains an id rather than a snapshot, so that a slow stream keeps no snapshot in memory.
    newest: watch::Sender<Newest>,
}

impl Published {
    /// Replaces the snapshot, and wakes the streams.
    fn announce(&mut self, snapshot: Arc<Snapshot>) {
        let id = snapshot.last_id;
        self.snapshot = snapshot;
        self.newest.send_replace(Newest { id, published_at: Instant::now() });
    }
}

impl Channel {
    /// Creates the channel of an environment without configs. It caches up to `cache_bytes` bytes of responses.
    pub fn new(project: ProjectId, environment: EnvironmentId, first_id: i64, cache_bytes: usize) -> Self {
        let mut store = LayeredStore::default();
        let pointer = Pointer { project_id: project.0, start_at_id: 0, project_env_id: environment.0 };
        store.apply(merge(Vec::new(), pointer));
        Self {
            published: Mutex::new(Published {
                snapshot: Arc::new(Snapshot::empty(project, environment, first_id, cache_bytes)),
                ruleset: Arc::new(Ruleset::from_store(&store, &Options::default())),
                newest: watch::Sender::new(Newest { id: first_id, published_at: Instant::now() }),
            }),
            source: Mutex::new(Source { item_ids: ItemIds::default(), store }),
            subscribers: Arc::default(),
        }
    }

    /// Publishes configs to all streams. The configs are results of [`for_sdk`](super::for_sdk), oldest first.
    pub fn publish(&self, configs: Vec<Config>, last_id: i64, pointer: Pointer) {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let Source { item_ids, store } = &mut *source;
        let before = self.snapshot();
        let replacement = item_ids.replacement(&configs);
        let snapshot = Arc::new(before.with(&configs, &replacement.replaced, last_id));
        // Encoded before the streams wake up, because nearly all of them need this batch.
        snapshot.batch(before.last_id, &Audience::default(), Encoding::Protobuf);
        if self.subscribers.has(Protocol::Quonfig) {
            snapshot.envelope();
        }
        let changed = store.apply(merge(configs, pointer));
        {
            let mut published = self.published();
            // Changed in place, unless an evaluation reads it at the moment or many configs must be compiled.
            if changed.len() <= MAX_IN_PLACE
                && let Some(ruleset) = Arc::get_mut(&mut published.ruleset)
            {
                ruleset.apply_changes(store, &changed);
                published.announce(snapshot);
                drop(published);
                item_ids.record(replacement);
                return;
            }
        }
        let mut ruleset = Ruleset::clone(&self.ruleset());
        ruleset.apply_changes(store, &changed);
        let mut published = self.published();
        let old = std::mem::replace(&mut published.ruleset, Arc::new(ruleset));
        published.announce(snapshot);
        // The memory of a large ruleset is freed without the lock.
        drop(published);
        drop(old);
        item_ids.record(replacement);
    }

    /// Returns the current snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.published().snapshot)
    }

    /// Returns the current ruleset.
    pub fn ruleset(&self) -> Arc<Ruleset> {
        Arc::clone(&self.published().ruleset)
    }

    /// Returns the current ruleset and the id of the newest change that it contains.
    pub fn ruleset_with_id(&self) -> (Arc<Ruleset>, i64) {
        let published = self.published();
        (Arc::clone(&published.ruleset), published.snapshot.last_id)
    }

    /// Returns the current ruleset with one config replaced. The config is a result of [`for_sdk`](super::for_sdk).
    pub fn ruleset_with(&self, config: Config) -> Ruleset {
        let ruleset = self.ruleset();
        let project_env_id = ruleset.project_env_id();
        let changed = [config.key.as_str().into()];
        let mut store = LayeredStore::default();
        store.apply(merge(vec![config], Pointer { project_env_id, ..Pointer::default() }));
        ruleset.with_changes(&store, &changed)
    }

    /// Subscribes to the newest change. The snapshot contains a change before the receiver sees it.
    pub fn subscribe(&self) -> watch::Receiver<Newest> {
        self.published().newest.subscribe()
    }

    fn published(&self) -> MutexGuard<'_, Published> {
        // Each field is replaced as a whole, so a panic leaves a valid state.
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn merge(configs: Vec<Config>, pointer: Pointer) -> Update {
    let set = ConfigSet { configs, pointer: Some(pointer), ..ConfigSet::default() };
    Update::Merge { set: set.into(), source: "server".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(channel: &Channel, id: i64) {
        let pointer = Pointer { project_id: 1, start_at_id: 0, project_env_id: 5 };
        channel.publish(vec![Config { id, ..Config::constant("a", id) }], id, pointer);
    }

    #[tokio::test]
    async fn a_change_is_encoded_once_for_all_streams() {
        let channel = Channel::new(ProjectId(1), EnvironmentId(5), 100, 1 << 20);
        let mut newest = channel.subscribe();
        publish(&channel, 101);
        assert_eq!(newest.wait_for(|newest| newest.id > 100).await.unwrap().id, 101);
        let event = || channel.snapshot().batch(100, &Audience::default(), Encoding::Protobuf).events;
        assert_eq!(event().as_ptr(), event().as_ptr());
        assert_eq!(channel.snapshot().last_id, 101);
        assert!(channel.ruleset().contains("a"));
    }

    #[test]
    fn an_evaluation_keeps_its_ruleset_while_a_change_is_published() {
        let channel = Channel::new(ProjectId(1), EnvironmentId(5), 100, 1 << 20);
        publish(&channel, 101);
        let (reading, id) = channel.ruleset_with_id();
        publish(&channel, 102);
        let version = |ruleset: &Ruleset| ruleset.entry("a").map(|entry| entry.stored().id());
        assert_eq!((version(&reading), id), (Some(101), 101));
        assert_eq!((version(&channel.ruleset()), channel.ruleset_with_id().1), (Some(102), 102));
    }

    #[test]
    fn a_stream_that_lags_keeps_no_old_snapshot() {
        let channel = Channel::new(ProjectId(1), EnvironmentId(5), 100, 1 << 20);
        let lagging = channel.subscribe();
        let old: Vec<_> = (101..401)
            .map(|id| {
                publish(&channel, id);
                Arc::downgrade(&channel.snapshot())
            })
            .collect();
        let kept = old.iter().filter(|snapshot| snapshot.strong_count() > 0).count();
        assert_eq!(kept, 1, "only the current one");
        assert!(lagging.has_changed().unwrap());
    }
}
