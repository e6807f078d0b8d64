//! The settings that connect each SDK to a server. A test starts the installed SDKs with them.

use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
};

/// The settings of one SDK.
struct Sdk {
    name: &'static str,
    versions: &'static str,
    settings: String,
    remark: &'static str,
}

const NODE_TELEMETRY: &str = "telemetry requires an https host that starts with belt., suspenders. or api.; the SDK sends none to this one";
const RUBY_TELEMETRY: &str =
    "telemetry requires an https host that starts with belt. or suspenders.; the SDK sends none to this one";
const REFORGE_NODE_TELEMETRY: &str = "telemetry requires an https host that starts with primary., secondary. or api.; the SDK sends none to this one";
const QUONFIG_STREAM: &str =
    "changes arrive at the host stream.HOST; without that name, the SDK polls every 60 s";
const OLD_PYTHON: &str = "PREFAB_CDN_URL replaces a host name that the SDK would derive from the API URL";

/// Returns whether an SDK sends telemetry: the host is https and starts with one of these names.
fn reports(url: &str, names: &[&str]) -> bool {
    url.strip_prefix("https://").is_some_and(|host| names.iter().any(|name| host.starts_with(name)))
}

fn sdks(url: &str) -> Vec<Sdk> {
    let node = if reports(url, &["belt.", "suspenders.", "api."]) { "" } else { NODE_TELEMETRY };
    let ruby = if reports(url, &["belt.", "suspenders."]) { "" } else { RUBY_TELEMETRY };
    let reforge_node =
        if reports(url, &["primary.", "secondary.", "api."]) { "" } else { REFORGE_NODE_TELEMETRY };
    let api = format!("PREFAB_API_URL={url}");
    let overridden = format!("PREFAB_API_URL_OVERRIDE={url}");
    let cdn = format!("PREFAB_API_URL={url} PREFAB_CDN_URL={url}");
    let sources = format!("sources: [\"{url}\"]");
    let sdk = |name, versions, settings, remark| Sdk { name, versions, settings, remark };
    vec![
        sdk("Rust", "all", format!("{api} PREFAB_STREAM_URL={url}"), ""),
        sdk(
            "Python",
            "0.10.8 and later",
            format!("{api} PREFAB_STREAM_URL={url}, option prefab_telemetry_url=\"{url}\""),
            "",
        ),
        sdk("Python", "up to 0.10.7", cdn.clone(), OLD_PYTHON),
        sdk("Node", "0.4 and later", format!("{overridden}, or {sources}"), node),
        sdk("Node", "up to 0.3", format!("apiUrl: \"{url}\", cdnUrl: \"{url}\""), ""),
        sdk("Ruby", "1.8 and later", format!("{overridden}, or {sources}"), ruby),
        sdk("Ruby", "up to 1.7", cdn, ""),
        sdk("Java", "all", format!("setApiHosts, setStreamHosts and setPrefabTelemetryHost, each {url}"), ""),
        sdk("Go", "all", format!("{api}, WithAPIKey(key) and WithTelemetryHost(\"{url}\")"), ""),
        sdk("Browser", "all", format!("endpoints: [\"{url}/api/v2\"], apiEndpoint: \"{url}/api/v1\""), ""),
        sdk(
            "Reforge",
            "Python",
            format!("REFORGE_API_URL={url} REFORGE_STREAM_URL={url}, option reforge_telemetry_url=\"{url}\""),
            "",
        ),
        sdk("Reforge", "Node", sources, reforge_node),
        sdk(
            "Quonfig",
            "Python",
            format!("options api_urls=[\"{url}\"], telemetry_url=\"{url}\""),
            QUONFIG_STREAM,
        ),
        sdk("Quonfig", "Node", format!("apiUrls: [\"{url}\"], telemetryUrl: \"{url}\""), QUONFIG_STREAM),
        sdk("Quonfig", "browser", format!("apiUrls: [\"{url}\"], telemetryUrl: \"{url}\""), ""),
        sdk(
            "gRPC",
            "of 2023",
            format!("PREFAB_GRPC_URL={}", grpc(url)),
            "the server answers gRPC at the same port; without TLS, also set PREFAB_CLOUD_HTTP=true; Python requires a \
             host that starts with grpc.",
        ),
    ]
}

/// Returns the address of gRPC clients, which has no scheme.
fn grpc(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, host)| host)
}

/// Prints the settings of each SDK.
pub(super) fn print(url: &str) -> Result<(), Failure> {
    output::line(&format!("\n{STRONG}Settings of each SDK{STRONG:#}"))?;
    for Sdk { name, versions, settings, remark } in sdks(url) {
        let remark = if remark.is_empty() { String::new() } else { format!("   ({remark})") };
        output::line(&format!(
            "  {name:8} {FAINT}{versions:16}{FAINT:#} {VALUE}{settings}{VALUE:#}{FAINT}{remark}{FAINT:#}"
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telemetry_depends_on_the_host() {
        let remark = |name: &str, url: &str| {
            let sdks = sdks(url);
            sdks.iter().find(|sdk| sdk.name == name && sdk.versions.contains("later")).unwrap().remark
        };
        assert_eq!(remark("Node", "https://api.example.com"), "");
        assert_eq!(remark("Ruby", "https://api.example.com"), RUBY_TELEMETRY);
        assert_eq!(remark("Ruby", "https://belt.example.com"), "");
        assert_eq!(remark("Node", "http://belt.example.com"), NODE_TELEMETRY);
        assert_eq!(remark("Node", "https://example.com/belt."), NODE_TELEMETRY);
    }
}
