//! The content of an item: rules of `{type, value}`, for all environments and for single ones.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

/// A config, feature flag, segment, log level or schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Item {
    /// The version, a number as a string that increases with every change. In a request, the version to replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "17017173800583163")]
    pub id: Option<String>,
    /// The config key.
    #[schema(example = "new-checkout")]
    pub key: String,
    /// The number of the project, as a string. Ignored in requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// The type of the item.
    #[serde(rename = "type")]
    pub purpose: ItemType,
    /// The type of its values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_type: Option<ValueKind>,
    /// Whether front ends receive the item. They always receive flags and log levels.
    #[serde(default)]
    pub send_to_client_sdk: bool,
    /// The config key of the schema that its values must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_key: Option<String>,
    /// The tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["checkout", "team-blue"]))]
    pub tags: Vec<String>,
    /// The possible values of a flag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// The rules of all environments without rules of their own. They also apply in an environment if none of its own
    /// rules match.
    #[serde(default)]
    pub default: Rules,
    /// The rules of single environments.
    #[serde(default)]
    pub environments: Vec<EnvironmentRules>,
}

/// The type of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemType {
    /// A configuration value.
    Config,
    /// A feature flag.
    FeatureFlag,
    /// The level of one logger, given by its path.
    LogLevel,
    /// A segment: a condition to which other items refer.
    Segment,
    /// A schema that the values of other items must match.
    Schema,
    /// The single log level item of newer SDKs.
    LogLevelV2,
    /// A limit of the retired rate limiter.
    LimitDefinition,
}

impl ItemType {
    /// Returns the name, such as `feature_flag`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::FeatureFlag => "feature_flag",
            Self::LogLevel => "log_level",
            Self::Segment => "segment",
            Self::Schema => "schema",
            Self::LogLevelV2 => "log_level_v2",
            Self::LimitDefinition => "limit_definition",
        }
    }
}

/// The type of a value, or the way in which it is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// `true` or `false`.
    Bool,
    /// An integer of 64 bits.
    Int,
    /// A floating-point number of 64 bits.
    Double,
    /// A string.
    String,
    /// A list of strings.
    StringList,
    /// A JSON document.
    Json,
    /// A log level, such as `DEBUG`.
    LogLevel,
    /// A duration in ISO 8601, such as `PT30S`.
    Duration,
    /// A range of integers.
    IntRange,
    /// Bytes in base64.
    Bytes,
    /// A schema and its type.
    Schema,
    /// A limit of the retired rate limiter.
    LimitDefinition,
    /// A percentage rollout: a list of `{weight, value}`.
    WeightedValues,
    /// The value of an environment variable of the client: `{source: "ENV_VAR", lookup}`.
    Provided,
}

impl ValueKind {
    /// Returns the name, such as `string_list`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Double => "double",
            Self::String => "string",
            Self::StringList => "string_list",
            Self::Json => "json",
            Self::LogLevel => "log_level",
            Self::Duration => "duration",
            Self::IntRange => "int_range",
            Self::Bytes => "bytes",
            Self::Schema => "schema",
            Self::LimitDefinition => "limit_definition",
            Self::WeightedValues => "weighted_values",
            Self::Provided => "provided",
        }
    }
}

/// A list of rules. The first rule that matches provides the value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The rules, in the order of their evaluation.
    pub rules: Vec<Rule>,
}

/// The rules of one environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentRules {
    /// The number of the environment, as a string. A request may contain its name.
    #[schema(example = "3")]
    pub id: String,
    /// The rules, in the order of their evaluation.
    pub rules: Vec<Rule>,
}

/// A value, and the criteria under which it applies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The criteria, all of which must match. A rule without criteria always matches.
    #[serde(default)]
    pub criteria: Vec<FlatCriterion>,
    /// The value.
    pub value: FlatValue,
}

/// A criterion of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlatCriterion {
    /// The context and its property: `user.email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "user.plan")]
    pub property_name: Option<String>,
    /// The operator.
    #[schema(example = "PROP_IS_ONE_OF")]
    pub operator: String,
    /// The value with which the property is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_to_match: Option<FlatValue>,
}

/// A value and its type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlatValue {
    /// The type of the value.
    #[serde(rename = "type")]
    pub kind: ValueKind,
    /// The value. Integers beyond 2^53 are strings; requests may contain any integer as a string.
    #[schema(value_type = Value)]
    pub value: Json,
    /// The property that decides a percentage rollout. Without it, the decision is random.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash_by_property_name: Option<String>,
    /// Whether logs, telemetry and displays redact the value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confidential: bool,
    /// The config key of the item that names the encryption key of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decrypt_with: Option<String>,
}

impl FlatValue {
    /// Returns a value that is neither confidential nor encrypted.
    pub fn new(kind: ValueKind, value: impl Into<Json>) -> Self {
        Self {
            kind,
            value: value.into(),
            hash_by_property_name: None,
            confidential: false,
            decrypt_with: None,
        }
    }
}

/// A possible value of a flag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// The value.
    pub value: FlatValue,
    /// The name of the variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The meaning of the variant, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Item {
    /// Returns an item without rules.
    pub fn new(key: impl Into<String>, item_type: ItemType) -> Self {
        Self {
            id: None,
            key: key.into(),
            project_id: None,
            purpose: item_type,
            value_type: None,
            send_to_client_sdk: false,
            schema_key: None,
            tags: Vec::new(),
            variants: Vec::new(),
            default: Rules::default(),
            environments: Vec::new(),
        }
    }
}
