//! The stored form of roles.

use std::collections::BTreeMap;

use prefab_core::ids::EnvironmentId;
use prefab_store::{Role, Roles};
use serde::{Deserialize, Serialize};

/// The stored form, which the SQLite store has too: `{"project":"editor","environments":{"3":"viewer"}}`.
#[derive(Deserialize, Serialize)]
struct StoredRoles {
    project: String,
    environments: BTreeMap<i64, String>,
}

pub(super) fn encode(roles: &Roles) -> String {
    let environments = roles.environments.iter().map(|(id, role)| (id.0, role.name().to_owned()));
    let stored =
        StoredRoles { project: roles.project.name().to_owned(), environments: environments.collect() };
    // Strings and numbers always serialize.
    serde_json::to_string(&stored).unwrap_or_default()
}

/// Decodes roles. A role that only a newer version supports becomes `viewer`.
pub(super) fn decode(text: &str) -> Roles {
    let Ok(StoredRoles { project, environments }) = serde_json::from_str(text) else {
        return Roles::of(Role::Viewer);
    };
    let role = |name: &str| Role::from_name(name).unwrap_or(Role::Viewer);
    let environments = environments.iter().map(|(id, name)| (EnvironmentId(*id), role(name))).collect();
    Roles { project: role(&project), environments }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_survive_a_round_trip_and_unknown_ones_become_viewer() {
        let roles =
            Roles { environments: [(EnvironmentId(3), Role::Admin)].into(), ..Roles::of(Role::Editor) };
        assert_eq!(decode(&encode(&roles)), roles);
        assert_eq!(decode(r#"{"project":"owner","environments":{}}"#), Roles::of(Role::Viewer));
    }
}
