//! The heart of a client: one store, one compiled ruleset, one owner that changes both.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arc_swap::Guard;
use prefab_core::{ContextSet, Entry, LayeredStore, Update};
use prefab_eval::{Contexts, Options, Ruleset};
use prefab_sources::{Finding, SourceError, SourceErrorKind, SourceUpdate};

#[cfg(feature = "telemetry")]
use crate::telemetry::Recorder;
use crate::{
    host::SystemHost,
    init_gate::{InitGate, Phase},
    live::Refresh,
    log_target::LOG,
    overrides::Overrides,
    problems::Problems,
    ruleset_cell::RulesetCell,
    subscription::{Change, Listeners},
    thread::ThreadCounters,
};

/// Readers load a ruleset and never wait; whoever changes something holds the owner's lock.
pub(crate) struct Engine {
    rules: RulesetCell,
    owner: Mutex<Owner>,
    pub(crate) listeners: Listeners,
    /// Where calls wait that come before the server's first word.
    pub(crate) gate: InitGate,
    pub(crate) global: ContextSet,
    pub(crate) host: SystemHost,
    /// Who counts evaluations, where there is a server to tell.
    #[cfg(feature = "telemetry")]
    pub(crate) recorder: Option<Arc<Recorder>>,
}

#[derive(Default)]
struct Owner {
    store: LayeredStore,
    live: Vec<Weak<dyn Refresh>>,
    /// Rulesets that were replaced and that a thread may still remember. To let go of one takes the longer the
    /// more of it has changed, and a reader is not to be the one who does it.
    retired: Vec<Arc<Ruleset>>,
    /// What the program itself has set.
    program: Overrides,
    problems: Problems,
}

impl Owner {
    fn sweep(&mut self) {
        self.retired.retain(|rules| Arc::strong_count(rules) > 1);
    }
}

impl Engine {
    pub(crate) fn new(options: &Options, global: ContextSet, gate: InitGate) -> Self {
        let store = LayeredStore::default();
        Self {
            rules: RulesetCell::new(Ruleset::from_store(&store, options)),
            owner: Mutex::default(),
            listeners: Listeners::default(),
            gate,
            global,
            host: SystemHost,
            #[cfg(feature = "telemetry")]
            recorder: None,
        }
    }

    /// Returns the ruleset, to keep for a while; [`with_rules`](Self::with_rules) is what a call wants.
    pub(crate) fn rules(&self) -> Guard<Arc<Ruleset>> {
        self.rules.load()
    }

