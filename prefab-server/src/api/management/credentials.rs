//! How somebody proves who they are: an admin key, a management token, or the cookie of a session.

use axum::extract::FromRequestParts;
use http::{HeaderMap, header::COOKIE, request::Parts};
use subtle::ConstantTimeEq as _;

use crate::api::{error::ApiError, sdk::api_key::Admin, state::App};
use crate::auth;
use prefab_service::{
    projects::Caller,
    sign_in::{Secret, csrf},
};
use prefab_store::{
    accounts::{Session, Token},
    key::KeyHash,
};

/// The cookie that holds a session.
pub(super) const COOKIE_NAME: &str = "prefab_session";
/// What a page sends along to prove that it may read this server's answers.
const CSRF_HEADER: &str = "x-prefab-csrf";

/// Somebody who has proved who they are.
pub(super) enum Principal {
    /// The owner of an admin key.
    Key(Caller),
    /// The holder of a management token.
    Token(Token, KeyHash),
    /// A person in a browser.
    Person(Session, KeyHash),
}

impl FromRequestParts<App> for Principal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match auth::api_key(&parts.headers) {
            Some(text) if Secret::is_token(&text) => {
                let hash = KeyHash::of(&text);
                let token = app.hub.store().token(hash, true).await?.ok_or(ApiError::Unauthorized)?;
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

/// A person in a browser.
pub(super) struct BrowserSession {
    pub(super) session: Session,
    pub(super) hash: KeyHash,
    /// What the page is to send along with changes.
    pub(super) csrf: String,
}

impl FromRequestParts<App> for BrowserSession {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let text = cookie(&parts.headers).ok_or(ApiError::Unauthorized)?;
        let hash = KeyHash::of(text);
        let session = app.hub.store().session(hash, true).await?.ok_or(ApiError::Unauthorized)?;
        let csrf = csrf(text);
        if !parts.method.is_safe() {
            let sent = parts.headers.get(CSRF_HEADER).map(http::HeaderValue::as_bytes).unwrap_or_default();
            if !bool::from(sent.ct_eq(csrf.as_bytes())) {
                return Err(ApiError::Forbidden(
                    "with a session, changes take the header `x-prefab-csrf` with what `GET session` calls `csrf`",
                ));
            }
        }
        Ok(Self { session, hash, csrf })
    }
}

/// Returns the session's secret.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim() == COOKIE_NAME).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let check = |values: &[&str], expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(COOKIE, value.parse().unwrap());
            }
            assert_eq!(cookie(&headers), expected);
        };
        check(&[], None);
        check(&["theme=dark"], None);
        check(&["theme=dark; prefab_session=abc"], Some("abc"));
        check(&["theme=dark", "prefab_session=abc; x=y"], Some("abc"));
        check(&["not_prefab_session=abc"], None);
    }
}
