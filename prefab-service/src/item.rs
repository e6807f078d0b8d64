//! The flat form of a config, to be written by hand: rules of `{type, value}`, by default and by environment.
//!
//! Start with [`Item`]. Everything a config has is in it, so reading what was written gives the same again.

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
    /// The version: the text of a number that grows with every change. Names what a change replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "17017173800583163")]
    pub id: Option<String>,
    /// Its name.
    #[schema(example = "new-checkout")]
    pub key: String,
    /// The project; ignored in what is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// What it is used for.
    #[serde(rename = "type")]
    pub purpose: ItemType,
    /// What kind of value it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_type: Option<ValueKind>,
    /// Whether front ends may see it; they always see flags and log levels.
    #[serde(default)]
    pub send_to_client_sdk: bool,
    /// The key of the schema its values must follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_key: Option<String>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["checkout", "team-blue"]))]
    pub tags: Vec<String>,
    /// The values it may have, for a flag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// The rules of every environment without rules of its own, and what those fall back to.
    #[serde(default)]
    pub default: Rules,
    /// The rules of single environments.
    #[serde(default)]
    pub environments: Vec<EnvironmentRules>,
}

/// What an item is used for.
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
    /// Returns what a config is used for.
    pub fn of(config: &Config) -> Self {
        from_config::purpose(config.config_type)
    }
}

/// A kind of value, or of recipe for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// `true` or `false`.
    Bool,
    /// A whole number of 64 bits.
    Int,
    /// A floating-point number of 64 bits.
    Double,
    /// A text.
    String,
    /// A list of texts.
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
    /// A choice by percentage: a list of `{weight, value}`.
    WeightedValues,
    /// What an environment variable holds where the client runs: `{source: "ENV_VAR", lookup}`.
    Provided,
}

/// Rules; the first one that holds gives the value.
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
    /// The environment's number as a text, or its name in what is sent.
    #[schema(example = "3")]
    pub id: String,
    /// The rules, in the order in which they are evaluated.
    pub rules: Vec<Rule>,
}

/// A value, and when it is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// All of them must hold; without any, the rule always holds.
    #[serde(default)]
    pub criteria: Vec<FlatCriterion>,
    /// The value that the rule returns.
    pub value: FlatValue,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlatCriterion {
    /// Context and property: `user.email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "user.plan")]
    pub property_name: Option<String>,
    /// How to compare.
    #[schema(example = "PROP_IS_ONE_OF")]
    pub operator: String,
    /// What to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_to_match: Option<FlatValue>,
}

/// A value and its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlatValue {
    /// The kind of the value.
    #[serde(rename = "type")]
    pub kind: ValueKind,
    /// The value. Whole numbers beyond 2^53 are texts, and may be texts always.
    #[schema(value_type = Value)]
    pub value: Json,
    /// The property that decides a choice by percentage; chance decides without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash_by_property_name: Option<String>,
    /// Keeps the value out of logs, telemetry and displays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confidential: bool,
    /// The key of the config that holds the key this value is encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decrypt_with: Option<String>,
}

/// A value that a flag may have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// The value.
    pub value: FlatValue,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the value means, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Item {
    /// Returns the flat form of a config.
    pub fn of(config: &Config) -> Self {
        from_config::item(config)
    }

    /// Returns the config, or what cannot be understood and where.
    pub fn to_config(&self, environments: &[prefab_store::Environment]) -> Result<Config, Vec<String>> {
        to_config::config(self, environments)
    }
}

impl FlatValue {
    /// Returns the flat form of a value.
    pub fn of(value: &prefab_core::ConfigValue) -> Self {
        from_config::value(value)
    }

    /// Returns the value, or what cannot be understood; `place` says where it stands.
    pub fn to_value(&self, place: &str) -> Result<prefab_core::ConfigValue, String> {
        to_config::value(self, place)
    }
}

/// Returns the flat form as tools for moving away read it, which want variants twice.
pub fn to_json(config: &Config) -> Json {
    let item = Item::of(config);
    let variants: Vec<&FlatValue> = item.variants.iter().map(|variant| &variant.value).collect();
    // These are maps with texts for keys, which always can be written.
    let mut json = serde_json::to_value(&item).unwrap_or_default();
    json["allowableValues"] = serde_json::to_value(variants).unwrap_or_default();
    json
}

/// Names a type: `feature_flag`.
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
