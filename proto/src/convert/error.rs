//! Errors of configs in a message.

/// An invalid config in a message. The other configs are not affected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("config `{key}`: `{place}`: {cause}")]
pub struct InvalidConfig {
    /// The key of the config, or its id, for example `#7`, if it has no key.
    pub key: String,
    /// The path within the config, for example `rows[0].values[1].value`.
    pub place: String,
    /// The cause.
    pub cause: Cause,
}

/// The reason why a config is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The config has no key.
    #[error("the key is missing")]
    NoKey,
    /// No log level has this number.
    #[error("unknown log level {0}")]
    UnknownLogLevel(i32),
    /// No schema language has this number.
    #[error("unknown schema language {0}")]
    UnknownSchemaType(i32),
    /// The bytes are not a config.
    #[error("cannot decode the config: {0}")]
    Malformed(String),
    /// A weight is negative.
    #[error("the weight {0} is negative")]
    NegativeWeight(i32),
}

/// The error of a field, with its path in the config.
pub(super) struct FieldError {
    place: String,
    cause: Cause,
}

impl FieldError {
    pub(super) fn new(cause: Cause) -> Self {
        Self { place: String::new(), cause }
    }

    /// Prepends the name of an outer field to the path.
    pub(super) fn within(mut self, outer: &str) -> Self {
        let dot = if self.place.is_empty() { "" } else { "." };
        self.place = format!("{outer}{dot}{}", self.place);
        self
    }

    pub(super) fn of_config(self, key: String) -> InvalidConfig {
        InvalidConfig { key, place: self.place, cause: self.cause }
    }
}

/// Converts each item of a list. An error contains the name of the list and the index.
pub(super) fn each<F, T>(
    items: Vec<F>,
    list: &str,
    convert: impl Fn(F) -> Result<T, FieldError>,
) -> Result<Vec<T>, FieldError> {
    let indexed = items.into_iter().enumerate();
    let converted = indexed
        .map(|(at, item)| convert(item).map_err(|error| error.within(&format!("{list}[{at}]"))))
        .collect::<Result<Vec<T>, FieldError>>();
    converted.map(|mut all| {
        // Most lists have one or two items, and `prost` allocated room for four.
        all.shrink_to_fit();
        all
    })
}
