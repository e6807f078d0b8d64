//! Usage of API keys and refused attempts, buffered in memory until they are written to the store.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{labels::api_key_label, origin::Origin, sign_in::network};
use prefab_core::ids::ProjectId;
use prefab_store::{AuditEntry, AuditNote, Refusal, StoredKey, clock::Clock};

/// Maximum number of distinct refusals in the buffer. Further ones are counted per project.
const MAX_REFUSALS: usize = 1_000;
const ACTION: &str = "key.refused";

/// The usage of API keys since the last flush.
pub(crate) struct KeyUsage {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The last use of each key, in milliseconds since 1970.
    used: HashMap<i64, i64>,
    /// Refusals by key, cause and network. Nothing that the client can choose freely is part of the map's key.
    refused: HashMap<(i64, &'static str, String), Refusal>,
    /// The number of refusals beyond [`MAX_REFUSALS`].
    further: HashMap<ProjectId, i64>,
}

impl KeyUsage {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::default() }
    }

    pub(crate) fn record_use(&self, key: i64) {
        self.state().used.insert(key, self.clock.now_millis());
    }

    /// Records the refusal of a key that exists or existed.
    pub(crate) fn record_refusal(&self, key: &StoredKey, cause: &'static str, origin: Origin) {
        let address = network(origin.peer());
        let mut state = self.state();
        let id = (key.id, cause, address.clone());
        if let Some(refusal) = state.refused.get_mut(&id) {
            refusal.count += 1;
            return;
        }
        if state.refused.len() >= MAX_REFUSALS {
            *state.further.entry(key.project).or_default() += 1;
            return;
        }
        let label = api_key_label(key.id, &key.name);
        let entry = AuditEntry {
            project: Some(key.project),
            action: ACTION.to_owned(),
            subject: key.id.to_string(),
            environment: Some(key.environment),
            version_id: None,
            is_refused: true,
            note: AuditNote {
                sentence: format!("{label} was refused: {cause}"),
                actor: label,
                origin: address,
                via: origin.via,
                comment: String::new(),
            },
        };
        state.refused.insert(id, Refusal { entry, count: 1 });
    }

    /// Removes and returns everything that has to be written.
    pub(crate) fn take(&self) -> (Vec<(i64, i64)>, Vec<Refusal>) {
        let State { used, refused, further } = std::mem::take(&mut *self.state());
        let further =
            further.into_iter().map(|(project, count)| Refusal::further(Some(project), ACTION, count));
        let refused = refused.into_values().chain(further).collect();
        (used.into_iter().collect(), refused)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
