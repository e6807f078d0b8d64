//! One server's address, and what is said about it in errors.

use std::{error::Error, sync::Arc};

use reqwest::{StatusCode, Url, header::HeaderValue};

use crate::{SourceError, SourceErrorKind};

#[derive(Clone)]
pub(super) struct Origin {
    name: Arc<str>,
    /// Without a slash at the end.
    base: String,
    /// Without what an address may carry of secrets.
    shown: String,
    /// Whether it is one of the service that official clients talk to when they are told nothing else.
    is_hosted: bool,
    /// The tag of the last answer that was taken, and the id that it was newer than.
    tag: Option<(i64, HeaderValue)>,
}

impl Origin {
    /// Takes an address for the source called `name`.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, SourceError> {
        let text = text.trim();
        let wrong = |why: &str| {
            let why = format!("`{text}` {why}");
            SourceError::new(SourceErrorKind::InvalidSetting, name, why)
        };
        let url = Url::parse(text).map_err(|cause| {
            wrong(&format!("is no address: {cause}")).with_advice("write it with its scheme, `https://…`")
        })?;
        match url.scheme() {
            "http" => {}
            "https" if cfg!(feature = "rustls") => {}
            "https" => return Err(wrong("needs TLS").with_advice("switch on the feature `rustls`")),
            _ => return Err(wrong("is neither http nor https")),
        }
        let mut shown = url.clone();
        // Neither fails for an address with a host, and http has one.
        let _ = (shown.set_username(""), shown.set_password(None));
        shown.set_query(None);
        let trimmed = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
        let is_hosted = url.host_str().is_some_and(|host| host.ends_with(".prefab.cloud"));
        Ok(Self { name: name.into(), base: trimmed(&url), shown: trimmed(&shown), is_hosted, tag: None })
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn tag(&self, since: i64) -> Option<&HeaderValue> {
        self.tag.as_ref().filter(|(of, _)| *of == since).map(|(_, tag)| tag)
    }

    pub(super) fn set_tag(&mut self, since: i64, tag: Option<HeaderValue>) {
        self.tag = tag.map(|tag| (since, tag));
    }

    pub(super) fn unauthorized(&self, status: StatusCode) -> SourceError {
        let why = format!("`{}` refused the API key: {status}", self.shown);
        SourceError::new(SourceErrorKind::Unauthorized, Arc::clone(&self.name), why)
            .with_advice("set PREFAB_API_KEY to a backend key of this server")
    }

    pub(super) fn unavailable(&self, what: impl AsRef<str>) -> SourceError {
        let error = self.error(SourceErrorKind::Unavailable, what.as_ref());
        if self.is_hosted {
            error.with_advice("the hosted service has ended: set PREFAB_API_URL to a server of your own")
        } else {
            error
        }
    }

    /// Says why there was no answer, and what the commonest mistakes in an address look like.
    pub(super) fn unreachable(&self, cause: &reqwest::Error) -> SourceError {
        let root = root(cause);
        let error = self.unavailable(format!("could not be reached: {root}"));
        // Their types are those of crates below ours; a test on sockets holds the words.
        match self.base.split_once("://") {
            Some(("https", _)) if root.contains("InvalidContentType") => {
                error.with_advice("it does not speak TLS there: write `http://`")
            }
            Some(("http", _)) if root.contains("invalid HTTP version") => {
                error.with_advice("if it speaks TLS there, write `https://`")
            }
            _ => error,
        }
    }

    /// Says that a server is there, and does not give what was asked for.
    pub(super) fn answered(&self, status: StatusCode) -> SourceError {
        let error = self.unavailable(format!("answered {status}"));
        match status {
            StatusCode::NOT_FOUND => {
                error.with_advice("write the address of a Prefab server, without a path")
            }
            _ => error,
        }
    }

    pub(super) fn protocol(&self, what: impl AsRef<str>) -> SourceError {
        self.error(SourceErrorKind::Protocol, what.as_ref())
    }

    pub(super) fn error(&self, kind: SourceErrorKind, what: &str) -> SourceError {
        SourceError::new(kind, Arc::clone(&self.name), format!("`{}` {what}", self.shown))
    }
}

/// Returns the innermost cause, which is the one that says something.
pub(super) fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        // Its own words name the address, which may carry secrets.
        Some(_) if error.is_redirect() => "too many redirects".to_owned(),
        Some(_) if error.is_timeout() => "it took too long".to_owned(),
        Some(_) => "the request could not be made".to_owned(),
        None => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_or_told_what_is_wrong_with_it() {
        let base = |text: &str| match Origin::parse("remote_api", text) {
            Ok(origin) => origin.base,
            Err(error) => error.to_string(),
        };
        assert_eq!(base(" http://localhost:3099/ "), "http://localhost:3099");
        assert_eq!(base("http://host/below/"), "http://host/below");
        assert_eq!(
            base("localhost"),
            "remote_api: `localhost` is no address: relative URL without a base; \
             write it with its scheme, `https://…`"
        );
        assert_eq!(base("ftp://host"), "remote_api: `ftp://host` is neither http nor https");
        if cfg!(feature = "rustls") {
            assert_eq!(base("https://host"), "https://host");
        } else {
            assert!(base("https://host").ends_with("switch on the feature `rustls`"));
        }
    }

    #[test]
    fn errors_name_the_address_without_its_secrets() {
        let origin = Origin::parse("streaming", "http://user:secret@host/?token=secret").unwrap();
        assert_eq!(origin.unavailable("is away").to_string(), "streaming: `http://host` is away");
    }

    #[cfg(feature = "rustls")]
    #[test]
    fn who_waits_for_the_hosted_service_is_told_what_to_do() {
        let origin = Origin::parse("remote_api", "https://belt.prefab.cloud").unwrap();
        assert_eq!(
            origin.unavailable("could not be reached: no such name").to_string(),
            "remote_api: `https://belt.prefab.cloud` could not be reached: no such name; the hosted service has \
             ended: set PREFAB_API_URL to a server of your own"
        );
    }
}
