//! Histories of changes from the official service. The newest change of each key is its current state.

use std::collections::{BTreeMap, HashSet};

use prefab_core::{Config, ConfigSet};
use serde_json::{Map, Value as Json, json};

use crate::item::{self, Item};
use crate::transfer::import_file::ImportFile;
use prefab_core::ids::EnvironmentId;
use prefab_store::Environment;

/// The fields of an item. Histories contain more.
const FIELDS: [&str; 8] =
    ["key", "type", "valueType", "sendToClientSdk", "schemaKey", "tags", "default", "environments"];

/// Returns the changes, newest first, or `None` if the JSON is neither a page of a history nor a list of pages.
pub(super) fn of(json: &Json) -> Option<Vec<&Json>> {
    if let Some(pages) = json.as_array() {
        let pages: Option<Vec<Vec<&Json>>> = pages.iter().map(of).collect();
        return pages.filter(|pages| !pages.is_empty()).map(|pages| pages.concat());
    }
    json.get("changes").and_then(Json::as_array).map(|changes| changes.iter().collect())
}

/// Reads the current state of each key. An environment without a numeric id gets an unused id, and its text as name.
pub(super) fn read(changes: &[&Json], names: BTreeMap<i64, String>) -> ImportFile {
    let mut read = ImportFile { set: ConfigSet::default(), names, problems: Vec::new() };
    let mut seen = HashSet::new();
    for change in changes {
        let Some(key) = change.get("key").and_then(Json::as_str).filter(|key| seen.insert(*key)) else {
            continue;
        };
        match change.get("newConfig").filter(|config| config.is_object()) {
            Some(config) => match self::config(config, &mut read.names) {
                Ok(config) => read.set.configs.push(config),
                Err(problems) => {
                    let problems = problems.into_iter().map(|problem| format!("config `{key}`: {problem}"));
                    read.problems.extend(problems);
                }
            },
            None if change.get("deleted").and_then(Json::as_bool) == Some(true) => {}
            None => read.problems.push(format!(
                "config `{key}`: `newConfig`: expected the config; export the history with includeNewVersion=true"
            )),
        }
    }
    read
}

fn config(json: &Json, names: &mut BTreeMap<i64, String>) -> Result<Config, Vec<String>> {
    let fields = FIELDS.iter().filter_map(|name| Some(((*name).to_owned(), json.get(*name)?.clone())));
    let mut item: Map<String, Json> = fields.filter(|(_, value)| !value.is_null()).collect();
    item.insert("variants".to_owned(), variants(json));
    for name in ["type", "valueType"] {
        // Some files contain these in upper case, as a datafile does.
        if let Some(Json::String(text)) = item.get_mut(name) {
            text.make_ascii_lowercase();
        }
    }
    let environments = environments(&item, names);
    let item: Item = serde_path_to_error::deserialize(Json::Object(item))
        .map_err(|error| vec![format!("`{}`: {}", error.path(), error.inner())])?;
    item::to_config(&item, &environments)
}

/// Returns the variants, which are values or objects with a value and a name.
fn variants(json: &Json) -> Json {
    let list = |name: &str| json.get(name).and_then(Json::as_array).filter(|list| !list.is_empty());
    let variants = list("variants").or_else(|| list("allowableValues"));
    let is_value = |variant: &Json| variant.get("type").is_some();
    variants
        .into_iter()
        .flatten()
        .map(|variant| if is_value(variant) { json!({ "value": variant }) } else { variant.clone() })
        .collect()
}

fn environments(item: &Map<String, Json>, names: &mut BTreeMap<i64, String>) -> Vec<Environment> {
    let rules = item.get("environments").and_then(Json::as_array).into_iter().flatten();
    let ids = rules.filter_map(|rules| match rules.get("id")? {
        Json::String(id) => Some(id.clone()),
        id => Some(id.to_string()),
    });
    ids.map(|id| {
        let number = id.parse().unwrap_or_else(|_| {
            let known = names.iter().find(|(_, name)| **name == id).map(|(number, _)| *number);
            let number = known.unwrap_or_else(|| names.keys().next().map_or(-1, |least| (*least).min(0) - 1));
            names.insert(number, id.clone());
            number
        });
        Environment::new(EnvironmentId(number), id)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_change_of_each_key_is_imported() {
        let rules = |value: &str| json!({"rules": [{"value": {"type": "string", "value": value}}]});
        let config = |value: &str| {
            json!({"id": "7", "key": "k", "type": "config", "valueType": "STRING", "default": rules(value),
                   "environments": [{"id": "Prod", "rules": rules("p")["rules"]}, {"id": "12", "rules": []}],
                   "allowableValues": [{"type": "string", "value": "a"}], "somethingNew": 3})
        };
        let pages = json!([
            {"changes": [{"key": "gone", "deleted": true}, {"key": "k", "newConfig": config("new")}]},
            {"changes": [{"key": "k", "newConfig": config("old")}, {"key": "gone", "newConfig": config("x")},
                         {"key": "bare"}]}]);
        let read = read(&of(&pages).unwrap(), BTreeMap::new());
        assert_eq!(read.set.configs.len(), 1);
        let config = &read.set.configs[0];
        assert_eq!(config.rows[0].values[0].value, Some("new".into()));
        assert_eq!(config.allowable_values, ["a".into()]);
        assert_eq!(read.names[&config.rows[1].project_env_id.unwrap()], "Prod");
        assert_eq!(config.rows[2].project_env_id, Some(12));
        assert_eq!(read.problems.len(), 1, "{:?}", read.problems);
        assert!(of(&json!({"configs": []})).is_none() && of(&json!([])).is_none());
    }
}
