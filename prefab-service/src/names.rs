//! The names in a project: checks of new config keys and tags, and a report on names that look the same.

use std::collections::HashMap;

use prefab_core::Config;
use prefab_store::{
    Environment, name_taken,
    names::{Case, duplicates, fold, is_like_id},
};

use crate::{
    Conflict, Problem, ProblemCode,
    project::{Configs, Project},
};

/// The config keys and tags of a project, by the form in which they are compared.
#[derive(Default)]
pub(crate) struct NameIndex {
    keys: HashMap<String, String>,
    tags: HashMap<String, String>,
}

impl NameIndex {
    pub(crate) fn new(configs: &Configs) -> Self {
        let mut index = Self::default();
        configs.values().filter_map(|version| version.config.as_ref()).for_each(|config| index.add(config));
        index
    }

    /// Adds the names of a config. Of names that look the same, the index contains the first one.
    pub(crate) fn add(&mut self, config: &Config) {
        add(&mut self.keys, &config.key);
        config.tags.iter().for_each(|tag| add(&mut self.tags, tag));
    }

    /// Checks the key of a new config.
    pub(crate) fn check_key(&self, key: &str) -> Result<(), Conflict> {
        match self.keys.get(&*fold(key, Case::Sensitive)) {
            Some(existing) if existing != key => {
                Err(Conflict::NameTaken { name: key.to_owned(), existing: existing.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Lists the problems of the tags that a config did not have before.
    pub(crate) fn tag_problems(&self, before: Option<&Config>, config: &Config) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (at, tag) in config.tags.iter().enumerate() {
            let is_new = before.is_none_or(|before| !before.tags.contains(tag));
            let existing = self.tags.get(&*fold(tag, Case::Sensitive));
            if let Some(existing) = existing.filter(|existing| is_new && *existing != tag) {
                let message = name_taken(tag, existing);
                problems.push(Problem::at(format!("tags[{at}]"), ProblemCode::Duplicate, message));
            }
        }
        problems
    }
}

fn add(names: &mut HashMap<String, String>, name: &str) {
    names.entry(fold(name, Case::Sensitive).into_owned()).or_insert_with(|| name.to_owned());
}

/// Lists the names of a project that people can confuse: older than the rule for new names, or written by another program.
/// `tokens` are the names of the tokens that are in effect.
pub fn confusing_names(project: &Project, tokens: &[String]) -> Vec<String> {
    let (environments, configs) = (project.environments(), project.configs());
    let environments = environments.iter().map(|environment| environment.name.as_str());
    let live = || configs.values().filter_map(|version| version.config.as_ref());
    let mut tags: Vec<&str> = live().flat_map(|config| &config.tags).map(String::as_str).collect();
    tags.sort_unstable();
    tags.dedup();
    let mut found = Vec::new();
    let mut report = |kind: &str, groups: Vec<Vec<&str>>| {
        found.extend(groups.into_iter().map(|group| {
            let names: Vec<String> = group.iter().map(|name| format!("`{}`", name.escape_debug())).collect();
            format!("{kind} look the same: {}", names.join(", "))
        }));
    };
    report("environments", duplicates(environments.clone(), Case::Insensitive));
    report("tokens", duplicates(tokens.iter().map(String::as_str), Case::Insensitive));
    report("config keys", duplicates(live().map(|config| config.key.as_str()), Case::Sensitive));
    report("tags", duplicates(tags, Case::Sensitive));
    let like_ids = environments.filter(|name| is_like_id(name));
    found.extend(like_ids.map(|name| format!("the name of environment `{name}` could be an id")));
    found
}

/// Finds an environment by its name, but not by its number.
pub(crate) fn by_name<'e>(
    environments: &'e [Environment],
    name: &str,
) -> Result<Option<&'e Environment>, String> {
    let found = prefab_store::names::find(environments, name, Case::Insensitive, |environment| {
        (None, environment.name.as_str())
    });
    match found {
        Ok(environment) => Ok(Some(environment)),
        Err(prefab_store::names::NoMatch::Unknown(_)) => Ok(None),
        Err(problem) => Err(problem.describe("environment", name)),
    }
}
