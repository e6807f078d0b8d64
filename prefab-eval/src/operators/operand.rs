//! Operands that do not fit their operators.

use std::fmt;

use prefab_core::{Operator, borrowed::ConfigValue};

use super::Test;

/// Why the operand of a criterion does not fit its operator. The criterion is then the same for every context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidOperand {
    List,
    Text,
    Number,
    Instant,
    Version,
    Pattern,
    IntRange,
    EmptyIntRange,
    Segment,
    /// The operator never compares with an environment variable.
    Variable,
    NoOperator,
    UnknownOperator,
}

impl InvalidOperand {
    /// Returns the field of the criterion that is wrong.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::NoOperator | Self::UnknownOperator => "operator",
            _ => "valueToMatch",
        }
    }

    /// Returns the test of a criterion with an invalid operand.
    ///
    /// As in the official SDKs, a negated list operator matches everything and all other operators match nothing.
    pub(crate) fn test(operator: Operator) -> Test {
        use Operator as O;
        match operator {
            O::NotInSeg
            | O::LookupKeyNotIn
            | O::PropIsNotOneOf
            | O::PropDoesNotStartWithOneOf
            | O::PropDoesNotEndWithOneOf
            | O::PropDoesNotContainOneOf => Test::Always,
            _ => Test::Never,
        }
    }

    /// Returns the problem, its consequence and its remedy.
    pub(crate) fn describe(self, operator: Operator, operand: Option<&ConfigValue<'_>>) -> String {
        let outcome = match Self::test(operator) {
            Test::Always => "the criterion always matches",
            _ => "the criterion never matches",
        };
        let name = operator.name();
        match self {
            Self::NoOperator => format!("the operator is missing; {outcome}"),
            Self::UnknownOperator => {
                format!("operator {} is not supported; {outcome}", operator.number())
            }
            Self::EmptyIntRange => {
                format!("the start of the range is not less than its end; {outcome}")
            }
            Self::Variable => {
                format!("`{name}` cannot compare with an environment variable; {outcome}; use a fixed value")
            }
            _ => format!("`{name}` compares with {}, not {}; {outcome}", self.expected(), Found(operand)),
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::List => "a list of strings such as [\"a\", \"b\"]",
            Self::Text => "a string",
            Self::Number => "a number: an int or a double",
            Self::Instant => {
                "a date and time with an offset, for example `2024-12-05T10:30:00Z`, or with milliseconds since 1970"
            }
            Self::Version => "a full semantic version, for example `2.0.0`",
            Self::Pattern => "a regular expression in a string",
            Self::IntRange => "a range of integers",
            _ => "the key of a segment",
        }
    }
}

/// An operand in a message. Confidential text is not shown.
struct Found<'a>(Option<&'a ConfigValue<'a>>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use prefab_core::borrowed::Value;
        const MAX_CHARS: usize = 60;
        let Some(operand) = self.0 else { return f.write_str("nothing") };
        match &operand.value {
            Value::NotSet => f.write_str("nothing"),
            Value::String(text) if !operand.is_secret() => {
                let shown: String = text.chars().take(MAX_CHARS).flat_map(char::escape_debug).collect();
                let rest = if text.chars().nth(MAX_CHARS).is_some() { "…" } else { "" };
                write!(f, "the string `{shown}{rest}`")
            }
            Value::Double(double) if double.is_nan() => f.write_str("NaN"),
            other => write!(f, "a value of type {}", other.kind()),
        }
    }
}
