//! The recorded values of official clients for their own YAML files.
//!
//! They are found through `PREFAB_CONFORMANCE_DIR`; without it the test is skipped.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{env, fs, path::PathBuf};

use prefab_core::{ContextSet, LayeredStore};
use prefab_eval::{Contexts, FixedHost, Options, Ruleset};
use prefab_sources::{LocalFiles, YamlFile};
use serde_json::{Value as Json, json};

const DEFAULTS: &str = ".prefab.default.config.yaml";
const TWIN: &str = "prefab-cloud/prefab-cloud-java/client/src/test/resources";

#[test]
fn official_files_have_the_values_of_official_clients() {
    let Some(dir) = env::var_os("PREFAB_CONFORMANCE_DIR") else {
        return prefab_testing::skip("PREFAB_CONFORMANCE_DIR is not set");
    };
    let fixtures = PathBuf::from(dir).join("fixtures");
    let text = fs::read_to_string(fixtures.join("local-yaml.json")).expect("local-yaml.json is readable");
    let recorded: Json = serde_json::from_str(&text).unwrap();
    let contexts: Vec<ContextSet> = recorded["contexts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| ContextSet::from_json(set).unwrap())
        .collect();

    let (mut checked, mut failures) = (0, Vec::new());
    for set in recorded["sets"].as_array().unwrap() {
        let ruleset = load(&fixtures, set);
        let keys = set["keys"].as_object().unwrap();
        for key in ruleset.keys().into_iter().filter(|key| !keys.contains_key(*key)) {
            failures.push(format!("{}: `{key}` is a key here only", set["classpath_dir"]));
        }
        for (key, answers) in keys {
            for (answer, contexts) in answers.as_array().unwrap().iter().zip(&contexts) {
                if differs_on_purpose(key, contexts) {
                    continue;
                }
                checked += 1;
                let got = ruleset.evaluate(key, &Contexts::of(contexts), &FixedHost::default());
                let got = match got {
                    Ok(evaluation) => evaluation.value.to_json().unwrap(),
                    Err(error) if error.is_missing_value() => Json::Null,
                    Err(error) => json!({"error": error.code()}),
                };
                if got != answer["python"]["value"] && got != answer["ruby"]["value"] {
                    let place = format!("{} {}", set["classpath_dir"], set["envs"]);
                    failures.push(format!("{place}: `{key}` is {got}, recorded {answer}"));
                }
            }
        }
    }
    println!("{checked} answers checked");
    assert!(failures.is_empty(), "{} of {checked} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(checked > 100, "only {checked} answers were found");
}

/// Returns whether the recorded clients differ here, as the specification describes.
fn differs_on_purpose(key: &str, contexts: &ContextSet) -> bool {
    match key {
        // An unknown level is a finding here; there it is a level that is not set.
        "log-level.invalid" => true,
        // They read only `criterion`, so a flag with `criteria` matches everyone.
        "in_lookup_key" | "just_my_domain" => contexts.is_empty(),
        _ => false,
    }
}

fn load(fixtures: &std::path::Path, set: &Json) -> Ruleset {
    let dir = fixtures.join(set["classpath_dir"].as_str().unwrap());
    let mut files =
        LocalFiles::new(&dir).envs(set["envs"].as_array().unwrap().iter().filter_map(Json::as_str));
    if let Some(dir) = set["override_dir"].as_str() {
        files = files.override_dir(fixtures.join(dir));
    }
    let layers = files.layers();
    assert!(layers.findings.is_empty(), "{:?}", layers.findings);
    let mut store = LayeredStore::default();
    for mut file in layers.files {
        if file.path() == dir.join(DEFAULTS) && !file.path().exists() {
            // The corpus keeps files of equal content once.
            file = YamlFile::new(fixtures.join(TWIN).join(DEFAULTS), file.slot());
        }
        let loaded = file.load().unwrap();
        for finding in &loaded.findings {
            // The files contain one intentional mistake.
            assert_eq!(finding.key.as_deref(), Some("log-level.invalid"), "{finding}");
        }
        store.apply(loaded.update);
    }
    Ruleset::from_store(&store, &Options::default())
}
