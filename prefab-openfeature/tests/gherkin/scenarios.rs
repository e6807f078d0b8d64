//! The list of scenarios: which run, and which do not and why.

use std::{collections::BTreeMap, fs, path::Path};

use cucumber::{
    feature::Ext as _,
    gherkin::{Feature, GherkinEnv, Scenario},
};

/// A scenario, or all rows of an outline.
struct Listed {
    feature: &'static str,
    scenario: &'static str,
    /// The number of rows that run.
    run: usize,
    /// The number of rows that do not run.
    omitted: usize,
    /// The rows with this text in a step do not run. Every text contains the empty text.
    omitted_if: Option<&'static str>,
    /// Why they do not run.
    reason: &'static str,
}

const fn run(feature: &'static str, scenario: &'static str, run: usize) -> Listed {
    Listed { feature, scenario, run, omitted: 0, omitted_if: None, reason: "" }
}

const fn omitted(
    feature: &'static str,
    scenario: &'static str,
    omitted: usize,
    reason: &'static str,
) -> Listed {
    Listed { feature, scenario, run: 0, omitted, omitted_if: Some(""), reason }
}

const NO_TRANSACTION: &str = "the SDK for Rust has no transaction context";
const NO_FATAL: &str = "open-feature 0.3 has no error code and no status for fatal errors";
const NO_METADATA: &str = "items in Prefab have no metadata of their own";

/// The error codes in the tables of `hooks.feature` are compared with the error that the hook `error` receives, because the
/// details of the SDK for Rust contain none.
const LISTED: &[Listed] = &[
    Listed {
        omitted: 2,
        omitted_if: Some("\"Transaction\""),
        reason: NO_TRANSACTION,
        ..run("contextMerging", "A context entry is added to a single level", 11)
    },
    omitted(
        "contextMerging",
        "For a transaction, a context entry is added to each level with different keys",
        1,
        NO_TRANSACTION,
    ),
    run("contextMerging", "For a hook, a context entry is added to each level with different keys", 1),
    omitted(
        "contextMerging",
        "For a transaction and a hook, a context entry is added to each level with different keys",
        1,
        NO_TRANSACTION,
    ),
    omitted(
        "contextMerging",
        "For a transaction, a context entry in one level overwrites values with the same key from preceding levels",
        4,
        NO_TRANSACTION,
    ),
    run(
        "contextMerging",
        "For a hook, a context entry in one level overwrites values with the same key from preceding levels",
        4,
    ),
    omitted(
        "contextMerging",
        "For a transaction and a hook, context entry in one level overwrites values with the same key from preceding levels",
        5,
        NO_TRANSACTION,
    ),
    run("evaluation", "Resolves boolean value", 1),
    run("evaluation", "Resolves string value", 1),
    run("evaluation", "Resolves integer value", 1),
    run("evaluation", "Resolves float value", 1),
    run("evaluation", "Resolves object value", 1),
    run("evaluation", "Resolves boolean details", 1),
    run("evaluation", "Resolves string details", 1),
    run("evaluation", "Resolves integer details", 1),
    run("evaluation", "Resolves float details", 1),
    run("evaluation", "Resolves object details", 1),
    run("evaluation", "Resolves based on context", 1),
    run("evaluation", "Flag not found", 1),
    run("evaluation", "Type error", 1),
    run("evaluation_v2", "Resolve values", 5),
    run("evaluation_v2", "Resolves zero value", 5),
    run("evaluation_v2", "Resolves zero value with targeting", 5),
    run("evaluation_v2", "Resolves zero value with targeting using default", 5),
    run("evaluation_v2", "Flag not found error", 5),
    run("evaluation_v2", "Type mismatch error", 5),
    run("evaluation_v2", "Provider not ready error", 5),
    omitted("evaluation_v2", "Provider in fatal state error", 5, NO_FATAL),
    run("evaluation_v2", "Complete evaluation details structure", 5),
    omitted("evaluation_v2", "Flag metadata in evaluation details", 1, NO_METADATA),
    run("evaluation_v2", "Empty evaluation context", 5),
    omitted("evaluation_v2", "Null context values", 5, "the contexts of the SDK for Rust have no null"),
    run("evaluation_v2", "Multiple context attributes targeting", 1),
    run("evaluation_v2", "Structure flag evaluation", 1),
    run("evaluation_v2", "Variant field population", 5),
    omitted("evaluation_v2", "CACHED reason", 2, "the provider evaluates each time, and caches no result"),
    omitted("evaluation_v2", "DISABLED reason", 5, "flags in Prefab cannot be disabled"),
    Listed {
        omitted: 1,
        omitted_if: Some("fatal"),
        reason: NO_FATAL,
        ..run("evaluation_v2", "Provider status accessibility", 4)
    },
    run("evaluation_v2", "Evaluation options with hooks", 1),
    run("evaluation_v2", "Evaluation context immutability", 1),
    run("evaluation_v2", "Asynchronous flag evaluation", 5),
    run("hooks", "Passes evaluation details to after and finally hooks", 1),
    run("hooks", "Flag not found", 1),
    run("hooks", "Type error", 1),
    omitted("metadata", "Returns metadata", 1, NO_METADATA),
    run("metadata", "Returns no metadata", 4),
];

