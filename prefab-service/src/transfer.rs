//! Import and export of configs.

mod environments;
mod import_file;
mod official_history;
mod parse;
mod plan;

use prefab_core::{Config, ConfigSet, datafile};
use serde_json::{Value as Json, json};

use crate::project::Project;

pub use environments::{BecomesEnvironment, MappedEnvironment, MappingOptions};
pub use import_file::ImportFile;
pub use parse::{from_json, from_yaml};
pub use plan::{Plan, PlannedChange, plan};

/// Returns all configs without the fields that every version changes, so that equal configs give equal bytes.
///
/// `form` returns the form in which a config is exported.
pub fn export(project: &Project, form: impl Fn(&Config) -> Config) -> Json {
    let configs = project.configs();
    let configs = configs.values().filter_map(|version| version.config.as_ref());
    let configs = configs.map(|config| content(&form(config))).collect();
    let mut json = datafile::to_json(&ConfigSet { configs, ..ConfigSet::default() });
    let environments = project.environments();
    let names: Vec<Json> = environments
        .iter()
        .map(|environment| json!({ "id": environment.id.to_string(), "name": environment.name }))
        .collect();
    json["environments"] = names.into();
    json
}

/// Returns a config without the fields that every version changes.
fn content(config: &Config) -> Config {
    Config { id: 0, project_id: 0, changed_by: None, draft_id: None, ..config.clone() }
}
