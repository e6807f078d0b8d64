//! A YAML file of configs is read or refused, and what was read can be evaluated.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use prefab_core::{Entry, Layer, Provenance, datafile};
use prefab_eval::{Contexts, FixedHost, Options, Ruleset};

fuzz_target!(|text: &str| {
    let Ok(parsed) = prefab_sources::yaml::parse(text, "fuzz.yaml") else { return };
    for item in &parsed.items {
        let written = datafile::config_to_json(&item.config);
        let again = datafile::config_from_json(&written).expect("what was read can be written");
        assert_eq!(datafile::config_to_json(&again).to_string(), written.to_string());
    }
    let provenance = Arc::new(Provenance::new(Layer::Default, "fuzz.yaml"));
    let entries = parsed.items.into_iter().map(|item| Entry::new(item.config, provenance.clone()));
    let ruleset = Ruleset::build(entries, Options::default());
    let _ = ruleset.findings();
    for key in ruleset.keys() {
        let _ = ruleset.explain(key, &Contexts::default(), &FixedHost::default()).to_string();
    }
});
