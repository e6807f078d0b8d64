//! What an import would do, and what an export has.

use std::{collections::BTreeMap, sync::Arc};

use prefab_core::{Config, ConfigSet, ConfigType, datafile};
use prefab_sources::yaml;
use serde_json::{Value as Json, json};

use super::diff;
use crate::{
    ids::EnvironmentId,
    project::{Configs, Project},
    store::{Environment, Version},
    validate,
};

/// A file as it was read.
pub(crate) struct Read {
    set: ConfigSet,
    /// The names of its environments, where it tells them.
    names: BTreeMap<i64, String>,
    problems: Vec<String>,
}

/// What an import would do.
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) same: usize,
    pub(crate) problems: Vec<String>,
}

/// What becomes of one key.
pub(crate) struct Step {
    /// With the version that it replaces as its id, or 0.
    pub(crate) after: Config,
    pub(crate) before: Option<Config>,
    pub(crate) differences: Vec<String>,
}

impl Step {
    pub(crate) fn is_new(&self) -> bool {
        self.before.is_none()
    }
}

/// Returns everything but what every version changes: equal configs give equal bytes.
pub(crate) fn export(project: &Project) -> Json {
    let configs = project.configs();
    let configs = configs.values().filter_map(|version| version.config.as_ref()).map(content).collect();
    let mut json = datafile::to_json(&ConfigSet { configs, ..ConfigSet::default() });
    let environments = project.environments();
    let names: Vec<Json> = environments
        .iter()
        .map(|environment| json!({ "id": environment.id.to_string(), "name": environment.name }))
        .collect();
    json["environments"] = names.into();
    json
}

/// Reads a datafile, an unfiltered download or an export.
pub(crate) fn from_json(text: &str) -> Result<Read, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| format!("the body: {error}"))?;
    let parsed = datafile::from_json(&json).map_err(|error| format!("the body: {error}"))?;
    let environments = json.get("environments").and_then(Json::as_array).into_iter().flatten();
    let name = |environment: &Json| {
        let id = environment.get("id")?;
        let id = id.as_i64().or_else(|| id.as_str()?.parse().ok())?;
        Some((id, environment.get("name")?.as_str()?.to_owned()))
    };
    Ok(Read {
        set: parsed.set,
        names: environments.filter_map(name).collect(),
        problems: parsed.findings.iter().map(ToString::to_string).collect(),
    })
}

/// Reads a YAML file of defaults.
pub(crate) fn from_yaml(text: &str) -> Result<Read, String> {
    let parsed = yaml::parse(text, "the body".to_owned()).map_err(|error| format!("the body: {error}"))?;
    let configs = parsed.items.into_iter().map(|item| item.config).collect();
    Ok(Read {
        set: ConfigSet { configs, ..ConfigSet::default() },
        names: BTreeMap::new(),
        problems: parsed.findings.iter().map(ToString::to_string).collect(),
    })
}

/// Finds out what an import would do; `target` is the environment that a datafile's own rules are for.
pub(crate) fn plan(read: Read, project: &Project, target: Option<EnvironmentId>) -> Plan {
    let Read { set, names, problems } = read;
    let environments = project.environments();
    let theirs = set.pointer.map(|pointer| pointer.project_env_id).filter(|id| *id != 0);
    let place = |id: i64| match (target, theirs) {
        (Some(target), Some(theirs)) if theirs == id => Some(target.0),
        _ => matching(id, names.get(&id), &environments),
    };
    let mut plan = Plan { steps: Vec::new(), same: 0, problems };
    let mut standing = project.configs();
    // Schemas and segments first, since others refer to them; of a key that comes twice the later stands.
    let live = set.configs.into_iter().filter(|config| !config.is_tombstone());
    let by_key: BTreeMap<String, Config> = live.map(|config| (config.key.clone(), config)).collect();
    let (schemas, others): (Vec<Config>, Vec<Config>) =
        by_key.into_values().partition(|config| config.config_type == ConfigType::Schema);
    let (segments, others): (Vec<Config>, Vec<Config>) =
        others.into_iter().partition(|config| config.config_type == ConfigType::Segment);
    for config in schemas.into_iter().chain(in_order(segments)).chain(others) {
        match moved(config, place) {
            Ok(config) => plan.add(config, &mut standing, &environments),
            Err(problem) => plan.problems.push(problem),
        }
    }
    plan
}

impl Plan {
    fn add(&mut self, config: Config, standing: &mut Configs, environments: &[Environment]) {
        let current = standing.get(&config.key).cloned();
        let before = current.as_ref().and_then(|version| version.config.clone());
        if before.as_ref().is_some_and(|before| content(before) == content(&config)) {
            self.same += 1;
            return;
        }
        let id = before.as_ref().map(|before| before.id).unwrap_or_default();
        let after = Config { id, ..config };
        let problems = validate::problems(&after, standing, environments);
        if !problems.is_empty() {
            let key = &after.key;
            self.problems.extend(problems.into_iter().map(|problem| format!("config `{key}`: {problem}")));
            return;
        }
        let differences = diff::in_words(before.as_ref(), Some(&after), environments);
        let version = Version {
            id,
            previous_id: None,
            key: after.key.clone(),
            config: Some(after.clone()),
            changed_by: prefab_core::ChangedBy::default(),
            changed_at_millis: 0,
        };
        standing.insert(after.key.clone(), Arc::new(version));
        self.steps.push(Step { after, before, differences });
    }
}

/// Puts segments behind those they refer to; circles stay as they are and are found when they are checked.
fn in_order(mut segments: Vec<Config>) -> Vec<Config> {
    let mut ordered: Vec<Config> = Vec::with_capacity(segments.len());
    loop {
        let waits = |config: &Config, others: &[Config]| {
            others.iter().any(|other| other.key != config.key && validate::refers_to(config, &other.key))
        };
        let (later, now): (Vec<Config>, Vec<Config>) =
            segments.iter().cloned().partition(|config| waits(config, &segments));
        if now.is_empty() {
            ordered.extend(later);
            return ordered;
        }
        ordered.extend(now);
        segments = later;
    }
}

fn matching(id: i64, name: Option<&String>, environments: &[Environment]) -> Option<i64> {
    let found = match name {
        Some(name) => environments.iter().find(|environment| environment.name == *name),
        None => environments.iter().find(|environment| environment.id.0 == id),
    };
    found.map(|environment| environment.id.0)
}

fn moved(mut config: Config, place: impl Fn(i64) -> Option<i64>) -> Result<Config, String> {
    for row in &mut config.rows {
        if let Some(id) = row.project_env_id.filter(|id| *id != 0) {
            row.project_env_id = Some(place(id).ok_or_else(|| {
                let key = &config.key;
                format!("config `{key}`: it has rules for environment {id}, which is not here")
            })?);
        }
    }
    if config.config_type == ConfigType::NotSet {
        config.config_type = ConfigType::Config;
    }
    Ok(config)
}

/// Returns a config without what every version changes.
fn content(config: &Config) -> Config {
    Config { id: 0, project_id: 0, changed_by: None, draft_id: None, ..config.clone() }
}
