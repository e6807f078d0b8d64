//! The compiled snapshot.

use std::sync::Arc;

use prefab_core::{ContextSet, Entry, LayeredStore, Update, datafile};

use crate::{
    Finding, Options, RegexLimits,
    compile::Compiler,
    compiled::CompiledConfig,
    keys::KeyTable,
    pattern_budget::PatternBudget,
    pattern_slots::PatternSlots,
    rule::{Check, Rule},
};

/// The configs of a project, compiled. It never changes; news make a new one that shares what stayed.
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
    /// Compiles entries; of two with one key, the later stands.
    ///
    /// Building never fails: what cannot work as written is among the [`findings`](Self::findings).
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

    /// Compiles what stands in a store. The store says which environment and which default context.
    pub fn from_store(store: &LayeredStore, options: &Options) -> Self {
        let options = Options {
            project_env_id: store.project_env_id(),
            default_context: store.default_context().clone(),
            ..options.clone()
        };
        let entries: Vec<Entry> = store.entries().cloned().collect();
        Self::build(entries, options)
    }

    /// Parses and compiles a datafile. Configs that do not parse are left out; see
    /// [`datafile::parse`] for what was wrong with them.
    pub fn from_datafile(text: &str) -> Result<Self, datafile::DatafileError> {
        let set = datafile::parse(text)?.set;
        let mut store = LayeredStore::default();
        store.apply(Update::Snapshot { set: set.into(), source: "datafile".into() });
        Ok(Self::from_store(&store, &Options::default()))
    }

    /// Returns the ruleset with the `changed` keys compiled again from the store; all else is shared.
    ///
    /// Where the environment is another one, everything is compiled again.
    #[must_use]
    pub fn with_changes(&self, store: &LayeredStore, changed: &[Arc<str>]) -> Self {
        if store.project_env_id() != self.options.project_env_id {
            return Self::from_store(store, &self.options);
        }
        let mut next = self.clone();
        if *next.default_context != *store.default_context() {
            next.default_context = Arc::new(store.default_context().clone());
        }
        next.compile(changed.iter().map(|key| (Arc::clone(key), store.get(key).cloned())));
        next
    }

    fn compile(&mut self, entries: impl Iterator<Item = (Arc<str>, Option<Entry>)>) {
        let mut made = Vec::with_capacity(entries.size_hint().0);
        let mut has_patterns = false;
        let mut compiler = Compiler::new(&mut self.keys, &self.options);
        for (key, entry) in entries {
            let slot = KeyTable::slot_or_insert(compiler.keys, &key, || Arc::clone(&key));
            made.push((slot, entry.map(|entry| Arc::new(compiler.config(entry)))));
        }
        self.configs.resize(self.keys.len(), None);
        for (slot, config) in made {
            has_patterns |= self.patterned.replace(slot, config.as_deref());
            if let Some(place) = self.configs.get_mut(slot as usize) {
                *place = config;
            }
        }
        if has_patterns && self.is_short_of_room() {
            self.compile_patterned();
        }
    }

    /// Returns whether the patterns of all configs together come so close to a limit that it depends on the order
    /// of the configs which ones are compiled.
    fn is_short_of_room(&self) -> bool {
        let mut budget = PatternBudget::new(self.options.patterns.clone(), self.options.regex_limits);
        self.patterned
            .slots()
            .filter_map(|slot| self.config(slot)?.patterns())
            .for_each(|patterns| budget.add(patterns));
        budget.is_tight()
    }

    /// Compiles the configs with patterns anew, by key, so that the same configs always have the same patterns.
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

    /// Lists the keys that have a config, sorted.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.entries().map(Entry::key).collect();
        keys.sort_unstable();
        keys
    }

    /// Tells whether a config has this key.
    pub fn contains(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Returns the config with this key and where it came from.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        Some(&self.config(self.keys.slot(key)?)?.entry)
    }

    /// Lists the configs, in no order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.configs.iter().flatten().map(|config| &config.entry)
    }

    /// Tells how many configs there are.
    pub fn len(&self) -> usize {
        self.configs.iter().flatten().count()
    }

    /// Tells whether there is no config.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the contexts that came with the configs.
    pub fn default_context(&self) -> &ContextSet {
        &self.default_context
    }

    /// Returns the environment whose rows take part, 0 for none.
    pub fn project_env_id(&self) -> i64 {
        self.options.project_env_id
    }

    /// Lists what cannot work as written: unusable patterns and values, segments that are missing or
    /// refer to themselves. Walks every config; not for a hot path.
    ///
    /// They come by key, so that it does not show whether the ruleset was built at once or updated.
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
        let mut walk = SegmentWalk {
            ruleset: self,
            state: vec![Visit::Never; self.configs.len()],
            path: Vec::new(),
            findings: Vec::new(),
        };
        for (slot, _) in by_key {
            walk.visit(slot);
        }
        findings.append(&mut walk.findings);
        findings
    }

    /// Lists the configs with a criterion whose pattern a search has given up on since they were compiled, one
    /// finding for each, by key. The limits are those of [`RegexLimits`] and [`SearchBudget`](crate::SearchBudget).
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

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    Never,
    Open,
    Done,
}

/// Looks for segments that lead back to themselves, or nowhere.
struct SegmentWalk<'r> {
    ruleset: &'r Ruleset,
    state: Vec<Visit>,
    path: Vec<usize>,
    findings: Vec<Finding>,
}

impl SegmentWalk<'_> {
    fn visit(&mut self, start: usize) {
        // An own stack: the chain may be longer than the thread's stack is deep.
        let mut open = vec![(start, false)];
        while let Some((slot, leaving)) = open.pop() {
            if leaving {
                self.state[slot] = Visit::Done;
                self.path.pop();
                continue;
            }
            if self.state[slot] != Visit::Never {
                continue;
            }
            self.state[slot] = Visit::Open;
            self.path.push(slot);
            open.push((slot, true));
            for segment in self.ruleset.segments_of(slot) {
                match self.state[segment] {
                    Visit::Open => self.report_cycle(segment),
                    _ if self.ruleset.configs[segment].is_none() => self.report_missing(slot, segment),
                    Visit::Never => open.push((segment, false)),
                    Visit::Done => {}
                }
            }
        }
    }

    fn name(&self, slot: usize) -> &str {
        u32::try_from(slot).map_or("", |slot| self.ruleset.keys.name(slot))
    }

    fn report_cycle(&mut self, segment: usize) {
        let start = self.path.iter().position(|slot| *slot == segment).unwrap_or_default();
        let names: Vec<&str> =
            self.path[start..].iter().chain([&segment]).map(|slot| self.name(*slot)).collect();
        let cause =
            format!("segments refer to each other in a circle and never hold: {}", names.join(" -> "));
        self.findings.push(Finding::new(self.name(segment), "criteria", cause));
    }

    fn report_missing(&mut self, slot: usize, segment: usize) {
        let cause = format!("there is no segment `{}`; it never holds", self.name(segment));
        self.findings.push(Finding::new(self.name(slot), "criteria", cause));
    }
}
