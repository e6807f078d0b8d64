//! The criteria of a rule.
//!
//! # Examples
//!
//! ```
//! use prefab_core::criterion::Operator;
//! assert_eq!(Operator::from_name("PROP_IS_ONE_OF"), Some(Operator::PropIsOneOf));
//! ```

use crate::ConfigValue;

/// A criterion: a property of a context, an operator and the value to compare the property with.
///
/// # Examples
///
/// ```
/// use prefab_core::{Criterion, Operator};
///
/// let criterion = Criterion {
///     property_name: "user.email".into(),
///     operator: Operator::PropEndsWithOneOf,
///     value_to_match: Some(["@acme.test"].into()),
/// };
/// assert_eq!(criterion.operator.name(), "PROP_ENDS_WITH_ONE_OF");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Criterion {
    /// `context.property`, split at the first dot. A name without a dot is a property of the unnamed context.
    pub property_name: String,
    /// The operator.
    pub operator: Operator,
    /// The value to compare the property with.
    pub value_to_match: Option<ConfigValue>,
}

/// What an operator compares a property with.
///
/// # Examples
///
/// ```
/// use prefab_core::{Operand, Operator};
/// assert_eq!(Operator::PropIsOneOf.operand(), Operand::List);
/// assert_eq!(Operator::AlwaysTrue.operand(), Operand::Nothing);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operand {
    /// The operator has no operand.
    Nothing,
    /// A list of strings.
    List,
    /// A string.
    Text,
    /// An integer or a double.
    Number,
    /// A half-open range of integers.
    Range,
    /// An RFC 3339 timestamp, or an integer of milliseconds since 1970-01-01 UTC.
    Instant,
    /// A regular expression.
    Pattern,
    /// A semantic version.
    Version,
    /// The key of a segment.
    Segment,
}

macro_rules! operators {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $operand:ident;)*) => {
        /// The operator of a criterion.
        ///
        /// # Examples
        ///
        /// ```
        /// use prefab_core::Operator;
        /// assert_eq!(Operator::InSeg.number(), 3);
        /// ```
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operator {
            $($(#[$doc])* $variant,)*
            /// An operator that this version does not support. It never matches.
            Other(i32),
        }

        impl Operator {
            /// Every operator that this version supports.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the name on the wire, for example `PROP_IS_ONE_OF`.
            ///
            /// # Examples
            ///
            /// ```
            /// use prefab_core::Operator;
            /// assert_eq!(Operator::PropIsOneOf.name(), "PROP_IS_ONE_OF");
            /// ```
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(_) => "UNKNOWN",
                }
            }

            /// Returns the number on the wire. Operators that are never sent have negative numbers.
            ///
            /// # Examples
            ///
            /// ```
            /// use prefab_core::Operator;
            /// assert_eq!(Operator::PropIsOneOf.number(), 6);
            /// ```
            pub fn number(self) -> i32 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Other(number) => number,
                }
            }

            /// Returns what the operator compares a property with.
            ///
            /// # Examples
            ///
            /// ```
            /// use prefab_core::{Operand, Operator};
            /// assert_eq!(Operator::PropBefore.operand(), Operand::Instant);
            /// ```
            pub fn operand(self) -> Operand {
                match self {
                    $(Self::$variant => Operand::$operand,)*
                    Self::Other(_) => Operand::Nothing,
                }
            }

            /// Returns the operator with this number on the wire.
            ///
            /// # Examples
            ///
            /// ```
            /// use prefab_core::Operator;
            /// assert_eq!(Operator::from_number(6), Operator::PropIsOneOf);
            /// assert_eq!(Operator::from_number(99), Operator::Other(99));
            /// ```
            pub fn from_number(number: i32) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Other(other),
                }
            }

            /// Returns the operator with this name on the wire.
            ///
            /// # Examples
            ///
            /// ```
            /// use prefab_core::Operator;
            /// assert_eq!(Operator::from_name("IN_SEG"), Some(Operator::InSeg));
            /// assert_eq!(Operator::from_name("IS_PRIME"), None);
            /// ```
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

