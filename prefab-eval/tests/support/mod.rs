//! Rulesets that tests build in code.
#![allow(dead_code, reason = "each test uses some of it")]

use std::sync::Arc;

use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigValue, Criterion, Entry, Layer, Operator, Provenance,
};
use prefab_eval::{EvalError, Evaluation, Options, Ruleset};

pub(crate) fn build(configs: Vec<Config>) -> Ruleset {
    build_for(configs, Options::default())
}

pub(crate) fn build_for(configs: Vec<Config>, options: Options) -> Ruleset {
    let provenance = Arc::new(Provenance::new(Layer::Remote, "test"));
    Ruleset::build(configs.into_iter().map(|config| Entry::new(config, Arc::clone(&provenance))), options)
}

pub(crate) fn config(key: impl Into<String>, rules: Vec<ConditionalValue>) -> Config {
    Config { key: key.into(), rows: vec![ConfigRow::default_row(rules)], ..Config::default() }
}

pub(crate) fn criterion(property: &str, operator: Operator, value: impl Into<ConfigValue>) -> Criterion {
    Criterion { property_name: property.into(), operator, value_to_match: Some(value.into()) }
}

/// A config that is true if the criteria match, and has no value otherwise.
pub(crate) fn segment(key: impl Into<String>, criteria: Vec<Criterion>) -> Config {
    config(key, vec![ConditionalValue::when(criteria, true)])
}

/// Formats everything in which two results could differ.
pub(crate) fn format_result(answer: &Result<Evaluation<'_>, EvalError>) -> String {
    match answer {
        Ok(answer) => format!(
            "{:?} {} row {} rule {} choice {:?} secret {} {} {} id {}",
            answer.value,
            answer.reason,
            answer.config_row_index,
            answer.conditional_value_index,
            answer.weighted_value_index,
            answer.is_confidential(),
            answer.match_label(),
            answer.variant(),
            answer.config().id,
        ),
        Err(error) => format!("{error:?}"),
    }
}
