//! From configs as people wrote them to configs as machines read them.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigValue, ContextValue, Criterion, Entry, IntRange,
    LimitDefinition, LogLevel, Operator, Provided, ProvidedSource, Schema, Value, ValueType, WeightedValues,
    context::LOOKUP, parse_duration,
};
use serde_json::Value as Json;

use crate::{
    EvalError, Finding, RegexLimits,
    chain::Chain,
    keys::KeyTable,
    murmur3::Murmur3,
    operators::Test,
    property,
    property::{Interner, Property},
    weighted::Weighted,
};

/// A config made ready.
#[derive(Debug)]
pub(crate) struct CompiledConfig {
    pub(crate) entry: Entry,
    /// The rules of the environment's rows, then those of the default ones: the order in which they are tried.
    pub(crate) rules: Box<[Rule]>,
    pub(crate) chains: Box<[Chain]>,
    pub(crate) has_criteria: bool,
    pub(crate) rows: Box<[Row]>,
    pub(crate) findings: Box<[Finding]>,
}

#[derive(Debug)]
pub(crate) struct Row {
    /// The place among the rows that are tried.
    pub(crate) index: u32,
    /// The row's place in the config, where the words for an explanation stand.
    pub(crate) source: usize,
    pub(crate) project_env_id: Option<i64>,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) conditions: Box<[Condition]>,
    pub(crate) answer: Answer,
    /// The row, in the order in which they are tried.
    pub(crate) row: u32,
    /// The place in its row.
    pub(crate) index: u32,
    /// The namespace that the rule asks the client's to be in.
    pub(crate) namespace: Option<Box<str>>,
}

#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) property: Property,
    pub(crate) check: Check,
}

#[derive(Debug)]
pub(crate) enum Check {
    Test(Test),
    Segment {
        slot: u32,
        negated: bool,
    },
    /// The right side stands in an environment variable, so it is prepared at each evaluation.
    Provided {
        operator: Operator,
        variable: Box<str>,
        by_segment: bool,
    },
}

/// A value and whether it is secret.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) kind: Kind,
    pub(crate) secret: bool,
    /// No other answer of the process has it.
    pub(crate) id: u64,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Int(i64),
    Double(f64),
    Bool(bool),
    String(Box<str>),
    StringList(Box<[String]>),
    LogLevel(LogLevel),
    Duration(std::time::Duration),
    Json(Box<Json>),
    Bytes(Box<[u8]>),
    IntRange(IntRange),
    LimitDefinition(Box<LimitDefinition>),
    Schema(Box<Schema>),
    Weighted(Box<Weighted>),
    Provided {
        variable: Box<str>,
        wanted: ValueType,
    },
    Encrypted {
        stored: Box<str>,
        slot: u32,
        decrypt_with: Box<str>,
    },
    /// A value that can never be handed out, and why.
    Invalid(Box<EvalError>),
}

impl Kind {
    /// Tells whether the value stands here, the same for every evaluation.
    #[inline]
    pub(crate) fn stands(&self) -> bool {
        !matches!(self, Self::Weighted(_) | Self::Provided { .. } | Self::Encrypted { .. } | Self::Invalid(_))
    }
}

/// Numbers the answers. Only their being different counts.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Answer {
    fn new(kind: Kind, secret: bool) -> Self {
        Self { kind, secret, id: NEXT_ID.fetch_add(1, Ordering::Relaxed) }
    }

    /// Tells whether this is the prepared form of `value`, for the kinds that variants have.
    pub(crate) fn is_same(&self, value: &ConfigValue) -> bool {
        match (&self.kind, &value.value) {
            (Kind::Int(left), Value::Int(right)) => left == right,
            (Kind::Double(left), Value::Double(right)) => left.to_bits() == right.to_bits(),
            (Kind::Bool(left), Value::Bool(right)) => left == right,
            (Kind::String(left), Value::String(right)) => **left == **right,
            (Kind::StringList(left), Value::StringList(right)) => **left == **right,
            (Kind::LogLevel(left), Value::LogLevel(right)) => left == right,
            (Kind::Duration(left), Value::Duration(right)) => parse_duration(right).as_ref() == Ok(left),
            (Kind::Json(left), Value::Json(right)) => {
                serde_json::from_str::<Json>(right).is_ok_and(|right| **left == right)
            }
            _ => false,
        }
    }
}

