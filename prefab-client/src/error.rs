//! Errors of the client.

use std::{fmt, time::Duration};

use prefab_eval::EvalError;
use prefab_sources::SourceError;

/// An error from reading a value or from building the client.
///
/// `Debug` prints the text of `Display`, followed by the causes, so that a `main` that returns this error shows a
/// readable message.
///
/// # Examples
///
/// ```
/// use prefab_client::{Client, Error};
///
/// let client = Client::in_memory().value("max-jobs", 30).build()?;
/// match client.get::<String>("max-jobs") {
///     Err(Error::TypeMismatch { expected, found, .. }) => assert_eq!((expected, &*found), ("string", "int")),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no config with this key, or none of its rules matches, and the call has no default.
    #[error("config `{key}`: {reason}{}", suggestion_hint(.suggestion.as_ref()))]
    MissingDefault {
        /// The config key.
        key: String,
        /// The reason why there is no value.
        reason: MissingReason,
        /// The most similar existing key, if one is similar enough.
        suggestion: Option<String>,
    },
    /// The type of the value is not the requested type.
    #[error("config `{key}`: expected {expected}, found {found}{}", kind_hint(expected, found))]
    TypeMismatch {
        /// The config key.
        key: String,
        /// The requested type.
        expected: &'static str,
        /// The type of the value.
        found: String,
    },
    /// The value exists but cannot be computed.
    #[error("config `{key}`: {cause}")]
    Evaluation {
        /// The config key.
        key: String,
        /// The reason.
        cause: EvalError,
    },
    /// A required source could not be read, for example the datafile, or an address is invalid.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A server is configured, but no API key is set.
    #[error("no API key: set PREFAB_API_KEY, or set PREFAB_DATASOURCES=LOCAL_ONLY to run without a server")]
    MissingApiKey,
    /// An API key is set, but no server address.
    #[error(
        "no server address: set PREFAB_API_URL to the address of your server, for example http://127.0.0.1:8742, or set \
         PREFAB_DATASOURCES=LOCAL_ONLY to run without a server"
    )]
    MissingApiUrl,
    /// The server rejected the API key.
    #[error(transparent)]
    Unauthorized(SourceError),
    /// The server has not responded within the initialization timeout.
    #[error(
        "{}no response from {url} within {} s{}",
        .key.as_ref().map(|key| format!("config `{key}`: ")).unwrap_or_default(),
        .timeout.as_secs_f64(),
        .cause.as_ref().map_or_else(|| "; check PREFAB_API_URL".to_owned(), |cause| format!("; {cause}")),
    )]
    InitializationTimeout {
        /// The config key that the call reads, if it reads one.
        key: Option<String>,
        /// The first address of the server, without credentials.
        url: String,
        /// The initialization timeout, measured from when the client was built. Default: 10 s.
        timeout: Duration,
        /// The last connection failure, if there was one.
        cause: Option<SourceError>,
    },
    /// Fields of a config struct have no valid value; see [`Client::live_config`](crate::Client::live_config).
    #[error("{}", join(.0))]
    Fields(Vec<Error>),
    /// A value of a config struct does not pass its check.
    #[error("config `{key}`: {problem}")]
    Check {
        /// The config key, or the name of the struct if the check is about several fields.
        key: String,
        /// What the check returned.
        problem: String,
    },
    /// The client's thread could not be started.
    #[error("cannot start the thread that updates configs: {cause}")]
    Worker {
        /// The message of the I/O error.
        cause: String,
    },
}

/// The reason why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MissingReason {
    /// There is no config with this key.
    #[error("no value and no default")]
    UnknownKey,
    /// The config exists, but none of its rules matches.
    #[error("no rule matches and there is no default")]
    NoMatch,
    /// No configs are loaded.
    #[error(
        "no value and no default, because no configs are loaded; set PREFAB_CONFIG_CLASSPATH_DIR to the directory of \
         `.prefab.default.config.yaml`, or PREFAB_API_KEY to use a server"
    )]
    NoConfigs,
}

impl MissingReason {
    pub(crate) fn of(error: &EvalError, configs: usize) -> Self {
        match error {
            EvalError::NoMatch => Self::NoMatch,
            _ if configs == 0 => Self::NoConfigs,
            _ => Self::UnknownKey,
        }
    }
}

impl Error {
    /// Returns the config key that the error is about, if there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().build()?;
    /// assert_eq!(client.get::<i64>("max-jobs").unwrap_err().key(), Some("max-jobs"));
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::MissingDefault { key, .. }
            | Self::TypeMismatch { key, .. }
            | Self::Evaluation { key, .. }
            | Self::Check { key, .. } => Some(key),
            Self::InitializationTimeout { key, .. } => key.as_deref(),
            Self::Source(_)
            | Self::Fields(_)
            | Self::MissingApiKey
            | Self::MissingApiUrl
            | Self::Unauthorized(_)
            | Self::Worker { .. } => None,
        }
    }

    /// Returns a stable code for the error, for example `missing_default`.
    ///
    /// The codes are the error names in the test suite that the official SDKs share.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().build()?;
    /// assert_eq!(client.get::<i64>("max-jobs").unwrap_err().code(), "missing_default");
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingDefault { .. } => "missing_default",
            Self::TypeMismatch { .. } => "type_mismatch",
            Self::Evaluation { cause, .. } => cause.code(),
            Self::Source(_) => "source",
            Self::MissingApiKey => "missing_api_key",
            Self::MissingApiUrl => "missing_api_url",
            Self::Unauthorized(_) => "unauthorized",
            Self::InitializationTimeout { .. } => "initialization_timeout",
            Self::Fields(_) => "fields",
            Self::Check { .. } => "check",
            Self::Worker { .. } => "worker",
        }
    }
}

