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
    management::{credentials::Principal, stream_authorization::StreamAuthorization},
    state::App,
};
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_service::Origin;
use prefab_service::{actor::Author, project::Project, projects::Hub};
use prefab_store::{Environment, Role, accounts::Session};

/// Somebody who asks.
pub(super) struct Access {
    pub(super) who: Principal,
    origin: Origin,
    hub: Arc<Hub>,
    /// Whether nothing is to be changed.
    is_reading: bool,
}

impl Access {
    /// Returns them as an author in a project: for reading whoever sees it, for everything else an admin.
    pub(super) fn authorize(self, project: i64) -> Result<Author, ApiError> {
        let least = if self.is_reading { Role::Viewer } else { Role::Admin };
        self.require_role(project, least)
    }

    /// Returns them as an author in a project where they have this role, in one environment at least: whoever
    /// changes something checks which. To others a project is not there, rather than forbidden: its number is
    /// nobody's business.
    pub(super) fn require_role(self, project: i64, least: Role) -> Result<Author, ApiError> {
        let author = self.author(ProjectId(project)).ok_or(ApiError::NotFound)?;
        // Who manages a project manages all of it.
        let role = if least == Role::Admin { author.roles.project } else { author.roles.highest() };
        if role < least {
            return Err(ApiError::Forbidden(least.wanted()));
        }
        Ok(author)
    }

    fn author(self, id: ProjectId) -> Option<Author> {
        let Self { who, origin, hub, .. } = self;
        match who {
            Principal::Key(caller) => (caller.project.id == id).then(|| Author::of(&caller, origin)),
            Principal::Token(token, _) => {
                let project = hub.project(id).filter(|_| token.project == id)?;
                Some(Author::of_token(&token, project, origin))
            }
            Principal::Person(session, _) => {
                let Session { person, mut projects } = session;
                Some(Author::of_person(&person, projects.remove(&id)?, hub.project(id)?, origin))
            }
        }
    }

    /// Returns an admin of all projects as an author in the first one.
    pub(super) fn as_global_admin(self) -> Option<Author> {
        let (projects, managed) = (self.hub.projects(), self.managed());
        let first = projects.first().filter(|_| projects.len() == managed.len())?.id;
        self.author(first)
    }

    /// Lists the projects whose admin they are.
    pub(super) fn managed(&self) -> Vec<ProjectId> {
        let is_admin = |project: &Arc<Project>| match &self.who {
            Principal::Key(caller) => caller.project.id == project.id,
            Principal::Token(token, _) => token.project == project.id && token.roles.project == Role::Admin,
            Principal::Person(session, _) => {
                session.projects.get(&project.id).is_some_and(|roles| roles.project == Role::Admin)
            }
        };
        self.hub.projects().iter().filter(|project| is_admin(project)).map(|project| project.id).collect()
    }

    /// Lists the projects that they see.
    pub(super) fn projects(&self) -> Vec<Arc<Project>> {
        let mut projects = self.hub.projects();
        projects.retain(|project| match &self.who {
            Principal::Key(caller) => caller.project.id == project.id,
            Principal::Token(token, _) => token.project == project.id,
            Principal::Person(session, _) => session.projects.contains_key(&project.id),
        });
        projects
    }

    /// Returns how they stay in touch: a stream ends when this says that they may not ask any more.
    pub(super) fn lease(&self) -> StreamAuthorization {
        match &self.who {
            Principal::Key(caller) => StreamAuthorization::Key(caller.key_id),
            Principal::Token(token, hash) => StreamAuthorization::Token(token.id, *hash),
            Principal::Person(session, hash) => StreamAuthorization::Session(session.person.id, *hash),
        }
    }
}

impl FromRequestParts<App> for Access {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let who = Principal::from_request_parts(parts, app).await?;
        let is_reading = parts.method.is_safe();
        Ok(Self { who, origin: origin_of(parts), hub: Arc::clone(&app.hub), is_reading })
    }
}

/// Finds an environment by its number or its name.
pub(super) fn environment(author: &Author, text: &str, field: &str) -> Result<Environment, ApiError> {
    let environments = author.project.environments();
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
    author: &Author,
    text: Option<&str>,
    field: &str,
) -> Result<Option<EnvironmentId>, ApiError> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| environment(author, text, field).map(|environment| environment.id)).transpose()
}

/// What stands in the path.
pub(super) struct PathParams<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for PathParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        // A project whose number is no number is not there.
        Path::from_request_parts(parts, app).await.map(|Path(at)| Self(at)).map_err(|_| ApiError::NotFound)
    }
}

/// What stands behind the question mark.
pub(super) struct QueryParams<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<App> for QueryParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let asked = Query::try_from_uri(&parts.uri);
        asked.map(|Query(asked)| Self(asked)).map_err(|error| ApiError::invalid(error.body_text()))
    }
}

/// What was sent, as JSON.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<App> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let bytes = read(request.into_body(), app.limits.limits().body_bytes).await?;
        body::parse(app, bytes, parse).await.map(Self)
    }
}

/// What was sent, as JSON, or nothing.
pub(super) struct OptionalJsonBody<T>(pub(super) T);

impl<T: DeserializeOwned + Default + Send + 'static> FromRequest<App> for OptionalJsonBody<T> {
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
