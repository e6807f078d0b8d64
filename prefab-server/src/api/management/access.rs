//! Access control and extractors of the management API.

use crate::api::origin::origin_of;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::api::body;
use crate::api::{
    body::read,
    error::ApiError,
    management::{credentials::Principal, last_id, stream_authorization::StreamAuthorization},
    state::App,
};
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_service::{Origin, labels};
use prefab_service::{actor::Actor, project::Project, project_cache::ProjectCache};
use prefab_store::{AuditNote, Environment, Role, accounts::Session, names::NoMatch};

/// The access of an authenticated caller.
pub(super) struct Access {
    pub(super) principal: Principal,
    origin: Origin,
    project_cache: Arc<ProjectCache>,
    /// Whether the request method is safe.
    is_reading: bool,
}

impl Access {
    /// Returns the caller as an author in a project. Reads require access to the project, other methods an admin.
    pub(super) fn authorize(self, project: i64) -> Result<Actor, ApiError> {
        let least = if self.is_reading { Role::Viewer } else { Role::Admin };
        self.require_role(project, least)
    }

    /// Returns the caller as an author in a project in which they have this role, in at least one environment.
    ///
    /// The caller of this function checks the environment. Returns 404 rather than 403 for projects without access, so
    /// that project numbers cannot be probed.
    pub(super) fn require_role(self, project: i64, least: Role) -> Result<Actor, ApiError> {
        let actor = self.actor(ProjectId(project)).ok_or(ApiError::NotFound)?;
        // An admin must be an admin of the whole project.
        let role = if least == Role::Admin { actor.roles.project } else { actor.roles.highest() };
        if role < least {
            return Err(ApiError::Forbidden(least.missing_role_message()));
        }
        Ok(actor)
    }

    fn actor(self, id: ProjectId) -> Option<Actor> {
        let Self { principal, origin, project_cache, .. } = self;
        match principal {
            Principal::Key(caller) => (caller.project.id == id).then(|| Actor::of(&caller, origin)),
            Principal::Token(token, _) => {
                let project = project_cache.project(id).filter(|_| token.project == id)?;
                Some(Actor::of_token(&token, project, origin))
            }
            Principal::Person(session, _) => {
                let Session { person, mut projects, is_owner: _ } = session;
                Some(Actor::of_person(&person, projects.remove(&id)?, project_cache.project(id)?, origin))
            }
        }
    }

    /// Returns whether the caller is an admin of every project.
    pub(super) fn is_global_admin(&self) -> bool {
        self.project_cache.projects().len() == self.managed().len()
    }

    /// Returns whether the caller is an owner of the installation: a person, or a management token with the role admin that
    /// acts for one. An API key is not, because every admin of a project can issue one.
    pub(super) async fn is_owner(&self, app: &App) -> Result<bool, ApiError> {
        Ok(match &self.principal {
            Principal::Key(_) => false,
            Principal::Person(session, _) => session.is_owner,
            Principal::Token(token, _) => {
                let owners = app.project_cache.store().owners().await?;
                token.roles.project == Role::Admin && owners.iter().any(|owner| Some(owner.id) == token.owner)
            }
        })
    }

    /// Returns the audit note of an action on the installation as a whole.
    pub(super) fn note(&self, action: &str) -> AuditNote {
        let Origin { address, via, .. } = self.origin.clone();
        let actor = match &self.principal {
            Principal::Key(caller) => labels::api_key_label(caller.key_id, &caller.name),
            Principal::Token(token, _) => labels::token_label(token.id, &token.name),
            Principal::Person(session, _) => format!("{} ({})", session.person.name, session.person.email),
        };
        AuditNote {
            sentence: format!("{actor} {action}"),
            actor,
            origin: address,
            via,
            comment: String::new(),
        }
    }

