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

use crate::api::management::views::{environment_role, exceptional_roles, role_response};
use crate::api::management::{
    access::JsonBody,
    credentials::{BROWSER_COOKIE, BrowserSession, CookieName, SESSION_COOKIE, cookie_secret},
};
use crate::api::{error::ApiError, state::App};
use audit::{note, refused};
use checks::{MAX_EMAIL_BYTES, count_attempt, is_https, reject_cross_site, too_many_attempts};
use prefab_core::ids::ProjectId;
use prefab_management_api::{
    EmptyResponse, ErrorResponse, LogInRequest, MembershipOffer, PersonResponse, SessionProject,
    SessionResponse,
};
use prefab_service::{
    origin::Origin,
    sign_in::{RetryAfter, Secret, csrf, network},
};
use prefab_store::names::{Case, fold};
use prefab_store::{
    accounts::{KNOWN_BROWSER_MILLIS, Person, SESSION_MILLIS, Session},
    key::KeyHash,
};

pub(super) async fn session_response(
    app: &App,
    session: Session,
    csrf: String,
) -> Result<SessionResponse, ApiError> {
    let Session { person: Person { id, email, name }, projects, is_owner } = session;
    let offers = app.project_cache.store().offers_to(id).await?.into_iter().filter_map(|offer| {
        let project = app.project_cache.project(offer.project)?;
        Some(MembershipOffer {
            project: offer.project.to_string(),
            name: project.name().to_string(),
            role: role_response(offer.roles.project),
            environments: exceptional_roles(&project.environments(), &offer.roles),
            offered_by: offer.offered_by,
            offered_at: offer.offered_at_millis,
        })
    });
    let offers = offers.collect();
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
    Ok(SessionResponse {
        person: PersonResponse { id: id.to_string(), email, name },
        csrf,
        projects: projects.collect(),
        is_owner,
        offers,
    })
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
    if email.len() > MAX_EMAIL_BYTES {
        return Err(ApiError::invalid(format!("`email`: longer than {MAX_EMAIL_BYTES} bytes")));
    }
    let email = fold(&email, Case::Insensitive).into_owned();
    let allowed = attempt(&app, &headers, &email, &origin).await?;
    let account = match &allowed {
        Err(later) if !later.is_first => return Err(too_many_attempts(*later)),
        _ => app.project_cache.store().account(email.clone()).await?,
    };
    let browser = match allowed {
        Ok(browser) => browser,
        Err(later) => {
            // Only the first rejected attempt is recorded, so that further attempts cannot fill the log.
            refused(&app, &email, account.as_ref(), origin, "too many attempts").await?;
            return Err(too_many_attempts(later));
        }
    };
    let hash = account.as_ref().and_then(|account| account.password.clone());
    let is_right = app.sign_in.passwords.check(password, hash).await?;
    let Some(account) = account.as_ref().filter(|_| is_right) else {
        refused(&app, &email, account.as_ref(), origin, "wrong e-mail address or password").await?;
        return Err(ApiError::Unauthorized);
    };
    let store = app.project_cache.store();
    app.sign_in.succeeded(store, &email, &network(origin.peer()), browser.as_ref()).await?;
    let person = account.person.clone();
    note(&app, &person, &account.projects, origin, ("session.created", "logged in")).await?;
    start_session(&app, person, &headers).await
}

/// Returns the person who is logged in, and their roles.
#[utoipa::path(
    get, path = "/session", tag = "people", security(("session" = [])),
    responses((status = 200, body = SessionResponse), (status = 401, description = "No session", body = ErrorResponse))
)]
pub(super) async fn show(
    State(app): State<App>,
    visitor: BrowserSession,
) -> Result<Json<SessionResponse>, ApiError> {
    let BrowserSession { session, hash: _, csrf } = visitor;
    Ok(Json(session_response(&app, session, csrf).await?))
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
    with_cookie(app, headers, (SESSION_COOKIE, ""), 0, Json(EmptyResponse {}).into_response())
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
    let person = session.person.id;
    let view = session_response(app, session, csrf(secret.text())).await?;
    let response = Json(view).into_response();
    let response = with_cookie(app, headers, (SESSION_COOKIE, secret.text()), SESSION_MILLIS, response);
    remember_browser(app, headers, person, response).await
}

/// Records that the person uses this browser, with a cookie that outlives the session. Each login extends its lifetime.
pub(super) async fn remember_browser(
    app: &App,
    headers: &HeaderMap,
    person: i64,
    response: Response,
) -> Result<Response, ApiError> {
    let store = app.project_cache.store();
    if let Some(known) = cookie_secret(headers, BROWSER_COOKIE, is_https(app, headers)) {
        let hash = KeyHash::of(&known);
        if store.is_known_browser(person, hash).await? {
            store.remember_browser(person, hash).await?;
            return Ok(with_cookie(app, headers, (BROWSER_COOKIE, &known), KNOWN_BROWSER_MILLIS, response));
        }
    }
    let secret = Secret::new()?;
    store.remember_browser(person, secret.hash()).await?;
    Ok(with_cookie(app, headers, (BROWSER_COOKIE, secret.text()), KNOWN_BROWSER_MILLIS, response))
}

/// Counts an attempt to log in. Beyond the limit, it counts again as an attempt of the browser, if the person has logged in with
/// it before. Returns that browser.
pub(super) async fn attempt(
    app: &App,
    headers: &HeaderMap,
    email: &str,
    origin: &Origin,
) -> Result<Result<Option<KeyHash>, RetryAfter>, ApiError> {
    let Err(later) = count_attempt(app, email, origin, None).await? else { return Ok(Ok(None)) };
    let Some(browser) = known_browser(app, headers, email).await? else { return Ok(Err(later)) };
    Ok(count_attempt(app, email, origin, Some(&browser)).await?.map(|()| Some(browser)))
}

/// Returns the hash of the browser's secret, if the person with this e-mail address has logged in with it.
async fn known_browser(app: &App, headers: &HeaderMap, email: &str) -> Result<Option<KeyHash>, ApiError> {
    let Some(secret) = cookie_secret(headers, BROWSER_COOKIE, is_https(app, headers)) else {
        return Ok(None);
    };
    let (hash, store) = (KeyHash::of(&secret), app.project_cache.store());
    let Some(account) = store.account(email.to_owned()).await? else { return Ok(None) };
    let is_known = store.is_known_browser(account.person.id, hash).await?;
    Ok(is_known.then_some(hash))
}

fn with_cookie(
    app: &App,
    headers: &HeaderMap,
    (name, text): (CookieName, &str),
    millis: i64,
    mut response: Response,
) -> Response {
    let is_https = is_https(app, headers);
    let cookie = Cookie::build((name.of(is_https), text))
        .http_only(true)
        .same_site(SameSite::Strict)
        .path("/")
        .max_age(cookie::time::Duration::milliseconds(millis))
        .secure(is_https);
    // A secret consists of letters and digits, so the header is always valid.
    if let Ok(cookie) = HeaderValue::try_from(cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
