//! The operators of criteria, each compiled with its operand.

mod affix;
mod instant;
mod number;
mod one_of;
mod operand;
mod pattern;
mod texts;
mod version;

use std::sync::Arc;

use prefab_core::{ContextValue, Operator, borrowed::Value};

pub(crate) use instant::format_instant;
pub use instant::{InvalidInstant, parse_instant};
pub use pattern::RegexLimits;
pub(crate) use pattern::{ParsedPattern, Pattern};

use affix::{Affix, PackedTexts};
use number::{Number, Relation};
pub(crate) use one_of::TextSet;
pub(crate) use operand::InvalidOperand;
pub(crate) use texts::fingerprint;
use version::Version;

/// A compiled operator and operand.
#[derive(Debug)]
pub(crate) enum Test {
    Never,
    Always,
    OneOf {
        texts: TextSet,
        negated: bool,
    },
    Affix {
        affix: Affix,
        texts: PackedTexts,
        negated: bool,
    },
    /// A plain prefix, or for namespaces a prefix of whole segments.
    Hierarchical {
        prefix: Box<str>,
        by_segment: bool,
    },
    InIntRange {
        start: i64,
        end: i64,
    },
    Compare {
        relation: Relation,
        number: Number,
    },
    Instant {
        millis: i64,
        before: bool,
    },
    /// A pattern with a state table; others are searched for with an [`SearchBudget`](crate::SearchBudget).
    Matches {
        pattern: Arc<Pattern>,
        negated: bool,
    },
    Semver {
        relation: Relation,
        version: Box<str>,
    },
    Present {
        negated: bool,
    },
}

impl Test {
    /// Compiles an operator, except segments, which need the ruleset, and patterns, which have limits.
    ///
    /// # Errors
    ///
    /// [`InvalidOperand`] if the operand does not fit the operator. [`InvalidOperand::test`] is then the test.
    pub(crate) fn compile(
        operator: Operator,
        value: Option<&Value<'_>>,
        by_segment: bool,
    ) -> Result<Self, InvalidOperand> {
        use Operator as O;
        Ok(match operator {
            O::AlwaysTrue => Self::Always,
            O::LookupKeyIn | O::PropIsOneOf => Self::one_of(list(value)?, false),
            O::LookupKeyNotIn | O::PropIsNotOneOf => Self::one_of(list(value)?, true),
            O::PropStartsWithOneOf => Self::affix(Affix::Start, list(value)?, false),
            O::PropDoesNotStartWithOneOf => Self::affix(Affix::Start, list(value)?, true),
            O::PropEndsWithOneOf => Self::affix(Affix::End, list(value)?, false),
            O::PropDoesNotEndWithOneOf => Self::affix(Affix::End, list(value)?, true),
            O::PropContainsOneOf => Self::affix(Affix::Anywhere, list(value)?, false),
            O::PropDoesNotContainOneOf => Self::affix(Affix::Anywhere, list(value)?, true),
            O::HierarchicalMatch => match value {
                Some(Value::String(prefix)) => Self::Hierarchical { prefix: (*prefix).into(), by_segment },
                _ => return Err(InvalidOperand::Text),
            },
            O::InIntRange => match value {
                Some(Value::IntRange(range)) => {
                    let (start, end) = range.bounds();
                    if start >= end {
                        return Err(InvalidOperand::EmptyIntRange);
                    }
                    Self::InIntRange { start, end }
                }
                _ => return Err(InvalidOperand::IntRange),
            },
            O::PropLessThan => Self::compare(Relation::Less, value)?,
            O::PropLessThanOrEqual => Self::compare(Relation::LessOrEqual, value)?,
            O::PropGreaterThan => Self::compare(Relation::Greater, value)?,
            O::PropGreaterThanOrEqual => Self::compare(Relation::GreaterOrEqual, value)?,
            O::PropBefore => Self::instant(value, true)?,
            O::PropAfter => Self::instant(value, false)?,
            O::PropSemverLessThan => Self::semver(Relation::Less, value)?,
            O::PropSemverEqual => Self::semver(Relation::Equal, value)?,
            O::PropSemverGreaterThan => Self::semver(Relation::Greater, value)?,
            O::IsPresent => Self::Present { negated: false },
            O::IsNotPresent => Self::Present { negated: true },
            O::InSeg | O::NotInSeg => return Err(InvalidOperand::Segment),
            O::PropMatches | O::PropDoesNotMatch => return Err(InvalidOperand::Pattern),
            O::NotSet => return Err(InvalidOperand::NoOperator),
            // Operators of later versions.
            _ => return Err(InvalidOperand::UnknownOperator),
        })
    }

