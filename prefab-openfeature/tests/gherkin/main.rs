//! The shared scenarios of OpenFeature, in Gherkin.
//!
//! `PREFAB_OPENFEATURE_DIR` is the directory that contains them. Without it, the tests are skipped. [`scenarios`] lists which
//! scenarios run, and which do not and why.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test that reads its cases from outside"
)]

mod executor;
mod flags;
mod hooks;
mod providers;
mod scenarios;
mod steps;
mod values;
mod world;

use std::{env, fs, path::PathBuf};

use cucumber::{Cucumber, writer::Stats as _};
use scenarios::Verdict;
use tempfile::TempDir;
use world::World;

/// The least number of scenarios, with each row of an outline counted as one.
const LEAST: usize = 95;

/// Returns a copy of the scenarios. The parser rejects an escaped quote in a table, so the copy contains plain quotes.
fn folder() -> Option<TempDir> {
    let Some(folder) = env::var_os("PREFAB_OPENFEATURE_DIR") else {
        prefab_testing::skip("PREFAB_OPENFEATURE_DIR is not set");
        return None;
    };
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(PathBuf::from(folder).join("gherkin")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let is_feature = path.extension().is_some_and(|extension| extension == "feature");
        let text = if is_feature { text.replace("\\\"", "\"") } else { text };
        fs::write(copy.path().join(path.file_name().unwrap()), text).unwrap();
    }
    Some(copy)
}

#[test]
fn the_shared_scenarios_pass() {
    let Some(folder) = folder() else { return };
    world::set_flags(&folder.path().join("test-flags.json"));
    let cucumber = steps::register(Cucumber::<World, _, _, _, _>::new())
        .max_concurrent_scenarios(1)
        .before(|feature, _, _, world| {
            Box::pin(async {
                if feature.name == "Metadata" {
                    world.omit_metadata();
                }
            })
        })
        .fail_on_skipped()
        .with_default_cli();
    let run = cucumber.filter_run(folder.path().to_owned(), |feature, _, scenario| {
        matches!(scenarios::verdict(feature, scenario), Verdict::Run)
    });
    let writer = executor::block_on(run);
    assert!(!writer.execution_has_failed());
    let scenarios = writer.scenarios_stats();
    assert_eq!((scenarios.failed, scenarios.skipped), (0, 0));
    assert!(scenarios.passed >= LEAST, "only {} scenarios", scenarios.passed);
}

#[test]
fn each_shared_scenario_runs_or_has_a_reason_why_not() {
    let Some(folder) = folder() else { return };
    assert_eq!(scenarios::findings(folder.path()), [] as [String; 0]);
}

#[test]
fn a_new_scenario_is_reported() {
    let Some(copy) = folder() else { return };
    assert_eq!(scenarios::findings(copy.path()), [] as [String; 0]);

    let metadata = copy.path().join("metadata.feature");
    let text = fs::read_to_string(&metadata).unwrap();
    let scenario = "\n  Scenario: Something new\n    Then the resolved metadata is empty\n";
    fs::write(&metadata, format!("{text}{scenario}")).unwrap();
    let new = "metadata: `Something new` is not listed: add it to the scenarios that run, or that do not";
    assert_eq!(scenarios::findings(copy.path()), [new]);

    let row = "      | boolean-zero-flag | Boolean | true |\n";
    fs::write(&metadata, format!("{text}{row}")).unwrap();
    let more =
        "metadata: `Returns no metadata` has 5 rows that run and 0 that do not, but 4 and 0 are listed";
    assert_eq!(scenarios::findings(copy.path()), [more]);

    fs::write(&metadata, text).unwrap();
    let feature = "Feature: Events\n\n  Scenario: Ready\n    Given a stable provider\n";
    fs::write(copy.path().join("events.feature"), feature).unwrap();
    let new = "events: `Ready` is not listed: add it to the scenarios that run, or that do not";
    assert_eq!(scenarios::findings(copy.path()), [new]);

    fs::remove_file(copy.path().join("events.feature")).unwrap();
    fs::remove_file(copy.path().join("hooks.feature")).unwrap();
    let gone = scenarios::findings(copy.path());
    assert_eq!(gone.len(), 3, "{gone:?}");
    assert_eq!(
        gone[0],
        "hooks: `Passes evaluation details to after and finally hooks` does not exist any more"
    );
}
