//! The variants of bool flags.

use prefab_core::{Config, ConfigType, ConfigValue, Value, ValueType};

/// Gives a bool flag without variants the variants true and false. Editors with a language server complete and override
/// only values that are variants.
pub fn add_bool_variants(config: &mut Config) {
    let is_flag = config.config_type == ConfigType::FeatureFlag && config.allowable_values.is_empty();
    if is_flag && is_bool(config) {
        config.allowable_values = vec![true.into(), false.into()];
    }
}

/// Returns whether a config is declared as bool, or has only bools without a declaration, as old clients write it.
fn is_bool(config: &Config) -> bool {
    match config.value_type {
        ValueType::Bool => true,
        ValueType::NotSet => {
            let mut values =
                config.rows.iter().flat_map(|row| &row.values).filter_map(|rule| rule.value.as_ref());
            !config.rows.is_empty() && values.all(has_only_bools)
        }
        _ => false,
    }
}

fn has_only_bools(value: &ConfigValue) -> bool {
    match &value.value {
        Value::Bool(_) => true,
        Value::Weighted(weighted) => weighted.values.iter().all(|choice| has_only_bools(&choice.value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use prefab_core::ConditionalValue;
    use prefab_core::ConfigRow;

    use super::*;

    #[test]
    fn only_bool_flags_without_variants_get_variants() {
        let check = |config_type, value_type, value: ConfigValue, variants: &[bool], expected: &[bool]| {
            let mut config = Config {
                config_type,
                value_type,
                rows: vec![ConfigRow::default_row(vec![ConditionalValue::always(value)])],
                allowable_values: variants.iter().map(|variant| (*variant).into()).collect(),
                ..Config::default()
            };
            add_bool_variants(&mut config);
            let expected: Vec<ConfigValue> = expected.iter().map(|variant| (*variant).into()).collect();
            assert_eq!(config.allowable_values, expected, "{config_type:?} {value_type:?}");
        };
        let both = [true, false];
        check(ConfigType::FeatureFlag, ValueType::Bool, true.into(), &[], &both);
        check(ConfigType::FeatureFlag, ValueType::NotSet, true.into(), &[], &both);
        check(ConfigType::FeatureFlag, ValueType::Bool, true.into(), &[true], &[true]);
        check(ConfigType::FeatureFlag, ValueType::NotSet, 1.into(), &[], &[]);
        check(ConfigType::FeatureFlag, ValueType::String, "a".into(), &[], &[]);
        check(ConfigType::Config, ValueType::Bool, true.into(), &[], &[]);
    }
}
