//! The names of a project by the form in which they are compared.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use prefab_core::Config;
use prefab_store::names::{Case, fold};

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
    pub(crate) fn similar_keys<'n, V>(
        &'n self,
        configs: &'n BTreeMap<String, V>,
        text: &str,
    ) -> impl Iterator<Item = &'n str> {
        let form = key_form(text);
        let same = configs.get_key_value(&*form).map(|(key, _)| key);
        same.into_iter().chain(self.keys.get(&*form).into_iter().flatten()).map(String::as_str)
    }

    /// Returns a tag in use that looks like this one, if this one is not in use.
    pub(crate) fn other_tag(&self, tag: &str) -> Option<&str> {
        let tags = self.tags.get(&*fold(tag, Case::Sensitive)).filter(|tags| !tags.contains_key(tag))?;
        tags.keys().next().map(String::as_str)
    }
}

/// Returns the form in which a key is compared. The logger of a log level can be written with `::` or with dots.
pub(crate) fn key_form(key: &str) -> Cow<'_, str> {
    let form = fold(key, Case::Sensitive);
    if form.starts_with(LOG_LEVEL_PREFIX) && form.contains("::") {
        return Cow::Owned(form.replace("::", "."));
    }
    form
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
        let configs = BTreeMap::<String, u8>::new();
        assert_eq!(index.similar_keys(&configs, " caf\u{e9}").collect::<Vec<_>>(), ["cafe\u{301}"]);
        assert_eq!(index.other_tag("cafe\u{301}"), Some("caf\u{e9}"));
        assert_eq!((index.other_tag("x"), index.other_tag("x\u{200b}")), (None, Some("x")));
        index.remove(&odd.key, &odd);
        assert_eq!(index.similar_keys(&configs, "caf\u{e9}").count(), 0);
        assert_eq!(index.other_tag("x\u{200b}"), Some("x"), "another config has the tag");
        index.remove(&plain.key, &plain);
        assert_eq!(index, NameIndex::default());
    }
}
