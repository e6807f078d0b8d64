//! Checks of new config keys and tags.

use std::{collections::HashMap, sync::Arc};

use prefab_core::Config;
use prefab_store::name_taken;

use crate::{
    Conflict, Problem, ProblemCode,
    current_configs::Configs,
    name_index::{NameIndex, key_form},
};

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
