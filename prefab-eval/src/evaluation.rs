//! The engine's answer.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use prefab_core::{
    Config, Entry, IntRange, LimitDefinition, LogLevel, Match, Provenance, Schema, duration::format_duration,
    text::TextBuffer,
};
use serde_json::Value as Json;

use crate::{
    compiled::CompiledConfig,
    compiled_value::{CompiledValue, ValueKind},
    rule::Rule,
};

/// A value, borrowed from the ruleset wherever it stands there.
#[derive(Clone, Debug, PartialEq)]
pub enum EvaluatedValue<'r> {
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// A boolean.
    Bool(bool),
    /// A text.
    String(Cow<'r, str>),
    /// A list of texts.
    StringList(Cow<'r, [String]>),
    /// A log level.
    LogLevel(LogLevel),
    /// A length of time.
    Duration(Duration),
    /// A JSON value.
    Json(Cow<'r, Json>),
    /// Raw bytes.
    Bytes(&'r [u8]),
    /// A range of integers.
    IntRange(IntRange),
    /// A limit of the retired rate limiter.
    LimitDefinition(&'r LimitDefinition),
    /// A schema.
    Schema(&'r Schema),
}

impl<'r> EvaluatedValue<'r> {
    /// Returns the value that stands in the ruleset; `None` where there is one to be made, or none.
    #[inline]
    pub(crate) fn precomputed(kind: &'r ValueKind) -> Option<Self> {
        Some(match kind {
            ValueKind::Int(int) => Self::Int(*int),
            ValueKind::Double(double) => Self::Double(*double),
            ValueKind::Bool(bool) => Self::Bool(*bool),
            ValueKind::String(text) => Self::String(Cow::Borrowed(text)),
            ValueKind::StringList(list) => Self::StringList(Cow::Borrowed(list)),
            ValueKind::LogLevel(level) => Self::LogLevel(*level),
            ValueKind::Duration(duration) => Self::Duration(*duration),
            ValueKind::Json(json) => Self::Json(Cow::Borrowed(json)),
            ValueKind::Bytes(bytes) => Self::Bytes(bytes),
            ValueKind::IntRange(range) => Self::IntRange(**range),
            ValueKind::LimitDefinition(limit) => Self::LimitDefinition(limit),
            ValueKind::Schema(schema) => Self::Schema(schema),
            ValueKind::Weighted(_)
            | ValueKind::Provided { .. }
            | ValueKind::Encrypted(_)
            | ValueKind::Invalid(_) => {
                return None;
            }
        })
    }
}

impl EvaluatedValue<'_> {
    /// Returns the kind in one word, for messages: `int`, `string list`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "int",
            Self::Double(_) => "double",
            Self::Bool(_) => "bool",
            Self::String(_) => "string",
            Self::StringList(_) => "string list",
            Self::LogLevel(_) => "log level",
            Self::Duration(_) => "duration",
            Self::Json(_) => "json",
            Self::Bytes(_) => "bytes",
            Self::IntRange(_) => "int range",
            Self::LimitDefinition(_) => "limit definition",
            Self::Schema(_) => "schema",
        }
    }

    /// Returns the value as JSON; `None` for the kinds that a dynamic getter refuses.
    ///
    /// A duration is its length in milliseconds, a log level its name.
    pub fn to_json(&self) -> Option<Json> {
        Some(match self {
            Self::Int(int) => (*int).into(),
            Self::Double(double) => (*double).into(),
            Self::Bool(bool) => (*bool).into(),
            Self::String(text) => text.as_ref().into(),
            Self::StringList(list) => list.as_ref().into(),
            Self::LogLevel(level) => level.name().into(),
            Self::Duration(duration) => millis(*duration),
            Self::Json(json) => json.as_ref().clone(),
            Self::Bytes(_) | Self::IntRange(_) | Self::LimitDefinition(_) | Self::Schema(_) => return None,
        })
    }
}

/// Whole milliseconds as an integer, others as a double.
fn millis(duration: Duration) -> Json {
    if duration.subsec_nanos().is_multiple_of(1_000_000)
        && let Ok(millis) = u64::try_from(duration.as_millis())
    {
        return millis.into();
    }
    (duration.as_secs_f64() * 1e3).into()
}

impl fmt::Display for EvaluatedValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => write!(f, "{int}"),
            Self::Double(double) => f.write_str(TextBuffer::default().double(*double)),
            Self::Bool(bool) => write!(f, "{bool}"),
            Self::String(text) => f.write_str(text),
            Self::StringList(list) => write!(f, "[{}]", list.join(", ")),
            Self::LogLevel(level) => write!(f, "{level}"),
            Self::Duration(duration) => f.write_str(&format_duration(*duration)),
            Self::Json(json) => write!(f, "{json}"),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::IntRange(range) => {
                let (start, end) = range.bounds();
                write!(f, "{start}..{end}")
            }
            Self::LimitDefinition(limit) => write!(f, "limit {}", limit.limit),
            Self::Schema(schema) => f.write_str(&schema.schema),
        }
    }
}

