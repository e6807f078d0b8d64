//! Errors: the code of OpenFeature for each error of an evaluation.

use prefab_core::ConfigType;
use prefab_eval::EvalError;

use crate::value::TypeMismatch;

/// An error code of OpenFeature.
///
/// `TARGETING_KEY_MISSING` is absent: a percentage rollout without its property evaluates as in every Prefab SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// No config has the key.
    FlagNotFound,
    /// The value is not valid JSON or not a valid duration.
    ParseError,
    /// The value has another type.
    TypeMismatch,
    /// The evaluation context is invalid.
    InvalidContext,
    /// The client has no configs yet.
    ProviderNotReady,
    /// Another error.
    General,
}

impl ErrorCode {
    /// Returns the name that OpenFeature uses for the code.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(prefab_openfeature_mapping::ErrorCode::FlagNotFound.name(), "FLAG_NOT_FOUND");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::FlagNotFound => "FLAG_NOT_FOUND",
            Self::ParseError => "PARSE_ERROR",
            Self::TypeMismatch => "TYPE_MISMATCH",
            Self::InvalidContext => "INVALID_CONTEXT",
            Self::ProviderNotReady => "PROVIDER_NOT_READY",
            Self::General => "GENERAL",
        }
    }
}

/// An error code with a message. The message never contains a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The code.
    pub code: ErrorCode,
    /// The message, which names the key.
    pub message: String,
}

impl Failure {
    /// Creates the failure of an evaluation.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::EvalError;
    /// use prefab_openfeature_mapping::{ErrorCode, Failure};
    /// let failure = Failure::of_evaluation("max-jobs", &EvalError::UnknownKey);
    /// assert_eq!((failure.code, &*failure.message), (ErrorCode::FlagNotFound, "`max-jobs`: no config has this key"));
    /// ```
    pub fn of_evaluation(key: &str, error: &EvalError) -> Self {
        let code = match error {
            EvalError::UnknownKey => ErrorCode::FlagNotFound,
            EvalError::InvalidJson { .. } | EvalError::InvalidDuration { .. } => ErrorCode::ParseError,
            _ => ErrorCode::General,
        };
        Self { code, message: format!("`{key}`: {error}") }
    }

    /// Appends the existing key that is most similar to the key of the failure, if there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::EvalError;
    /// use prefab_openfeature_mapping::Failure;
    /// let failure = Failure::of_evaluation("max-jbos", &EvalError::UnknownKey).with_suggestion(Some("max-jobs"));
    /// assert_eq!(failure.message, "`max-jbos`: no config has this key; did you mean `max-jobs`?");
    /// ```
    #[must_use]
    pub fn with_suggestion(mut self, similar_key: Option<&str>) -> Self {
        if let Some(similar) = similar_key {
            self.message.extend(["; did you mean `", similar, "`?"]);
        }
        self
    }

    /// Creates the failure of a config that is not a flag, or `None` for other configs. Segments are not flags: only rules
    /// use them.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::ConfigType;
    /// use prefab_openfeature_mapping::{ErrorCode, Failure};
    /// let failure = Failure::of_config_type("beta-users", ConfigType::Segment);
    /// assert_eq!(failure.map(|failure| failure.code), Some(ErrorCode::FlagNotFound));
    /// assert_eq!(Failure::of_config_type("new-checkout", ConfigType::FeatureFlag), None);
    /// ```
    pub fn of_config_type(key: &str, config_type: ConfigType) -> Option<Self> {
        (config_type == ConfigType::Segment).then(|| Self {
            code: ErrorCode::FlagNotFound,
            message: format!("`{key}`: segments cannot be evaluated as flags"),
        })
    }

    /// Creates the failure of a value with another type.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::EvaluatedValue;
    /// use prefab_openfeature_mapping::{Failure, value::to_bool};
    /// let mismatch = to_bool(&EvaluatedValue::Int(1)).unwrap_err();
    /// assert_eq!(Failure::of_type("max-jobs", &mismatch).message, "`max-jobs`: expected a boolean, found int");
    /// ```
    pub fn of_type(key: &str, mismatch: &TypeMismatch) -> Self {
        Self { code: ErrorCode::TypeMismatch, message: format!("`{key}`: {mismatch}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_a_code() {
        let check = |error: EvalError, code: ErrorCode| {
            assert_eq!(Failure::of_evaluation("a", &error).code, code, "{error}");
        };
        check(EvalError::UnknownKey, ErrorCode::FlagNotFound);
        check(EvalError::NoMatch, ErrorCode::General);
        check(EvalError::InvalidJson { cause: String::new() }, ErrorCode::ParseError);
        check(EvalError::InvalidDuration { cause: String::new() }, ErrorCode::ParseError);
        check(EvalError::MissingEnvVar { variable: "A".to_owned() }, ErrorCode::General);
        check(
            EvalError::UnableToDecrypt { decrypt_with: "k".to_owned(), cause: String::new() },
            ErrorCode::General,
        );
    }
}
