//! Sessions: log in, log out, and the person who is logged in.

pub(super) mod audit;
pub(super) mod checks;

use crate::api::origin::RequestOrigin;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};

use crate::api::management::views::{environment_role, role_response};
use crate::api::management::{
    access::JsonBody,
    credentials::{BrowserSession, COOKIE_NAME},
};
use crate::api::{error::ApiError, state::App};
use audit::{note, refused};
use checks::{count_attempt, is_https, reject_cross_site, too_many_attempts};
use prefab_core::ids::ProjectId;
use prefab_management_api::{
    EmptyResponse, ErrorResponse, LogInRequest, PersonResponse, SessionProject, SessionResponse,
};
use prefab_service::sign_in::{Secret, csrf};
use prefab_store::{
    accounts::{Person, SESSION_MILLIS, Session},
    names::{Case, fold},
};

fn session_response(app: &App, session: Session, csrf: String) -> SessionResponse {
    let Session { person: Person { id, email, name }, projects } = session;
    let projects = projects.into_iter().filter_map(|(id, roles)| {
        let project = app.project_cache.project(id)?;
        let environments = project.environments();
        let environments = environments.iter().map(|environment| environment_role(environment, &roles));
        Some(SessionProject {
            id: id.to_string(),
            name: project.name().to_string(),
            role: role_response(roles.project),
            environments: environments.collect(),
        })
    });
    SessionResponse {
        person: PersonResponse { id: id.to_string(), email, name },
        csrf,
        projects: projects.collect(),
    }
}

/// Logs in. The response sets the session cookie.
#[utoipa::path(
    post, path = "/session", tag = "people", request_body = LogInRequest, security(()),
    responses((status = 200, body = SessionResponse), (status = 400, body = ErrorResponse),
              (status = 401, description = "The e-mail address or the password is wrong", body = ErrorResponse),
              (status = 429, description = "Too many attempts; `Retry-After` contains the time to wait", body = ErrorResponse))
)]
pub(super) async fn log_in(
    State(app): State<App>,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
    JsonBody(LogInRequest { email, password }): JsonBody<LogInRequest>,
) -> Result<Response, ApiError> {
    reject_cross_site(&headers)?;
    let email = fold(&email, Case::Insensitive).into_owned();
    let allowed = count_attempt(&app, &email, &origin);
    let account = match allowed {
        Err(later) if !later.is_first => return Err(too_many_attempts(later)),
        _ => app.project_cache.store().account(email.clone()).await?,
    };
    if let Err(later) = allowed {
        // Only the first rejected attempt is recorded, so that further attempts cannot fill the log.
        refused(&app, &email, account.as_ref(), origin, "too many attempts").await?;
        return Err(too_many_attempts(later));
    }
    let hash = account.as_ref().and_then(|account| account.password.clone());
    let is_right = app.sign_in.passwords.check(password, hash).await?;
    let Some(account) = account.as_ref().filter(|_| is_right) else {
        refused(&app, &email, account.as_ref(), origin, "wrong e-mail address or password").await?;
        return Err(ApiError::Unauthorized);
    };
    app.sign_in.by_email.reset(&email);
    let person = account.person.clone();
    note(&app, &person, &account.projects, origin, ("session.created", "logged in")).await?;
    start_session(&app, person, &headers).await
}

/// Returns the person who is logged in, and their roles.
#[utoipa::path(
    get, path = "/session", tag = "people", security(("session" = [])),
    responses((status = 200, body = SessionResponse), (status = 401, description = "No session", body = ErrorResponse))
)]
pub(super) async fn show(State(app): State<App>, visitor: BrowserSession) -> Json<SessionResponse> {
    let BrowserSession { session, hash: _, csrf } = visitor;
    Json(session_response(&app, session, csrf))
}

/// Logs out.
#[utoipa::path(
    delete, path = "/session", tag = "people", security(("session" = [])),
    responses((status = 200, body = EmptyResponse), (status = 401, body = ErrorResponse), (status = 403, body = ErrorResponse))
)]
pub(super) async fn log_out(
    State(app): State<App>,
    visitor: BrowserSession,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let BrowserSession { session, hash, csrf: _ } = visitor;
    app.project_cache.store().end_session(hash).await?;
    let projects: Vec<ProjectId> = session.projects.into_keys().collect();
    note(&app, &session.person, &projects, origin, ("session.ended", "logged out")).await?;
    Ok(session_ended(&app, &headers))
}

/// Returns a response that removes the session cookie.
pub(super) fn session_ended(app: &App, headers: &HeaderMap) -> Response {
    with_cookie(app, headers, "", 0, Json(EmptyResponse {}).into_response())
}

/// Starts a session.
pub(super) async fn start_session(
    app: &App,
    person: Person,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let secret = Secret::new()?;
    app.project_cache.store().start_session(person.id, secret.hash()).await?;
    let session =
        app.project_cache.store().session(secret.hash(), true).await?.ok_or(ApiError::Unauthorized)?;
    let view = session_response(app, session, csrf(secret.text()));
    Ok(with_cookie(app, headers, secret.text(), SESSION_MILLIS / 1_000, Json(view).into_response()))
}

fn with_cookie(app: &App, headers: &HeaderMap, text: &str, seconds: i64, mut response: Response) -> Response {
    let cookie = Cookie::build((COOKIE_NAME, text))
        .http_only(true)
        .same_site(SameSite::Strict)
        .path("/")
        .max_age(cookie::time::Duration::seconds(seconds))
        .secure(is_https(app, headers));
    // A secret consists of letters and digits, so the header is always valid.
    if let Ok(cookie) = HeaderValue::try_from(cookie.to_string()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
