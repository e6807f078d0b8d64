//! Reads the fields of JSON objects as proto3 JSON defines them.

use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE};
use serde_json::{Map, Value as Json};

/// A part of a datafile that is not what it should be.
pub(super) struct ReadError {
    pub(super) path: String,
    pub(super) expected: String,
}

pub(super) type ReadResult<T> = Result<T, ReadError>;

/// A JSON object and its path in the datafile.
pub(super) struct Object<'a> {
    fields: &'a Map<String, Json>,
    path: &'a str,
}

impl<'a> Object<'a> {
    pub(super) fn new(json: &'a Json, path: &'a str) -> ReadResult<Self> {
        match json {
            Json::Object(fields) => Ok(Self { fields, path }),
            _ => invalid(path, "an object"),
        }
    }

    pub(super) fn path(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    /// Returns a field by its camel-case or snake-case name. A null field is absent.
    pub(super) fn get(&self, field: &str) -> Option<&'a Json> {
        let found = self.fields.get(field).or_else(|| {
            let upper = field.bytes().any(|byte| byte.is_ascii_uppercase());
            upper.then(|| self.fields.get(&snake(field))).flatten()
        });
        found.filter(|json| !json.is_null())
    }

    pub(super) fn list(&self, field: &str) -> ReadResult<&'a [Json]> {
        match self.get(field) {
            None => Ok(&[]),
            Some(Json::Array(items)) => Ok(items),
            Some(_) => invalid(&self.path(field), "a list"),
        }
    }

    pub(super) fn each<T>(
        &self,
        field: &str,
        read: impl Fn(&Json, &str) -> ReadResult<T>,
    ) -> ReadResult<Vec<T>> {
        let items = self.list(field)?;
        let mut path = self.path(field);
        let base = path.len();
        let mut all = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            use std::fmt::Write as _;
            path.truncate(base);
            let _ = write!(path, "[{at}]");
            all.push(read(item, &path)?);
        }
        Ok(all)
    }

    pub(super) fn int(&self, field: &str) -> ReadResult<i64> {
        Ok(self.optional_int(field)?.unwrap_or_default())
    }

    pub(super) fn int32(&self, field: &str) -> ReadResult<i32> {
        i32::try_from(self.int(field)?)
            .map_err(|_| ReadError { path: self.path(field), expected: "a 32-bit integer".to_owned() })
    }

    pub(super) fn optional_int(&self, field: &str) -> ReadResult<Option<i64>> {
        self.get(field).map(|json| int(json, &self.path(field))).transpose()
    }

    pub(super) fn text(&self, field: &str) -> ReadResult<String> {
        Ok(self.optional_text(field)?.unwrap_or_default())
    }

    pub(super) fn optional_text(&self, field: &str) -> ReadResult<Option<String>> {
        self.get(field).map(|json| text(json, &self.path(field))).transpose()
    }

    pub(super) fn bool(&self, field: &str) -> ReadResult<bool> {
        match self.get(field) {
            None => Ok(false),
            Some(Json::Bool(bool)) => Ok(*bool),
            Some(_) => invalid(&self.path(field), "true or false"),
        }
    }

    /// Reads an enum by name or by number.
    pub(super) fn name<T: Default>(
        &self,
        field: &str,
        from_name: impl Fn(&str) -> Option<T>,
        from_number: impl Fn(i32) -> Option<T>,
    ) -> ReadResult<T> {
        let Some(json) = self.get(field) else { return Ok(T::default()) };
        let found = match json {
            Json::String(name) => from_name(name),
            Json::Number(number) => {
                number.as_i64().and_then(|number| i32::try_from(number).ok()).and_then(from_number)
            }
            _ => None,
        };
        found.map_or_else(|| invalid(&self.path(field), format!("a known name, not {json}")), Ok)
    }
}

/// Returns the error for `path`.
pub(super) fn invalid<T>(path: &str, expected: impl Into<String>) -> ReadResult<T> {
    Err(ReadError { path: path.to_owned(), expected: expected.into() })
}

fn snake(camel: &str) -> String {
    let mut snake = String::with_capacity(camel.len() + 2);
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

pub(super) fn int(json: &Json, path: &str) -> ReadResult<i64> {
    let found = match json {
        Json::String(text) => text.parse().ok(),
        Json::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        _ => None,
    };
    found.map_or_else(|| invalid(path, "a 64-bit integer"), Ok)
}

/// Converts a double without a fraction to an integer, which proto3 JSON allows.
fn whole(double: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (double.fract() == 0.0 && (-LIMIT..LIMIT).contains(&double)).then_some(double as i64)
}

pub(super) fn double(json: &Json, path: &str) -> ReadResult<f64> {
    let found = match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok(),
        },
        _ => None,
    };
    found.map_or_else(|| invalid(path, "a number"), Ok)
}

pub(super) fn text(json: &Json, path: &str) -> ReadResult<String> {
    json.as_str().map_or_else(|| invalid(path, "a text"), |text| Ok(text.to_owned()))
}

pub(super) fn bytes(json: &Json, path: &str) -> ReadResult<Vec<u8>> {
    let decoded = json
        .as_str()
        .and_then(|text| BASE64_STANDARD.decode(text).or_else(|_| BASE64_URL_SAFE.decode(text)).ok());
    decoded.map_or_else(|| invalid(path, "bytes in base64"), Ok)
}
