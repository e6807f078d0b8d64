//! Typed ids of projects and environments, so that one cannot be passed for the other.
//!
//! # Examples
//!
//! ```
//! use prefab_core::ids::{EnvironmentId, ProjectId};
//!
//! let (project, environment) = (ProjectId(1), EnvironmentId(5));
//! assert_eq!(format!("/projects/{project}/environments/{environment}"), "/projects/1/environments/5");
//! ```

use std::fmt;

/// The id of a project. A project has one log of changes and a set of environments.
///
/// # Examples
///
/// ```
/// use prefab_core::ids::ProjectId;
/// assert_eq!(ProjectId(7).to_string(), "7");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(pub i64);

/// The id of an environment. It is never 0, because official SDKs read 0 as "no environment".
///
/// # Examples
///
/// ```
/// use prefab_core::ids::EnvironmentId;
/// assert!(EnvironmentId(1) < EnvironmentId(2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvironmentId(pub i64);

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for EnvironmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
