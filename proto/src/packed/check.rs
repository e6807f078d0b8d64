//! The check whether a config can be decoded, without allocating.
//!
//! Each function returns `None` if it is not sure. A message that the check accepts decodes with `prost` and converts
//! with [`convert`](crate::convert); a property test compares them. A repeated singular field is not accepted, because
//! the protocol requires merging the two.

use std::str;

use prefab_core::{ConfigType, LogLevel, stored::ConfigHeader};

use super::fields::{Field, Fields, int32};

/// Maximum depth of percentage rollouts within percentage rollouts. `prost` has its own limit.
const DEPTH: u32 = 8;

/// Checks a `Config`, and returns its header if all of it can be decoded.
pub(super) fn config(message: &[u8]) -> Option<ConfigHeader> {
    let mut key = "";
    let mut id = 0;
    let mut config_type = 0;
    let mut has_rows = false;
    let mut has_changed_by = Once::default();
    each(message, |number, field| match (number, field) {
        (1, Field::Varint(value)) => {
            id = value.cast_signed();
            Some(())
        }
        (3, Field::Bytes(bytes)) => {
            key = str::from_utf8(bytes).ok()?;
            Some(())
        }
        (5, Field::Bytes(row)) => {
            has_rows = true;
            each(row, self::row)
        }
        (7, Field::Varint(value)) => {
            config_type = int32(value);
            Some(())
        }
        (4, Field::Bytes(changed_by)) => {
            has_changed_by.now()?;
            each(changed_by, self::changed_by)
        }
        (6, Field::Bytes(value)) => self::value(value, DEPTH),
        (11, Field::Bytes(text)) => self::text(text),
        (2 | 8..=10, Field::Varint(_)) => Some(()),
        (1..=11, _) => None,
        _ => Some(()),
    })?;
    let config_type = ConfigType::from_number(config_type).unwrap_or_default();
    let is_tombstone = !has_rows || config_type == ConfigType::Deleted;
    (!key.is_empty()).then(|| ConfigHeader { key: key.into(), id, config_type, is_tombstone })
}

/// Accepts a field the first time only.
#[derive(Default)]
struct Once(bool);

impl Once {
    fn now(&mut self) -> Option<()> {
        (!std::mem::replace(&mut self.0, true)).then_some(())
    }
}

/// Returns the key of a config, for the error of a config that cannot be decoded.
pub(super) fn key(message: &[u8]) -> Option<&str> {
    let mut fields = Fields::new(message);
    while let Ok(Some((number, field))) = fields.next() {
        if let (3, Field::Bytes(key)) = (number, field) {
            return str::from_utf8(key).ok();
        }
    }
    None
}

/// Calls `field` for each field of a message, as long as the fields are valid.
#[inline]
fn each<'a>(message: &'a [u8], mut field: impl FnMut(u32, Field<'a>) -> Option<()>) -> Option<()> {
    let mut fields = Fields::new(message);
    while let Some((number, content)) = fields.next().ok()? {
        field(number, content)?;
    }
    Some(())
}

fn text(bytes: &[u8]) -> Option<()> {
    str::from_utf8(bytes).is_ok().then_some(())
}

fn changed_by(number: u32, field: Field<'_>) -> Option<()> {
    match (number, field) {
        (1, Field::Varint(_)) => Some(()),
        (2..=4, Field::Bytes(bytes)) => text(bytes),
        (1..=4, _) => None,
        _ => Some(()),
    }
}

fn row(number: u32, field: Field<'_>) -> Option<()> {
    match (number, field) {
        (1, Field::Varint(_)) => Some(()),
        (2, Field::Bytes(rule)) => self::rule(rule),
        // Configs with properties, which are unused, are decoded.
        (1..=3, _) => None,
        _ => Some(()),
    }
}

fn rule(message: &[u8]) -> Option<()> {
    let mut has_value = Once::default();
    each(message, |number, field| match (number, field) {
        (1, Field::Bytes(criterion)) => self::criterion(criterion),
        (2, Field::Bytes(value)) => {
            has_value.now()?;
            self::value(value, DEPTH)
        }
        (1 | 2, _) => None,
        _ => Some(()),
    })
}

fn criterion(message: &[u8]) -> Option<()> {
    let mut has_value = Once::default();
    each(message, |number, field| match (number, field) {
        (1, Field::Bytes(property)) => text(property),
        (2, Field::Varint(_)) => Some(()),
        (3, Field::Bytes(value)) => {
            has_value.now()?;
            self::value(value, DEPTH)
        }
        (1..=3, _) => None,
        _ => Some(()),
    })
}

fn value(message: &[u8], depth: u32) -> Option<()> {
    let mut has_kind = Once::default();
    each(message, |number, field| match (number, field) {
        (13, Field::Varint(_)) => Some(()),
        (14 | 18 | 19, Field::Bytes(bytes)) => text(bytes),
        // Limits and schemas are rare; their configs are decoded.
        (7 | 8 | 13 | 14 | 17..=19, _) => None,
        (1..=16, _) => {
            has_kind.now()?;
            kind(number, field, depth)
        }
        _ => Some(()),
    })
}

fn kind(number: u32, field: Field<'_>, depth: u32) -> Option<()> {
    match (number, field) {
        (1 | 5, Field::Varint(_)) | (3, Field::Bytes(_)) | (4, Field::Fixed64(_)) => Some(()),
        (2, Field::Bytes(bytes)) => text(bytes),
        (6, Field::Bytes(weighted)) => self::weighted(weighted, depth.checked_sub(1)?),
        (9, Field::Varint(level)) => LogLevel::from_number(int32(level)).map(|_| ()),
        // A list of strings, a duration, JSON: field 1 is a string.
        (10 | 15 | 16, Field::Bytes(texts)) => each(texts, |number, field| match (number, field) {
            (1, Field::Bytes(bytes)) => text(bytes),
            (1, _) => None,
            _ => Some(()),
        }),
        (11, Field::Bytes(range)) => each(range, |number, field| match (number, field) {
            (1 | 2, Field::Varint(_)) => Some(()),
            (1 | 2, _) => None,
            _ => Some(()),
        }),
        (12, Field::Bytes(provided)) => each(provided, |number, field| match (number, field) {
            (1, Field::Varint(_)) => Some(()),
            (2, Field::Bytes(bytes)) => text(bytes),
            (1 | 2, _) => None,
            _ => Some(()),
        }),
        _ => None,
    }
}

fn weighted(message: &[u8], depth: u32) -> Option<()> {
    each(message, |number, field| match (number, field) {
        (1, Field::Bytes(choice)) => self::choice(choice, depth),
        (2, Field::Bytes(bytes)) => text(bytes),
        (1 | 2, _) => None,
        _ => Some(()),
    })
}

fn choice(message: &[u8], depth: u32) -> Option<()> {
    let mut has_value = Once::default();
    each(message, |number, field| match (number, field) {
        (1, Field::Varint(weight)) => (int32(weight) >= 0).then_some(()),
        (2, Field::Bytes(value)) => {
            has_value.now()?;
            self::value(value, depth)
        }
        (1 | 2, _) => None,
        _ => Some(()),
    })
}