/// Prints the message and its causes, because a `main` that returns the error prints its `Debug` output.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            write!(f, "; caused by: {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

fn join(errors: &[Error]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn suggestion_hint(near: Option<&String>) -> String {
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Returns a hint for a common type mismatch, or an empty text.
fn kind_hint(wanted: &str, found: &str) -> &'static str {
    match (wanted, found) {
        ("duration", "string") => "; in a YAML file write `{type: duration, value: 30s}`",
        _ => "",
    }
}

/// The maximum number of keys that are searched for a suggestion, to limit the cost of an error.
const MAX_KEYS: usize = 5_000;

/// Returns the existing key most similar to `key`, or else the first key nested below `key`.
pub(crate) fn near<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    let allowed = (key.chars().count() / 4).clamp(1, 3);
    let lower = key.to_lowercase();
    // A nested key of a file is a key of its own: `retry: {times: 3}` is the key `retry.times`.
    let is_below = |known: &str| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
    let distance = |known: &str| {
        let is_close = known.len().abs_diff(key.len()) <= allowed;
        let distance = is_close.then(|| strsim::damerau_levenshtein(&lower, &known.to_lowercase()));
        distance.filter(|distance| *distance <= allowed).or_else(|| is_below(known).then_some(usize::MAX))
    };
    known
        .take(MAX_KEYS)
        .filter_map(|known| Some((distance(known)?, known)))
        .min()
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use prefab_sources::SourceErrorKind;

    #[test]
    fn a_misspelt_key_suggests_the_most_similar_one() {
        let known = ["max-jobs-per-second", "max-jobs", "min-jobs"];
        let near = |key| super::near(key, known.into_iter());
        assert_eq!(near("max-jbos").as_deref(), Some("max-jobs"));
        assert_eq!(near("max_jobs_per_second").as_deref(), Some("max-jobs-per-second"));
        assert_eq!(near("Max-Jobs-Per-Second").as_deref(), Some("max-jobs-per-second"));
        assert_eq!(near("timeout"), None);
        assert_eq!(near(""), None);
    }

    #[test]
    fn a_key_that_only_nests_others_suggests_the_first_of_them() {
        let known = ["retry.times", "retry.pause", "retrying"];
        let near = |key| super::near(key, known.into_iter());
        assert_eq!(near("retry").as_deref(), Some("retry.pause"));
        assert_eq!(near("retry.time").as_deref(), Some("retry.times"));
    }

    #[test]
    fn debug_prints_the_message_with_its_hint() {
        let suggestion = Some("max-jobs".into());
        let reason = MissingReason::UnknownKey;
        let error = Error::MissingDefault { key: "max-jbos".into(), reason, suggestion };
        assert_eq!(
            format!("{error:?}"),
            "config `max-jbos`: no value and no default; did you mean `max-jobs`?"
        );
        let cause = SourceError::new(SourceErrorKind::Syntax, "datafile", "expected `,`")
            .with_path("prefab.json")
            .with_advice("correct the file and save it again");
        let error = Error::from(cause);
        assert_eq!(format!("{error:?}"), "prefab.json: expected `,`; correct the file and save it again");
    }

    #[test]
    fn every_message_names_the_key_and_the_next_step() {
        let near = Some("max-jobs".into());
        let missing = Error::MissingDefault {
            key: "max-jbos".into(),
            reason: MissingReason::UnknownKey,
            suggestion: near,
        };
        assert_eq!(
            missing.to_string(),
            "config `max-jbos`: no value and no default; did you mean `max-jobs`?"
        );
        let unmatched =
            Error::MissingDefault { key: "on".into(), reason: MissingReason::NoMatch, suggestion: None };
        let text = "config `on`: no rule matches and there is no default";
        assert_eq!((unmatched.to_string().as_str(), unmatched.code()), (text, "missing_default"));
        let mismatch = Error::TypeMismatch { key: "k".into(), expected: "int", found: "string".into() };
        assert_eq!(mismatch.to_string(), "config `k`: expected int, found string");
        let hinted = |wanted, found: &str| {
            Error::TypeMismatch { key: "k".into(), expected: wanted, found: found.into() }.to_string()
        };
        assert_eq!(
            hinted("duration", "string"),
            "config `k`: expected duration, found string; in a YAML file write `{type: duration, value: 30s}`"
        );
        let cause = EvalError::MissingEnvVar { variable: "DB".into() };
        let evaluation = Error::Evaluation { key: "k".into(), cause };
        assert_eq!(evaluation.to_string(), "config `k`: environment variable `DB` is not set");
        assert_eq!((evaluation.code(), evaluation.key()), ("missing_env_var", Some("k")));
        let timeout = Duration::from_secs(10);
        let url = || "https://prefab.example.com".to_owned();
        let late = Error::InitializationTimeout { key: Some("k".into()), url: url(), timeout, cause: None };
        assert_eq!(
            late.to_string(),
            "config `k`: no response from https://prefab.example.com within 10 s; check PREFAB_API_URL"
        );
        let cause = Some(SourceError::new(SourceErrorKind::Unavailable, "remote_api", "did not respond"));
        let late = Error::InitializationTimeout { key: None, url: url(), timeout, cause };
        assert_eq!(
            late.to_string(),
            "no response from https://prefab.example.com within 10 s; remote_api: did not respond"
        );
    }
}
