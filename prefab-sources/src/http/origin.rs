//! The address of one server, and errors about it.

use std::{error::Error, sync::Arc};

use reqwest::{
    Response, StatusCode, Url,
    header::{HeaderValue, LOCATION},
};

use super::proxy::proxy_for;
use crate::{ApiKey, SourceError, SourceErrorKind, remote::without_credentials};

#[derive(Clone)]
pub(super) struct Origin {
    name: Arc<str>,
    /// The address without a trailing slash.
    base: String,
    /// The address without credentials and query, for messages.
    shown: String,
    /// Whether it is an address of the hosted service, the default of the official clients.
    is_hosted: bool,
    /// The proxy through which the server is contacted.
    proxy: Option<String>,
    /// Whether the API key is in quotes, as some tools keep them from an env file.
    is_key_quoted: bool,
    /// The `ETag` of the last accepted response, with the id of its request.
    tag: Option<(i64, HeaderValue)>,
}

impl Origin {
    /// Parses an address of the source called `name`.
    pub(super) fn parse(name: &str, text: &str, key: &ApiKey) -> Result<Self, SourceError> {
        let text = text.trim();
        let wrong = |why: &str| {
            let why = format!("`{}` {why}", without_credentials(text));
            SourceError::new(SourceErrorKind::InvalidSetting, name, why)
        };
        let url = Url::parse(text).map_err(|cause| {
            wrong(&format!("is not a URL: {cause}")).with_advice("include the scheme, for example `https://`")
        })?;
        match url.scheme() {
            "http" => {}
            "https" if cfg!(feature = "rustls") => {}
            "https" => return Err(wrong("requires TLS").with_advice("enable the feature `rustls`")),
            _ => return Err(wrong("is neither an http nor an https URL")),
        }
        let mut shown = url.clone();
        // Never an error for a URL with a host, and http URLs have one.
        let _ = (shown.set_username(""), shown.set_password(None));
        shown.set_query(None);
        let trimmed = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
        let is_hosted = url.host_str().is_some_and(|host| host.ends_with(".prefab.cloud"));
        Ok(Self {
            name: name.into(),
            base: trimmed(&url),
            shown: trimmed(&shown),
            is_hosted,
            proxy: proxy_for(url.as_str()),
            is_key_quoted: key.secret().starts_with(['"', '\'']),
            tag: None,
        })
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Returns the address without credentials and query.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) fn tag(&self, since: i64) -> Option<&HeaderValue> {
        self.tag.as_ref().filter(|(of, _)| *of == since).map(|(_, tag)| tag)
    }

    pub(super) fn set_tag(&mut self, since: i64, tag: Option<HeaderValue>) {
        self.tag = tag.map(|tag| (since, tag));
    }

    pub(super) fn is_tls(&self) -> bool {
        self.base.starts_with("https:")
    }

    pub(super) fn unauthorized(&self, status: StatusCode) -> SourceError {
        let error = self.error(SourceErrorKind::Unauthorized, &format!("rejected the API key: {status}"));
        error.with_advice(if self.is_key_quoted {
            "the API key is in quotes; remove them from PREFAB_API_KEY"
        } else {
            "set PREFAB_API_KEY to a backend API key of this server"
        })
    }

    /// Returns the error of a system on which TLS cannot be used. The system may be repaired while the program runs.
    pub(super) fn without_tls(&self, cause: &reqwest::Error) -> SourceError {
        self.error(SourceErrorKind::Unavailable, &format!("cannot be reached over TLS: {}", root(cause)))
            .with_advice(
                "install the package `ca-certificates`, or set SSL_CERT_FILE to a file with CA certificates",
            )
    }

    /// Returns the error of a redirect to another origin, where the API key is not sent.
    pub(super) fn redirected(&self, response: &Response) -> SourceError {
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let target = location.and_then(|location| response.url().join(location).ok());
        let status = response.status();
        match target {
            Some(target) if target.origin() != response.url().origin() => {
                let target = target.origin().ascii_serialization();
                let what = format!(
                    "redirected to `{target}` with {status}; the API key is not sent to another address"
                );
                self.error(SourceErrorKind::Unavailable, &what)
                    .with_advice(format!("if `{target}` is your server, set its address instead"))
            }
            _ => self.answered(status),
        }
    }

