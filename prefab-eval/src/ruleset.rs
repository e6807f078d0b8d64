//! The compiled form of a project's configs.

mod segment_walk;

use std::sync::Arc;

use prefab_core::{ContextSet, Entry, LayeredStore, Update, datafile};

use crate::{
    Finding, Options, RegexLimits,
    compile::Compiler,
    compiled::CompiledConfig,
    keys::KeyTable,
    pattern_budget::PatternBudget,
    pattern_slots::PatternSlots,
    property,
    rule::{Check, Rule},
};

/// The compiled configs of a project.
///
/// A ruleset is immutable. [`with_changes`](Self::with_changes) creates a new one that shares the unchanged configs.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Contexts, EvaluatedValue, Ruleset, SystemHost};
///
/// let ruleset = Ruleset::from_datafile(r#"{"configs": [
///     {"id": "1", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
/// ]}"#)?;
/// let evaluation = ruleset.evaluate("max-jobs", &Contexts::default(), &SystemHost)?;
/// assert_eq!(evaluation.value, EvaluatedValue::Int(30));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ruleset {
    pub(crate) keys: Arc<KeyTable>,
    pub(crate) configs: Vec<Option<Arc<CompiledConfig>>>,
    pub(crate) default_context: Arc<ContextSet>,
    patterned: PatternSlots,
    options: Arc<Options>,
}

impl Default for Ruleset {
    fn default() -> Self {
        Self::build([], Options::default())
    }
}

impl Ruleset {
    /// Compiles entries. If two entries have the same key, the later one is used.
    ///
    /// Compiling never fails. [`findings`](Self::findings) reports problems, for example invalid patterns.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use prefab_eval::{Config, Entry, Options, Provenance, Ruleset, prefab_core::Layer};
    ///
    /// let provenance = Arc::new(Provenance::new(Layer::Program, "defaults"));
    /// let entry = Entry::new(Config::constant("max-jobs", 30), provenance);
    /// assert!(Ruleset::build([entry], Options::default()).contains("max-jobs"));
    /// ```
    pub fn build(entries: impl IntoIterator<Item = Entry>, options: Options) -> Self {
        let default_context = Arc::new(options.default_context.clone());
        let options = Arc::new(options);
        let mut ruleset = Self {
            keys: Arc::default(),
            configs: Vec::new(),
            default_context,
            patterned: PatternSlots::default(),
            options,
        };
        let entries = entries.into_iter();
        KeyTable::reserve(&mut ruleset.keys, entries.size_hint().0);
        ruleset.compile(entries.map(|entry| (Arc::clone(entry.stored().shared_key()), Some(entry))));
        ruleset
    }

    /// Compiles the current configs of a store. Uses the environment and the default context of the store, not those in
    /// `options`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{LayeredStore, Options, Ruleset};
    /// assert!(Ruleset::from_store(&LayeredStore::default(), &Options::default()).is_empty());
    /// ```
    pub fn from_store(store: &LayeredStore, options: &Options) -> Self {
        let options = Options {
            project_env_id: store.project_env_id(),
            default_context: store.default_context().clone(),
            ..options.clone()
        };
        let entries: Vec<Entry> = store.entries().cloned().collect();
        Self::build(entries, options)
    }

    /// Parses and compiles a datafile. Skips invalid configs; [`datafile::parse`] reports them.
    ///
    /// # Errors
    ///
    /// [`DatafileError`](datafile::DatafileError) if the text is not a datafile.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::Ruleset;
    /// assert!(Ruleset::from_datafile(r#"{"configs": []}"#)?.is_empty());
    /// assert!(Ruleset::from_datafile("[]").is_err());
    /// # Ok::<(), prefab_eval::datafile::DatafileError>(())
    /// ```
    pub fn from_datafile(text: &str) -> Result<Self, datafile::DatafileError> {
        let set = datafile::parse(text)?.set;
        let mut store = LayeredStore::default();
        store.apply(Update::Snapshot { set: set.into(), source: "datafile".into() });
        Ok(Self::from_store(&store, &Options::default()))
    }

    /// Returns a new ruleset with the `changed` keys recompiled from the store. It shares all other configs with
    /// `self`.
    ///
    /// If the environment of the store has changed, all configs are recompiled.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Config, LayeredStore, Options, Ruleset, prefab_core::{ConfigSet, Update}};
    ///
    /// let mut store = LayeredStore::default();
    /// let ruleset = Ruleset::from_store(&store, &Options::default());
    /// let configs = vec![Config { id: 1, ..Config::constant("max-jobs", 30) }.into()];
    /// let set = ConfigSet { configs, ..ConfigSet::default() };
    /// let changed = store.apply(Update::Merge { set, source: "streaming".into() });
    /// assert!(ruleset.with_changes(&store, &changed).contains("max-jobs"));
    /// ```
    #[must_use]
    pub fn with_changes(&self, store: &LayeredStore, changed: &[Arc<str>]) -> Self {
        let mut next = self.clone();
        next.apply_changes(store, changed);
        next
    }

