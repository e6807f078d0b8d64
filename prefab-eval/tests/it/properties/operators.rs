//! Operators compared with a direct implementation.

use std::cmp::Ordering;

use super::*;

/// The text of a scalar, for the values of [`any_property`].
fn naive_text(value: &ContextValue) -> Option<String> {
    match value {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Int(int) => Some(int.to_string()),
        ContextValue::Double(double) => Some(format!("{double:?}").to_lowercase()),
        ContextValue::Bool(bool) => Some(bool.to_string()),
        ContextValue::StringList(_) | ContextValue::Null => None,
    }
}

/// Compares as 128-bit integers, which represent every 64-bit integer and the floor of every double near one.
#[expect(clippy::cast_possible_truncation, reason = "doubles above 128 bits saturate")]
fn naive_order(left: i64, right: f64) -> Option<Ordering> {
    let (floor, whole) = (right.floor() as i128, right.floor() >= right);
    let order = i128::from(left).cmp(&floor).then(if whole { Ordering::Equal } else { Ordering::Less });
    (!right.is_nan()).then_some(order)
}

fn naive_number(left: &ContextValue, operator: Operator, right: &Value) -> bool {
    let order = match (left, right) {
        (ContextValue::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (ContextValue::Double(left), Value::Double(right)) => left.partial_cmp(right),
        (ContextValue::Int(left), Value::Double(right)) => naive_order(*left, *right),
        (ContextValue::Double(left), Value::Int(right)) => naive_order(*right, *left).map(Ordering::reverse),
        _ => None,
    };
    order.is_some_and(|order| match operator {
        Operator::PropLessThan => order.is_lt(),
        Operator::PropLessThanOrEqual => order.is_le(),
        Operator::PropGreaterThan => order.is_gt(),
        _ => order.is_ge(),
    })
}

/// A direct implementation of the operators.
fn naive(operator: Operator, value: &Value, property: Option<&ContextValue>) -> bool {
    use Operator as O;
    let property = property.filter(|property| **property != ContextValue::Null);
    let list: &[String] = if let Value::StringList(list) = value { list } else { &[] };
    let one_of = || match property {
        Some(ContextValue::StringList(texts)) => texts.iter().any(|text| list.contains(text)),
        Some(scalar) => naive_text(scalar).is_some_and(|text| list.contains(&text)),
        None => false,
    };
    let affix = |found: fn(&str, &str) -> bool| {
        property.and_then(naive_text).is_some_and(|text| list.iter().any(|entry| found(&text, entry)))
    };
    let starts: fn(&str, &str) -> bool = |text, entry| text.get(..entry.len()) == Some(entry);
    let ends: fn(&str, &str) -> bool =
        |text, entry| text.len().checked_sub(entry.len()).and_then(|at| text.get(at..)) == Some(entry);
    let contains: fn(&str, &str) -> bool = |text, entry| text.find(entry).is_some();
    match operator {
        O::PropIsOneOf => one_of(),
        O::PropIsNotOneOf => !one_of(),
        O::PropStartsWithOneOf => affix(starts),
        O::PropDoesNotStartWithOneOf => !affix(starts),
        O::PropEndsWithOneOf => affix(ends),
        O::PropDoesNotEndWithOneOf => !affix(ends),
        O::PropContainsOneOf => affix(contains),
        O::PropDoesNotContainOneOf => !affix(contains),
        O::HierarchicalMatch => matches!(
            (property, value),
            (Some(ContextValue::String(text)), Value::String(prefix)) if starts(text, prefix)
        ),
        O::PropLessThan | O::PropLessThanOrEqual | O::PropGreaterThan | O::PropGreaterThanOrEqual => {
            property.is_some_and(|property| naive_number(property, operator, value))
        }
        O::InIntRange => match (property, value) {
            (Some(number), Value::IntRange(range)) => {
                let (start, end) = (range.start.unwrap_or(i64::MIN), range.end.unwrap_or(i64::MAX));
                naive_number(number, O::PropGreaterThanOrEqual, &Value::Int(start))
                    && naive_number(number, O::PropLessThan, &Value::Int(end))
            }
            _ => false,
        },
        O::IsPresent => property.is_some(),
        O::IsNotPresent => property.is_none(),
        other => unreachable!("{other:?} has no reference"),
    }
}

const REFERENCED: [Operator; 16] = [
    Operator::PropIsOneOf,
    Operator::PropIsNotOneOf,
    Operator::PropStartsWithOneOf,
    Operator::PropDoesNotStartWithOneOf,
    Operator::PropEndsWithOneOf,
    Operator::PropDoesNotEndWithOneOf,
    Operator::PropContainsOneOf,
    Operator::PropDoesNotContainOneOf,
    Operator::HierarchicalMatch,
    Operator::PropLessThan,
    Operator::PropLessThanOrEqual,
    Operator::PropGreaterThan,
    Operator::PropGreaterThanOrEqual,
    Operator::InIntRange,
    Operator::IsPresent,
    Operator::IsNotPresent,
];

fn short_text() -> impl Strategy<Value = String> {
    "(true|1|2\\.5|[abé]{0,3}|[ab]{7,10})"
}

fn int() -> impl Strategy<Value = i64> {
    prop_oneof![
        -3i64..4,
        select(&[i64::MIN, i64::MIN + 1, i64::MAX, i64::MAX - 1, 1 << 53, (1 << 53) + 1][..]),
        any::<i64>(),
    ]
}

fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        select(&[0.0, -0.0, 0.5, -0.5, 2.5, 1.0, 2.0, 9_007_199_254_740_992.0][..]),
        select(
            &[
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                9.223_372_036_854_776e18,
                -9.223_372_036_854_776e18
            ][..]
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn operators_agree_with_a_direct_implementation(
        operator in select(&REFERENCED[..]),
        value in prop_oneof![
            4 => prop::collection::vec(short_text(), 0..20).prop_map(Value::StringList),
            2 => int().prop_map(Value::Int),
            2 => double().prop_map(Value::Double),
            2 => (prop::option::of(int()), prop::option::of(int()))
                .prop_map(|(start, end)| Value::IntRange(IntRange { start, end })),
            1 => short_text().prop_map(Value::String),
            1 => Just(Value::NotSet),
        ],
        property in prop::option::weighted(0.9, prop_oneof![
            3 => short_text().prop_map(ContextValue::String),
            2 => int().prop_map(ContextValue::Int),
            2 => double().prop_map(ContextValue::Double),
            1 => any::<bool>().prop_map(ContextValue::Bool),
            1 => prop::collection::vec(short_text(), 0..4).prop_map(ContextValue::StringList),
            1 => Just(ContextValue::Null),
        ]),
    ) {
        let ruleset = build(vec![segment("s", vec![criterion("user.x", operator, value.clone())])]);
        let mut user = Context::new("user");
        if let Some(property) = &property {
            user.set("x", property.clone());
        }
        let matched = ruleset.evaluate("s", &Contexts::of(&user.into()), &host()).is_ok();
        prop_assert_eq!(matched, naive(operator, &value, property.as_ref()));
    }
}