/// Why this value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No rule of the config has criteria.
    Static,
    /// The config has criteria, and they were asked.
    TargetingMatch,
    /// A percentage decided.
    Split,
    /// The caller's default was handed out.
    Default,
    /// An error kept the value back.
    Error,
}

impl Reason {
    /// Returns the name that `OpenFeature` has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "STATIC",
            Self::TargetingMatch => "TARGETING_MATCH",
            Self::Split => "SPLIT",
            Self::Default => "DEFAULT",
            Self::Error => "ERROR",
        }
    }

    /// Returns its number in telemetry.
    pub fn number(self) -> i32 {
        match self {
            Self::Static => 1,
            Self::TargetingMatch => 2,
            Self::Split => 3,
            Self::Default => 4,
            Self::Error => 5,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A value, why it is this one, and which rule gave it.
#[derive(Clone, Debug)]
pub struct Evaluation<'r> {
    /// The value.
    pub value: EvaluatedValue<'r>,
    /// Why this value.
    pub reason: Reason,
    /// The row: the environment's rows first, then the default ones, from 0.
    pub config_row_index: u32,
    /// The rule within its row, from 0.
    pub conditional_value_index: u32,
    /// The choice among weighted values, from 0; absent where no percentage decided.
    pub weighted_value_index: Option<u32>,
    pub(crate) config: &'r CompiledConfig,
    pub(crate) answer: &'r CompiledValue,
    pub(crate) secret: bool,
    /// The text of the environment variable that provided a secret.
    pub(crate) provided: Option<Box<str>>,
}

impl<'r> Evaluation<'r> {
    /// Returns the config that answered; its model may have to be made, so this is not for a hot path.
    pub fn config(&self) -> Cow<'r, Config> {
        self.config.entry.config()
    }

    /// Returns a number that no other answer of a ruleset has had in this process.
    #[inline]
    pub fn id(&self) -> u64 {
        self.answer.id()
    }

    /// Tells whether the value stands in the ruleset. Others are made anew each time and may differ.
    #[inline]
    pub fn is_precomputed(&self) -> bool {
        self.answer.kind.is_precomputed()
    }

    /// Returns the config that answered, shared, with where it came from.
    pub fn entry(&self) -> &'r Entry {
        &self.config.entry
    }

    /// Returns where that config came from.
    pub fn provenance(&self) -> &'r Arc<Provenance> {
        self.config.entry.provenance()
    }

    /// Returns what matched: `default`, `env:<id>`, `nm:<namespace>`, or the key or variable of a file.
    pub fn match_label(&self) -> Cow<'r, str> {
        if let Match::Text(text) = &self.provenance().matched {
            return Cow::Borrowed(text);
        }
        let place = (self.config_row_index, self.conditional_value_index);
        let rule = self.config.rules.iter().find(|rule| (rule.row, rule.index) == place);
        if let Some(namespace) = rule.and_then(Rule::namespace) {
            return Cow::Owned(format!("nm:{namespace}"));
        }
        let environment = self.config.environment_of(self.config_row_index);
        environment.map_or(Cow::Borrowed("default"), |id| Cow::Owned(format!("env:{id}")))
    }

    /// Tells whether the value must not be shown.
    pub fn is_confidential(&self) -> bool {
        self.secret
    }

    /// Returns the value's text, redacted where it is confidential.
    pub fn display_value(&self) -> String {
        if self.secret { self.redacted() } else { self.value.to_string() }
    }

    /// Returns the name of the variant: the one it was given, else the value's own text.
    pub fn variant(&self) -> String {
        let config = self.config();
        let values = config.rows.iter().flat_map(|row| &row.values).filter_map(|rule| rule.value.as_ref());
        let named = values
            .chain(&config.allowable_values)
            .find(|value| value.name.is_some() && self.answer.is_same(value));
        named.and_then(|value| value.name.clone()).unwrap_or_else(|| self.display_value())
    }

    fn redacted(&self) -> String {
        match (&self.answer.kind, &self.provided) {
            (ValueKind::Encrypted(encrypted), _) => prefab_core::redact(&encrypted.stored),
            (_, Some(text)) => prefab_core::redact(text),
            _ => prefab_core::redact(&self.value.to_string()),
        }
    }
}