    /// Hands over the ruleset, and what the thread counts with.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn with_rules<R>(&self, read: impl FnOnce(&Ruleset, &mut ThreadCounters) -> R) -> R {
        self.rules.read(read)
    }

    fn owner(&self) -> MutexGuard<'_, Owner> {
        self.owner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what a source says: an update, or why there is none. What was there before stays then.
    pub(crate) fn apply_source_update(&self, source: &str, item: Result<SourceUpdate, SourceError>) {
        match item {
            Ok(loaded) => {
                for finding in &loaded.findings {
                    tracing::warn!(target: LOG, %finding, "source with a fault");
                }
                if self.owner().problems.record_update(source, &loaded) {
                    tracing::info!(target: LOG, source, "source back");
                }
                self.apply(loaded.update);
            }
            Err(error) => {
                // What may come back by itself is a fall-back taken; the rest waits for somebody.
                if error.is_retryable() {
                    tracing::warn!(target: LOG, %error, "source away, its last values stay");
                } else {
                    tracing::error!(target: LOG, %error, "source not read, its last values stay");
                }
                self.owner().problems.record_error(source, error);
            }
        }
    }

    /// Takes in what is doubtful about what the client was told.
    pub(crate) fn record_findings(&self, about: &str, findings: Vec<Finding>) {
        for finding in &findings {
            tracing::warn!(target: LOG, %finding, "doubtful setting");
        }
        self.owner().problems.record_findings(about, findings);
    }

    /// Says that nothing more will come, since the client's thread has panicked, and lets everybody pass.
    pub(crate) fn mark_worker_dead(&self) {
        let why = "the thread that keeps configs current has panicked, and values stay as they are";
        let error = SourceError::new(SourceErrorKind::Unreadable, "client", why)
            .with_advice("look for the panic's own message, and build another client");
        tracing::error!(target: LOG, %error, "client stands still");
        self.owner().problems.record_error("client", error);
        self.gate.set(Phase::Open);
    }

    pub(crate) fn apply(&self, update: Update) {
        self.change(|store, _| store.apply(update));
    }

    /// Sets a key over whatever the program has set before, and returns the number by which that is taken back.
    pub(crate) fn set_program(&self, key: &str, entry: Entry) -> u64 {
        let mut number = 0;
        self.change(|store, program| {
            number = program.set(key, entry);
            store.apply(program.update())
        });
        number
    }

    /// Takes back what was set under this number, whatever was set after it.
    pub(crate) fn unset_program(&self, key: &str, number: u64) {
        self.change(|store, program| {
            program.unset(key, number);
            store.apply(program.update())
        });
    }

    /// Changes the store, compiles what changed, and lets readers see it at once.
    fn change(&self, change: impl FnOnce(&mut LayeredStore, &mut Overrides) -> Vec<Arc<str>>) {
        let keys = {
            let mut owner = self.owner();
            let Owner { store, program, .. } = &mut *owner;
            let keys = change(store, program);
            let rules = self.rules.load_full();
            let same_context = rules.default_context() == owner.store.default_context();
            let same_environment = rules.project_env_id() == owner.store.project_env_id();
            if keys.is_empty() && same_context && same_environment {
                return;
            }
            let next = Arc::new(rules.updated(&owner.store, &keys));
            self.rules.store(Arc::clone(&next));
            owner.retired.push(rules);
            owner.sweep();
            // Under the lock, so that of two changes the later one is the one that handles show.
            owner.live.retain(|live| {
                let live = live.upgrade();
                live.inspect(|live| live.refresh(&next, &self.global_contexts(), &self.host)).is_some()
            });
            keys
        };
        tracing::debug!(target: LOG, keys = keys.len(), "configs changed");
        self.listeners.notify(|| Change { keys: keys.into_iter().collect() });
    }

    /// Lets go of replaced rulesets that no thread remembers any more; tells whether there are others.
    pub(crate) fn sweep(&self) -> bool {
        let mut owner = self.owner();
        owner.sweep();
        !owner.retired.is_empty()
    }

    pub(crate) fn add_live(&self, live: Weak<dyn Refresh>) {
        let mut owner = self.owner();
        // A change may have come between the handle's first value and now.
        if let Some(live) = live.upgrade() {
            live.refresh(&self.rules.load(), &self.global_contexts(), &self.host);
        }
        owner.live.push(live);
    }

    pub(crate) fn global_contexts(&self) -> Contexts<'_> {
        Contexts { global: &self.global, ..Contexts::default() }
    }

    /// Lists what is wrong with sources and configs.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = self.owner().problems.list();
        let rules = self.rules.load();
        problems.extend(rules.findings().iter().chain(&rules.search_findings()).map(ToString::to_string));
        problems
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use prefab_core::{Config, Layer, Provenance};

    use super::*;

    fn set(engine: &Engine, value: i64) {
        let provenance = Arc::new(Provenance::new(Layer::ProgramOverride, "test"));
        engine.set_program("number", Entry::new(Config::constant("number", value), provenance));
    }

    #[test]
    fn what_was_replaced_is_let_go_by_who_replaces_and_never_by_a_reader() {
        let engine = Engine::new(&Options::default(), ContextSet::new(), InitGate::open());
        set(&engine, 1);
        let old = Arc::downgrade(&engine.rules.load_full());
        let (ask, asked) = mpsc::channel::<()>();
        let (answer, answered) = mpsc::channel();
        std::thread::scope(|scope| {
            let engine = &engine;
            scope.spawn(move || {
                for () in asked {
                    engine.with_rules(|rules, _| assert_eq!(rules.len(), 1));
                    answer.send(()).unwrap();
                }
            });
            let read = || {
                ask.send(()).unwrap();
                answered.recv().unwrap();
            };
            read();
            set(engine, 2);
            assert!(engine.sweep(), "the reader still remembers it");
            read();
            assert!(old.upgrade().is_some(), "the reader has let it go");
            assert!(!engine.sweep(), "nobody remembers it");
            assert!(old.upgrade().is_none());
            drop(ask);
        });
    }
}
