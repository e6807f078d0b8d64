//! Configs: keys with rules and values, as they are stored and sent.
//!
//! # Examples
//!
//! A flag that is on for users with the plan `pro`:
//!
//! ```
//! use prefab_core::{ConditionalValue, Config, ConfigRow, ConfigType, Criterion, Operator};
//!
//! let is_pro = Criterion {
//!     property_name: "user.plan".into(),
//!     operator: Operator::PropIsOneOf,
//!     value_to_match: Some(["pro"].into()),
//! };
//! let rules = vec![ConditionalValue::when(vec![is_pro], true), ConditionalValue::always(false)];
//! let flag = Config {
//!     key: "new-checkout".into(),
//!     config_type: ConfigType::FeatureFlag,
//!     rows: vec![ConfigRow::default_row(rules)],
//!     ..Config::default()
//! };
//! assert!(!flag.is_tombstone());
//! ```

use std::collections::BTreeMap;

use crate::{ConfigValue, ContextSet, Criterion};

/// An item with a key: a config, a feature flag, a log level, a segment or a schema.
///
/// # Examples
///
/// ```
/// use prefab_core::{Config, ConfigRow, ConditionalValue};
///
/// let in_production = ConfigRow::for_environment(3, vec![ConditionalValue::always(100)]);
/// let mut config = Config::constant("max-jobs", 30);
/// config.rows.push(in_production);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The version. Ids grow with every change: of two configs with the same key, the one with the higher id is newer.
    pub id: i64,
    /// The project.
    pub project_id: i64,
    /// The config key.
    pub key: String,
    /// The author of the last change.
    pub changed_by: Option<ChangedBy>,
    /// The rules: one row per environment, and one default row without an environment.
    pub rows: Vec<ConfigRow>,
    /// The variants of a flag.
    pub allowable_values: Vec<ConfigValue>,
    /// The type of item. Evaluation ignores it.
    pub config_type: ConfigType,
    /// The draft that this version was published from.
    pub draft_id: Option<i64>,
    /// The type that the text of an environment variable is converted to.
    pub value_type: ValueType,
    /// Whether front-end SDKs receive the config.
    pub send_to_client_sdk: bool,
    /// The key of the schema that JSON values must match.
    pub schema_key: Option<String>,
    /// Labels for the management of configs. SDKs do not receive them.
    pub tags: Vec<String>,
}

impl Config {
    /// Creates a config that has the same value in every environment and context.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::Config;
    /// let config = Config::constant("max-jobs", 30);
    /// assert_eq!(config.rows.len(), 1);
    /// ```
    pub fn constant(key: impl Into<String>, value: impl Into<ConfigValue>) -> Self {
        Self {
            key: key.into(),
            config_type: ConfigType::Config,
            rows: vec![ConfigRow::default_row(vec![ConditionalValue::always(value)])],
            ..Self::default()
        }
    }

    /// Returns whether this version records that the key was deleted.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Config, ConfigType};
    /// let deleted = Config { config_type: ConfigType::Deleted, ..Config::constant("max-jobs", 30) };
    /// assert!(deleted.is_tombstone());
    /// ```
    pub fn is_tombstone(&self) -> bool {
        self.rows.is_empty() || self.config_type == ConfigType::Deleted
    }
}

/// The rules of one environment, or the default rules.
///
/// The rules of the environment are tried first, then the default rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigRow {
    /// The environment. `None` for the default row.
    pub project_env_id: Option<i64>,
    /// The rules. The first one that matches gives the value.
    pub values: Vec<ConditionalValue>,
    /// Part of the protocol; unused.
    pub properties: BTreeMap<String, ConfigValue>,
}

impl ConfigRow {
    /// Creates the default row.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{ConditionalValue, ConfigRow};
    /// let row = ConfigRow::default_row(vec![ConditionalValue::always(true)]);
    /// assert_eq!(row.project_env_id, None);
    /// ```
    pub fn default_row(values: Vec<ConditionalValue>) -> Self {
        Self { values, ..Self::default() }
    }

    /// Creates the row of an environment.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{ConditionalValue, ConfigRow};
    /// let row = ConfigRow::for_environment(3, vec![ConditionalValue::always(true)]);
    /// assert_eq!(row.project_env_id, Some(3));
    /// ```
    pub fn for_environment(project_env_id: i64, values: Vec<ConditionalValue>) -> Self {
        Self { project_env_id: Some(project_env_id), values, ..Self::default() }
    }
}

/// A rule: a value, and the criteria that must all match.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConditionalValue {
    /// The criteria. A rule without criteria always matches.
    pub criteria: Vec<Criterion>,
    /// The value. Evaluating a rule without a value is an error.
    pub value: Option<ConfigValue>,
}

impl ConditionalValue {
    /// Creates a rule that always matches.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::ConditionalValue;
    /// assert!(ConditionalValue::always("hello").criteria.is_empty());
    /// ```
    pub fn always(value: impl Into<ConfigValue>) -> Self {
        Self { criteria: Vec::new(), value: Some(value.into()) }
    }

