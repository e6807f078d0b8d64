//! Logging in and out, and what a page wants to know of whoever did.

pub(super) mod audit;
pub(super) mod checks;

use crate::api::origin::RequestOrigin;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::management::{
    access::JsonBody,
    credentials::{BrowserSession, COOKIE_NAME},
    views::{Problem, RoleIn},
};
use crate::api::{error::ApiError, state::App};
use audit::{note, refused};
use checks::{count_attempt, is_https, reject_cross_site, too_many_attempts};
use prefab_core::ids::ProjectId;
use prefab_service::sign_in::{Secret, csrf};
use prefab_store::{
    Role,
    accounts::{Person, SESSION_MILLIS, Session},
};

/// Somebody who has logged in.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionView {
    person: PersonRef,
    /// To be sent as header `x-prefab-csrf` with everything but reading.
    csrf: String,
    projects: Vec<SessionProject>,
}

/// Who somebody is.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonRef {
    /// Their number, as a text.
    id: String,
    email: String,
    name: String,
}

/// A project that somebody is in.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionProject {
    /// Its number, as a text.
    id: String,
    name: String,
    /// What they may do in it, where its environments say nothing else.
    role: Role,
    /// All environments, with what they may do there.
    environments: Vec<RoleIn>,
}

impl SessionView {
    fn of(app: &App, session: Session, csrf: String) -> Self {
        let Session { person: Person { id, email, name }, projects } = session;
        let projects = projects.into_iter().filter_map(|(id, roles)| {
            let project = app.hub.project(id)?;
            let environments = project.environments();
            let environments = environments.iter().map(|environment| RoleIn::of(environment, &roles));
            Some(SessionProject {
                id: id.to_string(),
                name: project.name().to_string(),
                role: roles.project,
                environments: environments.collect(),
            })
        });
        Self { person: PersonRef { id: id.to_string(), email, name }, csrf, projects: projects.collect() }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogIn {
    email: String,
    password: String,
}

/// Logs in: the answer sets the cookie of a session.
#[utoipa::path(
    post, path = "/session", tag = "people", request_body = LogIn, security(()),
    responses((status = 200, body = SessionView), (status = 400, body = Problem),
              (status = 401, description = "E-mail or password are wrong", body = Problem),
              (status = 429, description = "Too many attempts; `Retry-After` says when to come back", body = Problem))
)]
pub(super) async fn log_in(
    State(app): State<App>,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
    JsonBody(LogIn { email, password }): JsonBody<LogIn>,
) -> Result<Response, ApiError> {
    reject_cross_site(&headers)?;
    let email = email.trim().to_lowercase();
    let allowed = count_attempt(&app, &email, &origin);
    let account = match allowed {
        Err(later) if !later.is_first => return Err(too_many_attempts(later)),
        _ => app.hub.store().account(email.clone()).await?,
    };
    if let Err(later) = allowed {
        // Told once: whoever goes on would fill the log.
        refused(&app, &email, account.as_ref(), origin, "too many attempts").await?;
        return Err(too_many_attempts(later));
    }
    let hash = account.as_ref().and_then(|account| account.password.clone());
    let is_right = app.entrance.passwords.check(password, hash).await?;
    let Some(account) = account.as_ref().filter(|_| is_right) else {
        refused(&app, &email, account.as_ref(), origin, "e-mail or password are wrong").await?;
        return Err(ApiError::Unauthorized);
    };
    app.entrance.by_email.forgive(&email);
    let person = account.person.clone();
    note(&app, &person, &account.projects, origin, ("session.created", "logged in")).await?;
    begin(&app, person, &headers).await
}

/// Says who is logged in, and what they may do.
#[utoipa::path(
    get, path = "/session", tag = "people", security(("session" = [])),
    responses((status = 200, body = SessionView), (status = 401, description = "Nobody", body = Problem))
)]
pub(super) async fn show(State(app): State<App>, visitor: BrowserSession) -> Json<SessionView> {
    let BrowserSession { session, hash: _, csrf } = visitor;
    Json(SessionView::of(&app, session, csrf))
}

/// An empty object.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {}

/// Logs out.
#[utoipa::path(
    delete, path = "/session", tag = "people", security(("session" = [])),
    responses((status = 200, body = Done), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub(super) async fn log_out(
    State(app): State<App>,
    visitor: BrowserSession,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let BrowserSession { session, hash, csrf: _ } = visitor;
    app.hub.store().end_session(hash).await?;
    let projects: Vec<ProjectId> = session.projects.into_keys().collect();
    note(&app, &session.person, &projects, origin, ("session.ended", "logged out")).await?;
    Ok(ended(&app, &headers))
}

/// Answers that a session has ended, and has the browser forget it.
pub(super) fn ended(app: &App, headers: &HeaderMap) -> Response {
    with_cookie(app, headers, "", 0, Json(Done {}).into_response())
}

/// Begins a session.
pub(super) async fn begin(app: &App, person: Person, headers: &HeaderMap) -> Result<Response, ApiError> {
    let secret = Secret::new()?;
    app.hub.store().start_session(person.id, secret.hash()).await?;
    let session = app.hub.store().session(secret.hash(), true).await?.ok_or(ApiError::Unauthorized)?;
    let view = SessionView::of(app, session, csrf(secret.text()));
    Ok(with_cookie(app, headers, secret.text(), SESSION_MILLIS / 1_000, Json(view).into_response()))
}

fn with_cookie(app: &App, headers: &HeaderMap, text: &str, seconds: i64, mut response: Response) -> Response {
    let secure = if is_https(app, headers) { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE_NAME}={text}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    // It is made of letters and digits.
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
