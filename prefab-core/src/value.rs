//! The values of rules.
//!
//! # Examples
//!
//! ```
//! use prefab_core::value::{ConfigValue, Value};
//!
//! let secret = ConfigValue::from("s3cr3t").confidential();
//! assert!(secret.is_secret());
//! assert_eq!(secret.value, Value::String("s3cr3t".into()));
//! ```

use crate::LogLevel;

/// A value of a rule, with its confidentiality and encryption.
///
/// # Examples
///
/// ```
/// use prefab_core::ConfigValue;
///
/// let value = ConfigValue { name: Some("blue".into()), ..ConfigValue::from("#0000ff") };
/// assert!(!value.is_secret());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigValue {
    /// The value.
    pub value: Value,
    /// Whether logs, telemetry and displays redact the value.
    pub confidential: bool,
    /// The key of the config that contains the decryption key of this value.
    pub decrypt_with: Option<String>,
    /// The name of the variant.
    pub name: Option<String>,
    /// The description of the variant.
    pub description: Option<String>,
}

impl ConfigValue {
    /// Returns whether the value is redacted where it is displayed: it is confidential or encrypted.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::ConfigValue;
    /// let encrypted = ConfigValue { decrypt_with: Some("secret-key".into()), ..ConfigValue::from("9f--…") };
    /// assert!(encrypted.is_secret());
    /// ```
    pub fn is_secret(&self) -> bool {
        self.confidential || self.encrypted_with().is_some()
    }

    /// Returns the key of the config with the decryption key. An empty key means that the value is not encrypted.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::ConfigValue;
    /// let encrypted = ConfigValue { decrypt_with: Some("secret-key".into()), ..ConfigValue::from("9f--…") };
    /// assert_eq!(encrypted.encrypted_with(), Some("secret-key"));
    /// ```
    pub fn encrypted_with(&self) -> Option<&str> {
        self.decrypt_with.as_deref().filter(|key| !key.is_empty())
    }

    /// Marks the value as confidential.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::ConfigValue;
    /// assert!(ConfigValue::from("s3cr3t").confidential().is_secret());
    /// ```
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

/// A value of one of the types that Prefab supports.
///
/// # Examples
///
/// ```
/// use prefab_core::Value;
/// assert_eq!(Value::from(30), Value::Int(30));
/// assert_eq!(Value::from(["a", "b"]).kind(), "string list");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// No value. Evaluating a rule with it is an error.
    #[default]
    NotSet,
    /// A 64-bit integer.
    Int(i64),
    /// A string.
    String(String),
    /// Raw bytes.
    Bytes(Vec<u8>),
    /// A double.
    Double(f64),
    /// A boolean.
    Bool(bool),
    /// A percentage rollout.
    Weighted(WeightedValues),
    /// A limit of the retired rate limiter.
    LimitDefinition(LimitDefinition),
    /// A log level.
    LogLevel(LogLevel),
    /// A list of strings.
    StringList(Vec<String>),
    /// A half-open range of integers.
    IntRange(IntRange),
    /// A value that is read from an environment variable.
    Provided(Provided),
    /// The text of an ISO 8601 duration.
    Duration(String),
    /// The text of a JSON value.
    Json(String),
    /// A schema for the JSON values of other configs.
    Schema(Schema),
}

impl Value {
    /// Returns the name of the type for messages, for example `int` or `string list`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::Value;
    /// assert_eq!(Value::Double(0.5).kind(), "double");
    /// ```
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

/// Returns an int as a double, if a double represents it exactly.
///
/// # Examples
///
/// ```
/// use prefab_core::exact_double;
/// assert_eq!(exact_double(2), Some(2.0));
/// assert_eq!(exact_double((1 << 53) + 1), None);
/// ```
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the result is compared with the int"
)]
pub fn exact_double(int: i64) -> Option<f64> {
    let double = int as f64;
    // 128 bits, because i64::MAX rounds to 2^63.
    (double as i128 == i128::from(int)).then_some(double)
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

/// A percentage rollout: values and their weights.
///
/// # Examples
///
/// True for 10 % of users, always the same ones:
///
/// ```
/// use prefab_core::{WeightedValue, WeightedValues};
///
/// let rollout = WeightedValues {
///     values: vec![
///         WeightedValue { weight: 10, value: true.into() },
///         WeightedValue { weight: 90, value: false.into() },
///     ],
///     hash_by_property_name: Some("user.key".into()),
/// };
/// assert_eq!(rollout.values.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightedValues {
    /// The values.
    pub values: Vec<WeightedValue>,
    /// The property whose hash selects the value, so that the same user always gets the same value. Without it, or if
    /// the property is absent, the value is chosen at random.
    pub hash_by_property_name: Option<String>,
}

/// A value of a percentage rollout and its weight, relative to the sum of the weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightedValue {
    /// The weight. Weights that a server sends are not negative.
    pub weight: i32,
    /// The value.
    pub value: ConfigValue,
}

/// A half-open range: it contains `start` and does not contain `end`.
///
/// # Examples
///
/// ```
/// use prefab_core::IntRange;
/// let adults = IntRange { start: Some(18), end: None };
/// assert_eq!(adults.bounds(), (18, i64::MAX));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntRange {
    /// The first integer in the range. `None` is [`i64::MIN`].
    pub start: Option<i64>,
    /// The first integer after the range. `None` is [`i64::MAX`].
    pub end: Option<i64>,
}

impl IntRange {
    /// Returns the bounds, with the defaults for the absent ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::IntRange;
    /// assert_eq!(IntRange { start: None, end: Some(5) }.bounds(), (i64::MIN, 5));
    /// ```
    pub fn bounds(self) -> (i64, i64) {
        (self.start.unwrap_or(i64::MIN), self.end.unwrap_or(i64::MAX))
    }
}

/// A value that is read from the environment of the program at each evaluation.
///
/// # Examples
///
/// ```
/// use prefab_core::{Provided, ProvidedSource, Value};
///
/// let url = Provided { source: ProvidedSource::EnvVar, lookup: "DATABASE_URL".into() };
/// assert_eq!(Value::from(url).kind(), "provided");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provided {
    /// The source.
    pub source: ProvidedSource,
    /// The name of the environment variable.
    pub lookup: String,
}

/// The source of a provided value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProvidedSource {
    /// Not specified.
    #[default]
    NotSet,
    /// An environment variable.
    EnvVar,
}

/// A limit of the retired rate limiter. It is part of the protocol and unused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitDefinition {
    /// The number of the policy on the wire.
    pub policy_name: i32,
    /// The limit.
    pub limit: i32,
    /// The burst.
    pub burst: i32,
    /// The account.
    pub account_id: i64,
    /// The time of the last change, in milliseconds since 1970-01-01T00:00:00Z.
    pub last_modified: i64,
    /// Whether acquired units can be returned.
    pub returnable: bool,
    /// The number of the safety level on the wire.
    pub safety_level: i32,
}

/// A schema for JSON values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// The text of the schema.
    pub schema: String,
    /// The schema language.
    pub schema_type: SchemaType,
}

/// A schema language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemaType {
    /// Not specified.
    #[default]
    Unknown,
    /// Zod.
    Zod,
    /// JSON Schema.
    JsonSchema,
}
