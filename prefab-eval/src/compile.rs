//! The compiler from configs to compiled configs.

use std::{collections::HashMap, sync::Arc};

use foldhash::fast::RandomState;
use prefab_core::{
    Entry, Operator, ProvidedSource, Schema,
    borrowed::{Config, ConfigValue, Criterion, Rule as SourceRule, Value, WeightedValues},
    context::LOOKUP,
    parse_duration,
};
use smallvec::SmallVec;

use crate::{
    EvalError, Finding, Options,
    chain::Chain,
    compiled::{ColdPart, CompiledConfig, Namespace, tried_rows, weight},
    compiled_value::Weighted,
    compiled_value::{CompiledValue, Encrypted, ValueKind},
    keys::KeyTable,
    murmur3::Murmur3,
    operators::{InvalidOperand, Test},
    pattern_budget::PatternBudget,
    property,
    property::Property,
    property_name::Interner,
    rule::{Check, Condition, ProvidedSide, Rule},
};

/// Compiles configs one by one, and shares equal parts between them.
pub(crate) struct Compiler<'a> {
    pub(crate) keys: &'a mut Arc<KeyTable>,
    pub(crate) project_env_id: i64,
    pub(crate) namespace: Namespace,
    pub(crate) patterns: PatternBudget,
    pub(crate) interner: Interner,
    /// Compiled conditions by the bytes of their criteria.
    conditions: HashMap<Box<[u8]>, Arc<[Condition]>, RandomState>,
    findings: Vec<Finding>,
}

/// Maximum number of findings per config.
const FINDINGS_PER_CONFIG: usize = 20;

impl<'a> Compiler<'a> {
    pub(crate) fn new(keys: &'a mut Arc<KeyTable>, options: &Options) -> Self {
        let Options { project_env_id, namespace, regex_limits, patterns, .. } = options;
        let namespace = namespace.as_deref().filter(|namespace| !namespace.is_empty());
        Self {
            keys,
            project_env_id: *project_env_id,
            namespace: namespace.map(|namespace| Arc::new(namespace.into())),
            patterns: PatternBudget::new(patterns.clone(), *regex_limits),
            interner: Interner::default(),
            conditions: HashMap::default(),
            findings: Vec::new(),
        }
    }

    pub(crate) fn config(&mut self, entry: Entry) -> CompiledConfig {
        let config = entry.stored().borrowed();
        let mut rules: SmallVec<[Rule; 1]> = SmallVec::new();
        let mut own_rows = 0;
        let tried = tried_rows(&config.rows, |row| row.project_env_id, self.project_env_id);
        for (at, (place, row)) in (0..).zip(tried) {
            own_rows += u32::from(row.project_env_id.is_some_and(|id| id != 0));
            rules.reserve_exact(row.values.len());
            for (index, rule) in (0..).zip(&row.values) {
                rules.push(self.rule(&config, rule, (at, index), place));
            }
        }
        let has_criteria =
            config.rows.iter().flat_map(|row| &row.values).any(|rule| !rule.criteria.is_empty());
        let chains = Chain::all(&rules);
        let findings: Box<[Finding]> = std::mem::take(&mut self.findings).into();
        let patterns = self.patterns.finish();
        let has_cold_part = !chains.is_empty() || !findings.is_empty() || !patterns.is_empty();
        let is_constant = rules.first().is_some_and(|rule| {
            rule.conditions().is_empty() && !matches!(rule.compiled.kind, ValueKind::Weighted(_))
        });
        CompiledConfig {
            weight: weight(&rules),
            rules,
            has_criteria,
            is_constant,
            own_rows,
            project_env_id: self.project_env_id,
            cold: has_cold_part.then(|| Box::new(ColdPart { chains, findings, patterns })),
            entry,
        }
    }

    fn rule(
        &mut self,
        config: &Config<'_>,
        rule: &SourceRule<'_>,
        (row, index): (u32, u32),
        source: usize,
    ) -> Rule {
        let conditions = self.conditions(config, rule, source, index);
        let compiled = match &rule.value {
            Some(value) => self.compiled(config, value),
            None => invalid(EvalError::UnsupportedValueType { kind: "nothing" }),
        };
        Rule::new(conditions, compiled, row, index)
    }

