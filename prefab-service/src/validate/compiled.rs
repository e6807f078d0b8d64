//! Problems that the evaluation engine reports when it compiles configs beside the current ones.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use prefab_core::{Config, Entry, Layer, Provenance};
use prefab_eval::{Finding, Options, Ruleset};

use crate::{
    Problem, ProblemCode,
    project::{Configs, SharedKeys},
    shared_keys::has_pattern,
};
use prefab_store::Environment;

/// Compiles configs beside the current segments, and returns the new problems with the keys of their configs: operands that
/// do not fit their operators, patterns that do not parse or exceed a limit, segments that are missing or refer to
/// themselves. Returns at most `most` problems.
///
/// A problem that the current version of a config has too is not returned, so that the other rules of the config can
/// still be changed.
///
/// If the configs contain patterns, the current configs with patterns are compiled as well, because all patterns share the
/// limits of a ruleset.
pub fn validate_ruleset(
    configs: &[&Config],
    (current, shared): (&Configs, &SharedKeys),
    environments: &[Environment],
    most: usize,
) -> Vec<(String, Problem)> {
    let compiler = Compiler::new(configs, current, shared);
    let mut problems: Vec<(String, Problem)> = Vec::new();
    let mut reported: HashSet<Finding> = HashSet::new();
    for environment in distinct(environments, &compiler.after) {
        let mut after = compiler.findings(&compiler.after, environment);
        if !after.is_empty() {
            let mut before: HashMap<(String, String), usize> = HashMap::new();
            for finding in compiler.findings(&compiler.before, environment) {
                *before.entry((finding.key, finding.cause)).or_default() += 1;
            }
            // The place of an old problem differs if a rule was added before it.
            after.retain(|finding| {
                let known = before.get_mut(&(finding.key.clone(), finding.cause.clone()));
                known.is_none_or(|count| {
                    let is_new = *count == 0;
                    *count = count.saturating_sub(1);
                    is_new
                })
            });
        }
        for finding in after {
            if problems.len() >= most {
                return problems;
            }
            if reported.insert(finding.clone()) {
                let problem = Problem::at(finding.place, ProblemCode::Invalid, finding.cause);
                problems.push((finding.key, problem));
            }
        }
    }
    problems
}

/// Lists the environments for which the configs differ. Environment 0 represents all environments without their own rows.
fn distinct(environments: &[Environment], entries: &[Entry]) -> BTreeSet<i64> {
    let configs = entries.iter().map(Entry::config);
    let named: HashSet<i64> = configs
        .flat_map(|config| config.rows.iter().filter_map(|row| row.project_env_id).collect::<Vec<_>>())
        .collect();
    let ids = environments.iter().map(|environment| environment.id.0);
    ids.map(|id| if named.contains(&id) { id } else { 0 }).collect()
}

struct Compiler {
    /// The current configs that are compiled.
    before: Vec<Entry>,
    /// The configs after the change.
    after: Vec<Entry>,
    options: Options,
}

impl Compiler {
    fn new(configs: &[&Config], current: &Configs, shared: &SharedKeys) -> Self {
        let provenance = Arc::new(Provenance::new(Layer::Remote, "server"));
        let entry = |config: &Config| Entry::new(config.clone(), Arc::clone(&provenance));
        let has_patterns = configs.iter().any(|config| has_pattern(config));
        let replaced: HashSet<&str> = configs.iter().map(|config| config.key.as_str()).collect();
        // Only the keys are looked up, because a project can have many thousand other configs.
        let mut keys: BTreeSet<&str> = shared.segments.iter().map(String::as_str).collect();
        keys.extend(&replaced);
        if has_patterns {
            keys.extend(shared.patterns.iter().map(String::as_str));
        }
        let current: Vec<&Config> =
            keys.into_iter().filter_map(|key| current.get(key)?.config.as_ref()).collect();
        let kept = current.iter().filter(|config| !replaced.contains(config.key.as_str()));
        let after = kept.chain(configs).map(|config| entry(config)).collect();
        let before = current.iter().map(|config| entry(config)).collect();
        Self { before, after, options: Options::default() }
    }

    fn findings(&self, entries: &[Entry], project_env_id: i64) -> Vec<Finding> {
        let options = Options { project_env_id, ..self.options.clone() };
        Ruleset::build(entries.iter().cloned(), options).findings()
    }
}
