//! Lossless conversions of values to the declared type of their config.

use prefab_core::{Config, ConfigValue, Value, ValueType};

/// Converts the ints of a config that is declared as DOUBLE to doubles.
///
/// Official SDKs return a value as it is stored, so a program that reads a double would receive an int. An int that a
/// double cannot represent exactly stays an int, which the validation then reports.
pub fn convert_to_declared_type(config: &mut Config) {
    if config.value_type != ValueType::Double {
        return;
    }
    let rules = config.rows.iter_mut().flat_map(|row| &mut row.values);
    rules.filter_map(|rule| rule.value.as_mut()).for_each(to_double);
    config.allowable_values.iter_mut().for_each(to_double);
}

fn to_double(value: &mut ConfigValue) {
    match &mut value.value {
        Value::Int(int) => {
            if let Some(double) = prefab_core::exact_double(*int) {
                value.value = Value::Double(double);
            }
        }
        Value::Weighted(weighted) => {
            weighted.values.iter_mut().for_each(|choice| to_double(&mut choice.value));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use prefab_core::{ConditionalValue, ConfigRow, WeightedValue, WeightedValues};

    use super::*;

    #[test]
    fn ints_of_a_double_config_become_doubles_unless_they_are_inexact() {
        let weighted = WeightedValues {
            values: vec![WeightedValue { weight: 1, value: 3.into() }],
            hash_by_property_name: None,
        };
        let rules =
            [2.into(), ((1_i64 << 53) + 1).into(), 0.5.into(), ConfigValue::from(Value::Weighted(weighted))];
        let rules = rules.into_iter().map(|value| ConditionalValue::when(Vec::new(), value)).collect();
        let mut config = Config {
            value_type: ValueType::Double,
            rows: vec![ConfigRow::default_row(rules)],
            allowable_values: vec![4.into()],
            ..Config::default()
        };
        convert_to_declared_type(&mut config);
        let shown = |value: &ConfigValue| prefab_core::datafile::value_to_json(value).to_string();
        let rules: Vec<String> =
            config.rows[0].values.iter().filter_map(|rule| rule.value.as_ref()).map(shown).collect();
        assert_eq!(rules[..3], [r#"{"double":2.0}"#, r#"{"int":"9007199254740993"}"#, r#"{"double":0.5}"#]);
        assert!(rules[3].contains(r#"{"double":3.0}"#), "{}", rules[3]);
        assert_eq!(shown(&config.allowable_values[0]), r#"{"double":4.0}"#);
    }
}