/// Compiles configs one by one, with what they share.
pub(crate) struct Compiler<'a> {
    pub(crate) keys: &'a mut Arc<KeyTable>,
    pub(crate) project_env_id: i64,
    pub(crate) namespace: Option<Arc<ContextValue>>,
    pub(crate) limits: RegexLimits,
    pub(crate) interner: Interner,
    findings: Vec<Finding>,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(
        keys: &'a mut Arc<KeyTable>,
        project_env_id: i64,
        namespace: Option<&str>,
        limits: RegexLimits,
    ) -> Self {
        let namespace = namespace.filter(|namespace| !namespace.is_empty());
        Self {
            keys,
            project_env_id,
            namespace: namespace.map(|namespace| Arc::new(namespace.into())),
            limits,
            interner: Interner::default(),
            findings: Vec::new(),
        }
    }

    pub(crate) fn config(&mut self, entry: Entry) -> CompiledConfig {
        let config = Arc::clone(&entry.config);
        let env = |row: &ConfigRow| row.project_env_id.filter(|id| *id != 0);
        let all = || config.rows.iter().enumerate();
        let own = all().filter(|(_, row)| env(row).is_some_and(|id| id == self.project_env_id));
        let tried: Vec<_> = own.chain(all().filter(|(_, row)| env(row).is_none())).collect();
        let mut rules = Vec::with_capacity(tried.iter().map(|(_, row)| row.values.len()).sum());
        for (at, (source, row)) in (0..).zip(&tried) {
            for (index, rule) in (0..).zip(&row.values) {
                rules.push(self.rule(&config, rule, (at, index), *source));
            }
        }
        let has_criteria =
            config.rows.iter().flat_map(|row| &row.values).any(|rule| !rule.criteria.is_empty());
        let row = |(index, (source, row)): (u32, (usize, &ConfigRow))| Row {
            index,
            source,
            project_env_id: env(row),
        };
        CompiledConfig {
            chains: Chain::all(&rules),
            rules: rules.into(),
            has_criteria,
            rows: (0..).zip(tried).map(row).collect(),
            findings: std::mem::take(&mut self.findings).into(),
            entry,
        }
    }

    fn rule(
        &mut self,
        config: &Config,
        rule: &ConditionalValue,
        (row, index): (u32, u32),
        source: usize,
    ) -> Rule {
        let conditions = rule
            .criteria
            .iter()
            .enumerate()
            .map(|(nth, criterion)| self.condition(config, criterion, || place(source, index, nth)))
            .collect();
        let answer = match &rule.value {
            Some(value) => self.answer(config, value),
            None => invalid(EvalError::UnsupportedValueType { kind: "nothing" }),
        };
        Rule { conditions, answer, row, index, namespace: self.namespace_of(&rule.criteria) }
    }

    fn namespace_of(&self, criteria: &[Criterion]) -> Option<Box<str>> {
        self.namespace.as_ref()?;
        criteria.iter().find_map(|criterion| {
            match criterion.value_to_match.as_ref().map(|value| &value.value) {
                Some(Value::String(namespace))
                    if criterion.operator == Operator::HierarchicalMatch
                        && property::is_namespace(&criterion.property_name) =>
                {
                    Some(namespace.as_str().into())
                }
                _ => None,
            }
        })
    }

    fn condition(&mut self, config: &Config, criterion: &Criterion, place: impl Fn() -> String) -> Condition {
        let Criterion { property_name, operator, value_to_match } = criterion;
        let value = value_to_match.as_ref().map(|value| &value.value);
        // Without a namespace of the client's own the property is like any other: a plain prefix.
        let by_segment = self.namespace.is_some() && property::is_namespace(property_name);
        let check = match (operator, value) {
            (Operator::InSeg | Operator::NotInSeg, Some(Value::String(key))) => {
                Check::Segment { slot: self.slot(key), negated: *operator == Operator::NotInSeg }
            }
            (Operator::InSeg, _) => Check::Test(Test::Never),
            (Operator::NotInSeg, _) => Check::Test(Test::Always),
            (_, Some(Value::Provided(Provided { source: ProvidedSource::EnvVar, lookup }))) => {
                Check::Provided { operator: *operator, variable: lookup.as_str().into(), by_segment }
            }
            _ => match Test::compile(*operator, value, by_segment, &self.limits) {
                Ok(test) => Check::Test(test),
                Err(unusable) => {
                    self.findings.push(Finding::new(&config.key, place(), unusable.0));
                    Check::Test(Test::Never)
                }
            },
        };
        Condition {
            property: Property::compile(property_name, self.namespace.as_ref(), &mut self.interner),
            check,
        }
    }

    fn answer(&mut self, config: &Config, value: &ConfigValue) -> Answer {
        Answer::new(self.kind(config, value), value.is_secret())
    }

    fn kind(&mut self, config: &Config, value: &ConfigValue) -> Kind {
        if let Value::Provided(Provided { source, lookup }) = &value.value {
            return match source {
                ProvidedSource::EnvVar => {
                    Kind::Provided { variable: lookup.as_str().into(), wanted: config.value_type }
                }
                ProvidedSource::NotSet => Kind::Invalid(Box::new(EvalError::UnknownProvidedSource)),
            };
        }
        match (value.encrypted_with(), &value.value) {
            (None, plain) => self.plain(config, plain),
            // What is chosen by percentage says for itself how it is encrypted.
            (Some(_), Value::Weighted(weighted)) => self.weighted(config, weighted),
            (Some(key), Value::String(stored)) => Kind::Encrypted {
                stored: stored.as_str().into(),
                slot: self.slot(key),
                decrypt_with: key.into(),
            },
            (Some(key), other) => Kind::Invalid(Box::new(EvalError::UnableToDecrypt {
                decrypt_with: key.to_owned(),
                cause: format!("only texts can be encrypted, not {}", other.kind()),
            })),
        }
    }

    fn plain(&mut self, config: &Config, value: &Value) -> Kind {
        let error = match value {
            Value::Int(int) => return Kind::Int(*int),
            Value::String(text) => return Kind::String(text.as_str().into()),
            Value::Bytes(bytes) => return Kind::Bytes(bytes.as_slice().into()),
            Value::Double(double) => return Kind::Double(*double),
            Value::Bool(bool) => return Kind::Bool(*bool),
            Value::Weighted(weighted) => return self.weighted(config, weighted),
            Value::LimitDefinition(limit) => return Kind::LimitDefinition(Box::new(limit.clone())),
            Value::LogLevel(level) => return Kind::LogLevel(*level),
            Value::StringList(list) => return Kind::StringList(list.as_slice().into()),
            Value::IntRange(range) => return Kind::IntRange(*range),
            Value::Schema(schema) => return Kind::Schema(Box::new(schema.clone())),
            Value::Duration(text) => match parse_duration(text) {
                Ok(duration) => return Kind::Duration(duration),
                Err(error) => EvalError::InvalidDuration { cause: error.to_string() },
            },
            Value::Json(text) => match serde_json::from_str(text) {
                Ok(json) => return Kind::Json(Box::new(json)),
                Err(error) => EvalError::InvalidJson { cause: error.to_string() },
            },
            Value::NotSet | Value::Provided(_) => EvalError::UnsupportedValueType { kind: "nothing" },
        };
        self.findings.push(Finding::new(&config.key, "value", error.to_string()));
        Kind::Invalid(Box::new(error))
    }

    fn weighted(&mut self, config: &Config, weighted: &WeightedValues) -> Kind {
        let WeightedValues { values, hash_by_property_name } = weighted;
        if values.is_empty() {
            let error = EvalError::InvalidWeightedValues;
            self.findings.push(Finding::new(&config.key, "value", error.to_string()));
            return Kind::Invalid(Box::new(error));
        }
        let property = hash_by_property_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(LOOKUP);
        Kind::Weighted(Box::new(Weighted::new(
            Murmur3::default().absorb(config.key.as_bytes()),
            self.interner.name(property),
            values.iter().map(|choice| choice.weight),
            values.iter().map(|choice| self.answer(config, &choice.value)).collect(),
        )))
    }

    fn slot(&mut self, key: &str) -> u32 {
        KeyTable::slot_or_insert(self.keys, key)
    }
}

fn invalid(error: EvalError) -> Answer {
    Answer::new(Kind::Invalid(Box::new(error)), false)
}

fn place(row: usize, rule: u32, criterion: usize) -> String {
    format!("rows[{row}].values[{rule}].criteria[{criterion}]")
}
