//! A parsed YAML file can be written and evaluated.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use prefab_core::{Entry, Layer, Provenance, datafile};
use prefab_eval::{Contexts, FixedHost, Options, Ruleset};

fuzz_target!(|text: &str| {
    let Ok(parsed) = prefab_sources::yaml::parse(text, "fuzz.yaml") else { return };
    for item in &parsed.items {
        let written = datafile::config_to_json(&item.config);
        let reparsed = datafile::config_from_json(&written).expect("a written config parses");
        assert_eq!(datafile::config_to_json(&reparsed).to_string(), written.to_string());
    }
    let provenance = Arc::new(Provenance::new(Layer::Default, "fuzz.yaml"));
    let entries = parsed.items.into_iter().map(|item| Entry::new(item.config, provenance.clone()));
    let ruleset = Ruleset::build(entries, Options::default());
    let _ = ruleset.findings();
    for key in ruleset.keys() {
        let _ = ruleset.explain(key, &Contexts::default(), &FixedHost::default()).to_string();
    }
});