    /// Lists the projects of which the caller is an admin.
    pub(super) fn managed(&self) -> Vec<ProjectId> {
        let is_admin = |project: &Arc<Project>| match &self.principal {
            Principal::Key(caller) => caller.project.id == project.id,
            Principal::Token(token, _) => token.project == project.id && token.roles.project == Role::Admin,
            Principal::Person(session, _) => {
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

    /// Lists the projects to which the caller has access.
    pub(super) fn projects(&self) -> Vec<Arc<Project>> {
        let mut projects = self.project_cache.projects();
        projects.retain(|project| match &self.principal {
            Principal::Key(caller) => caller.project.id == project.id,
            Principal::Token(token, _) => token.project == project.id,
            Principal::Person(session, _) => session.projects.contains_key(&project.id),
        });
        projects
    }

    /// Returns the authorization of an event stream with this credential.
    pub(super) fn stream_authorization(&self) -> StreamAuthorization {
        match &self.principal {
            Principal::Key(caller) => StreamAuthorization::Key(caller.key_id),
            Principal::Token(token, hash) => StreamAuthorization::Token(token.id, *hash),
            Principal::Person(session, hash) => StreamAuthorization::Session(session.person.id, *hash),
        }
    }
}

impl FromRequestParts<App> for Access {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let principal = Principal::from_request_parts(parts, app).await?;
        last_id::wait(parts, &principal, app).await?;
        let is_reading = parts.method.is_safe();
        Ok(Self {
            principal,
            origin: origin_of(parts),
            project_cache: Arc::clone(&app.project_cache),
            is_reading,
        })
    }
}

/// Returns an environment by number or name.
pub(super) fn environment(actor: &Actor, text: &str, field: &str) -> Result<Environment, ApiError> {
    let environments = actor.project.environments();
    Environment::find(&environments, text)
        .cloned()
        .map_err(|problem| ApiError::invalid(format!("`{field}`: {}", problem.describe("environment", text))))
}

/// Returns the environment of a path by number or name. An unknown one is not found; an ambiguous name is invalid.
pub(super) fn path_environment(actor: &Actor, text: &str) -> Result<Environment, ApiError> {
    let environments = actor.project.environments();
    Environment::find(&environments, text).cloned().map_err(|problem| match problem {
        NoMatch::Unknown(_) => ApiError::NotFound,
        NoMatch::Ambiguous(_) => {
            ApiError::invalid(format!("`environment`: {}", problem.describe("environment", text)))
        }
    })
}

/// Returns the config key that a person means. A key that matches nothing is returned unchanged.
pub(super) fn item_key(actor: &Actor, text: &str) -> Result<String, ApiError> {
    let found = actor.project.find_key(text);
    found
        .map(|found| found.unwrap_or_else(|| text.to_owned()))
        .map_err(|problem| ApiError::invalid(format!("`key`: {}", problem.describe("item", text))))
}

/// Returns an environment by number or name. `None` without a name.
pub(super) fn optional_environment(
    actor: &Actor,
    text: Option<&str>,
    field: &str,
) -> Result<Option<EnvironmentId>, ApiError> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| environment(actor, text, field).map(|environment| environment.id)).transpose()
}

/// The parameters of the path.
pub(super) struct PathParams<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for PathParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        // A project number that is not a number does not exist.
        Path::from_request_parts(parts, app).await.map(|Path(at)| Self(at)).map_err(|_| ApiError::NotFound)
    }
}

/// The parameters of the query.
pub(super) struct QueryParams<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<App> for QueryParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let asked = Query::try_from_uri(&parts.uri);
        asked.map(|Query(asked)| Self(asked)).map_err(|error| ApiError::invalid(error.body_text()))
    }
}

/// A JSON body.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<App> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let bytes = read(request.into_body(), app.limits.limits().body_bytes).await?;
        body::parse(app, bytes, parse).await.map(Self)
    }
}

/// An optional JSON body.
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
    let text = body::text(bytes)?;
    prefab_core::json::check(text).map_err(|error| ApiError::invalid(format!("the body: {error}")))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let sent = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (path, cause) = (error.path().to_string(), error.inner().to_string());
        let place = if path == "." { "the body".to_owned() } else { format!("`{path}`") };
        ApiError::invalid(format!("{place}: {cause}"))
    })?;
    reader.end().map_err(|error| ApiError::invalid(format!("the body: {error}")))?;
    Ok(sent)
}
