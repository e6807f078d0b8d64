//! Which environments does a change touch, and do they let it?

use prefab_core::{Config, ConfigRow};

use crate::{Conflict, Error, Problem, ProblemCode, actor::Actor, change::prepared::PreparedChange};
use prefab_store::{Environment, Role};

/// Refuses a change that an environment does not take without more.
pub fn check(actor: &Actor, change: &PreparedChange) -> Result<(), Error> {
    check_role(actor, change, Role::Publisher)?;
    if let Some(name) = needs_approval(actor, change) {
        let next_step = "save this as a draft";
        return Err(Conflict::NeedsApproval { environment: name, next_step }.into());
    }
    check_comment(actor, change)
}

/// Refuses a change to an environment in which its author may not make it.
pub fn check_role(actor: &Actor, change: &PreparedChange, least: Role) -> Result<(), Error> {
    let environments = actor.project.environments();
    let mut touched = touched(change.before.as_ref(), change.after.as_ref(), &environments);
    if touched.any(|environment| actor.roles.in_environment(environment.id) < least) {
        return Err(Error::Forbidden(least.missing_role_message()));
    }
    Ok(())
}

/// Names an environment that a change touches and that takes a second person's approval.
pub fn needs_approval(actor: &Actor, change: &PreparedChange) -> Option<String> {
    let environments = actor.project.environments();
    let mut touched = touched(change.before.as_ref(), change.after.as_ref(), &environments);
    let found = touched.find(|environment| environment.protection.needs_approval);
    found.map(|environment| environment.name.clone())
}

/// Refuses a change without a comment where one is wanted.
pub fn check_comment(actor: &Actor, change: &PreparedChange) -> Result<(), Error> {
    let environments = actor.project.environments();
    let mut touched = touched(change.before.as_ref(), change.after.as_ref(), &environments);
    match touched.find(|environment| environment.protection.needs_comment) {
        Some(environment) if actor.comment.trim().is_empty() => {
            let message = format!("environment `{}` takes no change without one; say why", environment.name);
            Err(Error::NeedsComment(Problem::at("comment", ProblemCode::NeedsComment, message)))
        }
        _ => Ok(()),
    }
}

/// Lists the environments in which something may be different afterwards.
pub fn touched<'e>(
    before: Option<&'e Config>,
    after: Option<&'e Config>,
    environments: &'e [Environment],
) -> impl Iterator<Item = &'e Environment> {
    // A difference outside the rows, or in the default row, can show everywhere.
    let all = before.map(declaration) != after.map(declaration) || row(before, None) != row(after, None);
    environments.iter().filter(move |environment| {
        all || row(before, Some(environment.id.0)) != row(after, Some(environment.id.0))
    })
}

/// Returns a config without its rows, and without what every version changes.
fn declaration(config: &Config) -> Config {
    Config { id: 0, project_id: 0, changed_by: None, rows: Vec::new(), draft_id: None, ..config.clone() }
}

fn row(config: Option<&Config>, environment: Option<i64>) -> Option<&ConfigRow> {
    config?.rows.iter().find(|row| row.project_env_id.filter(|id| *id != 0) == environment)
}
