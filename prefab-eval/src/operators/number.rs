//! Exact comparison of numbers.

use std::cmp::Ordering;

use prefab_core::ContextValue;

/// An integer or a double.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Int(i64),
    Double(f64),
}

impl Number {
    /// Returns a property as a number. Strings are not converted.
    #[inline]
    pub(crate) fn of(property: Option<&ContextValue>) -> Option<Self> {
        match property? {
            ContextValue::Int(int) => Some(Self::Int(*int)),
            ContextValue::Double(double) => Some(Self::Double(*double)),
            _ => None,
        }
    }

    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(&right)),
            (Self::Double(left), Self::Double(right)) => left.partial_cmp(&right),
            (Self::Int(left), Self::Double(right)) => int_with_double(left, right),
            (Self::Double(left), Self::Int(right)) => int_with_double(right, left).map(Ordering::reverse),
        }
    }
}

/// Compares without converting the integer to a double, which is inexact above 2^53.
fn int_with_double(int: i64, double: f64) -> Option<Ordering> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if double.is_nan() {
        return None;
    }
    if double >= LIMIT {
        return Some(Ordering::Less);
    }
    if double < -LIMIT {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked and the fraction is cut")]
    let whole = double.trunc() as i64;
    Some(int.cmp(&whole).then_with(|| {
        let fraction = double.fract();
        if fraction > 0.0 {
            Ordering::Less
        } else if fraction < 0.0 {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    }))
}

/// A relation between two sides.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Relation {
    Less,
    LessOrEqual,
    Equal,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    #[inline]
    pub(crate) fn matches(self, left: Number, right: Number) -> bool {
        left.compare(right).is_some_and(|ordering| self.accepts(ordering))
    }

    pub(crate) fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Equal => ordering.is_eq(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn integers_above_2_to_the_53_compare_exactly() {
        let big = 9_007_199_254_740_993;
        assert_eq!(int_with_double(big, 9_007_199_254_740_992.0), Some(Ordering::Greater));
        assert_eq!(int_with_double(i64::MAX, 9_223_372_036_854_775_807.0), Some(Ordering::Less));
        assert_eq!(int_with_double(i64::MIN, -9_223_372_036_854_775_808.0), Some(Ordering::Equal));
        assert_eq!(int_with_double(0, -0.0), Some(Ordering::Equal));
        assert_eq!(int_with_double(0, f64::NAN), None);
        assert_eq!(int_with_double(-1, -1.5), Some(Ordering::Greater));
    }

    proptest! {
        #[test]
        fn small_integers_compare_like_doubles(int in -1_000_000i32..1_000_000, double in -1e6f64..1e6) {
            prop_assert_eq!(int_with_double(int.into(), double), f64::from(int).partial_cmp(&double));
        }
    }
}