    /// Compiles criteria, or returns the conditions of equal criteria. Many flags have the same criteria.
    fn conditions(
        &mut self,
        config: &Config<'_>,
        rule: &SourceRule<'_>,
        source: usize,
        index: u32,
    ) -> Option<Arc<[Condition]>> {
        if rule.criteria.is_empty() {
            return None;
        }
        if let Some(known) = self.conditions.get(rule.criteria_bytes) {
            return Some(Arc::clone(known));
        }
        let findings = self.findings.len();
        // Patterns are not shared, because each config has its own limits for them.
        let is_shared = !rule.criteria_bytes.is_empty()
            && !rule.criteria.iter().any(|criterion| is_pattern(criterion.operator));
        let criteria = rule.criteria.iter().enumerate();
        let conditions: Arc<[Condition]> = criteria
            .map(|(nth, criterion)| self.condition(config, criterion, || place(source, index, nth)))
            .collect();
        // Criteria with findings are compiled again for each config, so that each config has the finding.
        if is_shared && self.findings.len() == findings {
            self.conditions.insert(rule.criteria_bytes.into(), Arc::clone(&conditions));
        }
        Some(conditions)
    }

    fn condition(
        &mut self,
        config: &Config<'_>,
        criterion: &Criterion<'_>,
        place: impl Fn() -> String,
    ) -> Condition {
        let Criterion { property_name, operator, value_to_match } = criterion;
        let value = value_to_match.as_ref().map(|value| &value.value);
        if property::is_padded(*operator, property_name) {
            let cause =
                format!("the property `{}` has spaces around it; remove them", property_name.escape_debug());
            self.report(config, format!("{}.propertyName", place()), cause);
        }
        // A client without a namespace compares the property like any other, by a plain prefix.
        let by_segment = self.namespace.is_some() && property::is_namespace(property_name);
        let check = match (operator, value) {
            (Operator::InSeg | Operator::NotInSeg, Some(Value::String(key))) => {
                Ok(Check::Segment { slot: self.slot(key), negated: *operator == Operator::NotInSeg })
            }
            (Operator::InSeg | Operator::NotInSeg, _) => Err(InvalidOperand::Segment),
            (_, Some(Value::Provided { source: ProvidedSource::EnvVar, .. }))
                if !Test::accepts_variable(*operator) =>
            {
                Err(InvalidOperand::Variable)
            }
            (_, Some(Value::Provided { source: ProvidedSource::EnvVar, lookup })) => {
                Ok(Check::Provided(Box::new(ProvidedSide {
                    operator: *operator,
                    variable: (*lookup).into(),
                    by_segment,
                })))
            }
            (Operator::PropMatches | Operator::PropDoesNotMatch, Some(Value::String(text))) => {
                let negated = *operator == Operator::PropDoesNotMatch;
                match self.patterns.pattern(text) {
                    Ok(pattern) => Ok(Check::of_pattern(pattern, negated)),
                    Err(cause) => {
                        if let Some(mut cause) = cause {
                            if value_to_match.as_ref().is_some_and(ConfigValue::is_secret) {
                                "the confidential pattern is invalid or exceeds a limit; the criterion never matches"
                                    .clone_into(&mut cause);
                            }
                            self.report(config, place(), cause);
                        }
                        Ok(Check::Test(Test::Never))
                    }
                }
            }
            _ => Test::compile(*operator, value, by_segment).map(Check::Test),
        };
        let check = check.unwrap_or_else(|invalid| {
            let cause = invalid.describe(*operator, value_to_match.as_ref());
            self.report(config, format!("{}.{}", place(), invalid.field()), cause);
            Check::Test(InvalidOperand::test(*operator))
        });
        Condition {
            property: Property::compile(property_name, self.namespace.as_ref(), &mut self.interner),
            check,
        }
    }

    fn compiled(&mut self, config: &Config<'_>, value: &ConfigValue<'_>) -> CompiledValue {
        CompiledValue::new(self.kind(config, value), value.is_secret())
    }

    fn kind(&mut self, config: &Config<'_>, value: &ConfigValue<'_>) -> ValueKind {
        if let Value::Provided { source, lookup } = &value.value {
            return match source {
                ProvidedSource::EnvVar => {
                    ValueKind::Provided { variable: (*lookup).into(), expected: config.value_type }
                }
                ProvidedSource::NotSet => ValueKind::Invalid(Box::new(EvalError::UnknownProvidedSource)),
            };
        }
        match (value.encrypted_with(), &value.value) {
            (None, plain) => self.plain(config, plain, value.confidential),
            // Each value of a rollout has its own encryption.
            (Some(_), Value::Weighted(weighted)) => self.weighted(config, weighted, value.confidential),
            (Some(key), Value::String(stored)) => ValueKind::Encrypted(Box::new(Encrypted {
                stored: (*stored).into(),
                slot: self.slot(key),
                decrypt_with: key.into(),
            })),
            (Some(key), other) => ValueKind::Invalid(Box::new(EvalError::UnableToDecrypt {
                decrypt_with: key.to_owned(),
                cause: format!("expected an encrypted string, not {}", other.kind()),
            })),
        }
    }

