//! Parses files to import: datafiles, downloads, exports, histories of changes, YAML files of defaults.

use std::collections::BTreeMap;

use prefab_core::{ConfigSet, datafile, json};
use prefab_sources::yaml;
use serde_json::Value as Json;

use crate::transfer::{import_file::ImportFile, official_history};

/// Parses a datafile, an unfiltered download, an export or a history of changes.
///
/// # Errors
///
/// The reason, if the text is not JSON or contains more than `most` configs.
pub fn from_json(text: &str, most: usize) -> Result<ImportFile, String> {
    let json: Json = json::parse(text).map_err(|error| format!("the body: {error}"))?;
    let listed = json.get("configs").and_then(Json::as_array).map_or(0, Vec::len);
    bound(listed, most)?;
    if let Some(changes) = official_history::of(&json) {
        bound(changes.len(), most)?;
        return Ok(official_history::read(&changes, names(&json)));
    }
    let parsed = datafile::from_json(&json).map_err(|error| format!("the body: {error}"))?;
    let mut problems: Vec<String> = parsed.findings.iter().map(ToString::to_string).collect();
    problems.extend(listed_twice(&parsed.set));
    Ok(ImportFile { set: parsed.set, names: names(&json), problems })
}

/// Parses a YAML file of defaults.
///
/// # Errors
///
/// The reason, if the text is not YAML or contains more than `most` configs.
pub fn from_yaml(text: &str, most: usize) -> Result<ImportFile, String> {
    let parsed = yaml::parse(text, "the body".to_owned()).map_err(|error| format!("the body: {error}"))?;
    bound(parsed.items.len(), most)?;
    let configs = parsed.items.into_iter().map(|item| item.config).collect();
    Ok(ImportFile {
        set: ConfigSet { configs, ..ConfigSet::default() },
        names: BTreeMap::new(),
        problems: parsed.findings.iter().map(ToString::to_string).collect(),
    })
}

fn bound(configs: usize, most: usize) -> Result<(), String> {
    if configs <= most {
        return Ok(());
    }
    Err(format!("the body: expected at most {most} configs, not {configs}; import them in parts"))
}

/// Returns a problem for each key that a file lists more than once.
fn listed_twice(set: &ConfigSet) -> Vec<String> {
    let mut counts = BTreeMap::<&str, usize>::new();
    for config in set.configs.iter().filter(|config| !config.is_tombstone()) {
        *counts.entry(&config.key).or_default() += 1;
    }
    let twice = counts.into_iter().filter(|(_, count)| *count > 1);
    twice
        .map(|(key, count)| format!("config `{key}`: it is listed {count} times; the last entry applies"))
        .collect()
}

/// Returns the names of the environments by id, if the file contains them.
fn names(json: &Json) -> BTreeMap<i64, String> {
    let environments = json.get("environments").and_then(Json::as_array).into_iter().flatten();
    let name = |environment: &Json| {
        let id = environment.get("id")?;
        let id = id.as_i64().or_else(|| id.as_str()?.parse().ok())?;
        Some((id, environment.get("name")?.as_str()?.to_owned()))
    };
    environments.filter_map(name).collect()
}
