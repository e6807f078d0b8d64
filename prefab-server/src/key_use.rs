//! When was a key used last, and which were refused? Kept in memory for some seconds, then written down.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    api::Origin,
    author::who,
    clock,
    store::{AuditEntry, Note, StoredKey},
};

/// How many different refusals are remembered until they are written down.
const MOST: usize = 1_000;

/// The use of keys since it was last written down.
#[derive(Default)]
pub(crate) struct KeyUse {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When each key was used last.
    used: HashMap<i64, i64>,
    /// By what makes refusals equal, which are told once: key, cause and address.
    refused: HashMap<(i64, &'static str, String), AuditEntry>,
}

impl KeyUse {
    pub(crate) fn used(&self, key: i64) {
        self.state().used.insert(key, clock::now_millis());
    }

    /// Remembers that a key that there is, or was, has been refused.
    pub(crate) fn refused(&self, key: &StoredKey, cause: &'static str, origin: Origin) {
        let mut state = self.state();
        if state.refused.len() >= MOST {
            return;
        }
        let who = who(key.id, &key.name);
        let address = origin.address.clone();
        let entry = AuditEntry {
            project: Some(key.project),
            action: "key.refused".to_owned(),
            subject: key.id.to_string(),
            environment: Some(key.environment),
            version_id: None,
            is_refused: true,
            note: Note {
                sentence: format!("{who} was refused: {cause}"),
                who,
                origin: origin.address,
                via: origin.via,
                comment: String::new(),
            },
        };
        state.refused.insert((key.id, cause, address), entry);
    }

    /// Hands out what is to be written down, and forgets it.
    pub(crate) fn take(&self) -> (Vec<(i64, i64)>, Vec<AuditEntry>) {
        let State { used, refused } = std::mem::take(&mut *self.state());
        let refused = refused.into_values().collect();
        (used.into_iter().collect(), refused)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
