//! Conversion of the text of an environment variable to the declared type.

use std::borrow::Cow;

use prefab_core::{LogLevel, ValueType, parse_duration, text::TextBuffer};

use crate::evaluated_value::EvaluatedValue;

/// Maximum length of a list. The YAML parser is slow for some longer texts.
const MAX_LIST_BYTES: usize = 64 << 10;
const MAX_BRACKETS: usize = 64;

/// Converts a text to a value. Returns `None` if the text is not of the expected type.
pub(crate) fn coerce(text: String, expected: ValueType) -> Option<EvaluatedValue<'static>> {
    coerce_and_keep(text, expected).map(|(value, _)| value)
}

/// Converts a text to a value like [`coerce`]. Also returns the text, unless the value is the text itself.
pub(crate) fn coerce_and_keep(
    text: String,
    expected: ValueType,
) -> Option<(EvaluatedValue<'static>, Option<Box<str>>)> {
    Some(match convert(&text, expected)? {
        Converted::Value(value) => (value, Some(text.into_boxed_str())),
        Converted::Text => (EvaluatedValue::String(Cow::Owned(text)), None),
    })
}

enum Converted {
    Value(EvaluatedValue<'static>),
    /// The value is the text itself.
    Text,
}

fn convert(text: &str, expected: ValueType) -> Option<Converted> {
    let trimmed = text.trim();
    Some(Converted::Value(match expected {
        ValueType::String => return Some(Converted::Text),
        ValueType::Int => EvaluatedValue::Int(int(trimmed)?),
        ValueType::Double => EvaluatedValue::Double(double(trimmed)?),
        ValueType::Bool => EvaluatedValue::Bool(bool(trimmed)?),
        ValueType::StringList => EvaluatedValue::StringList(Cow::Owned(list(trimmed)?)),
        ValueType::LogLevel => EvaluatedValue::LogLevel(level(trimmed)?),
        ValueType::Duration => EvaluatedValue::Duration(parse_duration(trimmed).ok()?),
        ValueType::Json => EvaluatedValue::Json(Cow::Owned(serde_json::from_str(trimmed).ok()?)),
        ValueType::NotSet => return Some(infer(trimmed).map_or(Converted::Text, Converted::Value)),
        ValueType::Bytes | ValueType::IntRange | ValueType::LimitDefinition => return None,
    }))
}

/// Infers the type of a text, as YAML does. Returns `None` for a string.
fn infer(trimmed: &str) -> Option<EvaluatedValue<'static>> {
    let number = |double: f64| trimmed.contains('.').then_some(EvaluatedValue::Double(double));
    bool(trimmed)
        .map(EvaluatedValue::Bool)
        .or_else(|| int(trimmed).map(EvaluatedValue::Int))
        .or_else(|| double(trimmed).and_then(number))
        .or_else(|| list(trimmed).map(|list| EvaluatedValue::StringList(Cow::Owned(list))))
}

fn int(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn double(text: &str) -> Option<f64> {
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    (digits && plain).then(|| text.parse().ok()).flatten()
}

fn bool(text: &str) -> Option<bool> {
    const WORDS: [(&str, bool); 6] =
        [("true", true), ("yes", true), ("on", true), ("false", false), ("no", false), ("off", false)];
    let (word, value) = WORDS.into_iter().find(|(word, _)| word.eq_ignore_ascii_case(text))?;
    let (first, rest) = text.split_at(1);
    let one_case = text == word
        || text.bytes().all(|byte| byte.is_ascii_uppercase())
        || (first.bytes().all(|byte| byte.is_ascii_uppercase()) && *rest == word[1..]);
    one_case.then_some(value)
}

fn level(text: &str) -> Option<LogLevel> {
    text.parse().ok()
}

fn list(text: &str) -> Option<Vec<String>> {
    let brackets = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    let looks_like_a_list = text.starts_with('[') || text.starts_with('-');
    if !looks_like_a_list || text.len() > MAX_LIST_BYTES || brackets > MAX_BRACKETS {
        return None;
    }
    let items: Vec<serde_yaml::Value> = serde_yaml::from_str(text).ok()?;
    items.into_iter().map(scalar_text).collect()
}

fn scalar_text(item: serde_yaml::Value) -> Option<String> {
    match item {
        serde_yaml::Value::String(text) => Some(text),
        serde_yaml::Value::Bool(bool) => Some(bool.to_string()),
        serde_yaml::Value::Number(number) => Some(match (number.is_f64(), number.as_f64()) {
            (true, Some(double)) => TextBuffer::default().double(double).to_owned(),
            _ => number.to_string(),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: ValueType, shown: Option<&str>) {
        let got = coerce(text.to_owned(), expected).map(|value| value.to_string());
        assert_eq!(got.as_deref(), shown, "{text:?} as {expected:?}");
    }

    #[test]
    fn texts_convert_to_the_declared_type() {
        check(" hi ", ValueType::String, Some(" hi "));
        check(" 42 ", ValueType::Int, Some("42"));
        check("+42", ValueType::Int, Some("42"));
        check("1_000", ValueType::Int, None);
        check("0x10", ValueType::Int, None);
        check("12.5", ValueType::Int, None);
        check("9223372036854775808", ValueType::Int, None);
        check(".5", ValueType::Double, Some("0.5"));
        check("5.", ValueType::Double, Some("5.0"));
        check("1e3", ValueType::Double, Some("1000.0"));
        check("inf", ValueType::Double, None);
        check("nan", ValueType::Double, None);
        check("-", ValueType::Double, None);
        check("Yes", ValueType::Bool, Some("true"));
        check("OFF", ValueType::Bool, Some("false"));
        check("oFF", ValueType::Bool, None);
        check("1", ValueType::Bool, None);
        check("", ValueType::Bool, None);
        check("[a, b]", ValueType::StringList, Some("[a, b]"));
        check("[1, true, 2.5, 2.0]", ValueType::StringList, Some("[1, true, 2.5, 2.0]"));
        check("- a\n- b", ValueType::StringList, Some("[a, b]"));
        check("a,b", ValueType::StringList, None);
        check("[a, [b]]", ValueType::StringList, None);
        check(&"[".repeat(60_000), ValueType::StringList, None);
        check("debug", ValueType::LogLevel, Some("DEBUG"));
        check("loud", ValueType::LogLevel, None);
        check("PT5S", ValueType::Duration, Some("PT5S"));
        check(r#"{"a": 1}"#, ValueType::Json, Some(r#"{"a":1}"#));
        check("x", ValueType::IntRange, None);
    }

    #[test]
    fn an_undeclared_type_is_inferred() {
        check("12", ValueType::NotSet, Some("12"));
        check("yes", ValueType::NotSet, Some("true"));
        check("1.5", ValueType::NotSet, Some("1.5"));
        check("1e3", ValueType::NotSet, Some("1e3"));
        check("[a, b]", ValueType::NotSet, Some("[a, b]"));
        check("-x", ValueType::NotSet, Some("-x"));
        check("", ValueType::NotSet, Some(""));
    }
}
