//! Items: configs in a form that people can write by hand, with rules of `{type, value}` by environment.
//!
//! Start with [`Item`]. It contains everything that a config contains, so a round trip returns an equal config.

mod from_config;
mod to_config;

use prefab_core::{Config, ConfigType};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

/// A config, a feature flag, a segment, a log level or a schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Item {
    /// The version, as a decimal string. Every change has a higher version. In a change it is the version to replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "17017173800583163")]
    pub id: Option<String>,
    /// The config key.
    #[schema(example = "new-checkout")]
    pub key: String,
    /// The project; ignored in requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// The type of the item.
    #[serde(rename = "type")]
    pub purpose: ItemType,
    /// The type of its values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_type: Option<ValueKind>,
    /// Whether front ends receive it. They always receive flags and log levels.
    #[serde(default)]
    pub send_to_client_sdk: bool,
    /// The key of the schema that its values must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_key: Option<String>,
    /// Tags, for searching.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["checkout", "team-blue"]))]
    pub tags: Vec<String>,
    /// The values that a flag may have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// The default rules: for environments without rules of their own, and when no rule of an environment matches.
    #[serde(default)]
    pub default: Rules,
    /// The rules by environment.
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
    /// The level of one logger, by its path.
    LogLevel,
    /// A segment: a condition that other items refer to.
    Segment,
    /// A schema that the values of other items must match.
    Schema,
    /// The single log level item of newer SDKs.
    LogLevelV2,
    /// A limit of the retired rate limiter.
    LimitDefinition,
}

impl ItemType {
    /// Returns the type of a config.
    pub fn of(config: &Config) -> Self {
        from_config::purpose(config.config_type)
    }
}

/// The type of a value, or of a value that is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// `true` or `false`.
    Bool,
    /// A whole number of 64 bits.
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
    /// A range of whole numbers.
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

/// A list of rules. The first rule that matches returns its value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The rules, in the order in which they are evaluated.
    pub rules: Vec<Rule>,
}

/// The rules of one environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentRules {
    /// The id of the environment as a decimal string. Requests may contain the name instead.
    #[schema(example = "3")]
    pub id: String,
    /// The rules, in the order in which they are evaluated.
    pub rules: Vec<Rule>,
}

/// A value, and the criteria under which it is returned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The criteria, all of which must match. Without criteria the rule always matches.
    #[serde(default)]
    pub criteria: Vec<FlatCriterion>,
    /// The value that the rule returns.
    pub value: FlatValue,
}

/// One criterion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlatCriterion {
    /// Context and property: `user.email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "user.plan")]
    pub property_name: Option<String>,
    /// The operator.
    #[schema(example = "PROP_IS_ONE_OF")]
    pub operator: String,
    /// The value to compare with.
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
    /// The value. Whole numbers beyond 2^53 are strings; smaller ones may be strings in requests.
    #[schema(value_type = Value)]
    pub value: Json,
    /// The property that a percentage rollout depends on. Without it the choice is random.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash_by_property_name: Option<String>,
    /// Keeps the value out of logs, telemetry and displays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confidential: bool,
    /// The key of the config that contains the encryption key of this value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decrypt_with: Option<String>,
}

/// A value that a flag may have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// The value.
    pub value: FlatValue,
    /// The name of the variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The meaning of the value, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Item {
    /// Returns the item for a config.
    pub fn of(config: &Config) -> Self {
        from_config::item(config)
    }

    /// Returns the config for an item.
    ///
    /// # Errors
    ///
    /// The problems, each with its place.
    pub fn to_config(&self, environments: &[prefab_store::Environment]) -> Result<Config, Vec<String>> {
        to_config::config(self, environments)
    }
}

impl FlatValue {
    /// Returns the flat form of a config value.
    pub fn of(value: &prefab_core::ConfigValue) -> Self {
        from_config::value(value)
    }

    /// Returns the config value.
    ///
    /// # Errors
    ///
    /// The problem, which starts with `place`.
    pub fn to_value(&self, place: &str) -> Result<prefab_core::ConfigValue, String> {
        to_config::value(self, place)
    }
}

/// Returns the item in the form that migration tools read, which contains the variants twice.
pub fn to_json(config: &Config) -> Json {
    let item = Item::of(config);
    let variants: Vec<&FlatValue> = item.variants.iter().map(|variant| &variant.value).collect();
    // Maps with string keys always serialize.
    let mut json = serde_json::to_value(&item).unwrap_or_default();
    json["allowableValues"] = serde_json::to_value(variants).unwrap_or_default();
    json
}

/// Returns the name of a type: `feature_flag`.
pub fn type_name(config_type: ConfigType) -> &'static str {
    match config_type {
        ConfigType::NotSet | ConfigType::Config | ConfigType::Deleted => "config",
        ConfigType::FeatureFlag => "feature_flag",
        ConfigType::LogLevel => "log_level",
        ConfigType::Segment => "segment",
        ConfigType::Schema => "schema",
        ConfigType::LogLevelV2 => "log_level_v2",
        ConfigType::LimitDefinition => "limit_definition",
    }
}

#[cfg(test)]
mod tests;
