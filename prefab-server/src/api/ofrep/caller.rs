//! The API key of a request: `Authorization` with Bearer or Basic, or `X-API-Key`.

use std::time::Instant;

use axum::extract::FromRequestParts;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use prefab_service::project_cache::Caller;

use super::{FLAGS, refusal::Refusal};
use crate::{
    api::{origin::origin_of, state::App},
    auth,
};

const HEADER: &str = "x-api-key";

/// A caller with a valid API key that is within its number of requests per second.
pub(super) struct OfrepCaller(pub(super) Caller);

impl FromRequestParts<App> for OfrepCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let flag = flag_key(parts.uri.path());
        let in_header = parts.headers.get(HEADER).and_then(|key| key.to_str().ok());
        let key = auth::api_key(&parts.headers).or_else(|| in_header.map(|key| key.trim().to_owned()));
        let Some(key) = key else { return Err(Refusal::unauthorized(flag)) };
        let Some(caller) = app.project_cache.caller(&key).await else {
            app.project_cache.record_refusal(&key, origin_of(parts));
            return Err(Refusal::unauthorized(flag));
        };
        if app.limits.ofrep_request(caller.key_id, Instant::now()) {
            Ok(Self(caller))
        } else {
            Err(Refusal::too_many(flag.as_deref(), "too many requests with this key; try again in 1 s"))
        }
    }
}

/// Returns the key in the path of one flag, decoded once. Some clients send slashes unencoded.
pub(super) fn flag_key(path: &str) -> Option<String> {
    let key = path.strip_prefix(FLAGS)?.strip_prefix('/')?;
    (!key.is_empty()).then(|| percent_decode_str(key).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_rest_of_the_path() {
        let check = |path: &str, key: Option<&str>| assert_eq!(flag_key(path).as_deref(), key, "{path}");
        check("/ofrep/v1/evaluate/flags/new-checkout", Some("new-checkout"));
        check("/ofrep/v1/evaluate/flags/a/b%20c%20%C3%BC%3F%23", Some("a/b c ü?#"));
        check("/ofrep/v1/evaluate/flags/100%25%2041", Some("100% 41"));
        check("/ofrep/v1/evaluate/flags/", None);
        check("/ofrep/v1/evaluate/flags", None);
    }
}
