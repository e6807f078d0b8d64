//! One problem of an invalid request: where it is, its kind, and a text for people.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

/// A problem of an invalid request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path of the field, such as `rows[0].values[1].value`; empty if the problem has no single place.
    pub place: String,
    /// The place inside the JSON value of the field, as a JSON pointer such as `/limits/0`; empty for the whole field.
    pub pointer: String,
    /// The kind of the problem.
    pub code: ProblemCode,
    /// What is wrong, and what is expected.
    pub message: String,
}

/// The kind of a problem, for programs. Existing names never change; new ones may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// Any problem without a code of its own.
    Invalid,
    /// A required field is absent or empty.
    Required,
    /// A number, a length or a count is outside its limits.
    OutOfRange,
    /// The same entry occurs twice.
    Duplicate,
    /// The field refers to something that does not exist.
    Unknown,
    /// The value has another type than the config declares.
    WrongType,
    /// A value does not match its JSON Schema, or the schema itself is invalid.
    Schema,
    /// The environment requires a comment.
    NeedsComment,
}

impl Problem {
    /// Returns the problem of a field.
    pub fn at(place: impl Into<String>, code: ProblemCode, message: impl Into<String>) -> Self {
        Self { place: place.into(), pointer: String::new(), code, message: message.into() }
    }

    /// Returns the problem with its place inside another field. A problem without a place is returned unchanged.
    #[must_use]
    pub fn within(mut self, field: &str) -> Self {
        if !self.place.is_empty() {
            self.place = format!("{field}.{}", self.place);
        }
        self
    }
}

/// Reads a text that starts with its place, such as "`key`: expected 1 to 512 bytes".
impl From<String> for Problem {
    fn from(text: String) -> Self {
        let parts = text.strip_prefix('`').and_then(|rest| rest.split_once("`: "));
        let (place, message) = match parts {
            Some((place, message)) if !place.contains('`') => (place.to_owned(), message.to_owned()),
            _ => (String::new(), text),
        };
        Self { place, pointer: String::new(), code: ProblemCode::Invalid, message }
    }
}

impl From<&str> for Problem {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, pointer, code: _, message } = self;
        match (place.as_str(), pointer.as_str()) {
            ("", _) => f.write_str(message),
            (_, "") => write!(f, "`{place}`: {message}"),
            _ => write!(f, "`{place}` at {pointer}: {message}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_into_place_and_message() {
        for (text, place) in [
            ("`key`: expected 1 to 512 bytes", "key"),
            ("`rows[0].value`: `a`: not JSON", "rows[0].value"),
            ("the body: expected value at line 1", ""),
            ("`k` has no version 3: `to`: x", ""),
            ("`key", ""),
        ] {
            let problem = Problem::from(text);
            assert_eq!((problem.place.as_str(), problem.to_string().as_str()), (place, text));
        }
    }
}
