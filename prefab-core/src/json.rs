//! JSON in which each field of an object is given once.
//!
//! `serde_json` keeps the last of several fields with one name, without a report.
//!
//! # Examples
//!
//! ```
//! use prefab_core::json;
//!
//! assert_eq!(json::parse("{\"a\": 1}")?["a"], 1);
//! let error = json::parse("{\"a\": [{\"b\": 1, \"b\": 2}]}").unwrap_err();
//! assert_eq!(error.to_string(), "`a[0].b` is given twice");
//! # Ok::<(), json::JsonError>(())
//! ```

use std::{
    collections::HashSet,
    fmt::{self, Write as _},
};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

/// The error for a text that is not JSON, or has a field twice.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The text is not JSON.
    #[error("{0}")]
    Syntax(serde_json::Error),
    /// A field is given more than once in one object.
    #[error("`{path}` is given twice")]
    Duplicate {
        /// The path of the field: `configs[0].key`.
        path: String,
    },
}

/// Parses JSON, without a byte order mark.
///
/// # Errors
///
/// [`JsonError`] if the text is not JSON, or has a field twice.
///
/// # Examples
///
/// ```
/// assert_eq!(prefab_core::json::parse("[1]")?[0], 1);
/// # Ok::<(), prefab_core::json::JsonError>(())
/// ```
pub fn parse(text: &str) -> Result<Json, JsonError> {
    let text = crate::encoding::without_mark(text);
    let json = serde_json::from_str(text).map_err(JsonError::Syntax)?;
    check(text)?;
    Ok(json)
}

/// Checks a text without parsing it into values.
///
/// # Errors
///
/// [`JsonError`] if the text is not JSON, or has a field twice.
///
/// # Examples
///
/// ```
/// assert!(prefab_core::json::check("{\"a\": 1.10}").is_ok());
/// assert!(prefab_core::json::check("{\"a\": 1, \"a\": 2}").is_err());
/// ```
pub fn check(text: &str) -> Result<(), JsonError> {
    match duplicates(text).map_err(JsonError::Syntax)?.into_iter().next() {
        Some(path) => Err(JsonError::Duplicate { path }),
        None => Ok(()),
    }
}

/// The maximum number of reported duplicates.
const MAX_DUPLICATES: usize = 20;

/// Returns the paths of fields that are given more than once, at most 20.
pub(crate) fn duplicates(text: &str) -> Result<Vec<String>, serde_json::Error> {
    let (mut path, mut found) = (String::new(), Vec::new());
    let mut reader = serde_json::Deserializer::from_str(text);
    Walk { path: &mut path, found: &mut found }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(found)
}

/// Reads one value, and records the fields that are given more than once.
struct Walk<'a> {
    path: &'a mut String,
    found: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let end = self.path.len();
        for at in 0_usize.. {
            self.path.truncate(end);
            // Writing to a string cannot fail.
            let _ = write!(self.path, "[{at}]");
            if items.next_element_seed(Walk { path: self.path, found: self.found })?.is_none() {
                break;
            }
        }
        self.path.truncate(end);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let end = self.path.len();
        let mut seen = HashSet::new();
        while let Some(field) = fields.next_key::<String>()? {
            self.path.truncate(end);
            if end > 0 {
                self.path.push('.');
            }
            self.path.push_str(&field);
            if !seen.insert(field) && self.found.len() < MAX_DUPLICATES {
                self.found.push(self.path.clone());
            }
            fields.next_value_seed(Walk { path: self.path, found: self.found })?;
        }
        self.path.truncate(end);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_found_at_every_depth() {
        for (text, expected) in [
            (r#"{"a": 1, "b": {"a": 1}, "c": [{"a": 1}, {"a": 2}]}"#, &[][..]),
            (r#"{"a": 1, "a": 1}"#, &["a"]),
            (r#"{"a": 1, "\u0061": 1}"#, &["a"]),
            (r#"{"a": {"b": [1, {"c": 1, "c": null, "c": "x"}]}}"#, &["a.b[1].c", "a.b[1].c"]),
            (r#"[{"a": true, "a": -1.5}, [[{"": 1, "": 2}]]]"#, &["[0].a", "[1][0][0]."]),
            ("12345678901234567890123", &[]),
        ] {
            assert_eq!(duplicates(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn invalid_json_is_a_syntax_error() {
        for text in ["", "{", "{}x", "{\"a\"}"] {
            assert!(matches!(check(text), Err(JsonError::Syntax(_))), "{text}");
            assert!(matches!(parse(text), Err(JsonError::Syntax(_))), "{text}");
        }
    }
}
