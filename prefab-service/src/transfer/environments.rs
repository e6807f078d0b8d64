//! Which environment of the project each environment of an imported file becomes.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use prefab_core::ids::EnvironmentId;
use prefab_store::{
    Environment,
    names::{self, Case, check_new},
};

use crate::{names::by_name, transfer::import_file::ImportFile};

/// How an import maps environments.
#[derive(Clone, Debug, Default)]
pub struct MappingOptions {
    /// The environment that receives the rules of a datafile, which has the rules of one environment.
    pub target: Option<EnvironmentId>,
    /// The number or name of an environment of the project, by the number or name of an environment in the file.
    pub table: BTreeMap<String, String>,
    /// Whether to create environments that the project does not have.
    pub create_missing: bool,
}

/// What an environment of the file becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedEnvironment {
    /// The number in the file. A name without a number has a negative one.
    pub id: i64,
    /// The name, if the file contains it.
    pub name: Option<String>,
    /// What it becomes; `None` if the project has no such environment.
    pub becomes: Option<BecomesEnvironment>,
}

/// An environment of the project, or one to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BecomesEnvironment {
    /// An environment of the project.
    Existing(Environment),
    /// An environment to create. Until then, it has an id that no environment of the project has.
    New(Environment),
}

impl BecomesEnvironment {
    /// Returns the environment.
    pub fn environment(&self) -> &Environment {
        match self {
            Self::Existing(environment) | Self::New(environment) => environment,
        }
    }
}

impl MappedEnvironment {
    /// Returns the number and the name in the file, for people.
    pub fn label(&self) -> String {
        match &self.name {
            Some(name) if self.id > 0 => format!("{name} ({})", self.id),
            Some(name) => name.clone(),
            None => self.id.to_string(),
        }
    }
}

/// Checks that a file has rules for at most this many environments.
///
/// # Errors
///
/// A message for people.
pub(super) fn check_count(file: &ImportFile, most: usize) -> Result<(), String> {
    let mut ids: HashSet<i64> = file.names.keys().copied().collect();
    let rows = file.set.configs.iter().flat_map(|config| &config.rows);
    // The number 0 means no environment.
    let mut of_rows = rows.filter_map(|row| row.project_env_id).filter(|id| *id != 0);
    if ids.len() > most || of_rows.any(|id| ids.insert(id) && ids.len() > most) {
        return Err(format!("the file has more than {most} environments, the maximum number of a project"));
    }
    Ok(())
}

/// Maps the environments of a file. Returns them by number, and the problems of the table.
pub(super) fn map(
    file: &ImportFile,
    environments: &[Environment],
    options: &MappingOptions,
) -> (Vec<MappedEnvironment>, Vec<String>) {
    let datafile_of = file.set.pointer.map(|pointer| pointer.project_env_id).filter(|id| *id != 0);
    let rows = file.set.configs.iter().flat_map(|config| &config.rows);
    let with_rules: BTreeSet<i64> = rows.filter_map(|row| row.project_env_id).filter(|id| *id != 0).collect();
    let ids: BTreeSet<i64> = with_rules.iter().chain(file.names.keys()).copied().collect();
    let is_mapped = |id: &i64| {
        let is_target = options.target.is_some() && datafile_of == Some(*id);
        is_target || file.names.contains_key(id) || options.table.contains_key(&id.to_string())
    };
    let is_ours = |id: &i64| environments.iter().any(|environment| environment.id.0 == *id);
    let has_our_numbers = with_rules.iter().filter(|id| !is_mapped(id)).all(is_ours);
    let mut search = Search {
        environments,
        options,
        has_our_numbers,
        new: BTreeMap::new(),
        used: BTreeSet::new(),
        problems: Vec::new(),
    };
    let mut mapped = Vec::new();
    for id in ids {
        let name = file.names.get(&id).cloned();
        let target = options.target.filter(|_| datafile_of == Some(id));
        let target =
            target.and_then(|target| environments.iter().find(|environment| environment.id == target));
        let becomes = match target {
            Some(target) => Some(BecomesEnvironment::Existing(target.clone())),
            None => search.find(id, name.as_deref()),
        };
        // An environment without rules is listed only if something becomes of it.
        if becomes.is_some() || with_rules.contains(&id) {
            mapped.push(MappedEnvironment { id, name, becomes });
        }
    }
    let unused = options.table.keys().filter(|from| !search.used.contains(*from));
    let unused = unused.map(|from| format!("`map`: the file has no environment \"{from}\""));
    search.problems.extend(unused);
    (mapped, search.problems)
}

struct Search<'m> {
    environments: &'m [Environment],
    options: &'m MappingOptions,
    /// Whether the project has all numbers of the file. Otherwise they are numbers of another service, and equal numbers
    /// mean nothing.
    has_our_numbers: bool,
    /// The environments to create, by name.
    new: BTreeMap<String, Environment>,
    /// The used entries of the table.
    used: BTreeSet<String>,
    problems: Vec<String>,
}

impl Search<'_> {
    fn find(&mut self, id: i64, name: Option<&str>) -> Option<BecomesEnvironment> {
        let by_table = self.options.table.get_key_value(&id.to_string());
        let by_table = by_table.or_else(|| self.options.table.get_key_value(name?));
        if let Some((from, to)) = by_table {
            self.used.insert(from.clone());
            return match Environment::find(self.environments, to) {
                Ok(found) => Some(BecomesEnvironment::Existing(found.clone())),
                Err(names::NoMatch::Unknown(_)) if self.options.create_missing => self.create(to),
                Err(problem) => {
                    self.problems.push(format!("`map`: {}", problem.describe("environment", to)));
                    None
                }
            };
        }
        let named = name.map_or_else(|| generic_name(id), str::to_owned);
        match by_name(self.environments, &named) {
            Ok(Some(found)) => return Some(BecomesEnvironment::Existing(found.clone())),
            Ok(None) => {}
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        }
        let by_number = self.environments.iter().find(|environment| environment.id.0 == id);
        match by_number.filter(|_| name.is_none() && self.has_our_numbers) {
            Some(found) => Some(BecomesEnvironment::Existing(found.clone())),
            None if self.options.create_missing => self.create(&named),
            None => None,
        }
    }

    /// Returns an environment to create. Names that look the same become one environment.
    fn create(&mut self, name: &str) -> Option<BecomesEnvironment> {
        let folded = names::fold(name, Case::Insensitive).into_owned();
        if let Some(new) = self.new.get(&folded) {
            return Some(BecomesEnvironment::New(new.clone()));
        }
        if check_new(name, [], Case::Insensitive).is_err() {
            let message =
                "cannot be the name of a new environment: it has no visible character, or could be an id";
            self.problems.push(format!("`{name}` {message}; map it to another name"));
            return None;
        }
        let id = i64::MIN + i64::try_from(self.new.len()).unwrap_or_default();
        let new = Environment::new(EnvironmentId(id), name.trim());
        self.new.insert(folded, new.clone());
        Some(BecomesEnvironment::New(new))
    }
}

/// Returns the name of a new environment without a name in the file.
fn generic_name(id: i64) -> String {
    format!("Environment {id}")
}
