//! Log levels whose keys change.

use std::sync::Arc;

use prefab_core::{Config, Entry, Layer, LayeredStore, LogLevel, Provenance, Slot, Update};
use prefab_eval::{Contexts, FixedHost, Options, Ruleset};

const DOTTED: (&str, LogLevel) = ("log-level.my_app.db", LogLevel::Debug);
const RUST: (&str, LogLevel) = ("log-level.my_app::db", LogLevel::Error);

struct Changing {
    store: LayeredStore,
    ruleset: Ruleset,
}

impl Changing {
    fn new() -> Self {
        let store = LayeredStore::default();
        let ruleset = Ruleset::from_store(&store, &Options::default());
        Self { store, ruleset }
    }

    /// Replaces all configs, and recompiles only those that changed.
    fn set(&mut self, levels: &[(&str, LogLevel)]) {
        let provenance = Arc::new(Provenance::new(Layer::Default, "test"));
        let entry = |(key, level): &(&str, LogLevel)| {
            Entry::new(Config::constant(*key, *level), Arc::clone(&provenance))
        };
        let entries = levels.iter().map(entry).collect();
        let changed = self.store.apply(Update::Replace { slot: Slot::from(Layer::Default), entries });
        self.ruleset = self.ruleset.with_changes(&self.store, &changed);
    }

    #[track_caller]
    fn check(&self, path: &str, key: Option<&str>, level: Option<LogLevel>) {
        let got = self.ruleset.log_level(path, &Contexts::default(), &FixedHost::default());
        assert_eq!((self.ruleset.log_level_key(path), got), (key, level));
        let possible = self.ruleset.possible_log_levels(path).single();
        assert_eq!(possible, Some(level.unwrap_or(LogLevel::NotSet)));
    }
}

#[test]
fn a_deleted_key_does_not_hide_the_same_logger_in_another_spelling() {
    let mut configs = Changing::new();
    configs.set(&[DOTTED, RUST]);
    configs.check("my_app.db", Some(DOTTED.0), Some(DOTTED.1));
    configs.check("my_app::db", Some(DOTTED.0), Some(DOTTED.1));
    configs.set(&[RUST]);
    configs.check("my_app.db", Some(RUST.0), Some(RUST.1));
    configs.check("my_app::db", Some(RUST.0), Some(RUST.1));
    configs.set(&[DOTTED]);
    configs.check("my_app.db", Some(DOTTED.0), Some(DOTTED.1));
    configs.set(&[]);
    configs.check("my_app.db", None, None);

    let spellings = [("log-level.a::b.c", LogLevel::Info), ("log-level.a.b::c", LogLevel::Warn)];
    configs.set(&spellings);
    for (key, level) in spellings {
        configs.set(&[(key, level)]);
        configs.check("a.b.c", Some(key), Some(level));
    }
}
