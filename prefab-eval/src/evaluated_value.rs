//! The value of an evaluation.

use std::{borrow::Cow, fmt, time::Duration};

use prefab_core::{
    IntRange, LimitDefinition, LogLevel, Schema, ValueType, duration::format_duration, text::TextBuffer,
};
use serde_json::Value as Json;

use crate::compiled_value::ValueKind;

/// A value, borrowed from the ruleset if possible.
///
/// # Examples
///
/// ```
/// use prefab_eval::EvaluatedValue;
///
/// let value = EvaluatedValue::StringList(vec!["a".to_owned(), "b".to_owned()].into());
/// assert_eq!(value.to_string(), "[a, b]");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum EvaluatedValue<'r> {
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// A boolean.
    Bool(bool),
    /// A string.
    String(Cow<'r, str>),
    /// A list of strings.
    StringList(Cow<'r, [String]>),
    /// A log level.
    LogLevel(LogLevel),
    /// A duration.
    Duration(Duration),
    /// A JSON value.
    Json(Cow<'r, Json>),
    /// Raw bytes.
    Bytes(&'r [u8]),
    /// A range of integers.
    IntRange(IntRange),
    /// A limit of the retired rate limiter.
    LimitDefinition(&'r LimitDefinition),
    /// A schema.
    Schema(&'r Schema),
}

impl<'r> EvaluatedValue<'r> {
    /// Returns a precomputed value. Returns `None` if the value must be computed or is invalid.
    #[inline]
    pub(crate) fn precomputed(kind: &'r ValueKind) -> Option<Self> {
        Some(match kind {
            ValueKind::Int(int) => Self::Int(*int),
            ValueKind::Double(double) => Self::Double(*double),
            ValueKind::Bool(bool) => Self::Bool(*bool),
            ValueKind::String(text) => Self::String(Cow::Borrowed(text)),
            ValueKind::StringList(list) => Self::StringList(Cow::Borrowed(list)),
            ValueKind::LogLevel(level) => Self::LogLevel(*level),
            ValueKind::Duration(duration) => Self::Duration(*duration),
            ValueKind::Json(json) => Self::Json(Cow::Borrowed(json)),
            ValueKind::Bytes(bytes) => Self::Bytes(bytes),
            ValueKind::IntRange(range) => Self::IntRange(**range),
            ValueKind::LimitDefinition(limit) => Self::LimitDefinition(limit),
            ValueKind::Schema(schema) => Self::Schema(schema),
            ValueKind::Weighted(_)
            | ValueKind::Provided { .. }
            | ValueKind::Encrypted(_)
            | ValueKind::Invalid(_) => {
                return None;
            }
        })
    }
}

impl EvaluatedValue<'_> {
    /// Returns the name of the type for messages, for example `int` or `string list`.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(prefab_eval::EvaluatedValue::Bool(true).kind(), "bool");
    /// ```
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "int",
            Self::Double(_) => "double",
            Self::Bool(_) => "bool",
            Self::String(_) => "string",
            Self::StringList(_) => "string list",
            Self::LogLevel(_) => "log level",
            Self::Duration(_) => "duration",
            Self::Json(_) => "json",
            Self::Bytes(_) => "bytes",
            Self::IntRange(_) => "int range",
            Self::LimitDefinition(_) => "limit definition",
            Self::Schema(_) => "schema",
        }
    }

    /// Returns the value as JSON. A duration is a number of milliseconds, a log level is its name.
    ///
    /// Returns `None` for bytes, ranges, limits and schemas, which have no JSON form in any SDK.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use prefab_eval::EvaluatedValue;
    /// let timeout = EvaluatedValue::Duration(Duration::from_secs(30));
    /// assert_eq!(timeout.to_json(), Some(30_000.into()));
    /// ```
    pub fn to_json(&self) -> Option<Json> {
        Some(match self {
            Self::Int(int) => (*int).into(),
            Self::Double(double) => (*double).into(),
            Self::Bool(bool) => (*bool).into(),
            Self::String(text) => text.as_ref().into(),
            Self::StringList(list) => list.as_ref().into(),
            Self::LogLevel(level) => level.name().into(),
            Self::Duration(duration) => millis(*duration),
            Self::Json(json) => json.as_ref().clone(),
            Self::Bytes(_) | Self::IntRange(_) | Self::LimitDefinition(_) | Self::Schema(_) => return None,
        })
    }
}

/// Returns whole milliseconds as an integer, others as a double.
fn millis(duration: Duration) -> Json {
    if duration.subsec_nanos().is_multiple_of(1_000_000)
        && let Ok(millis) = u64::try_from(duration.as_millis())
    {
        return millis.into();
    }
    (duration.as_secs_f64() * 1e3).into()
}

impl fmt::Display for EvaluatedValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => write!(f, "{int}"),
            Self::Double(double) => f.write_str(TextBuffer::default().double(*double)),
            Self::Bool(bool) => write!(f, "{bool}"),
            Self::String(text) => f.write_str(text),
            Self::StringList(list) => write!(f, "[{}]", list.join(", ")),
            Self::LogLevel(level) => write!(f, "{level}"),
            Self::Duration(duration) => f.write_str(&format_duration(*duration)),
            Self::Json(json) => write!(f, "{json}"),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::IntRange(range) => {
                let (start, end) = range.bounds();
                write!(f, "{start}..{end}")
            }
            Self::LimitDefinition(limit) => write!(f, "limit {}", limit.limit),
            Self::Schema(schema) => f.write_str(&schema.schema),
        }
    }
}

/// Returns the name of a declared type, as [`EvaluatedValue::kind`] does for a value.
pub(crate) fn declared_kind(declared: ValueType) -> Option<&'static str> {
    Some(match declared {
        ValueType::Int => "int",
        ValueType::String => "string",
        ValueType::Bytes => "bytes",
        ValueType::Double => "double",
        ValueType::Bool => "bool",
        ValueType::LimitDefinition => "limit definition",
        ValueType::LogLevel => "log level",
        ValueType::StringList => "string list",
        ValueType::IntRange => "int range",
        ValueType::Duration => "duration",
        ValueType::Json => "json",
        ValueType::NotSet => return None,
    })
}
