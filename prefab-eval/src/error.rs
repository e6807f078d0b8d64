//! Why a key has no value.

use prefab_core::ValueType;

/// Why an evaluation gave no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// There is no config with this key.
    #[error("no config has this key")]
    UnknownKey,
    /// The config has no rule that holds in these contexts.
    #[error("no rule matches")]
    NoMatch,
    /// The value is provided by an environment variable that is not set.
    #[error("environment variable `{variable}` is not set")]
    MissingEnvVar {
        /// The variable.
        variable: String,
    },
    /// The environment variable's text is not of the declared kind. The text is not repeated here.
    #[error("environment variable `{variable}` does not hold {}", described(*.expected))]
    UnableToCoerceEnvVar {
        /// The variable.
        variable: String,
        /// The declared kind.
        expected: ValueType,
    },
    /// The value is provided by something else than an environment variable.
    #[error("provided by an unknown source; only environment variables are known")]
    UnknownProvidedSource,
    /// The value could not be decrypted.
    #[error("unable to decrypt with `{decrypt_with}`: {cause}")]
    UnableToDecrypt {
        /// The key of the config that holds the secret key.
        decrypt_with: String,
        /// What went wrong.
        cause: String,
    },
    /// The value's text is not JSON.
    #[error("the value is not JSON: {cause}")]
    InvalidJson {
        /// What is wrong with it.
        cause: String,
    },
    /// The value's text is not a duration.
    #[error("{cause}")]
    InvalidDuration {
        /// What is wrong with it.
        cause: String,
    },
    /// There are percentages of nothing.
    #[error("weighted values without a value to choose")]
    InvalidWeightedValues,
    /// The rule that matched has no value of a kind that can be handed out.
    #[error("the rule that matches gives {kind}, which cannot be handed out")]
    UnsupportedValueType {
        /// The kind.
        kind: &'static str,
    },
}

impl EvalError {
    /// Returns the error's name as the official clients' shared tests have it: `missing_env_var`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey | Self::NoMatch => "missing_default",
            Self::MissingEnvVar { .. } => "missing_env_var",
            Self::UnableToCoerceEnvVar { .. } => "unable_to_coerce_env_var",
            Self::UnknownProvidedSource => "unknown_provided_source",
            Self::UnableToDecrypt { .. } => "unable_to_decrypt",
            Self::InvalidJson { .. } => "invalid_json",
            Self::InvalidDuration { .. } => "invalid_duration",
            Self::InvalidWeightedValues => "invalid_weighted_values",
            Self::UnsupportedValueType { .. } => "unsupported_value_type",
        }
    }

    /// Tells whether there is simply no value, so that a caller's default stands.
    pub fn is_missing_value(&self) -> bool {
        matches!(self, Self::UnknownKey | Self::NoMatch)
    }
}

fn described(value_type: ValueType) -> &'static str {
    match value_type {
        ValueType::NotSet => "a value",
        ValueType::Int => "an integer",
        ValueType::String => "a text",
        ValueType::Bytes => "bytes",
        ValueType::Double => "a number",
        ValueType::Bool => "a boolean, such as true, yes, on, false, no or off",
        ValueType::LimitDefinition => "a limit",
        ValueType::LogLevel => "a log level",
        ValueType::StringList => "a list of texts, such as [a, b]",
        ValueType::IntRange => "a range",
        ValueType::Duration => "an ISO 8601 duration, such as PT30S",
        ValueType::Json => "a JSON value",
    }
}
