//! The core of a client: one store, one compiled ruleset, and one lock for changes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arc_swap::Guard;
use prefab_core::{ContextSet, Entry, LayeredStore, Update};
use prefab_eval::{Contexts, Options, Ruleset};
use prefab_sources::{Finding, SourceError, SourceErrorKind, SourceUpdate};

#[cfg(feature = "telemetry")]
use crate::telemetry::Recorder;
use crate::{
    Error,
    host::SystemHost,
    init_gate::{InitGate, Phase},
    live::Refresh,
    log_target::LOG,
    overrides::Overrides,
    problems::Problems,
    ruleset_cell::RulesetCell,
    state::StateCell,
    stderr,
    subscription::{Change, Listeners},
    thread::ThreadCounters,
};

/// Readers load a ruleset without waiting. Every change holds the lock of `owner`.
pub(crate) struct Engine {
    rules: RulesetCell,
    owner: Mutex<Owner>,
    pub(crate) listeners: Listeners<Change>,
    /// The log filters. They are separate from the listeners of the program, which may use any config.
    #[cfg(feature = "log")]
    pub(crate) log_filters: Listeners<Change>,
    pub(crate) state: StateCell,
    /// Calls wait here before the first response of the server.
    pub(crate) gate: InitGate,
    pub(crate) global: ContextSet,
    pub(crate) host: SystemHost,
    /// Counts evaluations; `None` if there is no server to report to.
    #[cfg(feature = "telemetry")]
    pub(crate) recorder: Option<Arc<Recorder>>,
}

