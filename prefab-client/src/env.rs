//! The environment: the one place that reads it.

#[cfg(feature = "http")]
use std::path::PathBuf;

use prefab_sources::Finding;

use crate::Datasources;

/// The directory of default files.
pub(crate) const CLASSPATH_DIR: &str = "PREFAB_CONFIG_CLASSPATH_DIR";
/// The directory of override files.
pub(crate) const OVERRIDE_DIR: &str = "PREFAB_CONFIG_OVERRIDE_DIR";
/// The environments whose files are read, with commas.
pub(crate) const ENVS: &str = "PREFAB_ENVS";
/// The path of a datafile.
pub(crate) const DATAFILE: &str = "PREFAB_DATAFILE";
/// `LOCAL_ONLY` keeps the client off the network.
pub(crate) const DATASOURCES: &str = "PREFAB_DATASOURCES";

/// The key of a server.
#[cfg(feature = "http")]
pub(crate) const API_KEY: &str = "PREFAB_API_KEY";
/// The addresses of the API, with commas.
#[cfg(feature = "http")]
pub(crate) const API_URL: &str = "PREFAB_API_URL";
/// The addresses of whoever streams, with commas.
#[cfg(feature = "http")]
pub(crate) const STREAM_URL: &str = "PREFAB_STREAM_URL";
/// The address of a copy of the API.
#[cfg(feature = "http")]
pub(crate) const CDN_URL: &str = "PREFAB_CDN_URL";
/// The address of a server that is talked to by gRPC.
#[cfg(feature = "grpc")]
pub(crate) const GRPC_URL: &str = "PREFAB_GRPC_URL";

/// The level of log lines until there is any config.
#[cfg(feature = "log")]
pub(crate) use prefab_log::BOOTSTRAP_LEVEL_VAR as BOOTSTRAP_LOG_LEVEL;

/// Returns a variable. Text that is not Unicode is as good as absent; empty text is not.
pub(crate) fn var(name: &str) -> Option<String> {
    // Asking for a name that no variable can have panics in some versions of the standard library.
    if name.is_empty() || name.contains(['=', '\0']) {
        return None;
    }
    std::env::var(name).ok()
}

/// Returns a variable that says something.
pub(crate) fn setting(name: &str) -> Option<String> {
    var(name).filter(|text| !text.trim().is_empty())
}

/// Returns the parts of a variable that has commas; none where it says nothing.
#[cfg(feature = "http")]
pub(crate) fn list(name: &str) -> Vec<String> {
    let text = setting(name).unwrap_or_default();
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect()
}

/// Reads the word for where configs come from. As in the official clients all that is not `LOCAL_ONLY` means
/// everywhere, but whoever misspelt it is told.
pub(crate) fn datasources(text: &str) -> (Datasources, Option<Finding>) {
    match text.trim().to_ascii_uppercase().as_str() {
        "LOCAL_ONLY" => (Datasources::LocalOnly, None),
        "ALL" => (Datasources::All, None),
        _ => {
            let message = format!("`{text}` is neither `LOCAL_ONLY` nor `ALL`, and taken for `ALL`");
            (Datasources::All, Some(Finding::new(DATASOURCES, message)))
        }
    }
}

/// Returns the directory for what a program keeps between runs but can lose.
#[cfg(feature = "http")]
pub(crate) fn cache_dir() -> Option<PathBuf> {
    let dir = setting("XDG_CACHE_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    dir.or_else(|| Some(std::env::home_dir()?.join(".cache")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_means_everywhere_and_is_told() {
        let check = |text, expected, told: Option<&str>| {
            let (datasources, doubt) = datasources(text);
            assert_eq!(
                (datasources, doubt.map(|doubt| doubt.to_string()).as_deref()),
                (expected, told),
                "{text}"
            );
        };
        check("LOCAL_ONLY", Datasources::LocalOnly, None);
        check(" local_only", Datasources::LocalOnly, None);
        check("ALL", Datasources::All, None);
        let told = "PREFAB_DATASOURCES: `LOCALONLY` is neither `LOCAL_ONLY` nor `ALL`, and taken for `ALL`";
        check("LOCALONLY", Datasources::All, Some(told));
    }
}
