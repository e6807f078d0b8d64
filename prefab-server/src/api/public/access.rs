//! Who asks, for which project, and what they sent.

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::super::{ApiError, App, Origin, caller::Admin, read};
use crate::{author::Author, hub::Caller, ids::EnvironmentId, store::Environment};

/// Somebody who may manage.
pub(super) struct Access {
    pub(super) caller: Caller,
    origin: Origin,
}

impl Access {
    /// Returns them as an author in a project. To others a project is not there, rather than forbidden: its
    /// number is nobody's business.
    pub(super) fn to(self, project: i64) -> Result<Author, ApiError> {
        if self.caller.project.id.0 != project {
            return Err(ApiError::NotFound);
        }
        Ok(Author::of(&self.caller, self.origin))
    }
}

impl FromRequestParts<App> for Access {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Admin(caller) = Admin::from_request_parts(parts, app).await?;
        Ok(Self { caller, origin: Origin::of(parts) })
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

impl<T: DeserializeOwned> FromRequest<App> for Sent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        parse(&read(request.into_body(), app.limits.limits().body_bytes).await?).map(Self)
    }
}

/// What was sent, as JSON, or nothing.
pub(super) struct MaybeSent<T>(pub(super) T);

impl<T: DeserializeOwned + Default> FromRequest<App> for MaybeSent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let bytes = read(request.into_body(), app.limits.limits().body_bytes).await?;
        if bytes.is_empty() { Ok(Self(T::default())) } else { parse(&bytes).map(Self) }
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
