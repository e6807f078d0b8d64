//! One environment: the snapshot that stands, and the stream of its changes.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use prefab_core::{Config, ConfigSet, LayeredStore, Pointer, Update};
use prefab_eval::{Options, Ruleset};
use tokio::sync::broadcast;

use super::{
    frame::Form,
    listeners::Listeners,
    snapshot::{Audience, Snapshot},
};
use crate::ids::{EnvironmentId, ProjectId};

/// How many changes a slow reader may fall behind before it gets a snapshot instead.
const BACKLOG: usize = 256;

/// A change, encoded once for all that listen.
pub(crate) struct Delta {
    /// The id of its newest config.
    pub(crate) last_id: i64,
    /// The id before it.
    pub(crate) after: i64,
    /// The event for keys that belong to nobody, which is nearly all.
    event: Bytes,
    /// What stands with it.
    pub(crate) snapshot: Arc<Snapshot>,
    /// When it was told.
    pub(crate) told_at: Instant,
}

impl Delta {
    /// Returns the event for an audience.
    pub(crate) fn event(&self, audience: &Audience, form: Form) -> Bytes {
        if *audience == Audience::default() && form == Form::Protobuf {
            return self.event.clone();
        }
        self.snapshot.events(self.after, audience, form)
    }
}

/// One environment.
pub(crate) struct Channel {
    state: Mutex<State>,
    pub(crate) listeners: Arc<Listeners>,
}

struct State {
    snapshot: Arc<Snapshot>,
    ruleset: Arc<Ruleset>,
    /// What the ruleset was compiled from.
    store: LayeredStore,
    changes: broadcast::Sender<Arc<Delta>>,
}

impl Channel {
    pub(crate) fn new(project: ProjectId, environment: EnvironmentId, first_id: i64) -> Self {
        let mut store = LayeredStore::default();
        let pointer = Pointer { project_id: project.0, start_at_id: 0, project_env_id: environment.0 };
        store.apply(merge(Vec::new(), pointer));
        Self {
            state: Mutex::new(State {
                snapshot: Arc::new(Snapshot::empty(project, environment, first_id)),
                ruleset: Arc::new(Ruleset::from_store(&store, &Options::default())),
                store,
                changes: broadcast::Sender::new(BACKLOG),
            }),
            listeners: Arc::default(),
        }
    }

    /// Takes in configs as [`outgoing`](super::outgoing) left them, oldest first, and tells all listeners.
    pub(crate) fn publish(&self, configs: Vec<Config>, last_id: i64, pointer: Pointer) {
        let mut state = self.state();
        let after = state.snapshot.last_id;
        let snapshot = Arc::new(state.snapshot.with(&configs, last_id));
        let event = snapshot.events(after, &Audience::default(), Form::Protobuf);
        let changed = state.store.apply(merge(configs, pointer));
        state.ruleset = Arc::new(state.ruleset.updated(&state.store, &changed));
        state.snapshot = Arc::clone(&snapshot);
        // Nobody listening is no error.
        let _ =
            state.changes.send(Arc::new(Delta { last_id, after, event, snapshot, told_at: Instant::now() }));
    }

    /// Returns what stands now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.state().snapshot)
    }

    /// Returns the rules that stand now.
    pub(crate) fn ruleset(&self) -> Arc<Ruleset> {
        Arc::clone(&self.state().ruleset)
    }

    /// Returns the rules that stand now, but for one config, as [`outgoing`](super::outgoing) left it.
    pub(crate) fn ruleset_with(&self, config: Config) -> Ruleset {
        let (ruleset, project_env_id) = {
            let state = self.state();
            (Arc::clone(&state.ruleset), state.store.project_env_id())
        };
        let changed = [config.key.as_str().into()];
        let mut store = LayeredStore::default();
        store.apply(merge(vec![config], Pointer { project_env_id, ..Pointer::default() }));
        ruleset.updated(&store, &changed)
    }

    /// Returns what stands now and every change from then on, without a gap between the two.
    pub(crate) fn subscribe(&self) -> (Arc<Snapshot>, broadcast::Receiver<Arc<Delta>>) {
        let state = self.state();
        (Arc::clone(&state.snapshot), state.changes.subscribe())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What is behind the lock is replaced piece by piece, each piece whole.
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

    #[tokio::test]
    async fn a_change_is_encoded_once_however_many_listen() {
        let channel = Channel::new(ProjectId(1), EnvironmentId(5), 100);
        let (_, mut first) = channel.subscribe();
        let (_, mut second) = channel.subscribe();
        let pointer = Pointer { project_id: 1, start_at_id: 0, project_env_id: 5 };
        channel.publish(vec![Config { id: 101, ..Config::constant("a", 1) }], 101, pointer);
        let event = |delta: &Delta| delta.event(&Audience::default(), Form::Protobuf);
        let (one, two) = (event(&first.recv().await.unwrap()), event(&second.recv().await.unwrap()));
        assert_eq!(one.as_ptr(), two.as_ptr());
        let snapshot = channel.snapshot();
        assert_eq!(snapshot.last_id, 101);
        assert!(channel.ruleset().contains("a"));
    }
}
