//! Descriptions of criteria.

use prefab_core::{
    ConfigValue, ContextValue, Criterion, Operator, Value, confidential::is_fingerprint, datafile, redact,
    text::TextBuffer,
};

use crate::operators::format_instant;

/// The number of list elements that a description shows.
const SHOWN: usize = 10;

/// Returns a description of a criterion, for example `user.email ends with one of [@acme.test]`.
///
/// Confidential values are redacted. Of a list, the first 10 elements are shown.
///
/// # Examples
///
/// ```
/// use prefab_eval::{describe_criterion, prefab_core::{Criterion, Operator}};
///
/// let criterion = Criterion {
///     property_name: "user.plan".into(),
///     operator: Operator::PropIsOneOf,
///     value_to_match: Some(["pro", "team"].into()),
/// };
/// assert_eq!(describe_criterion(&criterion), "user.plan is one of [pro, team]");
/// ```
pub fn describe_criterion(criterion: &Criterion) -> String {
    let Criterion { property_name, operator, value_to_match } = criterion;
    let property = match (property_name.as_str(), operator) {
        ("", Operator::LookupKeyIn | Operator::LookupKeyNotIn) => "the lookup key",
        ("", _) => "the unnamed property",
        (name, _) => name,
    };
    let value = value_to_match
        .as_ref()
        .map_or_else(|| "nothing".to_owned(), |value| describe_value(*operator, value));
    match operator {
        Operator::AlwaysTrue => "always".to_owned(),
        Operator::NotSet => "no operator, which never matches".to_owned(),
        Operator::Other(number) => format!("operator {number}, which this version does not support"),
        Operator::InSeg => format!("in segment `{}`", value.trim_matches('"')),
        Operator::NotInSeg => format!("not in segment `{}`", value.trim_matches('"')),
        Operator::IsPresent | Operator::IsNotPresent => format!("{property} {}", verb(*operator)),
        _ => format!("{property} {} {value}", verb(*operator)),
    }
}

/// Returns a description of a property, unless the criterion already implies it.
pub(crate) fn describe_property(operator: Operator, property: Option<&ContextValue>) -> Option<String> {
    use Operator as O;
    if matches!(operator, O::InSeg | O::NotInSeg | O::AlwaysTrue | O::NotSet | O::Other(_)) {
        return None;
    }
    Some(match property {
        None if matches!(operator, O::IsPresent | O::IsNotPresent) => return None,
        None => "absent".to_owned(),
        Some(ContextValue::String(text)) => format!("\"{text}\""),
        Some(ContextValue::Int(millis)) if matches!(operator, O::PropBefore | O::PropAfter) => {
            format_instant(*millis)
        }
        Some(other) => other.to_string(),
    })
}

fn verb(operator: Operator) -> &'static str {
    match operator {
        Operator::LookupKeyIn | Operator::PropIsOneOf => "is one of",
        Operator::LookupKeyNotIn | Operator::PropIsNotOneOf => "is not one of",
        Operator::PropStartsWithOneOf => "starts with one of",
        Operator::PropDoesNotStartWithOneOf => "does not start with one of",
        Operator::PropEndsWithOneOf => "ends with one of",
        Operator::PropDoesNotEndWithOneOf => "does not end with one of",
        Operator::PropContainsOneOf => "contains one of",
        Operator::PropDoesNotContainOneOf => "does not contain one of",
        Operator::HierarchicalMatch => "is at or below",
        Operator::InIntRange => "is in the range",
        Operator::PropLessThan => "is less than",
        Operator::PropLessThanOrEqual => "is at most",
        Operator::PropGreaterThan => "is greater than",
        Operator::PropGreaterThanOrEqual => "is at least",
        Operator::PropBefore => "is before",
        Operator::PropAfter => "is after",
        Operator::PropMatches => "matches",
        Operator::PropDoesNotMatch => "does not match",
        Operator::PropSemverLessThan => "is a version below",
        Operator::PropSemverEqual => "is the version",
        Operator::PropSemverGreaterThan => "is a version above",
        Operator::IsPresent => "is present",
        Operator::IsNotPresent => "is not present",
        _ => "is compared with",
    }
}

fn describe_value(operator: Operator, value: &ConfigValue) -> String {
    if value.is_secret() {
        return match &value.value {
            Value::String(text) if is_fingerprint(text) => text.clone(),
            _ => redact(&datafile::value_to_json(value).to_string()),
        };
    }
    match &value.value {
        Value::StringList(list) if list.len() > SHOWN => {
            format!("[{}, … {} more]", list[..SHOWN].join(", "), list.len() - SHOWN)
        }
        Value::StringList(list) => format!("[{}]", list.join(", ")),
        Value::String(text) => format!("\"{text}\""),
        Value::Int(millis) if matches!(operator, Operator::PropBefore | Operator::PropAfter) => {
            format_instant(*millis)
        }
        Value::Int(int) => int.to_string(),
        Value::Double(double) => TextBuffer::default().double(*double).to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::IntRange(range) => {
            let side = |bound: Option<i64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
            format!("{}..{}", side(range.start), side(range.end))
        }
        Value::Provided(provided) => format!("the value of environment variable {}", provided.lookup),
        other => other.kind().to_owned(),
    }
}
