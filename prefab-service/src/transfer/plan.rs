//! The plan of an import.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt::Write as _,
    sync::Arc,
    time::Instant,
};

use prefab_core::{Config, ConfigType};

use crate::transfer::{
    content,
    environments::{self, BecomesEnvironment, MappedEnvironment, MappingOptions},
    import_file::ImportFile,
};
use crate::{
    Problem, ProblemCode,
    change::diff,
    confidential,
    limits::Limits,
    namespaces,
    new_names::NewNames,
    project::{Configs, Project, SharedKeys},
    validate::{self, Schemas},
    workers::{self, Busy},
};
use prefab_store::{Environment, Roles, Version};

/// The changes that an import would make.
pub struct Plan {
    /// The changes, in their order.
    pub steps: Vec<PlannedChange>,
    /// The number of imported configs that equal the current ones.
    pub same: usize,
    /// The configs that cannot be imported, with the reason.
    pub problems: Vec<String>,
    /// What the environments of the file become.
    pub environments: Vec<MappedEnvironment>,
    /// Whether nothing can be imported, not even without the broken configs: there would be too many environments.
    pub is_refused: bool,
    is_partial: bool,
}

/// The change of one config.
pub struct PlannedChange {
    /// The imported config. Its id is that of the version that it replaces, or 0.
    pub after: Config,
    /// The current config; `None` if the key is new.
    pub before: Option<Config>,
    /// The differences between `before` and `after`, for people.
    pub differences: Vec<String>,
}

impl PlannedChange {
    /// Returns whether the change creates a config.
    pub fn is_new(&self) -> bool {
        self.before.is_none()
    }
}

/// Plans an import by a caller with these roles.
///
/// # Errors
///
/// [`Busy`] after the deadline.
pub fn plan(
    read: ImportFile,
    (project, roles): (&Project, &Roles),
    options: &MappingOptions,
    limits: &Limits,
    deadline: Instant,
) -> Result<Plan, Busy> {
    if let Err(problem) = environments::check_count(&read, limits.environments_per_project) {
        let environments = Vec::new();
        return Ok(Plan {
            steps: Vec::new(),
            same: 0,
            problems: vec![problem],
            environments,
            is_refused: true,
            is_partial: false,
        });
    }
    let (mapped, mapping_problems) = environments::map(&read, &project.environments(), options);
    let ImportFile { set, names, mut problems } = read;
    problems.extend(mapping_problems);
    let places: HashMap<i64, i64> = mapped
        .iter()
        .filter_map(|mapped| Some((mapped.id, mapped.becomes.as_ref()?.environment().id.0)))
        .collect();
    let place = |id: i64| places.get(&id).copied();
    // The configs are validated as if the new environments existed.
    let new = mapped.iter().filter_map(|mapped| match &mapped.becomes {
        Some(BecomesEnvironment::New(new)) => Some(new.clone()),
        _ => None,
    });
    let mut environments = project.environments().to_vec();
    let known: HashSet<i64> = environments.iter().map(|environment| environment.id.0).collect();
    let mut added = HashSet::new();
    environments.extend(new.filter(|new| !known.contains(&new.id.0) && added.insert(new.id.0)));
    let most = limits.environments_per_project;
    let is_refused = !added.is_empty() && environments.len() > most;
    if is_refused {
        let count = environments.len();
        problems.push(format!("the project would have {count} environments; the maximum number is {most}"));
    }
    // A datafile contains the rules of one environment, so the rules of the others stay.
    let is_partial = set.pointer.is_some_and(|pointer| pointer.project_env_id != 0) && names.is_empty();
    let mut plan =
        Plan { steps: Vec::new(), same: 0, problems, environments: mapped.clone(), is_refused, is_partial };
    let (current, shared_keys) = project.configs_and_shared_keys();
    let mut next = Configs::clone(&current);
    let mut names = project.new_names();
    let mut schemas = Schemas::new(limits);
    // Schemas and segments come first, because others refer to them. If a key occurs twice, the later config is imported.
    let live = set.configs.into_iter().filter(|config| !config.is_tombstone());
    let by_key: BTreeMap<String, Config> = live.map(|config| (config.key.clone(), config)).collect();
    let (schema_configs, others): (Vec<Config>, Vec<Config>) =
        by_key.into_values().partition(|config| config.config_type == ConfigType::Schema);
    let (segments, others): (Vec<Config>, Vec<Config>) =
        others.into_iter().partition(|config| config.config_type == ConfigType::Segment);
    for config in schema_configs.into_iter().chain(in_order(segments)).chain(others) {
        workers::check(deadline)?;
        let before = next.get(&config.key).and_then(|version| version.config.clone());
        let may_read = |scope| confidential::may_read(roles, &environments, scope);
        let config = moved(config, place).and_then(|config| {
            confidential::restored(config, &before, may_read).map_err(|problem| problem.to_string())
        });
        match config {
            Ok(config) => plan.add(config, (&mut next, &mut names), &environments, &mut schemas),
            Err(problem) => plan.problems.push(problem),
        }
    }
    plan.check_together((&current, &shared_keys), &environments, deadline)?;
    Ok(plan)
}