    /// Recompiles the `changed` keys from the store, in place. Unlike [`with_changes`](Self::with_changes), this does
    /// not clone the ruleset.
    ///
    /// If the environment of the store has changed, all configs are recompiled.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Config, LayeredStore, Options, Ruleset, prefab_core::{ConfigSet, Update}};
    ///
    /// let mut store = LayeredStore::default();
    /// let mut ruleset = Ruleset::from_store(&store, &Options::default());
    /// let configs = vec![Config { id: 1, ..Config::constant("max-jobs", 30) }.into()];
    /// let set = ConfigSet { configs, ..ConfigSet::default() };
    /// let changed = store.apply(Update::Merge { set, source: "streaming".into() });
    /// ruleset.apply_changes(&store, &changed);
    /// assert!(ruleset.contains("max-jobs"));
    /// ```
    pub fn apply_changes(&mut self, store: &LayeredStore, changed: &[Arc<str>]) {
        if store.project_env_id() != self.options.project_env_id {
            *self = Self::from_store(store, &self.options);
            return;
        }
        if *self.default_context != *store.default_context() {
            self.default_context = Arc::new(store.default_context().clone());
        }
        self.compile(changed.iter().map(|key| (Arc::clone(key), store.get(key).cloned())));
    }

    /// Returns the ruleset of a client with another namespace. It shares all configs without rules of namespaces with
    /// `self`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, EvaluatedValue, Ruleset, SystemHost};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [{"id": "1", "key": "max-jobs", "rows": [{"values": [
    ///     {"criteria": [{"propertyName": "NAMESPACE", "operator": "HIERARCHICAL_MATCH",
    ///                    "valueToMatch": {"string": "services"}}],
    ///      "value": {"int": "50"}},
    ///     {"value": {"int": "30"}}
    /// ]}]}]}"#)?;
    /// let ruleset = ruleset.with_namespace("services.users");
    /// let evaluation = ruleset.evaluate("max-jobs", &Contexts::default(), &SystemHost)?;
    /// assert_eq!((evaluation.value.clone(), evaluation.namespace()), (EvaluatedValue::Int(50), Some("services")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_namespace(&self, namespace: &str) -> Self {
        let options = Options { namespace: Some(namespace.to_owned()), ..Options::clone(&self.options) };
        let mut next = Self { options: Arc::new(options), ..self.clone() };
        let affected: Vec<_> = self.entries().filter(|entry| has_namespaces(entry)).cloned().collect();
        next.compile(
            affected.into_iter().map(|entry| (Arc::clone(entry.stored().shared_key()), Some(entry))),
        );
        next
    }

    fn compile(&mut self, entries: impl Iterator<Item = (Arc<str>, Option<Entry>)>) {
        let mut configs = Vec::with_capacity(entries.size_hint().0);
        let mut has_patterns = false;
        let mut compiler = Compiler::new(&mut self.keys, &self.options);
        for (key, entry) in entries {
            let slot = KeyTable::slot_or_insert(compiler.keys, &key, || Arc::clone(&key));
            configs.push((slot, entry.map(|entry| Arc::new(compiler.config(entry)))));
        }
        self.configs.resize(self.keys.len(), None);
        for (slot, config) in configs {
            has_patterns |= self.patterned.replace(slot, config.as_deref());
            if let Some(place) = self.configs.get_mut(slot as usize) {
                *place = config;
            }
        }
        if has_patterns && self.is_near_a_pattern_limit() {
            self.compile_patterned();
        }
    }

    /// Returns whether the patterns of all configs together are so close to a limit that the order of the configs
    /// decides which of them are compiled.
    fn is_near_a_pattern_limit(&self) -> bool {
        let mut budget = PatternBudget::new(self.options.patterns.clone(), self.options.regex_limits);
        self.patterned
            .slots()
            .filter_map(|slot| self.config(slot)?.patterns())
            .for_each(|patterns| budget.add(patterns));
        budget.is_tight()
    }

    /// Recompiles the configs with patterns, sorted by key, so that the same configs always compile to the same
    /// patterns.
    fn compile_patterned(&mut self) {
        let entries =
            self.patterned.slots().filter_map(|slot| Some((slot, self.config(slot)?.entry.clone())));
        let mut entries: Vec<(u32, Entry)> = entries.collect();
        entries.sort_unstable_by(|(_, left), (_, right)| left.key().cmp(right.key()));
        let mut compiler = Compiler::new(&mut self.keys, &self.options);
        for (slot, entry) in entries {
            if let Some(place) = self.configs.get_mut(slot as usize) {
                *place = Some(Arc::new(compiler.config(entry)));
            }
        }
    }

    pub(crate) fn regex_limits(&self) -> &RegexLimits {
        &self.options.regex_limits
    }

    #[inline]
    pub(crate) fn config(&self, slot: u32) -> Option<&CompiledConfig> {
        self.configs.get(slot as usize)?.as_deref()
    }

    /// Returns the keys of all configs, sorted.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(prefab_eval::Ruleset::default().keys().is_empty());
    /// ```
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.entries().map(Entry::key).collect();
        keys.sort_unstable();
        keys
    }

    /// Returns whether a config has this key.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!prefab_eval::Ruleset::default().contains("max-jobs"));
    /// ```
    pub fn contains(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Returns the config with this key, and its provenance.
    ///
    /// # Examples
    ///
    /// ```
    /// # use prefab_eval::Ruleset;
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "7", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
    /// ]}"#)?;
    /// assert_eq!(ruleset.entry("max-jobs").map(|entry| entry.stored().id()), Some(7));
    /// # Ok::<(), prefab_eval::datafile::DatafileError>(())
    /// ```
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        Some(&self.config(self.keys.slot(key)?)?.entry)
    }

    /// Returns all configs, unordered.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.configs.iter().flatten().map(|config| &config.entry)
    }

    /// Returns the number of configs.
    pub fn len(&self) -> usize {
        self.configs.iter().flatten().count()
    }

    /// Returns whether the ruleset has no configs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the contexts that the server sent with the configs.
    pub fn default_context(&self) -> &ContextSet {
        &self.default_context
    }

    /// Returns the id of the environment whose rows are evaluated before the default rows, or 0 if there is none.
    pub fn project_env_id(&self) -> i64 {
        self.options.project_env_id
    }

    /// Returns the problems of all configs, sorted by key.
    ///
    /// Problems are operands of the wrong type for their operator, invalid patterns, invalid values, missing segments,
    /// and segments that refer to themselves.
    ///
    /// Visits every config, so do not call it on a hot path.
    ///
    /// # Examples
    ///
    /// ```
    /// # use prefab_eval::Ruleset;
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [{"id": "1", "key": "flag", "rows": [{"values": [
    ///     {"criteria": [{"operator": "IN_SEG", "valueToMatch": {"string": "beta"}}], "value": {"bool": true}}
    /// ]}]}]}"#)?;
    /// assert_eq!(
    ///     ruleset.findings()[0].to_string(),
    ///     "config `flag`: `criteria`: there is no segment `beta`; the criterion never matches",
    /// );
    /// # Ok::<(), prefab_eval::datafile::DatafileError>(())
    /// ```
    pub fn findings(&self) -> Vec<Finding> {
        let mut by_key: Vec<(usize, &CompiledConfig)> = self
            .configs
            .iter()
            .enumerate()
            .filter_map(|(slot, config)| Some((slot, &**config.as_ref()?)))
            .collect();
        by_key.sort_unstable_by_key(|(_, config)| config.entry.key());
        let mut findings: Vec<Finding> =
            by_key.iter().flat_map(|(_, config)| config.findings().iter().cloned()).collect();
        findings.append(&mut segment_walk::findings(self, by_key.into_iter().map(|(slot, _)| slot)));
        findings
    }

    /// Returns one finding for each config in which a regular expression search has reached a limit, sorted by key.
    ///
    /// A search that reaches a limit does not match. The limits are those of [`RegexLimits`] and
    /// [`SearchBudget`](crate::SearchBudget). Recompiling a config clears its finding.
    pub fn search_findings(&self) -> Vec<Finding> {
        let configs = self.patterned.slots().filter_map(|slot| self.config(slot));
        let mut findings: Vec<Finding> = configs.filter_map(CompiledConfig::search_finding).collect();
        findings.sort_unstable_by(|left, right| left.key.cmp(&right.key));
        findings
    }

    fn segments_of(&self, slot: usize) -> impl Iterator<Item = usize> {
        let rules = self.configs.get(slot).and_then(Option::as_ref).map(|config| &config.rules);
        rules.into_iter().flatten().flat_map(Rule::conditions).filter_map(|condition| match condition.check {
            Check::Segment { slot, .. } => Some(slot as usize),
            _ => None,
        })
    }
}

/// Returns whether a rule of a config depends on the namespace of the client.
fn has_namespaces(entry: &Entry) -> bool {
    let config = entry.stored().borrowed();
    let mut criteria = config.rows.iter().flat_map(|row| &row.values).flat_map(|rule| &rule.criteria);
    criteria.any(|criterion| property::is_namespace(criterion.property_name))
}
