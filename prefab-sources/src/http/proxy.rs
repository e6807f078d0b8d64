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

/// Returns the variables that would set the proxy for `url`, but are not the URL of a proxy. Requests ignore them.
///
/// # Examples
///
/// ```
/// // Text that is not a URL has no proxy.
/// assert!(prefab_sources::http::invalid_proxy_variables("localhost").is_empty());
/// ```
pub fn invalid_proxy_variables(url: &str) -> Vec<&'static str> {
    invalid_variables(url, |name| std::env::var(name).ok())
}

fn invalid_variables(url: &str, var: impl Fn(&str) -> Option<String>) -> Vec<&'static str> {
    let Ok(uri) = url.parse() else { return Vec::new() };
    let first = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, var(name)?)));
    let no_proxy = first(["NO_PROXY", "no_proxy"]).map(|(_, hosts)| hosts).unwrap_or_default();
    let is_used = |proxy: &str| {
        Matcher::builder().all(proxy.to_owned()).no(no_proxy.clone()).build().intercept(&uri).is_some()
    };
    // A CGI program receives `HTTP_PROXY` from the header `Proxy` of a request, so proxies are disabled.
    if var("REQUEST_METHOD").is_some() || !is_used("http://proxy.example.com") {
        return Vec::new();
    }
    let is_tls = url.starts_with("https:");
    let own = if is_tls { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
    [own, ["ALL_PROXY", "all_proxy"]]
        .into_iter()
        .filter_map(first)
        .filter(|(_, proxy)| !proxy.is_empty())
        .take_while(|(_, proxy)| !is_used(proxy))
        .map(|(name, _)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_not_a_proxy_is_listed_if_it_applies_to_the_address() {
        let check = |url: &str, vars: &[(&str, &str)], expected: &[&str]| {
            let var = |name: &str| {
                vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(invalid_variables(url, var), expected, "{url} {vars:?}");
        };
        let (plain, tls) = ("http://prefab.example.com", "https://prefab.example.com");
        let bad = ("HTTP_PROXY", ":::bad");
        check(plain, &[], &[]);
        check(plain, &[bad], &["HTTP_PROXY"]);
        check(tls, &[bad], &[]);
        check("localhost", &[bad], &[]);
        check(plain, &[("http_proxy", "ftp://proxy")], &["http_proxy"]);
        check(tls, &[("HTTPS_PROXY", "http://user:secret@"), ("all_proxy", "")], &["HTTPS_PROXY"]);
        check(plain, &[("HTTP_PROXY", ""), ("ALL_PROXY", ":::bad")], &["ALL_PROXY"]);
        check(plain, &[bad, ("ALL_PROXY", "socks5://proxy")], &["HTTP_PROXY"]);
        check(plain, &[("HTTP_PROXY", "proxy:3128"), ("ALL_PROXY", ":::bad")], &[]);
        check(plain, &[bad, ("NO_PROXY", "example.com")], &[]);
        check(plain, &[bad, ("REQUEST_METHOD", "GET")], &[]);
    }
}