    pub(super) fn unavailable(&self, what: impl AsRef<str>) -> SourceError {
        let error = self.error(SourceErrorKind::Unavailable, what.as_ref());
        if self.is_hosted {
            error.with_advice("the hosted service has ended; set PREFAB_API_URL to your own server")
        } else {
            error
        }
    }

    /// Returns the error of a failed connection, with advice for the most common mistakes in an address.
    pub(super) fn unreachable(&self, cause: &reqwest::Error) -> SourceError {
        let root = root(cause);
        let error = self.unavailable(format!("could not be reached: {root}"));
        if self.proxy.is_some() && cause.is_connect() {
            return error.with_advice("check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY");
        }
        // The types of these errors belong to private dependencies, so their text is matched. A test covers it.
        match self.base.split_once("://") {
            Some(("https", _)) if root.contains("InvalidContentType") => {
                error.with_advice("the server does not use TLS; write `http://`")
            }
            Some(("http", _)) if root.contains("invalid HTTP version") => {
                error.with_advice("if the server uses TLS, write `https://`")
            }
            _ => error,
        }
    }

    /// Returns the error of an unexpected status.
    pub(super) fn answered(&self, status: StatusCode) -> SourceError {
        let error = self.unavailable(format!("responded with {status}"));
        match status {
            StatusCode::NOT_FOUND => error.with_advice("set the address of a Prefab server, without a path"),
            _ => error,
        }
    }

    pub(super) fn protocol(&self, what: impl AsRef<str>) -> SourceError {
        self.error(SourceErrorKind::Protocol, what.as_ref())
    }

    pub(super) fn error(&self, kind: SourceErrorKind, what: &str) -> SourceError {
        let route = self.proxy.as_deref().map(|proxy| format!(" (through the proxy `{proxy}`)"));
        let why = format!("`{}`{} {what}", self.shown, route.unwrap_or_default());
        SourceError::new(kind, Arc::clone(&self.name), why)
    }
}

/// Returns the innermost cause, which is the specific one.
pub(super) fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        // The text of these errors contains the address, which may contain secrets.
        Some(_) if error.is_redirect() => "too many redirects".to_owned(),
        Some(_) if error.is_timeout() => "timed out".to_owned(),
        Some(_) => "cannot send the request".to_owned(),
        None => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_address_is_an_error_with_advice() {
        let base = |text: &str| match Origin::parse("remote_api", text, &ApiKey::new("1-key")) {
            Ok(origin) => origin.base,
            Err(error) => error.to_string(),
        };
        assert_eq!(base(" http://localhost:3099/ "), "http://localhost:3099");
        assert_eq!(base("http://host/below/"), "http://host/below");
        assert_eq!(
            base("localhost"),
            "remote_api: `localhost` is not a URL: relative URL without a base; \
             include the scheme, for example `https://`"
        );
        assert_eq!(
            base("ftp://user:secret@host"),
            "remote_api: `ftp://host` is neither an http nor an https URL"
        );
        assert_eq!(base("ftp://host"), "remote_api: `ftp://host` is neither an http nor an https URL");
        if cfg!(feature = "rustls") {
            assert_eq!(base("https://host"), "https://host");
        } else {
            assert!(base("https://host").ends_with("enable the feature `rustls`"));
        }
    }

    #[test]
    fn errors_name_the_address_without_its_secrets() {
        let origin =
            Origin::parse("streaming", "http://user:secret@host/?token=secret", &ApiKey::new("1-key"))
                .unwrap();
        assert_eq!(
            origin.unavailable("did not respond").to_string(),
            "streaming: `http://host` did not respond"
        );
    }

    #[cfg(feature = "rustls")]
    #[test]
    fn an_unreachable_hosted_service_has_its_own_advice() {
        let origin = Origin::parse("remote_api", "https://belt.prefab.cloud", &ApiKey::new("1-key")).unwrap();
        assert_eq!(
            origin.unavailable("could not be reached: no such name").to_string(),
            "remote_api: `https://belt.prefab.cloud` could not be reached: no such name; the hosted service has \
             ended; set PREFAB_API_URL to your own server"
        );
    }
}