#[derive(Default)]
struct Owner {
    store: LayeredStore,
    live: Vec<Weak<dyn Refresh>>,
    /// Replaced rulesets that a thread may still have cached. Dropping one can be expensive, so a writer does it, never a
    /// reader.
    retired: Vec<Arc<Ruleset>>,
    /// Overrides set by the program.
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
            listeners: Listeners::new("on_change listener panicked; it stays registered"),
            #[cfg(feature = "log")]
            log_filters: Listeners::new("log filter panicked; it stays connected"),
            state: StateCell::new(),
            gate,
            global,
            host: SystemHost,
            #[cfg(feature = "telemetry")]
            recorder: None,
        }
    }

    /// Returns the ruleset, to keep for a short time. For a single call use [`with_rules`](Self::with_rules).
    pub(crate) fn rules(&self) -> Guard<Arc<Ruleset>> {
        self.rules.load()
    }

    /// Passes the ruleset and the thread's counters to `read`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a function call costs more than the work of the function")]
    pub(crate) fn with_rules<R>(&self, read: impl FnOnce(&Ruleset, &mut ThreadCounters) -> R) -> R {
        self.rules.read(read)
    }

    fn owner(&self) -> MutexGuard<'_, Owner> {
        self.owner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies an update of a source, or records why there is none. After an error the previous values remain.
    pub(crate) fn apply_source_update(&self, source: &str, item: Result<SourceUpdate, SourceError>) {
        match item {
            Ok(loaded) => {
                for finding in &loaded.findings {
                    tracing::warn!(target: LOG, source, %finding, "invalid entry in source");
                    if finding.position.is_some() {
                        stderr::print_once(finding);
                    }
                }
                if self.owner().problems.record_update(source, &loaded) {
                    tracing::info!(target: LOG, source, "source recovered");
                }
                self.apply(loaded.update);
            }
            Err(error) => {
                // A warning if the source may recover, an error if a person must act.
                if error.is_retryable() {
                    tracing::warn!(target: LOG, source, %error, "source unavailable, keeping last values");
                } else {
                    tracing::error!(target: LOG, source, %error, "source unreadable, keeping last values");
                }
                if error.path().is_some() {
                    stderr::print_once(&error);
                }
                self.owner().problems.record_error(source, error);
            }
        }
    }

    /// Records problems with the settings of the client.
    pub(crate) fn record_findings(&self, about: &str, findings: Vec<Finding>) {
        for finding in &findings {
            tracing::warn!(target: LOG, %finding, "suspicious setting");
        }
        self.owner().problems.record_findings(about, findings);
    }

    /// Records a problem that code outside the client found. An equal problem is recorded and logged only once.
    pub(crate) fn record_problem(&self, source: &str, problem: String) {
        let finding = Finding::new(source, problem);
        // A name of its own, so that no update of a source with the same name removes it.
        let about = format!("reported by {source}");
        if self.owner().problems.record_finding(&about, finding.clone()) {
            tracing::warn!(target: LOG, %finding, "problem reported");
        }
    }

    /// Records that the worker has panicked, and opens the gate: no more updates will arrive.
    pub(crate) fn mark_worker_dead(&self) {
        let why = "the thread that updates configs has panicked; values no longer change";
        let error = SourceError::new(SourceErrorKind::Unreadable, "client", why)
            .with_advice("see the message of the panic, and build a new client");
        tracing::error!(target: LOG, %error, "update worker panicked; configs no longer update");
        self.owner().problems.record_error("client", error);
        self.gate.set(Phase::Open);
        self.state.close();
    }

    /// Records that the client's thread could not be started, and opens the gate.
    pub(crate) fn mark_worker_missing(&self, failure: &Error) {
        let error = SourceError::new(SourceErrorKind::Unreadable, "client", failure.to_string())
            .with_advice("raise the limits of the process, and build a new client");
        tracing::error!(target: LOG, %error, "update worker not started; configs do not update");
        self.owner().problems.record_error("client", error);
        self.gate.set(Phase::Open);
        self.state.close();
    }

    pub(crate) fn apply(&self, update: Update) {
        self.change(|store, _| store.apply(update));
    }

    /// Adds an override of a key. Returns the number by which it is removed.
    pub(crate) fn set_program(&self, key: &str, entry: Entry) -> u64 {
        let mut number = 0;
        self.change(|store, program| {
            number = program.set(key, entry);
            store.apply(program.update())
        });
        number
    }

    /// Removes the override with this number, even if newer ones exist.
    pub(crate) fn unset_program(&self, key: &str, number: u64) {
        self.change(|store, program| {
            program.unset(key, number);
            store.apply(program.update())
        });
    }

    /// Changes the store, compiles what changed, publishes the ruleset and notifies listeners.
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
            let next = Arc::new(rules.with_changes(&owner.store, &keys));
            self.rules.store(Arc::clone(&next));
            owner.retired.push(rules);
            owner.sweep();
            // Under the lock, so that handles end with the value of the later of two changes.
            owner.live.retain(|live| {
                let live = live.upgrade();
                live.inspect(|live| live.refresh(&next, &self.global_contexts(), &self.host)).is_some()
            });
            keys
        };
        tracing::debug!(target: LOG, keys = keys.len(), "configs changed");
        #[cfg(feature = "log")]
        self.log_filters.notify(|| Change { keys: keys.iter().cloned().collect() });
        self.listeners.notify(|| Change { keys: keys.into_iter().collect() });
    }

    /// Drops replaced rulesets that no thread has cached. Returns whether any are left.
    pub(crate) fn sweep(&self) -> bool {
        let mut owner = self.owner();
        owner.sweep();
        !owner.retired.is_empty()
    }

    pub(crate) fn add_live(&self, live: Weak<dyn Refresh>) {
        let mut owner = self.owner();
        // The config may have changed since the handle got its first value.
        if let Some(live) = live.upgrade() {
            live.refresh(&self.rules.load(), &self.global_contexts(), &self.host);
        }
        owner.live.push(live);
    }

    /// Returns the keys of the live handles.
    #[cfg(feature = "telemetry")]
    pub(crate) fn live_keys(&self) -> Vec<String> {
        let owner = self.owner();
        owner.live.iter().filter_map(Weak::upgrade).flat_map(|live| live.keys()).collect()
    }

    pub(crate) fn global_contexts(&self) -> Contexts<'_> {
        Contexts { global: &self.global, ..Contexts::default() }
    }

    /// Returns the problems with sources and configs as text.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = {
            let problems = &self.owner().problems;
            #[cfg_attr(
                not(feature = "http"),
                expect(unused_mut, reason = "the state of a server is a problem, too")
            )]
            let mut list = problems.list();
            #[cfg(feature = "http")]
            if !problems.has_errors(prefab_sources::remote::NAME) {
                list.extend(self.state.problem());
            }
            list
        };
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
    fn a_replaced_ruleset_is_dropped_by_the_writer_and_never_by_a_reader() {
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
            assert!(engine.sweep(), "the reader has cached it");
            read();
            assert!(old.upgrade().is_some(), "the reader has dropped it");
            assert!(!engine.sweep(), "no thread has cached it");
            assert!(old.upgrade().is_none());
            drop(ask);
        });
    }
}
