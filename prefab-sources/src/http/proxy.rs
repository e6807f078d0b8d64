//! The proxy between the program and a server.

use hyper_util::client::proxy::matcher::Matcher;

/// Returns the proxy through which requests to `url` are sent, without its credentials: `http://proxy.example.com:3128`.
///
/// The variables `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` determine it, or the settings of the system.
///
/// # Examples
///
/// ```
/// // Text that is not a URL has no proxy.
/// assert_eq!(prefab_sources::http::proxy_for("localhost"), None);
/// ```
pub fn proxy_for(url: &str) -> Option<String> {
    let proxy = Matcher::from_system().intercept(&url.parse().ok()?)?;
    let uri = proxy.uri();
    let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{}{port}", uri.scheme_str().unwrap_or("http"), uri.host()?))
}
