//! HTTP clients of the command.

use anyhow::Context as _;
use prefab_sources::http::{invalid_proxy_variables, proxy_for};
use reqwest::{
    Client, ClientBuilder, Response,
    header::{CONTENT_TYPE, LOCATION},
    redirect::Policy,
};

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

/// Returns what to check if a response is not from the server, or if there is none.
pub(crate) fn advice(url: &str) -> Option<&'static str> {
    proxy_for(url).map(|_| "check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY")
}

/// Returns a message for each variable that requests to `url` ignore, because it is not the URL of a proxy. The
/// messages do not contain the values, which may contain credentials.
pub(crate) fn ignored_proxies(url: &str) -> Vec<String> {
    let variables = invalid_proxy_variables(url).into_iter();
    variables.map(|variable| format!("ignored {variable}: it is not the URL of a proxy")).collect()
}

/// An example of the URL of a proxy.
pub(crate) const PROXY_EXAMPLE: &str = "write for example `http://proxy.example.com:3128`";

/// Returns whether a response is a web page, which the management API never returns.
pub(crate) fn is_web_page(response: &Response) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|content_type| content_type.starts_with("text/html"))
}
