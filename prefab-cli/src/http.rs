//! HTTP clients of the command.

use anyhow::Context as _;
use prefab_sources::http::proxy_for;
use reqwest::{Client, ClientBuilder, Response, header::LOCATION, redirect::Policy};

/// Returns an HTTP client for requests to `url`.
///
/// A system without CA certificates can use only `http` addresses.
pub(crate) fn client(url: &str, builder: impl Fn() -> ClientBuilder) -> anyhow::Result<Client> {
    // The API key is not sent to another origin, whose response would be misleading.
    let builder = || {
        builder().redirect(Policy::custom(|attempt| {
            let is_same =
                attempt.previous().last().is_some_and(|last| last.origin() == attempt.url().origin());
            if is_same && attempt.previous().len() <= 10 { attempt.follow() } else { attempt.stop() }
        }))
    };
    let client = match builder().build() {
        Err(_) if url.starts_with("http://") => builder().tls_certs_only([]).build(),
        client => client,
    };
    client.context(
        "cannot use TLS; install the package `ca-certificates`, or set SSL_CERT_FILE to a file with CA certificates",
    )
}

/// Returns where a response redirects to, if that is another origin.
pub(crate) fn redirect(response: &Response) -> Option<String> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let target = response.url().join(location).ok()?;
    (response.status().is_redirection() && target.origin() != response.url().origin())
        .then(|| target.origin().ascii_serialization())
}

/// Returns the text that names the proxy for `url`, or an empty text.
pub(crate) fn through_proxy(url: &str) -> String {
    proxy_for(url).map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default()
}
