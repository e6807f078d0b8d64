//! When was a key used last, and which were refused? Kept in memory for some seconds, then written down.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{labels::api_key_label, origin::Origin, sign_in::network};
use prefab_core::ids::ProjectId;
use prefab_store::{AuditEntry, AuditNote, Refusal, StoredKey, clock};

/// How many different refusals are remembered until they are written. Further ones are counted together.
const MAX_REFUSALS: usize = 1_000;
const ACTION: &str = "key.refused";

/// The use of keys since it was last written down.
#[derive(Default)]
pub(crate) struct KeyUsage {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When each key was used last.
    used: HashMap<i64, i64>,
    /// By what makes refusals equal: key, cause and network. What a client claims of itself is no part of it.
    refused: HashMap<(i64, &'static str, String), Refusal>,
    /// Refusals that are not among them.
    further: HashMap<ProjectId, i64>,
}

impl KeyUsage {
    pub(crate) fn record_use(&self, key: i64) {
        self.state().used.insert(key, clock::now_millis());
    }

    /// Remembers that a key that there is, or was, has been refused.
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

    /// Hands out what is to be written, and forgets it.
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