    /// Returns whether an operator can compare with the text of an environment variable.
    pub(crate) fn accepts_variable(operator: Operator) -> bool {
        use Operator as O;
        !matches!(
            operator,
            O::NotSet
                | O::Other(_)
                | O::InIntRange
                | O::PropLessThan
                | O::PropLessThanOrEqual
                | O::PropGreaterThan
                | O::PropGreaterThanOrEqual
        )
    }

    fn one_of(texts: &[&str], negated: bool) -> Self {
        Self::OneOf { texts: TextSet::new(texts), negated }
    }

    fn affix(affix: Affix, texts: &[&str], negated: bool) -> Self {
        Self::Affix { affix, texts: PackedTexts::new(texts), negated }
    }

    fn compare(relation: Relation, value: Option<&Value<'_>>) -> Result<Self, InvalidOperand> {
        let number = match value {
            Some(Value::Int(int)) => Number::Int(*int),
            Some(Value::Double(double)) if !double.is_nan() => Number::Double(*double),
            _ => return Err(InvalidOperand::Number),
        };
        Ok(Self::Compare { relation, number })
    }

    fn instant(value: Option<&Value<'_>>, before: bool) -> Result<Self, InvalidOperand> {
        let millis = match value {
            Some(Value::Int(millis)) => Some(*millis),
            Some(Value::Double(millis)) => instant::truncate(*millis),
            Some(Value::String(text)) => parse_instant(text).ok(),
            _ => None,
        };
        Ok(Self::Instant { millis: millis.ok_or(InvalidOperand::Instant)?, before })
    }

    fn semver(relation: Relation, value: Option<&Value<'_>>) -> Result<Self, InvalidOperand> {
        match value {
            Some(Value::String(text)) if Version::parse(text).is_some() => {
                Ok(Self::Semver { relation, version: (*text).into() })
            }
            _ => Err(InvalidOperand::Version),
        }
    }

    /// Returns whether a property matches. `None` is an absent property.
    #[inline]
    pub(crate) fn matches(&self, property: Option<&ContextValue>) -> bool {
        match (self, property) {
            // The most frequent operators are inlined.
            (Self::OneOf { texts, negated }, Some(ContextValue::String(text))) => {
                texts.contains(text) != *negated
            }
            (Self::Affix { affix, texts, negated }, Some(ContextValue::String(text))) => {
                affix.in_text(texts, text) != *negated
            }
            _ => self.matches_other(property),
        }
    }

    #[inline(never)]
    fn matches_other(&self, property: Option<&ContextValue>) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::OneOf { texts, negated } => {
                property.is_some_and(|value| texts.contains_value(value)) != *negated
            }
            Self::Affix { affix, texts, negated } => {
                property.is_some_and(|value| affix.found(texts, value)) != *negated
            }
            Self::Hierarchical { prefix, by_segment } => match property {
                Some(ContextValue::String(text)) if *by_segment => covers(prefix, text),
                Some(ContextValue::String(text)) => text.starts_with(&**prefix),
                _ => false,
            },
            Self::InIntRange { start, end } => Number::of(property).is_some_and(|number| {
                Relation::GreaterOrEqual.matches(number, Number::Int(*start))
                    && Relation::Less.matches(number, Number::Int(*end))
            }),
            Self::Compare { relation, number } => {
                Number::of(property).is_some_and(|property| relation.matches(property, *number))
            }
            Self::Instant { millis, before } => match instant::of(property) {
                Some(property) if *before => property < *millis,
                Some(property) => property > *millis,
                None => false,
            },
            Self::Matches { pattern, negated } => match property {
                Some(ContextValue::String(text)) => {
                    pattern.search_table(text).is_some_and(|found| found != *negated)
                }
                _ => false,
            },
            Self::Semver { relation, version } => match property {
                Some(ContextValue::String(text)) => match (Version::parse(text), Version::parse(version)) {
                    (Some(property), Some(version)) => relation.accepts(property.precedence(&version)),
                    _ => false,
                },
                _ => false,
            },
            Self::Present { negated } => property.is_some() != *negated,
        }
    }
}

fn list<'v>(value: Option<&'v Value<'_>>) -> Result<&'v [&'v str], InvalidOperand> {
    match value {
        Some(Value::StringList(list)) => Ok(list),
        _ => Err(InvalidOperand::List),
    }
}

/// Returns whether the segments of `namespace` are the first segments of the client's namespace.
fn covers(namespace: &str, client: &str) -> bool {
    namespace.is_empty()
        || client.strip_prefix(namespace).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_covers_itself_and_the_namespaces_below_it() {
        for (namespace, client, covered) in [
            ("a", "a.b", true),
            ("a.b", "a", false),
            ("corp.proj.projb", "corp.proj.proja", false),
            ("foo.baz", "foo.bazz", false),
            ("corp", "corp:a:b", false),
            ("", "a", true),
            ("a..c", "a.x.c", false),
        ] {
            assert_eq!(covers(namespace, client), covered, "{namespace} over {client}");
        }
    }
}
