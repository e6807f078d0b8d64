//! Environment variables: no other file reads them.

#[cfg(feature = "http")]
use std::path::PathBuf;

use prefab_sources::Finding;

use crate::Datasources;

/// Directory of the default files.
pub(crate) const CLASSPATH_DIR: &str = "PREFAB_CONFIG_CLASSPATH_DIR";
/// Directory of the override files.
pub(crate) const OVERRIDE_DIR: &str = "PREFAB_CONFIG_OVERRIDE_DIR";
/// Environments whose files are read, comma-separated.
pub(crate) const ENVS: &str = "PREFAB_ENVS";
/// Path of a datafile.
pub(crate) const DATAFILE: &str = "PREFAB_DATAFILE";
/// `LOCAL_ONLY` disables all network access.
pub(crate) const DATASOURCES: &str = "PREFAB_DATASOURCES";

/// API key of the server.
#[cfg(feature = "http")]
pub(crate) const API_KEY: &str = "PREFAB_API_KEY";
/// API addresses, comma-separated.
#[cfg(feature = "http")]
pub(crate) const API_URL: &str = "PREFAB_API_URL";
/// Stream addresses, comma-separated.
#[cfg(feature = "http")]
pub(crate) const STREAM_URL: &str = "PREFAB_STREAM_URL";
/// Address of a copy of the API.
#[cfg(feature = "http")]
pub(crate) const CDN_URL: &str = "PREFAB_CDN_URL";
/// Address of a gRPC server.
#[cfg(feature = "grpc")]
pub(crate) const GRPC_URL: &str = "PREFAB_GRPC_URL";

/// Level of log lines until the first config is loaded.
#[cfg(feature = "log")]
pub(crate) use prefab_log::BOOTSTRAP_LEVEL_VAR as BOOTSTRAP_LOG_LEVEL;

/// Returns a variable. Text that is not Unicode counts as absent; empty text does not.
pub(crate) fn var(name: &str) -> Option<String> {
    is_possible_name(name).then(|| std::env::var(name).ok()).flatten()
}

/// Returns whether a variable is set to text that is not Unicode.
pub(crate) fn is_malformed(name: &str) -> bool {
    is_possible_name(name) && matches!(std::env::var(name), Err(std::env::VarError::NotUnicode(_)))
}

/// Some versions of the standard library panic for a name that no variable can have.
fn is_possible_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

/// Returns a variable that is not blank.
pub(crate) fn setting(name: &str) -> Option<String> {
    var(name).filter(|text| !text.trim().is_empty())
}

/// Returns the parts of a comma-separated variable; none if it is blank.
#[cfg(feature = "http")]
pub(crate) fn list(name: &str) -> Vec<String> {
    let text = setting(name).unwrap_or_default();
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect()
}

/// Parses the value of `PREFAB_DATASOURCES`. As in the official clients, any other value than `LOCAL_ONLY` means `ALL`;
/// an unknown one is a finding.
pub(crate) fn datasources(text: &str) -> (Datasources, Option<Finding>) {
    match text.trim().to_ascii_uppercase().as_str() {
        "LOCAL_ONLY" => (Datasources::LocalOnly, None),
        "ALL" => (Datasources::All, None),
        _ => {
            let message = format!("unknown value `{text}`: expected `LOCAL_ONLY` or `ALL`; using `ALL`");
            (Datasources::All, Some(Finding::new(DATASOURCES, message)))
        }
    }
}

/// Returns the directory for caches.
#[cfg(feature = "http")]
pub(crate) fn cache_dir() -> Option<PathBuf> {
    prefab_sources::remote::user_cache_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_value_of_datasources_means_all_and_is_a_finding() {
        let check = |text, expected, message: Option<&str>| {
            let (datasources, finding) = datasources(text);
            assert_eq!(
                (datasources, finding.map(|finding| finding.to_string()).as_deref()),
                (expected, message),
                "{text}"
            );
        };
        check("LOCAL_ONLY", Datasources::LocalOnly, None);
        check(" local_only", Datasources::LocalOnly, None);
        check("ALL", Datasources::All, None);
        let message =
            "PREFAB_DATASOURCES: unknown value `LOCALONLY`: expected `LOCAL_ONLY` or `ALL`; using `ALL`";
        check("LOCALONLY", Datasources::All, Some(message));
    }
}
