//! What can be wrong with a config on the wire.

/// A config that could not be read; the others of its message stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("config `{key}`: `{place}`: {cause}")]
pub struct InvalidConfig {
    /// The config's key, or its id where it has none.
    pub key: String,
    /// The place within it: `rows[0].values[1].value`.
    pub place: String,
    /// What is wrong there.
    pub cause: Cause,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The config has no key.
    #[error("the key is missing")]
    NoKey,
    /// The number stands for no log level.
    #[error("{0} is no log level")]
    UnknownLogLevel(i32),
    /// The number stands for no schema language.
    #[error("{0} is no schema language")]
    UnknownSchemaType(i32),
    /// The bytes are no config.
    #[error("its bytes do not parse: {0}")]
    Malformed(String),
    /// A weight is below zero.
    #[error("the weight {0} is negative")]
    NegativeWeight(i32),
}

/// A cause on its way up, collecting its place.
pub(super) struct Wrong {
    place: String,
    cause: Cause,
}

impl Wrong {
    pub(super) fn new(cause: Cause) -> Self {
        Self { place: String::new(), cause }
    }

    /// Puts an outer place before the one collected so far.
    pub(super) fn within(mut self, outer: &str) -> Self {
        let dot = if self.place.is_empty() { "" } else { "." };
        self.place = format!("{outer}{dot}{}", self.place);
        self
    }

    pub(super) fn of_config(self, key: String) -> InvalidConfig {
        InvalidConfig { key, place: self.place, cause: self.cause }
    }
}

/// Converts each item of a list; an error names the list and the position.
pub(super) fn each<F, T>(
    items: Vec<F>,
    list: &str,
    convert: impl Fn(F) -> Result<T, Wrong>,
) -> Result<Vec<T>, Wrong> {
    let indexed = items.into_iter().enumerate();
    let converted = indexed
        .map(|(at, item)| convert(item).map_err(|wrong| wrong.within(&format!("{list}[{at}]"))))
        .collect::<Result<Vec<T>, Wrong>>();
    converted.map(|mut all| {
        // Mostly one or two, where decoding left room for four, for as long as the config stands.
        all.shrink_to_fit();
        all
    })
}
