//! Evaluation contexts: how the fields of OpenFeature become named contexts.
//!
//! | field | becomes |
//! | --- | --- |
//! | `targetingKey` | the property `user.key`, or another that the caller names; a field with this name has priority |
//! | `user.plan` | the property `plan` of the context `user`; only the first dot separates |
//! | `plan` | the property `plan` of the unnamed context |
//! | `user: {plan: …}` | the property `plan` of the context `user`; deeper levels are joined by dots |
//! | a list | a string list |
//! | null | an absent property |
//! | NaN and infinity | nothing |

use std::{borrow::Cow, collections::BTreeMap};

use prefab_core::{Context, ContextSet, ContextValue};
use serde_json::Value as Json;

/// The property that receives the targeting key by default.
pub const TARGETING_PROPERTY: &str = "user.key";

/// The maximum number of properties of an evaluation context.
pub const MAX_PROPERTIES: usize = 1_000;

/// The maximum number of structures inside each other.
pub const MAX_DEPTH: usize = 4;

/// The value of a field of an evaluation context.
///
/// # Examples
///
/// ```
/// use prefab_openfeature_mapping::contexts::Field;
/// let user = Field::Structure(vec![("plan".into(), Field::from("pro")), ("age".into(), Field::Int(42))]);
/// assert_eq!(Field::from(&serde_json::json!({"plan": "pro", "age": 42})), user);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Field<'a> {
    /// No value. It hides the value of a weaker context.
    Null,
    /// A boolean.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// A text. Dates are texts in the format of RFC 3339, in UTC.
    Text(Cow<'a, str>),
    /// A list. Scalars become texts; other elements are omitted.
    List(Vec<Field<'a>>),
    /// A structure.
    Structure(Vec<(Cow<'a, str>, Field<'a>)>),
}

impl<'a> From<&'a str> for Field<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a Json> for Field<'a> {
    fn from(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(bool) => Self::Bool(*bool),
            Json::Number(number) => match number.as_i64() {
                Some(int) => Self::Int(int),
                None => number.as_f64().map_or(Self::Null, Self::Double),
            },
            Json::String(text) => Self::Text(Cow::Borrowed(text)),
            Json::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Json::Object(fields) => Self::Structure(
                fields
                    .iter()
                    .map(|(name, field)| (Cow::Borrowed(name.as_str()), Self::from(field)))
                    .collect(),
            ),
        }
    }
}

/// An evaluation context that exceeds a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContextLimit {
    /// There are too many properties.
    #[error("the context has more than {MAX_PROPERTIES} properties")]
    Properties,
    /// There are too many structures inside each other.
    #[error("the context has more than {MAX_DEPTH} structures inside each other")]
    Depth,
}

/// Returns the Prefab contexts of an evaluation context. An empty `targeting_property` ignores the targeting key.
///
/// # Errors
///
/// [`ContextLimit`] beyond [`MAX_PROPERTIES`] or [`MAX_DEPTH`].
///
/// # Examples
///
/// ```
/// use prefab_core::{Context, ContextSet};
/// use prefab_openfeature_mapping::contexts::{Field, TARGETING_PROPERTY, to_contexts};
///
/// let contexts = to_contexts(Some("u-1"), TARGETING_PROPERTY, [("device.mobile", Field::Bool(true))])?;
/// assert_eq!(contexts.property("user", "key"), Some(&"u-1".into()));
/// assert_eq!(contexts.property("device", "mobile"), Some(&true.into()));
/// # Ok::<(), prefab_openfeature_mapping::contexts::ContextLimit>(())
/// ```
pub fn to_contexts<'a, N: AsRef<str>>(
    targeting_key: Option<&str>,
    targeting_property: &str,
    fields: impl IntoIterator<Item = (N, Field<'a>)>,
) -> Result<ContextSet, ContextLimit> {
    let mut properties = Properties::default();
    if let Some(key) = targeting_key.filter(|_| !targeting_property.is_empty()) {
        properties.set(targeting_property, ContextValue::String(key.to_owned()))?;
    }
    for (name, field) in fields {
        properties.add(name.as_ref(), field, 0)?;
    }
    Ok(properties.contexts.into_values().collect())
}

/// The properties so far, by the name of their context.
#[derive(Default)]
struct Properties {
    contexts: BTreeMap<String, Context>,
    count: usize,
}

impl Properties {
    /// Adds a field. `name` contains the names of the structures around it, joined by dots.
    fn add(&mut self, name: &str, field: Field<'_>, depth: usize) -> Result<(), ContextLimit> {
        let value = match field {
            Field::Null => ContextValue::Null,
            Field::Bool(bool) => ContextValue::Bool(bool),
            Field::Int(int) => ContextValue::Int(int),
            Field::Double(double) if double.is_finite() => ContextValue::Double(double),
            Field::Double(_) => return Ok(()),
            Field::Text(text) => ContextValue::String(text.into_owned()),
            Field::List(items) => ContextValue::StringList(items.into_iter().filter_map(text_of).collect()),
            Field::Structure(fields) => {
                if depth == MAX_DEPTH {
                    return Err(ContextLimit::Depth);
                }
                for (inner, field) in fields {
                    self.add(&format!("{name}.{inner}"), field, depth + 1)?;
                }
                return Ok(());
            }
        };
        self.set(name, value)
    }

