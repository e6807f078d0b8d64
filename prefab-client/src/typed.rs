//! Conversion of config values to Rust types.

use std::time::Duration;

use prefab_core::{LogLevel, ValueType, exact_double};
use prefab_eval::{EvaluatedValue, Evaluation};
use serde::de::{self, DeserializeOwned, Deserializer, Visitor};

/// A type that a config value can be read as; see [`Client::get`](crate::Client::get).
///
/// Only lossless conversions are made: a narrower integer type accepts the ints that fit it, and `f64` accepts the ints
/// that it represents exactly. A string is never a number or a bool. The exception is the text of an environment
/// variable whose type is not declared: it can be read as a `String` and as any type that it can be parsed as.
///
/// # Examples
///
/// ```
/// use prefab_client::{Client, Error};
///
/// let client = Client::in_memory().value("max-jobs", 300).build()?;
/// assert_eq!(client.get::<u16>("max-jobs")?, 300);
/// assert!(matches!(client.get::<u8>("max-jobs"), Err(Error::TypeMismatch { .. })));
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a config value cannot be read as `{Self}`",
    note = "supported types are `i64` and other integers, `f64`, `bool`, `String`, `Vec<String>`, `Duration`, \
            `LogLevel`, and `serde_json::Value` for any of them",
    note = "the default of a string is a `String`: `get_or(key, \"text\".to_owned())`",
    note = "for a type of your own that implements `Deserialize`, use `Json<{Self}>`"
)]
pub trait FromValue: Sized {
    /// The name of the type in error messages.
    const EXPECTED: &'static str;

    /// Converts a value.
    ///
    /// # Errors
    ///
    /// [`Mismatch`] if the value is not of this type.
    fn from_value(value: &EvaluatedValue<'_>) -> Result<Self, Mismatch>;
}

/// A value that is not of the requested type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// A description of the value for error messages, for example `string`.
    pub found: String,
}

impl Mismatch {
    fn of(value: &EvaluatedValue<'_>) -> Self {
        Self { found: value.kind().to_owned() }
    }

    /// Returns the description, or only the kind if the value is confidential.
    #[cold]
    pub(crate) fn shown(self, answer: &Evaluation<'_>) -> String {
        if answer.is_confidential() { answer.value.kind().to_owned() } else { self.found }
    }
}

macro_rules! from_value {
    ($($type:ty, $expected:literal, $pattern:pat => $value:expr;)*) => {$(
        impl FromValue for $type {
            const EXPECTED: &'static str = $expected;

            #[inline]
            fn from_value(value: &EvaluatedValue<'_>) -> Result<Self, Mismatch> {
                match value {
                    $pattern => Ok($value),
                    other => Err(Mismatch::of(other)),
                }
            }
        }
    )*};
}
from_value! {
    i64, "int", EvaluatedValue::Int(int) => *int;
    bool, "bool", EvaluatedValue::Bool(bool) => *bool;
    String, "string", EvaluatedValue::String(text) => text.clone().into_owned();
    Vec<String>, "string list", EvaluatedValue::StringList(list) => list.clone().into_owned();
    Duration, "duration", EvaluatedValue::Duration(duration) => *duration;
    LogLevel, "log level", EvaluatedValue::LogLevel(level) => *level;
}

impl FromValue for f64 {
    const EXPECTED: &'static str = "double";

    #[inline]
    fn from_value(value: &EvaluatedValue<'_>) -> Result<Self, Mismatch> {
        match value {
            EvaluatedValue::Double(double) => Ok(*double),
            other => whole(other),
        }
    }
}

/// Converts an int that a double represents exactly.
#[inline(never)]
fn whole(value: &EvaluatedValue<'_>) -> Result<f64, Mismatch> {
    match value {
        EvaluatedValue::Int(int) => exact_double(*int).ok_or_else(|| Mismatch {
            found: format!("the int {int}, which a double cannot represent exactly"),
        }),
        other => Err(Mismatch::of(other)),
    }
}

