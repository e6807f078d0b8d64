//! The names in a project: a report on names that look the same, and the environment with a name.

use prefab_store::{
    Environment,
    names::{Case, duplicates, is_like_id},
};

use crate::project::Project;

/// Lists the names of a project that people can confuse: older than the rule for new names, or written by another program.
/// `tokens` are the names of the tokens that are in effect.
pub fn confusing_names(project: &Project, tokens: &[String]) -> Vec<String> {
    let (environments, configs) = (project.environments(), project.configs());
    let environments = environments.iter().map(|environment| environment.name.as_str());
    let live = || configs.values().filter_map(|version| version.config.as_ref());
    let mut tags: Vec<&str> = live().flat_map(|config| &config.tags).map(String::as_str).collect();
    tags.sort_unstable();
    tags.dedup();
    let mut found = Vec::new();
    let mut report = |kind: &str, groups: Vec<Vec<&str>>| {
        found.extend(groups.into_iter().map(|group| {
            let names: Vec<String> = group.iter().map(|name| format!("`{}`", name.escape_debug())).collect();
            format!("{kind} look the same: {}", names.join(", "))
        }));
    };
    report("environments", duplicates(environments.clone(), Case::Insensitive));
    report("tokens", duplicates(tokens.iter().map(String::as_str), Case::Insensitive));
    report("config keys", duplicates(live().map(|config| config.key.as_str()), Case::Sensitive));
    report("tags", duplicates(tags, Case::Sensitive));
    let like_ids = environments.filter(|name| is_like_id(name));
    found.extend(like_ids.map(|name| format!("the name of environment `{name}` could be an id")));
    found
}

/// Finds an environment by its name, but not by its number.
pub(crate) fn by_name<'e>(
    environments: &'e [Environment],
    name: &str,
) -> Result<Option<&'e Environment>, String> {
    let found = prefab_store::names::find(environments, name, Case::Insensitive, |environment| {
        (None, environment.name.as_str())
    });
    match found {
        Ok(environment) => Ok(Some(environment)),
        Err(prefab_store::names::NoMatch::Unknown(_)) => Ok(None),
        Err(problem) => Err(problem.describe("environment", name)),
    }
}
