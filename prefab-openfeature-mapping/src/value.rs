//! Values: which kind of value can be read as which type of OpenFeature.
//!
//! | kind | bool | int | float | string | structure |
//! | --- | --- | --- | --- | --- | --- |
//! | bool | yes | | | | |
//! | int | | yes | up to 2^53 | | |
//! | double | | if it is whole | yes | | |
//! | string | | | | yes | |
//! | string list | | | | | `{"values": […]}` |
//! | JSON object | | | | | yes |
//! | duration | | whole milliseconds | seconds | ISO 8601 | |
//! | log level | | | | its name | |
//! | int range | | | | | `{"start": …, "end": …}` |
//!
//! Every other pair is a [`TypeMismatch`].

use prefab_core::{IntRange, ValueType, duration::format_duration};
use prefab_eval::{EvaluatedValue, Evaluation};
use serde_json::{Map, Value as Json, json};

/// The largest integer up to which a double represents every integer exactly.
const MAX_EXACT: i64 = 1 << 53;

/// A value that cannot be read as the type that the caller asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {wanted}, found {found}{hint}")]
pub struct TypeMismatch {
    /// The type that the caller asked for.
    pub wanted: &'static str,
    /// The kind of the value.
    pub found: &'static str,
    hint: &'static str,
}

fn mismatch<T>(wanted: &'static str, value: &EvaluatedValue<'_>) -> Result<T, TypeMismatch> {
    Err(TypeMismatch { wanted, found: value.kind(), hint: "" })
}

/// Reads the value of an evaluation with `to`, one of the other functions of this module.
///
/// The text of an environment variable without a declared type is read as the first type that `to` accepts.
///
/// # Errors
///
/// The error of `to`.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Contexts, FixedHost, Ruleset};
/// use prefab_openfeature_mapping::value::{of_evaluation, to_int, to_text};
///
/// let ruleset = Ruleset::from_datafile(r#"{"configs": [{"id": "1", "key": "pin", "rows": [{"values": [
///     {"value": {"provided": {"source": "ENV_VAR", "lookup": "PIN"}}}
/// ]}]}]}"#)?;
/// let host = FixedHost::default().with_env_var("PIN", "0123");
/// let evaluation = ruleset.evaluate("pin", &Contexts::default(), &host)?;
/// assert_eq!(of_evaluation(&evaluation, to_int), Ok(123));
/// assert_eq!(of_evaluation(&evaluation, to_text).as_deref(), Ok("0123"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn of_evaluation<T>(
    evaluation: &Evaluation<'_>,
    to: impl Fn(&EvaluatedValue<'_>) -> Result<T, TypeMismatch>,
) -> Result<T, TypeMismatch> {
    use ValueType as Type;
    to(&evaluation.value).or_else(|mismatch| {
        [Type::String, Type::Double, Type::Duration, Type::LogLevel, Type::Json]
            .into_iter()
            .filter_map(|value_type| evaluation.provided_as(value_type))
            .find_map(|value| to(&value).ok())
            .ok_or(mismatch)
    })
}

/// Reads a boolean.
///
/// # Errors
///
/// [`TypeMismatch`] if the value has another kind.
///
/// # Examples
///
/// ```
/// use prefab_eval::EvaluatedValue;
/// use prefab_openfeature_mapping::value::to_bool;
/// assert_eq!(to_bool(&EvaluatedValue::Bool(true)), Ok(true));
/// assert_eq!(to_bool(&EvaluatedValue::Int(1)).unwrap_err().to_string(), "expected a boolean, found int");
/// ```
pub fn to_bool(value: &EvaluatedValue<'_>) -> Result<bool, TypeMismatch> {
    match value {
        EvaluatedValue::Bool(bool) => Ok(*bool),
        other => mismatch("a boolean", other),
    }
}

/// Reads an integer. A duration is its number of milliseconds.
///
/// # Errors
///
/// [`TypeMismatch`] if the value has another kind, or would be rounded.
///
/// # Examples
///
/// ```
/// use prefab_eval::EvaluatedValue;
/// use prefab_openfeature_mapping::value::to_int;
/// assert_eq!(to_int(&EvaluatedValue::Double(3.0)), Ok(3));
/// assert!(to_int(&EvaluatedValue::Double(3.5)).is_err());
/// ```
pub fn to_int(value: &EvaluatedValue<'_>) -> Result<i64, TypeMismatch> {
    match value {
        EvaluatedValue::Int(int) => Ok(*int),
        EvaluatedValue::Double(double) => whole(*double).map_or_else(|| mismatch("an integer", value), Ok),
        EvaluatedValue::Duration(duration) if duration.subsec_nanos() % 1_000_000 == 0 => {
            i64::try_from(duration.as_millis()).or_else(|_| mismatch("an integer", value))
        }
        other => mismatch("an integer", other),
    }
}