/// Maximum number of rounds that refuse configs because they refer to refused ones.
const MAX_ROUNDS: usize = 20;

impl Plan {
    fn add(
        &mut self,
        config: Config,
        (next, names): (&mut Configs, &mut NewNames),
        environments: &[Environment],
        schemas: &mut Schemas<'_>,
    ) {
        let current = next.get(&config.key).cloned();
        let before = current.as_ref().and_then(|version| version.config.clone());
        let mut config = match &before {
            Some(before) if self.is_partial => with_others(config, before),
            _ => config,
        };
        validate::convert_to_declared_type(&mut config);
        validate::add_bool_variants(&mut config);
        namespaces::sort(&mut config);
        // Most files contain no tags, so the current tags stay.
        if let Some(before) = before.as_ref().filter(|_| config.tags.is_empty()) {
            config.tags.clone_from(&before.tags);
        }
        if before.as_ref().is_some_and(|before| content(before) == content(&config)) {
            self.same += 1;
            return;
        }
        let id = before.as_ref().map(|before| before.id).unwrap_or_default();
        let after = Config { id, ..config };
        let mut problems = validate::validate_config(&after, next, environments, schemas);
        if before.is_none()
            && let Err(conflict) = names.check_key(&after.key)
        {
            problems.push(Problem::at("key", ProblemCode::Duplicate, conflict.to_string()));
        }
        problems.extend(names.tag_problems(before.as_ref(), &after));
        if !problems.is_empty() {
            self.refuse(&after.key, problems);
            return;
        }
        let differences = diff::describe(before.as_ref(), Some(&after), environments);
        let version = Version {
            id,
            previous_id: None,
            key: after.key.clone(),
            config: Some(after.clone()),
            changed_by: prefab_core::ChangedBy::default(),
            changed_at_millis: 0,
        };
        names.add(&after);
        next.insert(after.key.clone(), Arc::new(version));
        self.steps.push(PlannedChange { after, before, differences });
    }

    /// Compiles all changed configs together, which costs as much as compiling one of them beside the segments. Invalid
    /// configs are removed from the plan, then the configs that refer to them.
    fn check_together(
        &mut self,
        current: (&Configs, &SharedKeys),
        environments: &[Environment],
        deadline: Instant,
    ) -> Result<(), Busy> {
        for _ in 0..MAX_ROUNDS {
            workers::check(deadline)?;
            let changed: Vec<&Config> = self.steps.iter().map(|step| &step.after).collect();
            let found = validate::validate_ruleset(&changed, current, environments, usize::MAX);
            let before = self.steps.len();
            let broken: HashSet<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
            self.steps.retain(|step| !broken.contains(step.after.key.as_str()));
            let is_less = self.steps.len() < before;
            for (key, problem) in found {
                self.refuse(&key, vec![problem]);
            }
            if !is_less {
                return Ok(());
            }
        }
        // Each round refuses what refers to something that the round before refused.
        for step in std::mem::take(&mut self.steps) {
            let problem = "not checked: too many configs refer to refused configs".into();
            self.refuse(&step.after.key, vec![problem]);
        }
        Ok(())
    }

