//! Roles of actors in a project and its environments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use prefab_core::ids::EnvironmentId;

/// A role. Each role allows everything that the roles before it allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads everything and changes nothing.
    Viewer,
    /// Saves drafts and sets personal overrides.
    Editor,
    /// Changes configs, and approves and publishes drafts.
    Publisher,
    /// Manages people, keys, tokens, environments and the project.
    Admin,
}

impl Role {
    /// Every role, the least powerful first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Editor, Self::Publisher, Self::Admin];

    /// Returns the name: `publisher`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Publisher => "publisher",
            Self::Admin => "admin",
        }
    }

    /// Returns the role with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Returns the error message for an actor without this role.
    pub fn missing_role_message(self) -> &'static str {
        match self {
            Self::Viewer => "the role viewer is required",
            Self::Editor => "the role editor is required",
            Self::Publisher => "the role publisher is required",
            Self::Admin => "the role admin is required",
        }
    }
}

/// The role in a project, and the environments with another role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// The role in the project and in every environment without a role of its own.
    pub project: Role,
    /// The environments with a role of their own.
    pub environments: BTreeMap<EnvironmentId, Role>,
}

impl Roles {
    /// Returns the same role everywhere.
    pub fn of(project: Role) -> Self {
        Self { project, environments: BTreeMap::new() }
    }

    /// Returns the role in an environment.
    pub fn in_environment(&self, environment: EnvironmentId) -> Role {
        self.environments.get(&environment).copied().unwrap_or(self.project)
    }

    /// Returns the roles that both allow.
    #[must_use]
    pub fn limited_to(&self, by: &Self) -> Self {
        let environments = self.environments.keys().chain(by.environments.keys());
        Self {
            project: self.project.min(by.project),
            environments: environments
                .map(|id| (*id, self.in_environment(*id).min(by.in_environment(*id))))
                .collect(),
        }
    }

    /// Returns the text that stores contain.
    pub fn to_text(&self) -> String {
        let environments = self.environments.iter().map(|(id, role)| (id.0, role.name().to_owned()));
        let stored =
            StoredRoles { project: self.project.name().to_owned(), environments: environments.collect() };
        // Strings and numbers always serialize.
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// Returns the roles of a stored text. A role that only a newer version supports becomes `viewer`.
    pub fn from_text(text: &str) -> Self {
        let Ok(StoredRoles { project, environments }) = serde_json::from_str(text) else {
            return Self::of(Role::Viewer);
        };
        let role = |name: &str| Role::from_name(name).unwrap_or(Role::Viewer);
        let environments = environments.iter().map(|(id, name)| (EnvironmentId(*id), role(name))).collect();
        Self { project: role(&project), environments }
    }

    /// Returns the highest of all roles.
    pub fn highest(&self) -> Role {
        self.environments.values().copied().fold(self.project, Role::max)
    }
}

/// The stored form of roles: `{"project":"editor","environments":{"3":"viewer"}}`.
#[derive(Deserialize, Serialize)]
struct StoredRoles {
    project: String,
    environments: BTreeMap<i64, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_survive_a_round_trip_and_unknown_ones_become_viewer() {
        let roles =
            Roles { environments: [(EnvironmentId(3), Role::Admin)].into(), ..Roles::of(Role::Editor) };
        assert_eq!(Roles::from_text(&roles.to_text()), roles);
        assert_eq!(Roles::from_text(r#"{"project":"owner","environments":{}}"#), Roles::of(Role::Viewer));
    }

    #[test]
    fn an_environment_has_a_role_of_its_own_or_the_project_s() {
        let (production, staging) = (EnvironmentId(3), EnvironmentId(2));
        let roles = Roles { environments: [(production, Role::Viewer)].into(), ..Roles::of(Role::Publisher) };
        assert_eq!(
            (roles.in_environment(production), roles.in_environment(staging)),
            (Role::Viewer, Role::Publisher)
        );
        assert_eq!(roles.highest(), Role::Publisher);
        let admin_there = Roles { environments: [(staging, Role::Admin)].into(), ..Roles::of(Role::Viewer) };
        let both = roles.limited_to(&admin_there);
        assert_eq!(
            (both.in_environment(production), both.in_environment(staging)),
            (Role::Viewer, Role::Publisher)
        );
        assert_eq!((both.project, &both), (Role::Viewer, &admin_there.limited_to(&roles)));
        assert!(Role::ALL.is_sorted());
        assert!(Role::ALL.iter().all(|role| Role::from_name(role.name()) == Some(*role)));
    }
}
