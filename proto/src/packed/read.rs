//! Decodes the part of a config that evaluation uses, without copying strings.
//!
//! It handles only configs that the [check](super::check) has accepted, so it does not fail and ignores unexpected
//! fields. Its result equals that of `prost` and [`convert`](crate::convert); a property test compares them.

use prefab_core::{
    IntRange, LogLevel, Operator, ProvidedSource, ValueType,
    borrowed::{Config, ConfigValue, Criterion, Row, Rule, Value, WeightedValues},
};

use super::fields::{Field, Fields, int32};

/// Decodes a `Config`.
pub(super) fn config(message: &[u8]) -> Config<'_> {
    let mut config = Config { rows: list(message, 5, row), ..Config::default() };
    each(message, |number, field| match (number, field) {
        (3, Field::Bytes(key)) => config.key = text(key),
        (9, Field::Varint(kind)) => {
            config.value_type = ValueType::from_number(int32(kind)).unwrap_or_default();
        }
        _ => {}
    });
    config
}

fn each<'a>(message: &'a [u8], mut field: impl FnMut(u32, Field<'a>)) {
    let mut fields = Fields::new(message);
    while let Ok(Some((number, content))) = fields.next() {
        field(number, content);
    }
}

/// Decodes every occurrence of a field.
fn list<'a, T>(message: &'a [u8], wanted: u32, read: impl Fn(&'a [u8]) -> T) -> Vec<T> {
    let mut len = 0;
    each(message, |number, _| len += usize::from(number == wanted));
    let mut list = Vec::with_capacity(len);
    if len > 0 {
        each(message, |number, field| {
            if let (true, Field::Bytes(item)) = (number == wanted, field) {
                list.push(read(item));
            }
        });
    }
    list
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}

fn row(message: &[u8]) -> Row<'_> {
    let mut row = Row { project_env_id: None, values: list(message, 2, rule) };
    each(message, |number, field| {
        if let (1, Field::Varint(id)) = (number, field) {
            row.project_env_id = Some(id.cast_signed());
        }
    });
    row
}

fn rule(message: &[u8]) -> Rule<'_> {
    let mut rule = Rule { criteria: list(message, 1, criterion), ..Rule::default() };
    each(message, |number, field| {
        if let (2, Field::Bytes(value)) = (number, field) {
            rule.value = Some(self::value(value));
        }
    });
    rule.criteria_bytes = message.get(..end_of_first(message, 1, rule.criteria.len())).unwrap_or_default();
    rule
}

/// Returns the end of the first `count` fields if all of them have the number `wanted`, else 0.
fn end_of_first(message: &[u8], wanted: u32, count: usize) -> usize {
    let mut fields = Fields::new(message);
    let all =
        (0..count).all(|_| matches!(fields.next(), Ok(Some((number, Field::Bytes(_)))) if number == wanted));
    if all { message.len() - fields.rest() } else { 0 }
}

fn criterion(message: &[u8]) -> Criterion<'_> {
    // An absent operator has the number 0.
    let mut criterion = Criterion { operator: Operator::from_number(0), ..Criterion::default() };
    each(message, |number, field| match (number, field) {
        (1, Field::Bytes(property)) => criterion.property_name = text(property),
        (2, Field::Varint(number)) => criterion.operator = Operator::from_number(int32(number)),
        (3, Field::Bytes(value)) => criterion.value_to_match = Some(self::value(value)),
        _ => {}
    });
    criterion
}

fn value(message: &[u8]) -> ConfigValue<'_> {
    let mut value = ConfigValue::default();
    each(message, |number, field| match (number, field) {
        (13, Field::Varint(flag)) => value.confidential = flag != 0,
        (14, Field::Bytes(key)) => value.decrypt_with = Some(text(key)),
        _ => {
            if let Some(kind) = kind(number, field) {
                value.value = kind;
            }
        }
    });
    value
}

fn kind(number: u32, field: Field<'_>) -> Option<Value<'_>> {
    Some(match (number, field) {
        (1, Field::Varint(int)) => Value::Int(int.cast_signed()),
        (2, Field::Bytes(bytes)) => Value::String(text(bytes)),
        (3, Field::Bytes(bytes)) => Value::Bytes(bytes),
        (4, Field::Fixed64(bits)) => Value::Double(f64::from_bits(bits)),
        (5, Field::Varint(flag)) => Value::Bool(flag != 0),
        (6, Field::Bytes(message)) => Value::Weighted(weighted(message)),
        (9, Field::Varint(level)) => Value::LogLevel(LogLevel::from_number(int32(level))?),
        (10, Field::Bytes(message)) => Value::StringList(list(message, 1, text)),
        (11, Field::Bytes(message)) => Value::IntRange(int_range(message)),
        (12, Field::Bytes(message)) => provided(message),
        (15, Field::Bytes(message)) => Value::Duration(only_text(message)),
        (16, Field::Bytes(message)) => Value::Json(only_text(message)),
        _ => return None,
    })
}

fn only_text(message: &[u8]) -> &str {
    let mut only = "";
    each(message, |number, field| {
        if let (1, Field::Bytes(bytes)) = (number, field) {
            only = text(bytes);
        }
    });
    only
}

fn weighted(message: &[u8]) -> WeightedValues<'_> {
    let mut weighted = WeightedValues { values: list(message, 1, choice), hash_by_property_name: None };
    each(message, |number, field| {
        if let (2, Field::Bytes(property)) = (number, field) {
            weighted.hash_by_property_name = Some(text(property));
        }
    });
    weighted
}

fn choice(message: &[u8]) -> (i32, ConfigValue<'_>) {
    let mut weight = 0;
    let mut chosen = ConfigValue::default();
    each(message, |number, field| match (number, field) {
        (1, Field::Varint(number)) => weight = int32(number),
        (2, Field::Bytes(bytes)) => chosen = value(bytes),
        _ => {}
    });
    (weight, chosen)
}

fn int_range(message: &[u8]) -> IntRange {
    let mut range = IntRange::default();
    each(message, |number, field| match (number, field) {
        (1, Field::Varint(start)) => range.start = Some(start.cast_signed()),
        (2, Field::Varint(end)) => range.end = Some(end.cast_signed()),
        _ => {}
    });
    range
}

fn provided(message: &[u8]) -> Value<'_> {
    let (mut source, mut lookup) = (ProvidedSource::NotSet, "");
    each(message, |number, field| match (number, field) {
        (1, Field::Varint(number)) => {
            source = if int32(number) == 1 { ProvidedSource::EnvVar } else { ProvidedSource::NotSet };
        }
        (2, Field::Bytes(bytes)) => lookup = text(bytes),
        _ => {}
    });
    Value::Provided { source, lookup }
}
