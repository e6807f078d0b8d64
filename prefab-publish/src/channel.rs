//! One environment: its current snapshot, and the stream of its changes.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use prefab_core::{Config, ConfigSet, LayeredStore, Pointer, Update};
use prefab_eval::{Options, Ruleset};
use tokio::sync::watch;

use crate::{
    audience::Audience, encoding::Encoding, items::ItemIds, snapshot::Snapshot, subscribers::Subscribers,
};
use prefab_core::ids::{EnvironmentId, ProjectId};

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
    state: Mutex<State>,
    /// The open streams of this environment.
    pub subscribers: Arc<Subscribers>,
}

struct State {
    snapshot: Arc<Snapshot>,
    /// The id of each item of the snapshot.
    item_ids: ItemIds,
    ruleset: Arc<Ruleset>,
    /// The configs that the ruleset was compiled from.
    store: LayeredStore,
    /// Contains an id rather than a snapshot, so that a slow stream keeps no snapshot in memory.
    newest: watch::Sender<Newest>,
}

impl Channel {
    /// Creates the channel of an environment without configs. It caches up to `cache_bytes` bytes of responses.
    pub fn new(project: ProjectId, environment: EnvironmentId, first_id: i64, cache_bytes: usize) -> Self {
        let mut store = LayeredStore::default();
        let pointer = Pointer { project_id: project.0, start_at_id: 0, project_env_id: environment.0 };
        store.apply(merge(Vec::new(), pointer));
        Self {
            state: Mutex::new(State {
                snapshot: Arc::new(Snapshot::empty(project, environment, first_id, cache_bytes)),
                item_ids: ItemIds::default(),
                ruleset: Arc::new(Ruleset::from_store(&store, &Options::default())),
                store,
                newest: watch::Sender::new(Newest { id: first_id, published_at: Instant::now() }),
            }),
            subscribers: Arc::default(),
        }
    }

    /// Publishes configs to all streams. The configs are results of [`for_sdk`](super::for_sdk), oldest first.
    pub fn publish(&self, configs: Vec<Config>, last_id: i64, pointer: Pointer) {
        let mut state = self.state();
        let after = state.snapshot.last_id;
        let replaced = state.item_ids.replace(&configs);
        let snapshot = Arc::new(state.snapshot.with(&configs, &replaced, last_id));
        // Encoded before the streams wake up, because nearly all of them need this batch.
        snapshot.batch(after, &Audience::default(), Encoding::Protobuf);
        let changed = state.store.apply(merge(configs, pointer));
        // Changed in place, unless an evaluation reads it at the moment.
        let State { ruleset, store, .. } = &mut *state;
        Arc::make_mut(ruleset).apply_changes(store, &changed);
        state.snapshot = snapshot;
        state.newest.send_replace(Newest { id: last_id, published_at: Instant::now() });
    }

    /// Returns the current snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.state().snapshot)
    }

    /// Returns the current ruleset.
    pub fn ruleset(&self) -> Arc<Ruleset> {
        Arc::clone(&self.state().ruleset)
    }

    /// Returns the current ruleset and the id of the newest change that it contains.
    pub fn ruleset_with_id(&self) -> (Arc<Ruleset>, i64) {
        let state = self.state();
        (Arc::clone(&state.ruleset), state.snapshot.last_id)
    }

    /// Returns the current ruleset with one config replaced. The config is a result of [`for_sdk`](super::for_sdk).
    pub fn ruleset_with(&self, config: Config) -> Ruleset {
        let (ruleset, project_env_id) = {
            let state = self.state();
            (Arc::clone(&state.ruleset), state.store.project_env_id())
        };
        let changed = [config.key.as_str().into()];
        let mut store = LayeredStore::default();
        store.apply(merge(vec![config], Pointer { project_env_id, ..Pointer::default() }));
        ruleset.with_changes(&store, &changed)
    }

    /// Subscribes to the newest change. The snapshot contains a change before the receiver sees it.
    pub fn subscribe(&self) -> watch::Receiver<Newest> {
        self.state().newest.subscribe()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each field is replaced as a whole, so a panic leaves a valid state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
