//! The levels of loggers, from the rules of the engine.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use prefab_core::{Context, ContextSet, LevelSet, LogLevel};
use prefab_eval::{Contexts, EvaluatedValue, Ruleset, logger_keys};
use prefab_log::{LevelResolver, LogFilter, RefreshHandle};

use super::LogOptions;
use crate::{Change, Subscription, engine::Engine, log_target::LOG, scope::InnermostScope};

/// The oldest name of the client's own logger. Its key still applies.
const LEGACY_OWN_LOGGER: &str = "prefab";

pub(super) fn attach(engine: &Arc<Engine>, filter: &LogFilter, options: &LogOptions) {
    let logger_key = options.logger_key.clone();
    let notifier = ChangeNotifier::new(engine, filter.refresh_handle(), logger_key.clone());
    let listening = engine.log_filters.add(move |change| notifier.notify(change));
    let levels = ClientLevels { engine: Arc::clone(engine), logger_key, _listening: listening };
    // The notifier was added first, so that no change is missed.
    filter.attach(Arc::new(levels));
}

struct ClientLevels {
    engine: Arc<Engine>,
    logger_key: Option<String>,
    _listening: Subscription,
}

impl LevelResolver for ClientLevels {
    fn level(&self, path: &str) -> Option<LogLevel> {
        self.engine.with_rules(|rules, _| {
            let scope = InnermostScope::take();
            let contexts = Contexts { scope: scope.contexts(), ..self.engine.global_contexts() };
            let level = rules.log_level_among(paths(path), &contexts, &self.engine.host);
            level.or_else(|| self.single_level(rules, path, &contexts))
        })
    }

    fn levels(&self, path: &str) -> LevelSet {
        #[cfg(feature = "telemetry")]
        self.record_keys(path);
        let rules = self.engine.rules();
        self.or_single(&rules, rules.possible_log_levels_among(paths(path)), || logger(path))
    }

    fn levels_of_all(&self) -> LevelSet {
        let rules = self.engine.rules();
        self.or_single(&rules, rules.all_possible_log_levels(), ContextSet::new)
    }

    fn is_ready(&self) -> bool {
        is_ready(&self.engine.rules())
    }
}

impl ClientLevels {
    /// Records the keys that determine the level of a logger, so that they are reported as used.
    #[cfg(feature = "telemetry")]
    fn record_keys(&self, path: &str) {
        let Some(recorder) = &self.engine.recorder else { return };
        let rules = self.engine.rules();
        for path in paths(path) {
            if let Some(key) = rules.log_level_key(path) {
                recorder.record_log_key(key.to_owned());
            }
        }
        if let Some(key) = &self.logger_key {
            recorder.record_log_key(key.clone());
        }
    }

    fn single_level(&self, rules: &Ruleset, path: &str, contexts: &Contexts<'_>) -> Option<LogLevel> {
        let key = self.logger_key.as_ref()?;
        let contexts = Contexts { call: &logger(path), ..*contexts };
        match rules.evaluate(key, &contexts, &self.engine.host).ok()?.value {
            EvaluatedValue::LogLevel(level) => Some(level).filter(|level| *level != LogLevel::NotSet),
            _ => None,
        }
    }

    fn or_single(&self, rules: &Ruleset, tree: LevelSet, known: impl Fn() -> ContextSet) -> LevelSet {
        match &self.logger_key {
            Some(key) if tree.contains(LogLevel::NotSet) => {
                tree.without(LogLevel::NotSet).union(rules.possible_levels(key, &known()))
            }
            _ => tree,
        }
    }
}

/// Returns the keys below `log-level` that apply to a logger, in order.
fn paths(path: &str) -> impl Iterator<Item = &str> {
    let own = path.strip_prefix(LOG).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let old = own.then(|| logger_keys(LEGACY_OWN_LOGGER)).into_iter().flatten();
    logger_keys(path).filter(move |path| !own || !path.is_empty()).chain(old)
}

/// Returns the contexts that rules of the single key can match, with the names that both newer services use.
fn logger(path: &str) -> ContextSet {
    ContextSet::new()
        .with(Context::new("reforge-sdk-logging").with("lang", "rust").with("logger-path", path))
        .with(Context::new("quonfig-sdk-logging").with("key", path))
}

fn is_ready(rules: &Ruleset) -> bool {
    rules.entries().next().is_some()
}

/// Refreshes the filter after changes that affect a logger.
struct ChangeNotifier {
    engine: Weak<Engine>,
    refresh: RefreshHandle,
    logger_key: Option<String>,
    ready: AtomicBool,
    environment: AtomicI64,
}

impl ChangeNotifier {
    fn new(engine: &Arc<Engine>, refresh: RefreshHandle, logger_key: Option<String>) -> Self {
        let rules = engine.rules();
        Self {
            engine: Arc::downgrade(engine),
            refresh,
            logger_key,
            ready: AtomicBool::new(is_ready(&rules)),
            environment: AtomicI64::new(rules.project_env_id()),
        }
    }

    fn notify(&self, change: &Change) {
        let Some(engine) = self.engine.upgrade() else { return };
        let rules = engine.rules();
        let (ready, environment) = (is_ready(&rules), rules.project_env_id());
        // Another environment selects other rows of every key; the first config ends the bootstrap level.
        let other_ready = self.ready.swap(ready, Ordering::AcqRel) != ready;
        let other_environment = self.environment.swap(environment, Ordering::AcqRel) != environment;
        if other_ready || other_environment || change.keys.iter().any(|key| self.concerns(key)) {
            self.refresh.refresh();
        }
    }

    fn concerns(&self, key: &str) -> bool {
        key.starts_with("log-level") || self.logger_key.as_deref() == Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legacy_key_applies_to_own_lines_before_the_root() {
        let check = |path, expected: &[&str]| assert_eq!(paths(path).collect::<Vec<_>>(), expected);
        check("my_app.db", &["my_app.db", "my_app", ""]);
        check(
            "cloud.prefab.client.rust",
            &["cloud.prefab.client.rust", "cloud.prefab.client", "cloud.prefab", "cloud", "prefab", ""],
        );
        check(
            "cloud.prefab.client.rusty",
            &["cloud.prefab.client.rusty", "cloud.prefab.client", "cloud.prefab", "cloud", ""],
        );
    }
}
