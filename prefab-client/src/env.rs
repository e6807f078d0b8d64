//! The environment: the one place that reads it.

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
