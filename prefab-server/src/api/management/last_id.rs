//! A client that wrote to one server reads its change from another one.
//!
//! The response to a write contains the newest id of the project. A client sends it with later requests, and the server waits
//! until it has that version. So it does not matter which server a proxy selects.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};
use tracing::debug;

use crate::api::{
    error::ApiError,
    management::{PREFIX, credentials::Principal},
    state::App,
};
use prefab_core::ids::ProjectId;

/// The newest id of the project of a response, or the one that the client has seen.
const LAST_ID: HeaderName = HeaderName::from_static("x-prefab-last-id");

/// Present in a response that does not contain the version that the client has seen.
const BEHIND: HeaderName = HeaderName::from_static("x-prefab-behind");

/// How long a request waits for a version.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// Waits until this server has the version that the caller has seen. The caller is authenticated.
pub(super) async fn wait(parts: &Parts, principal: &Principal, app: &App) -> Result<(), ApiError> {
    // Within a nested router, the path of the request lacks the prefix.
    let path = parts.uri.path();
    let Some((id, rest)) = project_of(path.strip_prefix(PREFIX).unwrap_or(path)) else { return Ok(()) };
    if app.project_cache.project(id).is_none() && has_access(principal, id) {
        // Another server has just created the project.
        app.project_cache.refresh_registry().await?;
    }
    let Some(wanted) = sent(&parts.headers) else { return Ok(()) };
    let Some(project) = app.project_cache.project(id) else { return Ok(()) };
    let store = app.project_cache.store();
    if rest.starts_with("drafts") && parts.method.is_safe() {
        // A draft has no id, so the list is read again.
        project.refresh_drafts(store).await?;
    }
    if project.published_id() >= wanted {
        return Ok(());
    }
    let Ok(_permit) = app.waiting_refetches.try_acquire() else { return Ok(()) };
    let is_here = project.wait_for(wanted, store, &app.workers, MAX_WAIT).await;
    debug!(project = id.0, wanted, is_here, "waited for a version of another server");
    Ok(())
}

fn has_access(principal: &Principal, project: ProjectId) -> bool {
    match principal {
        Principal::Key(_) => false,
        Principal::Token(token, _) => token.project == project,
        Principal::Person(session, _) => session.projects.contains_key(&project),
    }
}

/// Adds the newest id of the project to the response to a write, and marks responses without the version that the client has
/// seen.
pub(in crate::api) async fn add(State(app): State<App>, request: Request, next: Next) -> Response {
    let project = request.uri().path().strip_prefix(PREFIX).and_then(project_of);
    let Some((id, _)) = project else { return next.run(request).await };
    let (is_write, wanted) = (!request.method().is_safe(), sent(request.headers()));
    let mut response = next.run(request).await;
    let Some(project) = app.project_cache.project(id).filter(|_| response.status().is_success()) else {
        return response;
    };
    let newest = project.published_id();
    if is_write {
        response.headers_mut().insert(LAST_ID, HeaderValue::from(newest));
    }
    if wanted.is_some_and(|wanted| newest < wanted) {
        response.headers_mut().insert(BEHIND, HeaderValue::from_static("true"));
    }
    response
}

fn sent(headers: &HeaderMap) -> Option<i64> {
    headers.get(LAST_ID)?.to_str().ok()?.parse().ok()
}

/// Returns the project in the path of a request within the API, and what follows it.
fn project_of(path: &str) -> Option<(ProjectId, &str)> {
    let path = path.strip_prefix("/projects/")?;
    let (id, rest) = path.split_once('/').unwrap_or((path, ""));
    Some((ProjectId(id.parse().ok()?), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_in_the_path() {
        let project = |path: &str| project_of(path).map(|(id, rest)| (id.0, rest.to_owned()));
        assert_eq!(project("/projects/7/items/a"), Some((7, "items/a".to_owned())));
        assert_eq!(project("/projects/7"), Some((7, String::new())));
        for path in ["/projects", "/projects/x/items", "/configs/7"] {
            assert_eq!(project(path), None, "{path}");
        }
    }
}
