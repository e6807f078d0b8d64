//! The names in a project: checks of new config keys and tags, and a report on names that look the same.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use prefab_core::Config;
use prefab_store::{
    Environment, name_taken,
    names::{Case, duplicates, fold, is_like_id},
};

use crate::{
    Conflict, Problem, ProblemCode,
    project::{Configs, Project},
};

/// The start of the keys of log levels.
const LOG_LEVEL_PREFIX: &str = "log-level.";

/// The names of a project by the form in which they are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameIndex {
    /// The keys that differ from their form, which is rare. All other keys are in the map of configs.
    keys: HashMap<String, BTreeSet<String>>,
    /// The tags, and the number of configs with each.
    tags: HashMap<String, BTreeMap<String, usize>>,
}

impl NameIndex {
    /// Returns whether a change of a config changes the index.
    pub(crate) fn is_changed_by(key: &str, before: Option<&Config>, after: Option<&Config>) -> bool {
        let tags = |config: Option<&Config>| config.map(|config| config.tags.clone()).unwrap_or_default();
        tags(before) != tags(after) || (before.is_some() != after.is_some() && key_form(key) != key)
    }

    /// Adds the names of a config that became current.
    pub(crate) fn add(&mut self, key: &str, config: &Config) {
        let form = key_form(key);
        if form != key {
            self.keys.entry(form.into_owned()).or_default().insert(key.to_owned());
        }
        for tag in &config.tags {
            let tags = self.tags.entry(fold(tag, Case::Sensitive).into_owned()).or_default();
            *tags.entry(tag.clone()).or_default() += 1;
        }
    }

    /// Removes the names of a config that is no longer current.
    pub(crate) fn remove(&mut self, key: &str, config: &Config) {
        let form = key_form(key);
        if let Some(keys) = self.keys.get_mut(&*form) {
            keys.remove(key);
            if keys.is_empty() {
                self.keys.remove(&*form);
            }
        }
        for tag in &config.tags {
            let form = fold(tag, Case::Sensitive);
            let Some(tags) = self.tags.get_mut(&*form) else { continue };
            if let Some(count) = tags.get_mut(tag) {
                *count -= 1;
                if *count == 0 {
                    tags.remove(tag);
                }
            }
            if tags.is_empty() {
                self.tags.remove(&*form);
            }
        }
    }

    /// Lists the current keys that look like a text.
    pub(crate) fn similar_keys<'n>(
        &'n self,
        configs: &'n Configs,
        text: &str,
    ) -> impl Iterator<Item = &'n str> {
        let form = key_form(text);
        let same = configs.get_key_value(&*form).map(|(key, _)| key);
        same.into_iter().chain(self.keys.get(&*form).into_iter().flatten()).map(String::as_str)
    }

    /// Returns a tag in use that looks like this one, if this one is not in use.
    fn other_tag(&self, tag: &str) -> Option<&str> {
        let tags = self.tags.get(&*fold(tag, Case::Sensitive)).filter(|tags| !tags.contains_key(tag))?;
        tags.keys().next().map(String::as_str)
    }
}

/// Returns the form in which a key is compared. The logger of a log level can be written with `::` or with dots.
fn key_form(key: &str) -> Cow<'_, str> {
    let form = fold(key, Case::Sensitive);
    if form.starts_with(LOG_LEVEL_PREFIX) && form.contains("::") {
        return Cow::Owned(form.replace("::", "."));
    }
    form
}

/// Checks new names beside the names of a project and beside each other.
pub(crate) struct NewNames {
    configs: Arc<Configs>,
    index: Arc<NameIndex>,
    /// The new keys by their form.
    keys: HashMap<String, String>,
    /// The new tags.
    tags: NameIndex,
}

impl NewNames {
    pub(crate) fn new(configs: Arc<Configs>, index: Arc<NameIndex>) -> Self {
        Self { configs, index, keys: HashMap::new(), tags: NameIndex::default() }
    }

    /// Adds the names of a config to the new names.
    pub(crate) fn add(&mut self, config: &Config) {
        self.keys.insert(key_form(&config.key).into_owned(), config.key.clone());
        self.tags.add("", config);
    }

    /// Checks the key of a new config.
    pub(crate) fn check_key(&self, key: &str) -> Result<(), Conflict> {
        let mut similar = self.index.similar_keys(&self.configs, key);
        let new = || self.keys.get(&*key_form(key)).map(String::as_str);
        match similar.next().or_else(new) {
            Some(existing) if existing != key => {
                Err(Conflict::NameTaken { name: key.to_owned(), existing: existing.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Lists the problems of the tags that a config did not have before.
    pub(crate) fn tag_problems(&self, before: Option<&Config>, config: &Config) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (at, tag) in config.tags.iter().enumerate() {
            if before.is_some_and(|before| before.tags.contains(tag)) {
                continue;
            }
            if let Some(existing) = self.index.other_tag(tag).or_else(|| self.tags.other_tag(tag)) {
                let message = name_taken(tag, existing);
                problems.push(Problem::at(format!("tags[{at}]"), ProblemCode::Duplicate, message));
            }
        }
        problems
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn config(key: &str, tags: &[&str]) -> Config {
        Config {
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..Config::constant(key.to_owned(), 1)
        }
    }

    #[test]
    fn the_index_follows_the_names() {
        let mut index = NameIndex::default();
        let (plain, odd) = (config("caf\u{e9}", &["x", "caf\u{e9}"]), config("cafe\u{301}", &["x"]));
        for config in [&plain, &odd] {
            index.add(&config.key, config);
        }
        let configs = Configs::default();
        assert_eq!(index.similar_keys(&configs, " caf\u{e9}").collect::<Vec<_>>(), ["cafe\u{301}"]);
        assert_eq!(index.other_tag("cafe\u{301}"), Some("caf\u{e9}"));
        assert_eq!((index.other_tag("x"), index.other_tag("x\u{200b}")), (None, Some("x")));
        index.remove(&odd.key, &odd);
        assert_eq!(index.similar_keys(&configs, "caf\u{e9}").count(), 0);
        assert_eq!(index.other_tag("x\u{200b}"), Some("x"), "another config has the tag");
        index.remove(&plain.key, &plain);
        assert_eq!(index, NameIndex::default());
    }

    #[test]
    fn both_spellings_of_a_logger_are_one_name() {
        let mut names = NewNames::new(Arc::default(), Arc::default());
        names.add(&config("log-level.app::db", &[]));
        assert!(names.check_key("log-level.app.db").is_err() && names.check_key("log-level.app::db").is_ok());
        names.add(&config("other.app::db", &[]));
        assert!(names.check_key("other.app.db").is_ok(), "only log levels have two spellings");
    }

    #[test]
    fn new_names_are_compared_with_each_other() {
        let mut names = NewNames::new(Arc::default(), Arc::default());
        let first = config("a", &["t"]);
        assert_eq!(names.check_key("a").ok(), Some(()));
        names.add(&first);
        assert!(names.check_key("a\u{200b}").is_err() && names.check_key("b").is_ok());
        assert_eq!(names.tag_problems(None, &config("b", &["t\u{200b}", "t"])).len(), 1);
    }
}
