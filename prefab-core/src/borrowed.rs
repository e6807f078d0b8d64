//! The model of a config with borrowed strings, for compilers.
//!
//! The types mirror [`crate::config`], [`crate::criterion`] and [`crate::value`] without the fields that evaluation
//! ignores. A compiler reads tens of thousands of strings once each; borrowing them avoids as many allocations.
//!
//! # Examples
//!
//! ```
//! use prefab_core::{Config, borrowed};
//!
//! let config = Config::constant("max-jobs", 30);
//! let borrowed = borrowed::Config::from(&config);
//! assert_eq!((borrowed.key, borrowed.rows.len()), ("max-jobs", 1));
//! ```

use crate::{IntRange, LimitDefinition, LogLevel, Operator, ProvidedSource, SchemaType, ValueType};

/// The part of a [`Config`](crate::Config) that evaluation uses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config<'a> {
    /// The config key.
    pub key: &'a str,
    /// The type that the text of an environment variable is converted to.
    pub value_type: ValueType,
    /// The rules: one row per environment, and one default row.
    pub rows: Vec<Row<'a>>,
}

/// The rules of one environment; see [`ConfigRow`](crate::ConfigRow).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row<'a> {
    /// The environment. `None` for the default row.
    pub project_env_id: Option<i64>,
    /// The rules. The first one that matches gives the value.
    pub values: Vec<Rule<'a>>,
}

/// A rule; see [`ConditionalValue`](crate::ConditionalValue).
#[derive(Clone, Debug, Default)]
pub struct Rule<'a> {
    /// The criteria. A rule without criteria always matches.
    pub criteria: Vec<Criterion<'a>>,
    /// The bytes that the criteria were decoded from, if they are contiguous, else empty. Criteria with equal bytes
    /// are equal.
    pub criteria_bytes: &'a [u8],
    /// The value. Evaluating a rule without a value is an error.
    pub value: Option<ConfigValue<'a>>,
}

// Equality ignores the bytes that the criteria were decoded from.
impl PartialEq for Rule<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.criteria == other.criteria && self.value == other.value
    }
}

/// A criterion; see [`Criterion`](crate::Criterion).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Criterion<'a> {
    /// `context.property`.
    pub property_name: &'a str,
    /// The operator.
    pub operator: Operator,
    /// The value to compare the property with.
    pub value_to_match: Option<ConfigValue<'a>>,
}

/// A value with its confidentiality and encryption; see [`ConfigValue`](crate::ConfigValue).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigValue<'a> {
    /// The value.
    pub value: Value<'a>,
    /// Whether logs, telemetry and displays redact the value.
    pub confidential: bool,
    /// The key of the config that contains the decryption key of this value.
    pub decrypt_with: Option<&'a str>,
}

impl<'a> ConfigValue<'a> {
    /// Returns whether the value is redacted where it is displayed: it is confidential or encrypted.
    pub fn is_secret(&self) -> bool {
        self.confidential || self.encrypted_with().is_some()
    }

    /// Returns the key of the config with the decryption key. An empty key means that the value is not encrypted.
    pub fn encrypted_with(&self) -> Option<&'a str> {
        self.decrypt_with.filter(|key| !key.is_empty())
    }
}

