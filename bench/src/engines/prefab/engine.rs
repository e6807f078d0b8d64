//! The engine, called directly.

use anyhow::Result;
use prefab_bench::{Contestant, Part, User, Work};
use prefab_core::{ContextSet, LayeredStore, Update};
use prefab_eval::{Contexts, EvaluatedValue, FixedHost, Options, Ruleset};

use crate::{contexts, letter, read, write};

pub(crate) struct Engine {
    rules: Ruleset,
    host: FixedHost,
}

impl Contestant for Engine {
    const NAME: &'static str = "prefab-eval";
    const CRATE: &'static str = "prefab-eval";
    const PART: Part = Part::Engine;
    type Subject = ContextSet;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let mut store = LayeredStore::default();
        store.apply(Update::Snapshot { set: read(document)?, source: "bench".into() });
        Ok(Self { rules: Ruleset::from_store(&store, &Options::default()), host: FixedHost::default() })
    }

    fn subject(user: &User) -> ContextSet {
        contexts(user)
    }

    fn enabled(&self, key: &str, subject: &ContextSet) -> bool {
        let answer = self.rules.evaluate(key, &Contexts::of(subject), &self.host);
        answer.is_ok_and(|answer| matches!(answer.value, EvaluatedValue::Bool(true)))
    }

    fn letter(&self, key: &str, subject: &ContextSet) -> u8 {
        let answer = self.rules.evaluate(key, &Contexts::of(subject), &self.host);
        answer.map_or(0, |answer| letter(&answer.value))
    }
}
