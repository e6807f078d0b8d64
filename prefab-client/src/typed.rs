//! From the kinds of value that Prefab has to the types that a program asks for.

use std::time::Duration;

use prefab_core::LogLevel;
use prefab_eval::{EvaluatedValue, Evaluation};
use serde::de::DeserializeOwned;

/// A type that a program can ask for.
///
/// Kinds are never converted into one another: an int is not a double, a string is not a bool. Narrower
/// integers take what fits them.
#[diagnostic::on_unimplemented(
    message = "a config cannot be asked for as `{Self}`",
    note = "configs are asked for as `i64` and other integers, `f64`, `bool`, `String`, `Vec<String>`, `Duration`, \
            `LogLevel`, or `serde_json::Value` for any of them",
    note = "a text's default is a `String`: `get_or(key, \"text\".to_owned())`",
    note = "for a type of your own that is `Deserialize`, ask for `Json<{Self}>`"
)]
pub trait FromValue: Sized {
    /// The type in the words of an error message.
    const EXPECTED: &'static str;

    /// Takes the value, or says what was found instead.
    fn from_value(value: &EvaluatedValue<'_>) -> Result<Self, Mismatch>;
}

/// What was found in place of the type asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// In the words of an error message.
    pub found: String,
}

impl Mismatch {
    fn of(value: &EvaluatedValue<'_>) -> Self {
        Self { found: value.kind().to_owned() }
    }

    /// Returns what was found, but nothing of a confidential value save its kind.
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
    f64, "double", EvaluatedValue::Double(double) => *double;
    bool, "bool", EvaluatedValue::Bool(bool) => *bool;
    String, "string", EvaluatedValue::String(text) => text.clone().into_owned();
    Vec<String>, "string list", EvaluatedValue::StringList(list) => list.clone().into_owned();
    Duration, "duration", EvaluatedValue::Duration(duration) => *duration;
    LogLevel, "log level", EvaluatedValue::LogLevel(level) => *level;
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

/// Any value, as JSON: a duration is its length in milliseconds, a log level its name.
impl FromValue for serde_json::Value {
    const EXPECTED: &'static str = "a value that can be handed out";

    fn from_value(value: &EvaluatedValue<'_>) -> Result<Self, Mismatch> {
        value.to_json().ok_or_else(|| Mismatch::of(value))
    }
}

/// A JSON value, read into a type of the program's own.
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
    const EXPECTED: &'static str = "json of the type asked for";

    fn from_value(value: &EvaluatedValue<'_>) -> Result<Self, Mismatch> {
        match value {
            EvaluatedValue::Json(json) => {
                T::deserialize(json.as_ref()).map(Json).map_err(|_| Mismatch { found: misfit::<T>(json) })
            }
            other => Err(Mismatch::of(other)),
        }
    }
}

/// Reads once more, and says where the reading ends.
#[cold]
fn misfit<T: DeserializeOwned>(json: &serde_json::Value) -> String {
    let why = match serde_path_to_error::deserialize::<_, T>(json).err() {
        Some(error) if error.path().iter().len() > 0 => format!("at `{}`: {}", error.path(), error.inner()),
        Some(error) => error.inner().to_string(),
        None => "it was read at the second try".to_owned(),
    };
    format!("json that does not fit: {why}")
}
