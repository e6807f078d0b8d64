//! Parameters of statements.
//!
//! Statements are unnamed and carry the types of their parameters, so that they work behind a pooler that gives each
//! transaction another connection.

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::key::KeyHash;
use tokio_postgres::types::{ToSql, Type};

/// A parameter of a statement.
#[derive(Debug)]
pub(crate) enum Value {
    Int(Option<i64>),
    Bool(bool),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Ints(Vec<i64>),
    OptionalInts(Vec<Option<i64>>),
    Texts(Vec<String>),
    OptionalTexts(Vec<Option<String>>),
    Bools(Vec<bool>),
    BytesList(Vec<Vec<u8>>),
    OptionalBytesList(Vec<Option<Vec<u8>>>),
}

impl Value {
    /// Returns the form in which a statement takes the parameter.
    pub(crate) fn parameter(&self) -> (&(dyn ToSql + Sync), Type) {
        match self {
            Self::Int(value) => (value, Type::INT8),
            Self::Bool(value) => (value, Type::BOOL),
            Self::Text(value) => (value, Type::TEXT),
            Self::Bytes(value) => (value, Type::BYTEA),
            Self::Ints(values) => (values, Type::INT8_ARRAY),
            Self::OptionalInts(values) => (values, Type::INT8_ARRAY),
            Self::Texts(values) => (values, Type::TEXT_ARRAY),
            Self::OptionalTexts(values) => (values, Type::TEXT_ARRAY),
            Self::Bools(values) => (values, Type::BOOL_ARRAY),
            Self::BytesList(values) => (values, Type::BYTEA_ARRAY),
            Self::OptionalBytesList(values) => (values, Type::BYTEA_ARRAY),
        }
    }
}

/// Returns a text that the database accepts: it has no place for the character NUL in a text.
pub(crate) fn storable(text: impl Into<String>) -> String {
    let text = text.into();
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<ProjectId> for Value {
    fn from(value: ProjectId) -> Self {
        Self::Int(Some(value.0))
    }
}

impl From<Option<ProjectId>> for Value {
    fn from(value: Option<ProjectId>) -> Self {
        Self::Int(value.map(|id| id.0))
    }
}

impl From<EnvironmentId> for Value {
    fn from(value: EnvironmentId) -> Self {
        Self::Int(Some(value.0))
    }
}

impl From<Option<EnvironmentId>> for Value {
    fn from(value: Option<EnvironmentId>) -> Self {
        Self::Int(value.map(|id| id.0))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(storable(value)))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(storable(value)))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value.map(storable))
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(storable))
    }
}

impl From<&KeyHash> for Value {
    fn from(value: &KeyHash) -> Self {
        Self::Bytes(Some(value.0.to_vec()))
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(value: Option<Vec<u8>>) -> Self {
        Self::Bytes(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

impl From<Vec<i64>> for Value {
    fn from(values: Vec<i64>) -> Self {
        Self::Ints(values)
    }
}

impl From<Vec<Option<i64>>> for Value {
    fn from(values: Vec<Option<i64>>) -> Self {
        Self::OptionalInts(values)
    }
}

impl From<Vec<String>> for Value {
    fn from(values: Vec<String>) -> Self {
        Self::Texts(values.into_iter().map(storable).collect())
    }
}

impl From<Vec<Option<String>>> for Value {
    fn from(values: Vec<Option<String>>) -> Self {
        Self::OptionalTexts(values.into_iter().map(|value| value.map(storable)).collect())
    }
}

impl From<Vec<Vec<u8>>> for Value {
    fn from(values: Vec<Vec<u8>>) -> Self {
        Self::BytesList(values)
    }
}

impl From<Vec<Option<Vec<u8>>>> for Value {
    fn from(values: Vec<Option<Vec<u8>>>) -> Self {
        Self::OptionalBytesList(values)
    }
}

/// Creates the parameters of a statement.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        &[$($crate::sql::Value::from($value)),*]
    };
}
pub(crate) use values;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_no_nul() {
        assert_eq!(storable("a\0b"), "a\u{fffd}b");
        assert_eq!(storable("ab"), "ab");
    }
}