/// Returns a double without a fraction as an integer, if no other integer has the same double.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the bounds are exact")]
fn whole(double: f64) -> Option<i64> {
    (double.fract() == 0.0 && double.abs() <= MAX_EXACT as f64).then_some(double as i64)
}

/// Reads a float. A duration is its number of seconds.
///
/// # Errors
///
/// [`TypeMismatch`] if the value has another kind, or is an integer beyond 2^53.
///
/// # Examples
///
/// ```
/// use prefab_eval::EvaluatedValue;
/// use prefab_openfeature_mapping::value::to_float;
/// assert_eq!(to_float(&EvaluatedValue::Int(3)), Ok(3.0));
/// assert!(to_float(&EvaluatedValue::Int(i64::MAX)).is_err());
/// ```
#[expect(clippy::cast_precision_loss, reason = "the bound is exact")]
pub fn to_float(value: &EvaluatedValue<'_>) -> Result<f64, TypeMismatch> {
    match value {
        EvaluatedValue::Double(double) => Ok(*double),
        EvaluatedValue::Int(int) if int.unsigned_abs() <= MAX_EXACT.unsigned_abs() => Ok(*int as f64),
        EvaluatedValue::Duration(duration) => Ok(duration.as_secs_f64()),
        other => mismatch("a float", other),
    }
}

/// Reads a string. A duration is in the format of ISO 8601, a log level is its name.
///
/// # Errors
///
/// [`TypeMismatch`] if the value has another kind.
///
/// # Examples
///
/// ```
/// use prefab_eval::{EvaluatedValue, LogLevel};
/// use prefab_openfeature_mapping::value::to_text;
/// assert_eq!(to_text(&EvaluatedValue::LogLevel(LogLevel::Debug)), Ok("DEBUG".to_owned()));
/// ```
pub fn to_text(value: &EvaluatedValue<'_>) -> Result<String, TypeMismatch> {
    match value {
        EvaluatedValue::String(text) => Ok(text.clone().into_owned()),
        EvaluatedValue::Duration(duration) => Ok(format_duration(*duration)),
        EvaluatedValue::LogLevel(level) => Ok(level.name().to_owned()),
        other => mismatch("a string", other),
    }
}

/// Reads a structure. A list is the member `values`, because OpenFeature cannot return a list.
///
/// # Errors
///
/// [`TypeMismatch`] if the value has another kind, or is JSON but not an object.
///
/// # Examples
///
/// ```
/// use prefab_eval::EvaluatedValue;
/// use prefab_openfeature_mapping::value::to_structure;
/// let regions = EvaluatedValue::StringList(vec!["eu".to_owned()].into());
/// assert_eq!(to_structure(&regions)?["values"], serde_json::json!(["eu"]));
/// # Ok::<(), prefab_openfeature_mapping::value::TypeMismatch>(())
/// ```
pub fn to_structure(value: &EvaluatedValue<'_>) -> Result<Map<String, Json>, TypeMismatch> {
    match value {
        EvaluatedValue::Json(json) => match json.as_ref() {
            Json::Object(fields) => Ok(fields.clone()),
            _ => Err(TypeMismatch {
                wanted: "a structure",
                found: "json",
                hint: " that is not an object: read it with `client.get::<Json<T>>`",
            }),
        },
        EvaluatedValue::StringList(list) => Ok(Map::from_iter([("values".to_owned(), json!(list))])),
        EvaluatedValue::IntRange(range) => Ok(bounds(range)),
        other => mismatch("a structure", other),
    }
}

fn bounds(range: &IntRange) -> Map<String, Json> {
    let (start, end) = range.bounds();
    Map::from_iter([("end".to_owned(), end.into()), ("start".to_owned(), start.into())])
}