/// Whether a scenario runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Run,
    Omitted,
    Unknown,
}

/// Returns whether a scenario, or a row of an outline, runs.
pub(crate) fn verdict(feature: &Feature, scenario: &Scenario) -> Verdict {
    let stem = stem(feature);
    let is_listed = |listed: &&Listed| (listed.feature, listed.scenario) == (stem, &*scenario.name);
    let Some(listed) = LISTED.iter().find(is_listed) else { return Verdict::Unknown };
    let contains = |text: &str| scenario.steps.iter().any(|step| step.value.contains(text));
    match listed.omitted_if {
        Some(text) if contains(text) => Verdict::Omitted,
        _ => Verdict::Run,
    }
}

fn stem(feature: &Feature) -> &str {
    feature.path.as_ref().and_then(|path| path.file_stem()?.to_str()).unwrap_or_default()
}

/// Returns the differences between the list and the files of a folder.
pub(crate) fn findings(folder: &Path) -> Vec<String> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "feature"));
    paths.sort_unstable();
    let mut counts: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    let mut findings = Vec::new();
    for path in paths {
        let feature = Feature::parse_path(&path, GherkinEnv::default()).unwrap().expand_examples().unwrap();
        assert!(feature.rules.is_empty(), "{}: rules of Gherkin are not supported", path.display());
        for scenario in &feature.scenarios {
            let key = (stem(&feature).to_owned(), scenario.name.clone());
            let (run, omitted) = counts.entry(key).or_default();
            match verdict(&feature, scenario) {
                Verdict::Run => *run += 1,
                Verdict::Omitted => *omitted += 1,
                Verdict::Unknown => {}
            }
        }
    }
    for listed in LISTED {
        let Listed { feature, scenario, run, omitted, reason, .. } = listed;
        assert_eq!(
            *omitted == 0,
            reason.is_empty(),
            "{feature}: `{scenario}`: exactly what does not run has a reason"
        );
        match counts.remove(&((*feature).to_owned(), (*scenario).to_owned())) {
            None => findings.push(format!("{feature}: `{scenario}` does not exist any more")),
            Some(found) if found != (*run, *omitted) => findings.push(format!(
                "{feature}: `{scenario}` has {} rows that run and {} that do not, but {run} and {omitted} are listed",
                found.0, found.1
            )),
            Some(_) => {}
        }
    }
    findings.extend(counts.into_keys().map(|(feature, scenario)| {
        format!("{feature}: `{scenario}` is not listed: add it to the scenarios that run, or that do not")
    }));
    findings
}
