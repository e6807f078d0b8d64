//! Why a call has no value of the type it asks for.

use std::time::Duration;

use prefab_eval::EvalError;
use prefab_sources::SourceError;

/// Why the client has no value, or could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No config has this key, or none of its rules matches, and the call gives no default.
    #[error("config `{key}`: {reason}{}", suggestion_hint(.suggestion.as_ref()))]
    MissingDefault {
        /// The key asked for.
        key: String,
        /// What is missing.
        reason: MissingReason,
        /// The known key most like it, where there is one.
        suggestion: Option<String>,
    },
    /// The value is of another type than the call asks for.
    #[error("config `{key}`: expected {expected}, found {found}{}", kind_hint(expected, found))]
    TypeMismatch {
        /// The key asked for.
        key: String,
        /// The type asked for.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// There is a value, but it could not be made.
    #[error("config `{key}`: {cause}")]
    Evaluation {
        /// The key asked for.
        key: String,
        /// What went wrong.
        cause: EvalError,
    },
    /// A source that the client was told to read could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is no key for the server that the client is to talk to.
    #[error("no API key: set PREFAB_API_KEY, or PREFAB_DATASOURCES=LOCAL_ONLY to do without a server")]
    MissingApiKey,
    /// The server refused the key.
    #[error(transparent)]
    Unauthorized(SourceError),
    /// The server has not been heard from in time.
    #[error(
        "{}no word from the server within {timeout:?}{}",
        .key.as_ref().map(|key| format!("config `{key}`: ")).unwrap_or_default(),
        .cause.as_ref().map(|cause| format!("; {cause}")).unwrap_or_default(),
    )]
    InitializationTimeout {
        /// The key asked for, if it was one.
        key: Option<String>,
        /// How long the client waits after it is built.
        timeout: Duration,
        /// What failed last.
        cause: Option<SourceError>,
    },
    /// The thread that keeps the client current could not be started.
    #[error("the thread that keeps configs current could not be started: {cause}")]
    Worker {
        /// The system's reason.
        cause: String,
    },
}

/// What is missing where there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MissingReason {
    /// No config has this key.
    #[error("no value and no default")]
    UnknownKey,
    /// There is such a config, and none of its rules matches.
    #[error("none of its rules matches, and there is no default")]
    NoMatch,
    /// There is no config at all.
    #[error(
        "no value and no default, and there are no configs at all; files are looked for in \
         PREFAB_CONFIG_CLASSPATH_DIR, else where the program runs"
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
    /// Returns the key that the call asked for.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::MissingDefault { key, .. }
            | Self::TypeMismatch { key, .. }
            | Self::Evaluation { key, .. } => Some(key),
            Self::InitializationTimeout { key, .. } => key.as_deref(),
            Self::Source(_) | Self::MissingApiKey | Self::Unauthorized(_) | Self::Worker { .. } => None,
        }
    }

    /// Returns the error's name as the official clients' shared tests have it: `missing_default`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingDefault { .. } => "missing_default",
            Self::TypeMismatch { .. } => "type_mismatch",
            Self::Evaluation { cause, .. } => cause.code(),
            Self::Source(_) => "source",
            Self::MissingApiKey => "missing_api_key",
            Self::Unauthorized(_) => "unauthorized",
            Self::InitializationTimeout { .. } => "initialization_timeout",
            Self::Worker { .. } => "worker",
        }
    }
}

fn suggestion_hint(near: Option<&String>) -> String {
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// What is commonly behind one kind in place of another.
fn kind_hint(wanted: &str, found: &str) -> &'static str {
    match (wanted, found) {
        ("double", "int") => "; in a file a double has a dot, `1.0`",
        ("duration", "string") => {
            "; files have no form for a duration: a server, a datafile or the program can give one"
        }
        _ => "",
    }
}

/// Past this many keys, looking for a similar one costs more than the hint is worth.
const MAX_KEYS: usize = 5_000;

/// Finds the key most like a misspelt one, or the first below one that stands for nothing itself.
pub(crate) fn near<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    let allowed = (key.chars().count() / 4).clamp(1, 3);
    let lower = key.to_lowercase();
    // Nested keys of a file are keys of their own: of `retry: {times: 3}` there is `retry.times`.
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
    fn a_misspelt_key_finds_its_neighbour() {
        let known = ["max-jobs-per-second", "max-jobs", "min-jobs"];
        let near = |key| super::near(key, known.into_iter());
        assert_eq!(near("max-jbos").as_deref(), Some("max-jobs"));
        assert_eq!(near("max_jobs_per_second").as_deref(), Some("max-jobs-per-second"));
        assert_eq!(near("Max-Jobs-Per-Second").as_deref(), Some("max-jobs-per-second"));
        assert_eq!(near("timeout"), None);
        assert_eq!(near(""), None);
    }

    #[test]
    fn a_key_that_only_nests_others_finds_the_first_of_them() {
        let known = ["retry.times", "retry.pause", "retrying"];
        let near = |key| super::near(key, known.into_iter());
        assert_eq!(near("retry").as_deref(), Some("retry.pause"));
        assert_eq!(near("retry.time").as_deref(), Some("retry.times"));
    }

    #[test]
    fn every_message_names_the_key_and_what_to_do() {
        let near = Some("max-jobs".into());
        let missing = Error::MissingDefault { key: "max-jbos".into(), reason: MissingReason::UnknownKey, suggestion: near };
        assert_eq!(
            missing.to_string(),
            "config `max-jbos`: no value and no default; did you mean `max-jobs`?"
        );
        let unmatched = Error::MissingDefault { key: "on".into(), reason: MissingReason::NoMatch, suggestion: None };
        let text = "config `on`: none of its rules matches, and there is no default";
        assert_eq!((unmatched.to_string().as_str(), unmatched.code()), (text, "missing_default"));
        let mismatch = Error::TypeMismatch { key: "k".into(), expected: "int", found: "string".into() };
        assert_eq!(mismatch.to_string(), "config `k`: expected int, found string");
        let hinted = |wanted, found: &str| {
            Error::TypeMismatch { key: "k".into(), expected: wanted, found: found.into() }.to_string()
        };
        assert_eq!(
            hinted("double", "int"),
            "config `k`: expected double, found int; in a file a double has a dot, `1.0`"
        );
        assert_eq!(
            hinted("duration", "string"),
            "config `k`: expected duration, found string; files have no form for a duration: a server, a datafile or \
             the program can give one"
        );
        let cause = EvalError::MissingEnvVar { variable: "DB".into() };
        let evaluation = Error::Evaluation { key: "k".into(), cause };
        assert_eq!(evaluation.to_string(), "config `k`: environment variable `DB` is not set");
        assert_eq!((evaluation.code(), evaluation.key()), ("missing_env_var", Some("k")));
        let timeout = Duration::from_secs(10);
        let late = Error::InitializationTimeout { key: Some("k".into()), timeout, cause: None };
        assert_eq!(late.to_string(), "config `k`: no word from the server within 10s");
        let cause = Some(SourceError::new(SourceErrorKind::Unavailable, "remote_api", "is away"));
        let late = Error::InitializationTimeout { key: None, timeout, cause };
        assert_eq!(late.to_string(), "no word from the server within 10s; remote_api: is away");
    }
}