macro_rules! narrower {
    ($($type:ty, $expected:literal;)*) => {$(
        impl FromValue for $type {
            const EXPECTED: &'static str = $expected;

            fn from_value(value: &EvaluatedValue<'_>) -> Result<Self, Mismatch> {
                match value {
                    EvaluatedValue::Int(int) => {
                        Self::try_from(*int).map_err(|_| Mismatch { found: format!("the int {int}") })
                    }
                    other => Err(Mismatch::of(other)),
                }
            }
        }
    )*};
}
narrower! {
    i8, "an int from -128 to 127"; u8, "an int from 0 to 255"; i16, "an int that fits 16 bits";
    i32, "an int that fits 32 bits"; u16, "an int from 0 to 65535"; u32, "an int that fits 32 unsigned bits";
    u64, "an int that is not negative"; usize, "an int that is not negative";
}

/// Any value as JSON. A duration is its length in milliseconds, a log level its name.
impl FromValue for serde_json::Value {
    const EXPECTED: &'static str = "a value with a JSON form";

    fn from_value(value: &EvaluatedValue<'_>) -> Result<Self, Mismatch> {
        value.to_json().ok_or_else(|| Mismatch::of(value))
    }
}

/// A JSON value, deserialized into a type of the program. A value of another type is deserialized from its JSON form.
///
/// # Examples
///
/// ```
/// use prefab_client::{Client, Json};
///
/// #[derive(serde::Deserialize)]
/// struct Retry { times: u32, pause_millis: u64 }
///
/// let client = Client::in_memory()
///     .value("retry", serde_json::json!({"times": 3, "pause_millis": 250}))
///     .build()?;
/// let Json(retry) = client.get::<Json<Retry>>("retry")?;
/// assert_eq!((retry.times, retry.pause_millis), (3, 250));
/// # Ok::<(), prefab_client::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromValue for Json<T> {
    const EXPECTED: &'static str = "JSON of the requested type";

    fn from_value(value: &EvaluatedValue<'_>) -> Result<Self, Mismatch> {
        match value {
            EvaluatedValue::Json(json) => {
                T::deserialize(json.as_ref()).map(Json).map_err(|_| Mismatch { found: misfit::<T>(json) })
            }
            EvaluatedValue::Int(int) => {
                T::deserialize(ExactInt(*int)).map(Json).map_err(|_| Mismatch::of(value))
            }
            other => other
                .to_json()
                .and_then(|json| T::deserialize(&json).ok())
                .map(Json)
                .ok_or_else(|| Mismatch::of(other)),
        }
    }
}

/// Deserializes an int, and a double only if it represents the int exactly.
struct ExactInt(i64);

impl<'de> Deserializer<'de> for ExactInt {
    type Error = de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match u64::try_from(self.0) {
            Ok(positive) => visitor.visit_u64(positive),
            Err(_) => visitor.visit_i64(self.0),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match exact_double(self.0) {
            Some(double) => visitor.visit_f64(double),
            None => Err(de::Error::custom("a double cannot represent the int exactly")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

/// Converts the value of an evaluation.
#[inline]
pub(crate) fn read<T: FromValue>(evaluation: &Evaluation<'_>) -> Result<T, Mismatch> {
    T::from_value(&evaluation.value).or_else(|mismatch| read_provided(evaluation).ok_or(mismatch))
}

/// Converts the text of an environment variable whose type is not declared.
#[cold]
fn read_provided<T: FromValue>(evaluation: &Evaluation<'_>) -> Option<T> {
    use ValueType as Type;
    [Type::String, Type::Double, Type::Duration, Type::LogLevel, Type::Json]
        .into_iter()
        .filter_map(|value_type| evaluation.provided_as(value_type))
        .find_map(|value| T::from_value(&value).ok())
}

/// Deserializes again, to find the path of the error.
#[cold]
fn misfit<T: DeserializeOwned>(json: &serde_json::Value) -> String {
    let why = match serde_path_to_error::deserialize::<_, T>(json).err() {
        Some(error) if error.path().iter().len() > 0 => format!("at `{}`: {}", error.path(), error.inner()),
        Some(error) => error.inner().to_string(),
        None => "it was valid when read again".to_owned(),
    };
    format!("JSON of another type: {why}")
}
