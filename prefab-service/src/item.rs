//! Conversion between configs and items, the form of the management API: rules of `{type, value}`, by default and by
//! environment.
//!
//! Start with [`from_config`] and [`to_config`]. An item contains everything of a config, so reading an item that was
//! written from a config returns an equal config.

mod from_config;
mod to_config;

use prefab_core::{Config, ConfigType, ConfigValue};
pub use prefab_management_api::{
    EnvironmentRules, FlatCriterion, FlatValue, Item, ItemType, Rule, Rules, ValueKind, Variant,
};
use prefab_store::Environment;
use serde_json::Value as Json;

/// Returns the item of a config.
pub fn from_config(config: &Config) -> Item {
    from_config::item(config)
}

/// Returns the config of an item.
///
/// # Errors
///
/// The problems of the item, each with its place.
pub fn to_config(item: &Item, environments: &[Environment]) -> Result<Config, Vec<String>> {
    to_config::config(item, environments)
}

/// Returns the flat form of a value.
pub fn from_value(value: &ConfigValue) -> FlatValue {
    from_config::value(value)
}

/// Returns the value of a flat form.
///
/// # Errors
///
/// The problem of the value. `place` is the path of the value in the request.
pub fn to_value(value: &FlatValue, place: &str) -> Result<ConfigValue, String> {
    to_config::value(value, place)
}

/// Returns the type of a config.
pub fn item_type(config: &Config) -> ItemType {
    from_config::purpose(config.config_type)
}

/// Returns the item in the form that migration tools read, which contains the variants twice.
pub fn to_json(config: &Config) -> Json {
    let item = from_config(config);
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
