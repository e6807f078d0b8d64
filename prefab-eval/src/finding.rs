//! Problems in configs.

use std::fmt;

/// A problem in a config, for example an invalid pattern. Other configs are not affected.
///
/// # Examples
///
/// ```
/// use prefab_eval::Ruleset;
///
/// let ruleset = Ruleset::from_datafile(r#"{"configs": [{"id": "1", "key": "flag", "rows": [{"values": [
///     {"criteria": [{"propertyName": "user.email", "operator": "PROP_MATCHES", "valueToMatch": {"string": "("}}],
///      "value": {"bool": true}}
/// ]}]}]}"#)?;
/// assert_eq!(ruleset.findings()[0].place, "rows[0].values[0].criteria[0]");
/// # Ok::<(), prefab_eval::datafile::DatafileError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// The config key.
    pub key: String,
    /// The path within the config, for example `rows[0].values[0].criteria[0]`.
    pub place: String,
    /// The problem.
    pub cause: String,
}

impl Finding {
    pub(crate) fn new(key: &str, place: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { key: key.to_owned(), place: place.into(), cause: cause.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "config `{}`: `{}`: {}", self.key, self.place, self.cause)
    }
}
