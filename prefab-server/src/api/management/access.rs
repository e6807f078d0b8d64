//! Who asks, for which project, and what they sent.

use crate::api::origin::origin_of;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::api::body;
use crate::api::{
    body::read,
    error::ApiError,
    management::{credentials::Who, lease::Lease},
    state::App,
};
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_service::Origin;
use prefab_service::{actor::Actor, project::Project, project_cache::ProjectCache};
use prefab_store::{Environment, Role, accounts::Session};

/// Somebody who asks.
pub(super) struct Access {
    pub(super) who: Who,
    origin: Origin,
    project_cache: Arc<ProjectCache>,
    /// Whether nothing is to be changed.
    is_reading: bool,
}

impl Access {
    /// Returns them as an author in a project: for reading whoever sees it, for everything else an admin.
    pub(super) fn to(self, project: i64) -> Result<Actor, ApiError> {
        let least = if self.is_reading { Role::Viewer } else { Role::Admin };
        self.holding(project, least)
    }

    /// Returns them as an author in a project where they have this role, in one environment at least: whoever
    /// changes something checks which. To others a project is not there, rather than forbidden: its number is
    /// nobody's business.
    pub(super) fn holding(self, project: i64, least: Role) -> Result<Actor, ApiError> {
        let actor = self.actor(ProjectId(project)).ok_or(ApiError::NotFound)?;
        // Who manages a project manages all of it.
        let role = if least == Role::Admin { actor.roles.project } else { actor.roles.highest() };
        if role < least {
            return Err(ApiError::Forbidden(least.missing_role_message()));
        }
        Ok(actor)
    }

    fn actor(self, id: ProjectId) -> Option<Actor> {
        let Self { who, origin, project_cache, .. } = self;
        match who {
            Who::Key(caller) => (caller.project.id == id).then(|| Actor::of(&caller, origin)),
            Who::Token(token, _) => {
                let project = project_cache.project(id).filter(|_| token.project == id)?;
                Some(Actor::of_token(&token, project, origin))
            }
            Who::Person(session, _) => {
                let Session { person, mut projects } = session;
                Some(Actor::of_person(&person, projects.remove(&id)?, project_cache.project(id)?, origin))
            }
        }
    }

    /// Returns an admin of all projects as an author in the first one.
    pub(super) fn over_everything(self) -> Option<Actor> {
        let (projects, managed) = (self.project_cache.projects(), self.managed());
        let first = projects.first().filter(|_| projects.len() == managed.len())?.id;
        self.actor(first)
    }

    /// Lists the projects whose admin they are.
    pub(super) fn managed(&self) -> Vec<ProjectId> {
        let is_admin = |project: &Arc<Project>| match &self.who {
            Who::Key(caller) => caller.project.id == project.id,
            Who::Token(token, _) => token.project == project.id && token.roles.project == Role::Admin,
            Who::Person(session, _) => {
                session.projects.get(&project.id).is_some_and(|roles| roles.project == Role::Admin)
            }
        };
        self.project_cache
            .projects()
            .iter()
            .filter(|project| is_admin(project))
            .map(|project| project.id)
            .collect()
    }

    /// Lists the projects that they see.
    pub(super) fn projects(&self) -> Vec<Arc<Project>> {
        let mut projects = self.project_cache.projects();
        projects.retain(|project| match &self.who {
            Who::Key(caller) => caller.project.id == project.id,
            Who::Token(token, _) => token.project == project.id,
            Who::Person(session, _) => session.projects.contains_key(&project.id),
        });
        projects
    }

    /// Returns how they stay in touch: a stream ends when this says that they may not ask any more.
    pub(super) fn lease(&self) -> Lease {
        match &self.who {
            Who::Key(caller) => Lease::Key(caller.key_id),
            Who::Token(token, hash) => Lease::Token(token.id, *hash),
            Who::Person(session, hash) => Lease::Session(session.person.id, *hash),
        }
    }
}

impl FromRequestParts<App> for Access {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let who = Who::from_request_parts(parts, app).await?;
        let is_reading = parts.method.is_safe();
        Ok(Self { who, origin: origin_of(parts), project_cache: Arc::clone(&app.project_cache), is_reading })
    }
}

/// Finds an environment by its number or its name.
pub(super) fn environment(actor: &Actor, text: &str, field: &str) -> Result<Environment, ApiError> {
    let environments = actor.project.environments();
    let found = environments.iter().find(|environment| {
        environment.id.to_string() == text || environment.name.eq_ignore_ascii_case(text)
    });
    found.cloned().ok_or_else(|| {
        let names: Vec<_> = environments.iter().map(|environment| environment.name.as_str()).collect();
        ApiError::invalid(format!(
            "`{field}`: there is no environment \"{text}\"; there are {}",
            names.join(", ")
        ))
    })
}

/// Finds an environment by its number or name, or none if none is named.
pub(super) fn optional_environment(
    actor: &Actor,
    text: Option<&str>,
    field: &str,
) -> Result<Option<EnvironmentId>, ApiError> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| environment(actor, text, field).map(|environment| environment.id)).transpose()
}

/// What stands in the path.
pub(super) struct At<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for At<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        // A project whose number is no number is not there.
        Path::from_request_parts(parts, app).await.map(|Path(at)| Self(at)).map_err(|_| ApiError::NotFound)
    }
}

/// What stands behind the question mark.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let asked = Query::try_from_uri(&parts.uri);
        asked.map(|Query(asked)| Self(asked)).map_err(|error| ApiError::invalid(error.body_text()))
    }
}

/// What was sent, as JSON.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<App> for Sent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let bytes = read(request.into_body(), app.limits.limits().body_bytes).await?;
        body::parse(app, bytes, parse).await.map(Self)
    }
}

/// What was sent, as JSON, or nothing.
pub(super) struct MaybeSent<T>(pub(super) T);

impl<T: DeserializeOwned + Default + Send + 'static> FromRequest<App> for MaybeSent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let bytes = read(request.into_body(), app.limits.limits().body_bytes).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        body::parse(app, bytes, parse).await.map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let sent = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (path, cause) = (error.path().to_string(), error.inner().to_string());
        let place = if path == "." { "the body".to_owned() } else { format!("`{path}`") };
        ApiError::invalid(format!("{place}: {cause}"))
    })?;
    reader.end().map_err(|error| ApiError::invalid(format!("the body: {error}")))?;
    Ok(sent)
}
