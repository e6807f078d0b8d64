//! Contexts on the command line and in requests.

use prefab_client::{Context, ContextSet, ContextValue};
use prefab_core::{json, text::TextBuffer};

/// Parses contexts from JSON, or one property: `user.key=ann`.
pub(crate) fn parse(text: &str) -> Result<ContextSet, String> {
    let trimmed = text.trim_start();
    match text.split_once('=') {
        Some((name, value)) if !trimmed.starts_with('{') => property(name.trim(), value.trim()),
        _ => from_json(text),
    }
}

fn from_json(text: &str) -> Result<ContextSet, String> {
    let json = json::parse(text).map_err(|error| {
        format!("not JSON: {error}; examples are user.key=1 and {{\"user\": {{\"key\": \"1\"}}}}")
    })?;
    ContextSet::from_json(&json).map_err(|error| error.to_string())
}

/// Parses one property. A name without a dot belongs to the context without a name.
fn property(name: &str, value: &str) -> Result<ContextSet, String> {
    let (context, property) = name.split_once('.').unwrap_or(("", name));
    if property.is_empty() {
        return Err("expected a property and a value, as in user.key=ann".to_owned());
    }
    Ok(ContextSet::from(Context::new(context.to_owned()).with(property.to_owned(), value_of(value)?)))
}

/// Reads a value: true, false, a number, a list or text in JSON, else the text itself.
///
/// A number that has another canonical form, such as `007` or `1.10`, is text.
fn value_of(text: &str) -> Result<ContextValue, String> {
    if text.starts_with(['[', '"']) {
        let of_json = |json| ContextSet::from_json(&serde_json::json!({"": {"value": json}}));
        let json = json::parse(text).map_err(|error| format!("invalid value `{text}`: {error}"))?;
        let set = of_json(json).map_err(|error| error.to_string())?;
        return set.property("", "value").cloned().ok_or_else(|| format!("invalid value `{text}`"));
    }
    let int = text.parse::<i64>().ok().filter(|int| int.to_string() == text);
    let double = text.parse::<f64>().ok().filter(|double| TextBuffer::default().double(*double) == text);
    Ok(match (text, int, double) {
        ("true", ..) => true.into(),
        ("false", ..) => false.into(),
        (_, Some(int), _) => int.into(),
        (_, _, Some(double)) if double.is_finite() => double.into(),
        _ => text.into(),
    })
}

/// Combines contexts. A later property replaces an earlier one with the same name.
pub(crate) fn combine(sets: &[ContextSet]) -> ContextSet {
    let mut all = ContextSet::new();
    for context in sets.iter().flat_map(ContextSet::iter) {
        let mut merged = all.get(context.name()).cloned();
        let target = merged.get_or_insert_with(|| Context::new(context.name().to_owned()));
        for (property, value) in context.properties() {
            target.set(property.to_owned(), value.clone());
        }
        all.set(merged.unwrap_or_else(|| context.clone()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn contexts_are_json_or_properties() {
        for (arguments, expected) in [
            (&["user.key=ann"][..], json!({"user": {"key": "ann"}})),
            (&["user.key=ann", "user.age=-5"], json!({"user": {"key": "ann", "age": -5}})),
            (&["user.key=ann", "user.key=bob"], json!({"user": {"key": "bob"}})),
            (
                &[r#"{"user": {"key": "a"}}"#, "team.key=b"],
                json!({"user": {"key": "a"}, "team": {"key": "b"}}),
            ),
            (
                &["user.a=-0.5", "user.b=1.10", "user.c=007"],
                json!({"user": {"a": -0.5, "b": "1.10", "c": "007"}}),
            ),
            (&["user.id=9007199254740993"], json!({"user": {"id": 9_007_199_254_740_993_i64}})),
            (&["user.id=92233720368547758080"], json!({"user": {"id": "92233720368547758080"}})),
            (&["user.tags=[\"a\", \"b\"]"], json!({"user": {"tags": ["a", "b"]}})),
            (&["user.id=\"5\""], json!({"user": {"id": "5"}})),
            (&["user.email=a=b@c"], json!({"user": {"email": "a=b@c"}})),
            (&["beta=true"], json!({"": {"beta": true}})),
        ] {
            let sets: Vec<ContextSet> = arguments.iter().map(|text| parse(text).unwrap()).collect();
            assert_eq!(combine(&sets), ContextSet::from_json(&expected).unwrap(), "{arguments:?}");
        }
    }

    #[test]
    fn invalid_contexts_are_reported() {
        for (text, expected) in [
            ("{", "not JSON"),
            ("user", "not JSON"),
            ("user.=x", "as in user.key=ann"),
            ("=x", "as in user.key=ann"),
            (r#"{"user": {"key": 1, "key": 2}}"#, "`user.key` is given twice"),
            ("user.tags=[", "invalid value `[`"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
