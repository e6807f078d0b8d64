//! One condition of a rule.

use crate::ConfigValue;

/// A condition: a property of the context, an operator and what to compare with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Criterion {
    /// `context.property`, split at the first dot; without a dot the unnamed context's property.
    pub property_name: String,
    /// How to compare.
    pub operator: Operator,
    /// What to compare with.
    pub value_to_match: Option<ConfigValue>,
}

macro_rules! operators {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal;)*) => {
        /// How a criterion compares a property with its value.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operator {
            $($(#[$doc])* $variant,)*
            /// A number that this version does not know; it never holds.
            Other(i32),
        }

        impl Operator {
            /// Every operator with a name.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the name on the wire, `PROP_IS_ONE_OF`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(_) => "UNKNOWN",
                }
            }

            /// Returns the number on the wire; extensions that never go there are negative.
            pub fn number(self) -> i32 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Other(number) => number,
                }
            }

            /// Returns the operator with this number on the wire.
            pub fn from_number(number: i32) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Other(other),
                }
            }

            /// Returns the operator with this name on the wire.
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
    /// Never holds.
    #[default]
    NotSet = 0, "NOT_SET";
    /// The oldest form of [`Operator::PropIsOneOf`].
    LookupKeyIn = 1, "LOOKUP_KEY_IN";
    /// The oldest form of [`Operator::PropIsNotOneOf`].
    LookupKeyNotIn = 2, "LOOKUP_KEY_NOT_IN";
    /// The segment named by the value is true.
    InSeg = 3, "IN_SEG";
    /// The segment named by the value is not true.
    NotInSeg = 4, "NOT_IN_SEG";
    /// Always holds.
    AlwaysTrue = 5, "ALWAYS_TRUE";
    /// The property, or one of its elements, is in the list.
    PropIsOneOf = 6, "PROP_IS_ONE_OF";
    /// The negation of [`Operator::PropIsOneOf`]; holds for an absent property.
    PropIsNotOneOf = 7, "PROP_IS_NOT_ONE_OF";
    /// The property ends with an entry of the list.
    PropEndsWithOneOf = 8, "PROP_ENDS_WITH_ONE_OF";
    /// The negation of [`Operator::PropEndsWithOneOf`].
    PropDoesNotEndWithOneOf = 9, "PROP_DOES_NOT_END_WITH_ONE_OF";
    /// The property starts with the value.
    HierarchicalMatch = 10, "HIERARCHICAL_MATCH";
    /// The property is a number in the half-open range.
    InIntRange = 11, "IN_INT_RANGE";
    /// The property starts with an entry of the list.
    PropStartsWithOneOf = 12, "PROP_STARTS_WITH_ONE_OF";
    /// The negation of [`Operator::PropStartsWithOneOf`].
    PropDoesNotStartWithOneOf = 13, "PROP_DOES_NOT_START_WITH_ONE_OF";
    /// The property contains an entry of the list.
    PropContainsOneOf = 14, "PROP_CONTAINS_ONE_OF";
    /// The negation of [`Operator::PropContainsOneOf`].
    PropDoesNotContainOneOf = 15, "PROP_DOES_NOT_CONTAIN_ONE_OF";
    /// Both are numbers and the property is less.
    PropLessThan = 16, "PROP_LESS_THAN";
    /// Both are numbers and the property is less or equal.
    PropLessThanOrEqual = 17, "PROP_LESS_THAN_OR_EQUAL";
    /// Both are numbers and the property is greater.
    PropGreaterThan = 18, "PROP_GREATER_THAN";
    /// Both are numbers and the property is greater or equal.
    PropGreaterThanOrEqual = 19, "PROP_GREATER_THAN_OR_EQUAL";
    /// The property is an earlier instant.
    PropBefore = 20, "PROP_BEFORE";
    /// The property is a later instant.
    PropAfter = 21, "PROP_AFTER";
    /// The regular expression is found in the property.
    PropMatches = 22, "PROP_MATCHES";
    /// The property is a text in which the regular expression is not found.
    PropDoesNotMatch = 23, "PROP_DOES_NOT_MATCH";
    /// Both are semantic versions and the property is less.
    PropSemverLessThan = 24, "PROP_SEMVER_LESS_THAN";
    /// Both are semantic versions of equal precedence.
    PropSemverEqual = 25, "PROP_SEMVER_EQUAL";
    /// Both are semantic versions and the property is greater.
    PropSemverGreaterThan = 26, "PROP_SEMVER_GREATER_THAN";
    /// The property is there and not null. An extension that official clients do not know.
    IsPresent = -1, "IS_PRESENT";
    /// The property is absent or null. An extension that official clients do not know.
    IsNotPresent = -2, "IS_NOT_PRESENT";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_survives_its_name_and_its_number() {
        for &operator in Operator::ALL {
            assert_eq!(Operator::from_name(operator.name()), Some(operator));
            assert_eq!(Operator::from_number(operator.number()), operator);
        }
        assert_eq!(Operator::from_number(99), Operator::Other(99));
    }
}
