//! Credentials of the management API: an admin key, a management token or the cookie of a session.

use axum::extract::FromRequestParts;
use cookie::Cookie;
use http::{HeaderMap, header::COOKIE, request::Parts};
use subtle::ConstantTimeEq as _;

use crate::api::management::session::checks::is_https;
use crate::api::{error::ApiError, sdk::api_key::Admin, state::App};
use crate::auth;
use prefab_service::{
    project_cache::Caller,
    sign_in::{Secret, csrf},
};
use prefab_store::{
    accounts::{Session, Token},
    key::KeyHash,
};

/// The cookie of a session.
pub(super) const SESSION_COOKIE: CookieName = CookieName("prefab_session", "__Host-prefab_session");
/// The cookie of a browser in which a person has logged in.
pub(super) const BROWSER_COOKIE: CookieName = CookieName("prefab_browser", "__Host-prefab_browser");

/// The names of a cookie over http and https. Browsers accept a name with `__Host-` only over https, from the host itself, so
/// no other host of the domain can set such a cookie.
#[derive(Clone, Copy)]
pub(super) struct CookieName(&'static str, &'static str);

impl CookieName {
    /// Returns the name.
    pub(super) const fn of(self, is_https: bool) -> &'static str {
        if is_https { self.1 } else { self.0 }
    }
}
/// The header that protects sessions from cross-site request forgery.
const CSRF_HEADER: &str = "x-prefab-csrf";

/// The authenticated caller of the API.
pub(super) enum Principal {
    /// An admin key.
    Key(Caller),
    /// A management token.
    Token(Token, KeyHash),
    /// A person with a session.
    Person(Session, KeyHash),
}

impl FromRequestParts<App> for Principal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match auth::api_key(&parts.headers) {
            Some(text) if Secret::is_token(&text) => {
                let hash = KeyHash::of(&text);
                let token =
                    app.project_cache.store().token(hash, true).await?.ok_or(ApiError::Unauthorized)?;
                Ok(Self::Token(token, hash))
            }
            Some(_) => Admin::from_request_parts(parts, app).await.map(|Admin(caller)| Self::Key(caller)),
            None => {
                let BrowserSession { session, hash, .. } =
                    BrowserSession::from_request_parts(parts, app).await?;
                Ok(Self::Person(session, hash))
            }
        }
    }
}

/// The session of a person in a browser.
pub(super) struct BrowserSession {
    pub(super) session: Session,
    pub(super) hash: KeyHash,
    /// The value of the CSRF header that changes require.
    pub(super) csrf: String,
}

impl FromRequestParts<App> for BrowserSession {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let is_https = is_https(app, &parts.headers);
        let text = cookie_secret(&parts.headers, SESSION_COOKIE, is_https).ok_or(ApiError::Unauthorized)?;
        let hash = KeyHash::of(&text);
        let session = app.project_cache.store().session(hash, true).await?.ok_or(ApiError::Unauthorized)?;
        let csrf = csrf(&text);
        if !parts.method.is_safe() {
            let sent = parts.headers.get(CSRF_HEADER).map(http::HeaderValue::as_bytes).unwrap_or_default();
            if !bool::from(sent.ct_eq(csrf.as_bytes())) {
                return Err(ApiError::Forbidden(
                    "a change with a session requires the header `x-prefab-csrf`, with `csrf` of `GET /session`",
                ));
            }
        }
        Ok(Self { session, hash, csrf })
    }
}

/// Returns the secret in a cookie.
pub(super) fn cookie_secret(headers: &HeaderMap, name: CookieName, is_https: bool) -> Option<String> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = values.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == name.of(is_https)).map(|cookie| cookie.value().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let check = |values: &[&str], is_https: bool, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(COOKIE, value.parse().unwrap());
            }
            assert_eq!(cookie_secret(&headers, SESSION_COOKIE, is_https).as_deref(), expected);
        };
        check(&[], false, None);
        check(&["theme=dark"], false, None);
        check(&["theme=dark; prefab_session=abc"], false, Some("abc"));
        check(&["theme=dark", "prefab_session=abc; x=y"], false, Some("abc"));
        check(&["not_prefab_session=abc"], false, None);
        // Another host of the domain may have set the name without the prefix.
        check(&["prefab_session=evil; __Host-prefab_session=abc"], true, Some("abc"));
        check(&["prefab_session=evil"], true, None);
    }
}
