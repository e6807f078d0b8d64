//! How somebody proves who they are: an admin key, a management token, or the cookie of a session.

use std::{collections::BTreeMap, time::Duration};

use axum::extract::FromRequestParts;
use http::{HeaderMap, header::COOKIE, request::Parts};
use subtle::ConstantTimeEq as _;

use super::super::{ApiError, App, caller::Admin};
use crate::{
    auth,
    hub::Caller,
    ids::ProjectId,
    key::KeyHash,
    people::{Secret, csrf},
    store::people::{Session, Token},
};

/// The cookie that holds a session.
pub(super) const COOKIE_NAME: &str = "prefab_session";
/// What a page sends along to prove that it may read this server's answers.
const CSRF_HEADER: &str = "x-prefab-csrf";
/// How soon a stream ends after the session or the token that it began with.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Somebody who has proved who they are.
pub(super) enum Who {
    /// The owner of an admin key.
    Key(Caller),
    /// The holder of a management token.
    Token(Token, KeyHash),
    /// A person in a browser.
    Person(Session, KeyHash),
}

impl FromRequestParts<App> for Who {
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
                let Visitor { session, hash, .. } = Visitor::from_request_parts(parts, app).await?;
                Ok(Self::Person(session, hash))
            }
        }
    }
}

/// A person in a browser.
pub(super) struct Visitor {
    pub(super) session: Session,
    pub(super) hash: KeyHash,
    /// What the page is to send along with changes.
    pub(super) csrf: String,
}

impl FromRequestParts<App> for Visitor {
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

/// What a stream is allowed by.
pub(super) enum Lease {
    Key(i64),
    Token(i64, KeyHash),
    Session(i64, KeyHash),
}

impl Lease {
    /// Returns whom the stream counts for: keys by their number, others below all of those.
    pub(super) fn id(&self) -> i64 {
        match self {
            Self::Key(id) => *id,
            Self::Token(id, _) => -2 * id,
            Self::Session(id, _) => -2 * id - 1,
        }
    }

    /// Waits until whoever it belongs to may not look at the project any more.
    pub(super) async fn ended(self, app: App, project: ProjectId) {
        let Self::Key(id) = self else {
            while self.is_live(&app, project).await {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            return;
        };
        app.hub.ended(id).await;
    }

    /// A database that does not answer ends nothing.
    async fn is_live(&self, app: &App, project: ProjectId) -> bool {
        let store = app.hub.store();
        match self {
            Self::Key(id) => app.hub.is_live(*id),
            Self::Token(_, hash) => store.token(*hash, false).await.map_or(true, |token| token.is_some()),
            Self::Session(_, hash) => store.session(*hash, false).await.map_or(true, |session| {
                let projects: BTreeMap<_, _> = session.map(|session| session.projects).unwrap_or_default();
                projects.contains_key(&project)
            }),
        }
    }
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