operators! {
    /// Never matches.
    #[default]
    NotSet = 0, "NOT_SET", Nothing;
    /// The oldest form of [`Operator::PropIsOneOf`].
    LookupKeyIn = 1, "LOOKUP_KEY_IN", List;
    /// The oldest form of [`Operator::PropIsNotOneOf`].
    LookupKeyNotIn = 2, "LOOKUP_KEY_NOT_IN", List;
    /// The segment with the key in the value evaluates to true.
    InSeg = 3, "IN_SEG", Segment;
    /// The negation of [`Operator::InSeg`].
    NotInSeg = 4, "NOT_IN_SEG", Segment;
    /// Always matches.
    AlwaysTrue = 5, "ALWAYS_TRUE", Nothing;
    /// The property, or one element of a list property, is in the list.
    PropIsOneOf = 6, "PROP_IS_ONE_OF", List;
    /// The negation of [`Operator::PropIsOneOf`]. It matches an absent property.
    PropIsNotOneOf = 7, "PROP_IS_NOT_ONE_OF", List;
    /// The property ends with an entry of the list.
    PropEndsWithOneOf = 8, "PROP_ENDS_WITH_ONE_OF", List;
    /// The negation of [`Operator::PropEndsWithOneOf`].
    PropDoesNotEndWithOneOf = 9, "PROP_DOES_NOT_END_WITH_ONE_OF", List;
    /// The property starts with the value.
    HierarchicalMatch = 10, "HIERARCHICAL_MATCH", Text;
    /// The property is a number in the half-open range.
    InIntRange = 11, "IN_INT_RANGE", Range;
    /// The property starts with an entry of the list.
    PropStartsWithOneOf = 12, "PROP_STARTS_WITH_ONE_OF", List;
    /// The negation of [`Operator::PropStartsWithOneOf`].
    PropDoesNotStartWithOneOf = 13, "PROP_DOES_NOT_START_WITH_ONE_OF", List;
    /// The property contains an entry of the list.
    PropContainsOneOf = 14, "PROP_CONTAINS_ONE_OF", List;
    /// The negation of [`Operator::PropContainsOneOf`].
    PropDoesNotContainOneOf = 15, "PROP_DOES_NOT_CONTAIN_ONE_OF", List;
    /// Both are numbers and the property is less.
    PropLessThan = 16, "PROP_LESS_THAN", Number;
    /// Both are numbers and the property is less or equal.
    PropLessThanOrEqual = 17, "PROP_LESS_THAN_OR_EQUAL", Number;
    /// Both are numbers and the property is greater.
    PropGreaterThan = 18, "PROP_GREATER_THAN", Number;
    /// Both are numbers and the property is greater or equal.
    PropGreaterThanOrEqual = 19, "PROP_GREATER_THAN_OR_EQUAL", Number;
    /// The property is an earlier instant.
    PropBefore = 20, "PROP_BEFORE", Instant;
    /// The property is a later instant.
    PropAfter = 21, "PROP_AFTER", Instant;
    /// The regular expression matches a part of the property.
    PropMatches = 22, "PROP_MATCHES", Pattern;
    /// The property is a string and the regular expression matches no part of it.
    PropDoesNotMatch = 23, "PROP_DOES_NOT_MATCH", Pattern;
    /// Both are semantic versions and the property is less.
    PropSemverLessThan = 24, "PROP_SEMVER_LESS_THAN", Version;
    /// Both are semantic versions of equal precedence.
    PropSemverEqual = 25, "PROP_SEMVER_EQUAL", Version;
    /// Both are semantic versions and the property is greater.
    PropSemverGreaterThan = 26, "PROP_SEMVER_GREATER_THAN", Version;
    /// The property is present and not null. Official SDKs do not support this operator.
    IsPresent = -1, "IS_PRESENT", Nothing;
    /// The property is absent or null. Official SDKs do not support this operator.
    IsNotPresent = -2, "IS_NOT_PRESENT", Nothing;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_round_trips_by_name_and_by_number() {
        for &operator in Operator::ALL {
            assert_eq!(Operator::from_name(operator.name()), Some(operator));
            assert_eq!(Operator::from_number(operator.number()), operator);
        }
        assert_eq!(Operator::from_number(99), Operator::Other(99));
    }
}
