//! The values a rule can give.

use crate::LogLevel;

/// A value as it was written, with what is said about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigValue {
    /// The value itself.
    pub value: Value,
    /// Keeps the value out of logs, telemetry and displays.
    pub confidential: bool,
    /// The key of the config whose value decrypts this one.
    pub decrypt_with: Option<String>,
    /// The name of a variant, where it has one.
    pub name: Option<String>,
    /// A variant's description, where it has one.
    pub description: Option<String>,
}

impl ConfigValue {
    /// Tells whether the value must be redacted before it is shown.
    pub fn is_secret(&self) -> bool {
        self.confidential || self.encrypted_with().is_some()
    }

    /// Returns the key of the decrypting config; an empty name means "not encrypted".
    pub fn encrypted_with(&self) -> Option<&str> {
        self.decrypt_with.as_deref().filter(|key| !key.is_empty())
    }

    /// Marks the value confidential.
    #[must_use]
    pub fn confidential(mut self) -> Self {
        self.confidential = true;
        self
    }
}

impl<T: Into<Value>> From<T> for ConfigValue {
    fn from(value: T) -> Self {
        Self { value: value.into(), ..Self::default() }
    }
}

/// One of the kinds of value that Prefab has.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing was set. A rule that gives this is an error of that config.
    #[default]
    NotSet,
    /// A 64-bit integer.
    Int(i64),
    /// A text.
    String(String),
    /// Raw bytes.
    Bytes(Vec<u8>),
    /// A double.
    Double(f64),
    /// A boolean, as flags have.
    Bool(bool),
    /// A choice by percentage.
    Weighted(WeightedValues),
    /// A limit of the retired rate limiter.
    LimitDefinition(LimitDefinition),
    /// A log level.
    LogLevel(LogLevel),
    /// A list of texts.
    StringList(Vec<String>),
    /// A half-open range of integers.
    IntRange(IntRange),
    /// A value that the environment provides.
    Provided(Provided),
    /// An ISO 8601 duration, as written.
    Duration(String),
    /// A JSON text.
    Json(String),
    /// A schema for the values of another config.
    Schema(Schema),
}

impl Value {
    /// Returns the kind in one word, for messages: `int`, `string list`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotSet => "nothing",
            Self::Int(_) => "int",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Double(_) => "double",
            Self::Bool(_) => "bool",
            Self::Weighted(_) => "weighted values",
            Self::LimitDefinition(_) => "limit definition",
            Self::LogLevel(_) => "log level",
            Self::StringList(_) => "string list",
            Self::IntRange(_) => "int range",
            Self::Provided(_) => "provided",
            Self::Duration(_) => "duration",
            Self::Json(_) => "json",
            Self::Schema(_) => "schema",
        }
    }
}

macro_rules! value_from {
    ($($from:ty => $variant:ident,)*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}
value_from! {
    i64 => Int, i32 => Int, u32 => Int, i16 => Int, u16 => Int, i8 => Int, u8 => Int, f64 => Double, bool => Bool, String => String, &str => String,
    LogLevel => LogLevel, Vec<String> => StringList, WeightedValues => Weighted, IntRange => IntRange,
    Provided => Provided, LimitDefinition => LimitDefinition, Schema => Schema,
}

impl From<std::time::Duration> for Value {
    fn from(duration: std::time::Duration) -> Self {
        Self::Duration(crate::duration::format_duration(duration))
    }
}

impl From<&[&str]> for Value {
    fn from(list: &[&str]) -> Self {
        Self::StringList(list.iter().map(|text| (*text).to_owned()).collect())
    }
}

impl<const N: usize> From<[&str; N]> for Value {
    fn from(list: [&str; N]) -> Self {
        list.as_slice().into()
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        Self::Json(json.to_string())
    }
}

/// Values chosen by percentage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightedValues {
    /// The choices, in order.
    pub values: Vec<WeightedValue>,
    /// The property whose value decides, so that the same user always gets the same choice.
    pub hash_by_property_name: Option<String>,
}

/// One choice and its weight, relative to the sum of all weights beside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightedValue {
    /// The weight; data from a server is never negative.
    pub weight: i32,
    /// The value.
    pub value: ConfigValue,
}

/// A half-open range: `start` is in it, `end` is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntRange {
    /// The first integer in the range; absent means the smallest there is.
    pub start: Option<i64>,
    /// The first integer past the range; absent means the largest there is.
    pub end: Option<i64>,
}

impl IntRange {
    /// Returns the bounds with the absent ones filled in.
    pub fn bounds(self) -> (i64, i64) {
        (self.start.unwrap_or(i64::MIN), self.end.unwrap_or(i64::MAX))
    }
}

/// A value that is looked up where the program runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provided {
    /// Where to look.
    pub source: ProvidedSource,
    /// What to look for: the name of an environment variable.
    pub lookup: String,
}

/// Where a provided value comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProvidedSource {
    /// Nowhere that was said.
    #[default]
    NotSet,
    /// An environment variable.
    EnvVar,
}

/// A limit of the retired rate limiter; carried, never used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitDefinition {
    /// The policy's number on the wire.
    pub policy_name: i32,
    /// The limit.
    pub limit: i32,
    /// The burst.
    pub burst: i32,
    /// The account.
    pub account_id: i64,
    /// When it changed, in milliseconds since 1970.
    pub last_modified: i64,
    /// Whether it can be given back.
    pub returnable: bool,
    /// The safety level's number on the wire.
    pub safety_level: i32,
}

/// A schema for JSON values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// The schema's text.
    pub schema: String,
    /// The language it is written in.
    pub schema_type: SchemaType,
}

/// The language of a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemaType {
    /// Not said.
    #[default]
    Unknown,
    /// Zod.
    Zod,
    /// JSON Schema.
    JsonSchema,
}