    fn refuse(&mut self, key: &str, problems: Vec<Problem>) {
        self.problems.extend(problems.into_iter().map(|problem| format!("config `{key}`: {problem}")));
    }

    /// Describes the plan for people.
    pub fn text(&self) -> String {
        let Self { steps, same, problems, environments, is_refused: _, is_partial: _ } = self;
        let created = steps.iter().filter(|step| step.is_new()).count();
        let changed = steps.len() - created;
        let mut text = format!("{created} to create, {changed} to change, {same} the same\n");
        // Writing to a string cannot fail.
        for mapped in environments {
            let from = mapped.label();
            let _ = match &mapped.becomes {
                Some(BecomesEnvironment::Existing(to)) => writeln!(text, "environment {from} is {}", to.name),
                Some(BecomesEnvironment::New(to)) => {
                    writeln!(text, "environment {from} is the new environment {}", to.name)
                }
                None => writeln!(text, "environment {from} is unknown"),
            };
        }
        for problem in problems {
            let _ = writeln!(text, "! {problem}");
        }
        for step in steps {
            let (sign, key) = (if step.is_new() { '+' } else { '~' }, &step.after.key);
            let _ = writeln!(text, "{sign} {key}: {}", step.differences.join("; "));
        }
        text
    }
}

/// Orders segments after the segments that they refer to. Cycles keep their order; validation reports them.
fn in_order(segments: Vec<Config>) -> Vec<Config> {
    let places: HashMap<&str, usize> =
        segments.iter().enumerate().map(|(place, segment)| (segment.key.as_str(), place)).collect();
    let mut waits_for = vec![0_usize; segments.len()];
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); segments.len()];
    for (place, segment) in segments.iter().enumerate() {
        let used: HashSet<usize> =
            validate::segments_of(segment).filter_map(|key| places.get(key).copied()).collect();
        for used in used.into_iter().filter(|used| *used != place) {
            waits_for[place] += 1;
            users[used].push(place);
        }
    }
    let mut ready: BTreeSet<usize> = (0..segments.len()).filter(|place| waits_for[*place] == 0).collect();
    let mut order = Vec::with_capacity(segments.len());
    while let Some(place) = ready.pop_first() {
        order.push(place);
        for user in &users[place] {
            waits_for[*user] -= 1;
            if waits_for[*user] == 0 {
                ready.insert(*user);
            }
        }
    }
    order.extend((0..segments.len()).filter(|place| waits_for[*place] > 0));
    let mut segments: Vec<Option<Config>> = segments.into_iter().map(Some).collect();
    order.into_iter().filter_map(|place| segments[place].take()).collect()
}

fn moved(mut config: Config, place: impl Fn(i64) -> Option<i64>) -> Result<Config, String> {
    for row in &mut config.rows {
        if let Some(id) = row.project_env_id.filter(|id| *id != 0) {
            row.project_env_id = Some(place(id).ok_or_else(|| {
                let key = &config.key;
                format!("config `{key}`: it has rules for environment {id}, which this project does not have: map it to an environment, or create the missing ones")
            })?);
        }
    }
    if config.config_type == ConfigType::NotSet {
        config.config_type = ConfigType::Config;
    }
    Ok(config)
}

/// Adds the current rules of the other environments.
fn with_others(mut config: Config, before: &Config) -> Config {
    let is_named = |id: Option<i64>| config.rows.iter().any(|row| row.project_env_id == id);
    let others = before.rows.iter().filter(|row| row.project_env_id.is_some_and(|id| id != 0));
    let others: Vec<_> = others.filter(|row| !is_named(row.project_env_id)).cloned().collect();
    config.rows.extend(others);
    config
}
