//! Prepared handles: each key is found once.

use anyhow::Result;
use prefab_bench::{Contestant, Item, Part, User, Work};
use prefab_client::{Client, ConfigHandle, ContextSet, Flag};

use crate::{client::Fed, contexts, write};

/// The number of places for handles.
const PLACES: usize = 32;

/// The handles, by a number that differs between the keys of the items. A program has each handle in a variable.
pub(crate) struct Prepared {
    fed: Fed,
    flags: [Flag; PLACES],
    split: ConfigHandle<String>,
}

#[inline]
fn place(key: &str) -> usize {
    (key.len() + usize::from(key.as_bytes()[5])) % PLACES
}

impl Contestant for Prepared {
    const NAME: &'static str = "prefab-client-prepared";
    const CRATE: &'static str = "prefab-client";
    const PART: Part = Part::Client;
    const NOTE: &'static str = "`flag.enabled_for(&contexts)` on a handle of `client.flag(key)`";
    const RENEWS: bool = true;
    type Subject = ContextSet;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let fed = Fed::new(Client::in_memory(), document)?;
        let flags = std::array::from_fn(|at| {
            let item = Item::ALL.into_iter().find(|item| place(item.key()) == at);
            fed.client.flag(item.map_or("none", Item::key))
        });
        let split = fed.client.config(Item::Split3.key());
        Ok(Self { fed, flags, split })
    }

    fn renew(&self, document: &[u8]) -> Result<()> {
        self.fed.take(document)
    }

    fn subject(user: &User) -> ContextSet {
        contexts(user)
    }

    fn enabled(&self, key: &str, subject: &ContextSet) -> bool {
        self.flags[place(key)].enabled_for(subject)
    }

    fn letter(&self, _key: &str, subject: &ContextSet) -> u8 {
        self.split.evaluate_for(subject, |evaluation| {
            evaluation.map_or(0, |evaluation| crate::letter(&evaluation.value))
        })
    }
}