    fn set(&mut self, name: &str, value: ContextValue) -> Result<(), ContextLimit> {
        if self.count == MAX_PROPERTIES {
            return Err(ContextLimit::Properties);
        }
        self.count += 1;
        let (context, property) = name.split_once('.').unwrap_or(("", name));
        if !self.contexts.contains_key(context) {
            self.contexts.insert(context.to_owned(), Context::new(context.to_owned()));
        }
        if let Some(context) = self.contexts.get_mut(context) {
            context.set(property.to_owned(), value);
        }
        Ok(())
    }
}

/// Returns the text of an element of a list, or `None` if it is not a scalar.
fn text_of(field: Field<'_>) -> Option<String> {
    match field {
        Field::Bool(bool) => Some(bool.to_string()),
        Field::Int(int) => Some(int.to_string()),
        Field::Double(double) if double.is_finite() => Some(ContextValue::Double(double).to_string()),
        Field::Text(text) => Some(text.into_owned()),
        Field::Double(_) | Field::Null | Field::List(_) | Field::Structure(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contexts(targeting_key: Option<&str>, json: &Json) -> Result<ContextSet, ContextLimit> {
        let fields = json.as_object().unwrap().iter().map(|(name, field)| (name, Field::from(field)));
        to_contexts(targeting_key, TARGETING_PROPERTY, fields)
    }

    #[track_caller]
    fn check(targeting_key: Option<&str>, json: &Json, expected: impl IntoIterator<Item = Context>) {
        let expected: ContextSet = expected.into_iter().collect();
        assert_eq!(contexts(targeting_key, json).unwrap(), expected);
    }

    #[test]
    fn the_targeting_key_is_the_key_of_the_user_unless_a_field_has_this_name() {
        check(Some("u-1"), &json!({}), [Context::new("user").with("key", "u-1")]);
        check(Some("u-1"), &json!({"user.key": "u-2"}), [Context::new("user").with("key", "u-2")]);
        check(Some("u-1"), &json!({"user": {"key": "u-2"}}), [Context::new("user").with("key", "u-2")]);
        check(None, &json!({}), []);
        let elsewhere =
            |property| to_contexts(Some("u-1"), property, <[(&str, Field<'_>); 0]>::default()).unwrap();
        assert_eq!(elsewhere(""), ContextSet::new());
        assert_eq!(elsewhere("user.id").property("user", "id"), Some(&"u-1".into()));
        assert_eq!(elsewhere("id").property("", "id"), Some(&"u-1".into()));
    }

    #[test]
    fn the_first_dot_separates_the_context_from_the_property() {
        check(
            None,
            &json!({"user.ip.address": "::1", "plan": "pro", "user": {"email": "a@b", "geo": {"country": "DE"}}}),
            [
                Context::new("").with("plan", "pro"),
                Context::new("user").with("ip.address", "::1").with("email", "a@b").with("geo.country", "DE"),
            ],
        );
    }

    #[test]
    fn values_keep_their_type() {
        check(
            None,
            &json!({"u.bool": true, "u.int": -3, "u.double": 1.5, "u.null": null, "u.huge": 18_446_744_073_709_551_615_u64,
                    "u.list": ["a", 1, true, 1.5, null, ["b"], {"c": 1}]}),
            [Context::new("u")
                .with("bool", true)
                .with("int", -3)
                .with("double", 1.5)
                .with("null", ContextValue::Null)
                .with("huge", 18_446_744_073_709_551_615_f64)
                .with("list", ["a", "1", "true", "1.5"])],
        );
        let fields = [("u.nan", Field::Double(f64::NAN)), ("u.inf", Field::Double(f64::INFINITY))];
        assert_eq!(to_contexts(None, TARGETING_PROPERTY, fields), Ok(ContextSet::new()));
    }

    #[test]
    fn contexts_are_limited() {
        let deepest = json!({"a": {"b": {"c": {"d": {"e": 1}}}}});
        check(None, &deepest, [Context::new("a").with("b.c.d.e", 1)]);
        let deeper = json!({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}});
        assert_eq!(contexts(None, &deeper), Err(ContextLimit::Depth));
        let many = |count| (0..count).map(|number| (format!("p{number}"), Field::Int(number)));
        assert!(to_contexts(None, "", many(1_000)).is_ok());
        assert_eq!(to_contexts(None, "", many(1_001)), Err(ContextLimit::Properties));
    }
}