/// Returns the text of a value as JSON in an OFREP response. A JSON value keeps the text in which it is `written`.
///
/// A double has a point or an exponent, because clients recognize floats by it. Returns `None` for bytes, limits,
/// schemas, NaN and infinity.
///
/// # Examples
///
/// ```
/// use prefab_eval::EvaluatedValue;
/// use prefab_openfeature_mapping::value::to_json_text;
/// assert_eq!(to_json_text(&EvaluatedValue::Double(1.0), None).as_deref(), Some("1.0"));
/// ```
pub fn to_json_text(value: &EvaluatedValue<'_>, written: Option<&str>) -> Option<String> {
    let json = match value {
        EvaluatedValue::Json(json) => {
            return Some(written.map_or_else(|| json.to_string(), ToOwned::to_owned));
        }
        EvaluatedValue::Double(double) if !double.is_finite() => return None,
        EvaluatedValue::Duration(duration) => format_duration(*duration).into(),
        EvaluatedValue::IntRange(range) => Json::Object(bounds(range)),
        other => other.to_json()?,
    };
    Some(json.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prefab_core::LogLevel;

    use super::*;

    /// The results for bool, int, float, string and structure.
    type Row = (Option<bool>, Option<i64>, Option<f64>, Option<&'static str>, Option<Json>);

    #[test]
    fn each_kind_can_be_read_as_the_documented_types() {
        let check =
            |value: EvaluatedValue<'_>, (bool, int, float, text, structure): Row, json: Option<&str>| {
                assert_eq!(to_bool(&value).ok(), bool, "{value:?}");
                assert_eq!(to_int(&value).ok(), int, "{value:?}");
                assert_eq!(to_float(&value).ok(), float, "{value:?}");
                assert_eq!(to_text(&value).ok().as_deref(), text, "{value:?}");
                assert_eq!(to_structure(&value).ok().map(Json::Object), structure, "{value:?}");
                assert_eq!(to_json_text(&value, None).as_deref(), json, "{value:?}");
            };
        let json = |json: Json| EvaluatedValue::Json(std::borrow::Cow::Owned(json));
        check(EvaluatedValue::Bool(true), (Some(true), None, None, None, None), Some("true"));
        check(EvaluatedValue::Int(3), (None, Some(3), Some(3.0), None, None), Some("3"));
        let exact = 1 << 53;
        check(
            EvaluatedValue::Int(exact),
            (None, Some(exact), Some(9_007_199_254_740_992.0), None, None),
            Some("9007199254740992"),
        );
        check(
            EvaluatedValue::Int(exact + 1),
            (None, Some(exact + 1), None, None, None),
            Some("9007199254740993"),
        );
        check(EvaluatedValue::Double(1.0), (None, Some(1), Some(1.0), None, None), Some("1.0"));
        check(EvaluatedValue::Double(1e21), (None, None, Some(1e21), None, None), Some("1e+21"));
        check(EvaluatedValue::Double(1.5), (None, None, Some(1.5), None, None), Some("1.5"));
        check(EvaluatedValue::Double(f64::INFINITY), (None, None, Some(f64::INFINITY), None, None), None);
        check(EvaluatedValue::String("a".into()), (None, None, None, Some("a"), None), Some("\"a\""));
        check(
            EvaluatedValue::StringList(vec!["a".to_owned()].into()),
            (None, None, None, None, Some(json!({"values": ["a"]}))),
            Some("[\"a\"]"),
        );
        check(json(json!({"a": 1})), (None, None, None, None, Some(json!({"a": 1}))), Some("{\"a\":1}"));
        check(json(json!([1])), (None, None, None, None, None), Some("[1]"));
        check(
            EvaluatedValue::Duration(Duration::from_millis(90_500)),
            (None, Some(90_500), Some(90.5), Some("PT1M30.5S"), None),
            Some("\"PT1M30.5S\""),
        );
        let micros = EvaluatedValue::Duration(Duration::from_micros(1));
        assert!(to_int(&micros).is_err());
        check(
            EvaluatedValue::LogLevel(LogLevel::Debug),
            (None, None, None, Some("DEBUG"), None),
            Some("\"DEBUG\""),
        );
        let range = IntRange { start: Some(1), end: Some(5) };
        let fields = json!({"start": 1, "end": 5});
        check(
            EvaluatedValue::IntRange(range),
            (None, None, None, None, Some(fields)),
            Some("{\"end\":5,\"start\":1}"),
        );
        check(EvaluatedValue::Bytes(b"x"), (None, None, None, None, None), None);
    }

    #[test]
    fn a_json_value_keeps_its_text() {
        let value = EvaluatedValue::Json(std::borrow::Cow::Owned(json!({"eur": 1.1})));
        assert_eq!(to_json_text(&value, Some(r#"{"eur": 1.10}"#)).as_deref(), Some(r#"{"eur": 1.10}"#));
    }

    #[test]
    fn a_list_in_json_names_the_way_to_read_it() {
        let value = EvaluatedValue::Json(std::borrow::Cow::Owned(json!([1])));
        let error = to_structure(&value).unwrap_err().to_string();
        assert!(error.starts_with("expected a structure, found json that is not an object"), "{error}");
    }
}
