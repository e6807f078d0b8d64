//! Criteria in words.

use prefab_core::{ConfigValue, Criterion, Operator, Value, datafile, redact};

/// How many entries of a list an explanation shows.
const SHOWN: usize = 10;

/// Says a criterion as a person would: `user.email ends with one of [@acme.test]`.
pub(crate) fn criterion(criterion: &Criterion) -> String {
    let Criterion { property_name, operator, value_to_match } = criterion;
    let property = if property_name.is_empty() { "the empty property" } else { property_name };
    let value = value_to_match.as_ref().map_or_else(|| "nothing".to_owned(), value);
    match operator {
        Operator::AlwaysTrue => "always".to_owned(),
        Operator::InSeg => format!("in segment `{}`", value.trim_matches('"')),
        Operator::NotInSeg => format!("not in segment `{}`", value.trim_matches('"')),
        Operator::IsPresent | Operator::IsNotPresent => format!("{property} {}", verb(*operator)),
        _ => format!("{property} {} {value}", verb(*operator)),
    }
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
        _ => "is compared in a way that this version does not know with",
    }
}

fn value(value: &ConfigValue) -> String {
    if value.is_secret() {
        return redact(&datafile::value_to_json(value).to_string());
    }
    match &value.value {
        Value::StringList(list) if list.len() > SHOWN => {
            format!("[{}, … {} more]", list[..SHOWN].join(", "), list.len() - SHOWN)
        }
        Value::StringList(list) => format!("[{}]", list.join(", ")),
        Value::String(text) => format!("\"{text}\""),
        Value::Int(int) => int.to_string(),
        Value::Double(double) => double.to_string(),
        Value::Bool(bool) => bool.to_string(),
        Value::IntRange(range) => {
            let side = |bound: Option<i64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
            format!("{}..{}", side(range.start), side(range.end))
        }
        Value::Provided(provided) => format!("environment variable {}", provided.lookup),
        other => other.kind().to_owned(),
    }
}