/// A value; see [`Value`](crate::Value).
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the variants mirror `prefab_core::Value`")]
pub enum Value<'a> {
    #[default]
    NotSet,
    Int(i64),
    String(&'a str),
    Bytes(&'a [u8]),
    Double(f64),
    Bool(bool),
    Weighted(WeightedValues<'a>),
    LimitDefinition(LimitDefinition),
    LogLevel(LogLevel),
    StringList(Vec<&'a str>),
    IntRange(IntRange),
    Provided {
        source: ProvidedSource,
        lookup: &'a str,
    },
    Duration(&'a str),
    Json(&'a str),
    Schema {
        schema: &'a str,
        schema_type: SchemaType,
    },
}

/// A percentage rollout; see [`WeightedValues`](crate::WeightedValues).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightedValues<'a> {
    /// The weights and the values.
    pub values: Vec<(i32, ConfigValue<'a>)>,
    /// The property whose hash selects the value.
    pub hash_by_property_name: Option<&'a str>,
}

impl Value<'_> {
    /// Returns the name of the type for messages, for example `int` or `string list`.
    pub fn kind(&self) -> &'static str {
        use crate::Value as Model;
        // Delegates to the model, so that each name is defined once.
        match self {
            Self::NotSet => Model::NotSet.kind(),
            Self::Int(_) => Model::Int(0).kind(),
            Self::String(_) => Model::String(String::new()).kind(),
            Self::Bytes(_) => Model::Bytes(Vec::new()).kind(),
            Self::Double(_) => Model::Double(0.0).kind(),
            Self::Bool(_) => Model::Bool(false).kind(),
            Self::Weighted(_) => Model::Weighted(crate::WeightedValues::default()).kind(),
            Self::LimitDefinition(_) => Model::LimitDefinition(LimitDefinition::default()).kind(),
            Self::LogLevel(level) => Model::LogLevel(*level).kind(),
            Self::StringList(_) => Model::StringList(Vec::new()).kind(),
            Self::IntRange(range) => Model::IntRange(*range).kind(),
            Self::Provided { .. } => Model::Provided(crate::Provided::default()).kind(),
            Self::Duration(_) => Model::Duration(String::new()).kind(),
            Self::Json(_) => Model::Json(String::new()).kind(),
            Self::Schema { .. } => Model::Schema(crate::Schema::default()).kind(),
        }
    }
}

impl<'a> From<&'a crate::Config> for Config<'a> {
    fn from(config: &'a crate::Config) -> Self {
        let rule = |rule: &'a crate::ConditionalValue| Rule {
            criteria: rule.criteria.iter().map(Criterion::from).collect(),
            criteria_bytes: &[],
            value: rule.value.as_ref().map(ConfigValue::from),
        };
        let row = |row: &'a crate::ConfigRow| Row {
            project_env_id: row.project_env_id,
            values: row.values.iter().map(rule).collect(),
        };
        Self { key: &config.key, value_type: config.value_type, rows: config.rows.iter().map(row).collect() }
    }
}

impl<'a> From<&'a crate::Criterion> for Criterion<'a> {
    fn from(criterion: &'a crate::Criterion) -> Self {
        let crate::Criterion { property_name, operator, value_to_match } = criterion;
        let value_to_match = value_to_match.as_ref().map(ConfigValue::from);
        Self { property_name, operator: *operator, value_to_match }
    }
}

impl<'a> From<&'a crate::ConfigValue> for ConfigValue<'a> {
    fn from(value: &'a crate::ConfigValue) -> Self {
        let crate::ConfigValue { value, confidential, decrypt_with, name: _, description: _ } = value;
        Self { value: value.into(), confidential: *confidential, decrypt_with: decrypt_with.as_deref() }
    }
}

impl<'a> From<&'a crate::Value> for Value<'a> {
    fn from(value: &'a crate::Value) -> Self {
        use crate::Value as Model;
        match value {
            Model::NotSet => Self::NotSet,
            Model::Int(int) => Self::Int(*int),
            Model::String(text) => Self::String(text),
            Model::Bytes(bytes) => Self::Bytes(bytes),
            Model::Double(double) => Self::Double(*double),
            Model::Bool(bool) => Self::Bool(*bool),
            Model::Weighted(weighted) => Self::Weighted(weighted.into()),
            Model::LimitDefinition(limit) => Self::LimitDefinition(limit.clone()),
            Model::LogLevel(level) => Self::LogLevel(*level),
            Model::StringList(list) => Self::StringList(list.iter().map(String::as_str).collect()),
            Model::IntRange(range) => Self::IntRange(*range),
            Model::Provided(crate::Provided { source, lookup }) => Self::Provided { source: *source, lookup },
            Model::Duration(text) => Self::Duration(text),
            Model::Json(text) => Self::Json(text),
            Model::Schema(crate::Schema { schema, schema_type }) => {
                Self::Schema { schema, schema_type: *schema_type }
            }
        }
    }
}

impl<'a> From<&'a crate::WeightedValues> for WeightedValues<'a> {
    fn from(weighted: &'a crate::WeightedValues) -> Self {
        let crate::WeightedValues { values, hash_by_property_name } = weighted;
        Self {
            values: values.iter().map(|choice| (choice.weight, (&choice.value).into())).collect(),
            hash_by_property_name: hash_by_property_name.as_deref(),
        }
    }
}
