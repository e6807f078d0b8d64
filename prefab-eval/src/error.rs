//! The errors of evaluations.

use prefab_core::ValueType;

/// The error of an evaluation.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Contexts, EvalError, Ruleset, SystemHost};
///
/// let error = Ruleset::default().evaluate("max-jobs", &Contexts::default(), &SystemHost).unwrap_err();
/// assert_eq!(error, EvalError::UnknownKey);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// No config has this key.
    #[error("no config has this key")]
    UnknownKey,
    /// No rule of the config matches these contexts.
    #[error("no rule matches")]
    NoMatch,
    /// The value is read from an environment variable that is not set.
    #[error("environment variable `{variable}` is not set")]
    MissingEnvVar {
        /// The variable.
        variable: String,
    },
    /// The value is read from an environment variable whose bytes are not valid UTF-8.
    #[error("environment variable `{variable}` is not valid UTF-8: set it to UTF-8 text")]
    MalformedEnvVar {
        /// The variable.
        variable: String,
    },
    /// The text of the environment variable cannot be converted to the declared type. The message does not contain it.
    #[error("environment variable `{variable}`: expected {}", described(*.expected))]
    UnableToCoerceEnvVar {
        /// The variable.
        variable: String,
        /// The declared type.
        expected: ValueType,
    },
    /// The value comes from a source that this version does not support.
    #[error("the source of the provided value is not supported: expected an environment variable")]
    UnknownProvidedSource,
    /// The value could not be decrypted.
    #[error("cannot decrypt with config `{decrypt_with}`: {cause}")]
    UnableToDecrypt {
        /// The key of the config that contains the decryption key.
        decrypt_with: String,
        /// The cause.
        cause: String,
    },
    /// The text of the value is not JSON.
    #[error("the value is not JSON: {cause}")]
    InvalidJson {
        /// The cause.
        cause: String,
    },
    /// The text of the value is not a duration.
    #[error("{cause}")]
    InvalidDuration {
        /// The cause.
        cause: String,
    },
    /// The percentage rollout has no values.
    #[error("the percentage rollout has no values")]
    InvalidWeightedValues,
    /// The rule that matches has no value.
    #[error("the matching rule has no value of a supported type: found {kind}")]
    UnsupportedValueType {
        /// The type.
        kind: &'static str,
    },
}

impl EvalError {
    /// Returns the error code that the shared tests of the official SDKs use.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::EvalError;
    /// let error = EvalError::MissingEnvVar { variable: "DATABASE_URL".to_owned() };
    /// assert_eq!(error.code(), "missing_env_var");
    /// ```
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey | Self::NoMatch => "missing_default",
            Self::MissingEnvVar { .. } => "missing_env_var",
            Self::MalformedEnvVar { .. } | Self::UnableToCoerceEnvVar { .. } => "unable_to_coerce_env_var",
            Self::UnknownProvidedSource => "unknown_provided_source",
            Self::UnableToDecrypt { .. } => "unable_to_decrypt",
            Self::InvalidJson { .. } => "invalid_json",
            Self::InvalidDuration { .. } => "invalid_duration",
            Self::InvalidWeightedValues => "invalid_weighted_values",
            Self::UnsupportedValueType { .. } => "unsupported_value_type",
        }
    }

    /// Returns whether the key has no value, so that the caller's default applies.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::EvalError;
    /// assert!(EvalError::UnknownKey.is_missing_value());
    /// assert!(!EvalError::InvalidWeightedValues.is_missing_value());
    /// ```
    pub fn is_missing_value(&self) -> bool {
        matches!(self, Self::UnknownKey | Self::NoMatch)
    }
}

fn described(value_type: ValueType) -> &'static str {
    match value_type {
        ValueType::NotSet => "a value",
        ValueType::Int => "an integer",
        ValueType::String => "a string",
        ValueType::Bytes => "bytes",
        ValueType::Double => "a number",
        ValueType::Bool => "a boolean, such as true, yes, on, false, no or off",
        ValueType::LimitDefinition => "a limit",
        ValueType::LogLevel => "a log level",
        ValueType::StringList => "a list of strings, such as [a, b]",
        ValueType::IntRange => "a range",
        ValueType::Duration => "an ISO 8601 duration, such as PT30S",
        ValueType::Json => "a JSON value",
    }
}
