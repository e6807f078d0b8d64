//! Configs: keys with rules and values, as people wrote them.

use std::collections::BTreeMap;

use crate::{ConfigValue, ContextSet, Criterion};

/// One keyed item: a config, a feature flag, a log level, a segment, a schema.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Grows with every change: of two configs with one key, the higher id is the newer.
    pub id: i64,
    /// The project it belongs to.
    pub project_id: i64,
    /// Its name.
    pub key: String,
    /// Who changed it last.
    pub changed_by: Option<ChangedBy>,
    /// The rules, one row per environment and one without an environment.
    pub rows: Vec<ConfigRow>,
    /// The variants of a flag.
    pub allowable_values: Vec<ConfigValue>,
    /// What it is used for; evaluation never asks.
    pub config_type: ConfigType,
    /// The draft it came from.
    pub draft_id: Option<i64>,
    /// What an environment variable is turned into.
    pub value_type: ValueType,
    /// Whether browsers may see it.
    pub send_to_client_sdk: bool,
    /// The key of the schema its JSON must follow.
    pub schema_key: Option<String>,
    /// Words that people find it by where it is managed; clients are not told.
    pub tags: Vec<String>,
}

impl Config {
    /// Returns a config that always has one value, as a scalar in a YAML file does.
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

    /// Tells whether this says that the key was deleted.
    pub fn is_tombstone(&self) -> bool {
        self.rows.is_empty() || self.config_type == ConfigType::Deleted
    }
}

/// The rules of one environment, or, without an environment, those of all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigRow {
    /// The environment; absent for the default row.
    pub project_env_id: Option<i64>,
    /// The rules, in order.
    pub values: Vec<ConditionalValue>,
    /// Carried, never consulted.
    pub properties: BTreeMap<String, ConfigValue>,
}

impl ConfigRow {
    /// Returns the default row with these rules.
    pub fn default_row(values: Vec<ConditionalValue>) -> Self {
        Self { values, ..Self::default() }
    }

    /// Returns a row of one environment with these rules.
    pub fn for_environment(project_env_id: i64, values: Vec<ConditionalValue>) -> Self {
        Self { project_env_id: Some(project_env_id), values, ..Self::default() }
    }
}

/// One rule: a value and the criteria that must all hold for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConditionalValue {
    /// The criteria; none means always.
    pub criteria: Vec<Criterion>,
    /// The value; a rule without one is an error of that config.
    pub value: Option<ConfigValue>,
}

impl ConditionalValue {
    /// Returns a rule without criteria.
    pub fn always(value: impl Into<ConfigValue>) -> Self {
        Self { criteria: Vec::new(), value: Some(value.into()) }
    }

    /// Returns a rule with these criteria.
    pub fn when(criteria: Vec<Criterion>, value: impl Into<ConfigValue>) -> Self {
        Self { criteria, value: Some(value.into()) }
    }
}

/// Who made a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedBy {
    /// The user's number.
    pub user_id: i64,
    /// The user's e-mail address.
    pub email: String,
    /// The API key used.
    pub api_key_id: String,
    /// The user as other systems know them.
    pub user_identity: String,
}

/// Names each variant of a wire enum once.
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
            pub fn from_number(number: i32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// Returns the variant with this name on the wire.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

wire_enum! {
    /// What a config is used for.
    ConfigType {
        /// Not said.
        #[default]
        NotSet = 0, "NOT_SET_CONFIG_TYPE";
        /// A config.
        Config = 1, "CONFIG";
        /// A feature flag.
        FeatureFlag = 2, "FEATURE_FLAG";
        /// A log level.
        LogLevel = 3, "LOG_LEVEL";
        /// A segment: a named condition.
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
    /// The kind of value a config is declared to have.
    ValueType {
        /// Not said.
        #[default]
        NotSet = 0, "NOT_SET_VALUE_TYPE";
        /// A 64-bit integer.
        Int = 1, "INT";
        /// A text.
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
        /// A list of texts.
        StringList = 10, "STRING_LIST";
        /// A range of integers.
        IntRange = 11, "INT_RANGE";
        /// A duration.
        Duration = 12, "DURATION";
        /// A JSON value.
        Json = 13, "JSON";
    }
}

/// A project's configs as one file or one message carries them.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigSet<C = Config> {
    /// The configs: models, or [`StoredConfig`](crate::StoredConfig)s.
    pub configs: Vec<C>,
    /// Which project and environment they are for.
    pub pointer: Option<Pointer>,
    /// Contexts that the server hands to every client.
    pub default_context: ContextSet,
    /// A message that only keeps the connection open.
    pub keep_alive: bool,
}

impl<C> Default for ConfigSet<C> {
    fn default() -> Self {
        Self { configs: Vec::new(), pointer: None, default_context: ContextSet::default(), keep_alive: false }
    }
}

/// Which project and environment a set of configs is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pointer {
    /// The project.
    pub project_id: i64,
    /// The highest config id at the time.
    pub start_at_id: i64,
    /// The environment.
    pub project_env_id: i64,
}
