//! Checks of log-in requests.

use http::{HeaderMap, HeaderValue, header::HOST};

use crate::{
    api::{error::ApiError, state::App},
    options::PublicUrl,
};
use prefab_service::{
    origin::Origin,
    sign_in::{RetryAfter, network},
};
use prefab_store::{
    key::KeyHash,
    names::{Case, fold},
};

/// The maximum length of an e-mail address, by RFC 5321.
pub(in super::super) const MAX_EMAIL_BYTES: usize = 254;

/// Rejects requests that the browser attributes to another site, so that it cannot log a person in.
pub(in super::super) fn reject_cross_site(headers: &HeaderMap) -> Result<(), ApiError> {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(b"cross-site") => Err(ApiError::Forbidden("log-in from another site is not allowed")),
        _ => Ok(()),
    }
}

/// Counts a log-in attempt.
pub(in super::super) async fn count_attempt(
    app: &App,
    email: &str,
    origin: &Origin,
    known_browser: Option<&KeyHash>,
) -> Result<Result<(), RetryAfter>, ApiError> {
    let (store, network) = (app.project_cache.store(), network(origin.peer()));
    Ok(app.sign_in.attempt(store, email, &network, known_browser).await?)
}

/// Counts an attempt to use a link.
pub(in super::super) async fn count_link_attempt(app: &App, origin: &Origin) -> Result<(), ApiError> {
    let counted = app.sign_in.attempt_from(app.project_cache.store(), &network(origin.peer())).await?;
    counted.map_err(too_many_attempts)
}

pub(in super::super) fn too_many_attempts(RetryAfter { after, is_first: _ }: RetryAfter) -> ApiError {
    ApiError::TooOften(after)
}

/// Returns whether the browser uses https, to the server or to a proxy. A false claim only makes the cookie stricter.
pub(in super::super) fn is_https(app: &App, headers: &HeaderMap) -> bool {
    app.tls
        || app.public_url.as_ref().is_some_and(PublicUrl::is_https)
        || headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}

/// Returns a link to a page with a token, at the public URL of the server, else at the host of the request.
///
/// The token is in the fragment, which browsers send neither to servers and proxies nor in `Referer`.
pub(in super::super) fn link(app: &App, headers: &HeaderMap, page: &str, token: &str) -> String {
    if let Some(url) = &app.public_url {
        return format!("{}/{page}#token={token}", url.as_str());
    }
    let scheme = if is_https(app, headers) { "https" } else { "http" };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    format!("{scheme}://{host}/{page}#token={token}")
}

/// Returns a valid e-mail address in the form in which addresses are compared: in lower case, without invisible characters.
pub(in super::super) fn validate_email(email: &str) -> Result<String, ApiError> {
    let email = fold(email, Case::Insensitive).into_owned();
    let is_good = email.len() <= MAX_EMAIL_BYTES
        && !email.chars().any(|letter| letter.is_whitespace() || letter.is_control())
        && email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if is_good {
        Ok(email)
    } else {
        Err(ApiError::invalid("`email`: expected an e-mail address such as ann@example.com"))
    }
}

pub(in super::super) fn validate_password(field: &str, password: &str) -> Result<(), ApiError> {
    if password.chars().count() >= 10 && password.len() <= 1_000 {
        Ok(())
    } else {
        Err(ApiError::invalid(format!("`{field}`: expected at least 10 characters, and at most 1000 bytes")))
    }
}
