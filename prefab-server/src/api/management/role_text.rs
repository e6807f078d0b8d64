//! Roles as text, for the audit log.

use prefab_service::actor::Actor;
use prefab_store::Roles;

/// Describes roles: `editor, viewer in Production`.
pub(super) fn in_words(actor: &Actor, roles: &Roles) -> String {
    let environments = actor.project.environments();
    let own = environments.iter().filter_map(|environment| {
        let role = roles.environments.get(&environment.id)?;
        Some(format!("{} in {}", role.name(), environment.name))
    });
    std::iter::once(roles.project.name().to_owned()).chain(own).collect::<Vec<_>>().join(", ")
}