    fn plain(&mut self, config: &Config<'_>, value: &Value<'_>, is_confidential: bool) -> ValueKind {
        let cause =
            |error: String| if is_confidential { "the value is confidential".to_owned() } else { error };
        let error = match value {
            Value::Int(int) => return ValueKind::Int(*int),
            Value::String(text) => return ValueKind::String((*text).into()),
            Value::Bytes(bytes) => return ValueKind::Bytes((*bytes).into()),
            Value::Double(double) => return ValueKind::Double(*double),
            Value::Bool(bool) => return ValueKind::Bool(*bool),
            Value::Weighted(weighted) => return self.weighted(config, weighted, is_confidential),
            Value::LimitDefinition(limit) => return ValueKind::LimitDefinition(Box::new(limit.clone())),
            Value::LogLevel(level) => return ValueKind::LogLevel(*level),
            Value::StringList(list) => {
                return ValueKind::StringList(list.iter().map(|text| (*text).to_owned()).collect());
            }
            Value::IntRange(range) => return ValueKind::IntRange(Box::new(*range)),
            Value::Schema { schema, schema_type } => {
                let schema = Schema { schema: (*schema).to_owned(), schema_type: *schema_type };
                return ValueKind::Schema(Box::new(schema));
            }
            Value::Duration(text) => match parse_duration(text) {
                Ok(duration) => return ValueKind::Duration(duration),
                Err(error) => EvalError::InvalidDuration { cause: cause(error.to_string()) },
            },
            Value::Json(text) => match serde_json::from_str(text) {
                Ok(json) => return ValueKind::Json(Box::new(json)),
                Err(error) => EvalError::InvalidJson { cause: cause(error.to_string()) },
            },
            Value::NotSet | Value::Provided { .. } => EvalError::UnsupportedValueType { kind: "nothing" },
        };
        self.report(config, "value", error.to_string());
        ValueKind::Invalid(Box::new(error))
    }

    /// Records a finding, unless the config has [`FINDINGS_PER_CONFIG`] already.
    fn report(&mut self, config: &Config<'_>, place: impl Into<String>, cause: String) {
        if self.findings.len() < FINDINGS_PER_CONFIG {
            self.findings.push(Finding::new(config.key, place, cause));
        }
    }

    /// The choices of a confidential rollout are confidential.
    fn weighted(
        &mut self,
        config: &Config<'_>,
        weighted: &WeightedValues<'_>,
        is_confidential: bool,
    ) -> ValueKind {
        let WeightedValues { values, hash_by_property_name } = weighted;
        if values.is_empty() {
            let error = EvalError::InvalidWeightedValues;
            self.report(config, "value", error.to_string());
            return ValueKind::Invalid(Box::new(error));
        }
        let property = hash_by_property_name.filter(|name| !name.is_empty()).unwrap_or(LOOKUP);
        ValueKind::Weighted(Box::new(Weighted::new(
            Murmur3::default().absorb(config.key.as_bytes()),
            self.interner.name(property),
            values.iter().map(|(weight, _)| *weight),
            values
                .iter()
                .map(|(_, value)| {
                    if is_confidential && !value.confidential {
                        return self.compiled(config, &ConfigValue { confidential: true, ..value.clone() });
                    }
                    self.compiled(config, value)
                })
                .collect(),
        )))
    }

    fn slot(&mut self, key: &str) -> u32 {
        KeyTable::slot_or_insert(self.keys, key, || key.into())
    }
}

fn is_pattern(operator: Operator) -> bool {
    matches!(operator, Operator::PropMatches | Operator::PropDoesNotMatch)
}

fn invalid(error: EvalError) -> CompiledValue {
    CompiledValue::new(ValueKind::Invalid(Box::new(error)), false)
}

fn place(row: usize, rule: u32, criterion: usize) -> String {
    format!("rows[{row}].values[{rule}].criteria[{criterion}]")
}