    /// Creates a rule with criteria.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{ConditionalValue, Criterion, Operator};
    ///
    /// let present = Criterion {
    ///     property_name: "user.key".into(),
    ///     operator: Operator::IsPresent,
    ///     value_to_match: None,
    /// };
    /// let rule = ConditionalValue::when(vec![present], true);
    /// assert_eq!(rule.criteria.len(), 1);
    /// ```
    pub fn when(criteria: Vec<Criterion>, value: impl Into<ConfigValue>) -> Self {
        Self { criteria, value: Some(value.into()) }
    }
}

/// The author of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedBy {
    /// The id of the user.
    pub user_id: i64,
    /// The e-mail address of the user.
    pub email: String,
    /// The API key that was used.
    pub api_key_id: String,
    /// The id of the user in another system.
    pub user_identity: String,
}

/// Defines an enum whose variants have a name and a number on the wire.
macro_rules! wire_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $number:literal, $text:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// Every variant.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Returns the number on the wire.
            pub fn number(self) -> i32 {
                match self { $(Self::$variant => $number,)* }
            }

            /// Returns the variant with this number on the wire.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use prefab_core::", stringify!($name), ";")]
            #[doc = concat!("for variant in ", stringify!($name), "::ALL {")]
            #[doc = concat!("    assert_eq!(", stringify!($name), "::from_number(variant.number()), Some(*variant));")]
            /// }
            /// ```
            pub fn from_number(number: i32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// Returns the variant with this name on the wire.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use prefab_core::", stringify!($name), ";")]
            #[doc = concat!("for variant in ", stringify!($name), "::ALL {")]
            #[doc = concat!("    assert_eq!(", stringify!($name), "::from_name(variant.name()), Some(*variant));")]
            /// }
            /// ```
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

wire_enum! {
    /// The type of an item.
    ConfigType {
        /// Not specified.
        #[default]
        NotSet = 0, "NOT_SET_CONFIG_TYPE";
        /// A config.
        Config = 1, "CONFIG";
        /// A feature flag.
        FeatureFlag = 2, "FEATURE_FLAG";
        /// A log level.
        LogLevel = 3, "LOG_LEVEL";
        /// A segment: rules that other configs refer to by key.
        Segment = 4, "SEGMENT";
        /// A limit of the retired rate limiter.
        LimitDefinition = 5, "LIMIT_DEFINITION";
        /// A deleted key.
        Deleted = 6, "DELETED";
        /// A schema.
        Schema = 7, "SCHEMA";
        /// The single log level key of newer clients.
        LogLevelV2 = 8, "LOG_LEVEL_V2";
    }
}

wire_enum! {
    /// The declared type of a config's values.
    ValueType {
        /// Not specified.
        #[default]
        NotSet = 0, "NOT_SET_VALUE_TYPE";
        /// A 64-bit integer.
        Int = 1, "INT";
        /// A string.
        String = 2, "STRING";
        /// Raw bytes.
        Bytes = 3, "BYTES";
        /// A double.
        Double = 4, "DOUBLE";
        /// A boolean.
        Bool = 5, "BOOL";
        /// A limit of the retired rate limiter.
        LimitDefinition = 7, "LIMIT_DEFINITION";
        /// A log level.
        LogLevel = 9, "LOG_LEVEL";
        /// A list of strings.
        StringList = 10, "STRING_LIST";
        /// A range of integers.
        IntRange = 11, "INT_RANGE";
        /// A duration.
        Duration = 12, "DURATION";
        /// A JSON value.
        Json = 13, "JSON";
    }
}

/// The configs of a project, as one file or one message contains them.
///
/// # Examples
///
/// ```
/// use prefab_core::{Config, ConfigSet, datafile};
///
/// let set = ConfigSet { configs: vec![Config::constant("max-jobs", 30)], ..ConfigSet::default() };
/// println!("{:#}", datafile::to_json(&set));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigSet<C = Config> {
    /// The configs: [`Config`]s, or [`StoredConfig`](crate::StoredConfig)s.
    pub configs: Vec<C>,
    /// The project and the environment that the configs are for.
    pub pointer: Option<Pointer>,
    /// Contexts that the server sends to every client.
    pub default_context: ContextSet,
    /// Whether this is a message without content that keeps a connection open.
    pub keep_alive: bool,
}

impl<C> Default for ConfigSet<C> {
    fn default() -> Self {
        Self { configs: Vec::new(), pointer: None, default_context: ContextSet::default(), keep_alive: false }
    }
}

/// The project and the environment that a set of configs is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pointer {
    /// The project.
    pub project_id: i64,
    /// The highest config id in the project when the set was sent.
    pub start_at_id: i64,
    /// The environment.
    pub project_env_id: i64,
}
