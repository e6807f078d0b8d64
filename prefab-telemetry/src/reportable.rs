//! The reported form of a value, and its hash.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
    hash::{BuildHasher, Hash as _, Hasher as _},
};

use prefab_core::{Config, Value, duration::format_duration, parse_duration};
use prefab_eval::{EvaluatedValue, Evaluation};
use serde_json::Value as Json;

use crate::bounds::MAX_TEXT_BYTES;

/// Returns the value to report: redacted if it is confidential, `None` if it is too long.
pub(crate) fn value(evaluation: &Evaluation<'_>) -> Option<Value> {
    if evaluation.is_confidential() {
        return Some(Value::String(evaluation.display_value()));
    }
    let value = match &evaluation.value {
        EvaluatedValue::Int(int) => Value::Int(*int),
        EvaluatedValue::Double(double) => Value::Double(*double),
        EvaluatedValue::Bool(bool) => Value::Bool(*bool),
        EvaluatedValue::String(text) => Value::String(text.to_string()),
        EvaluatedValue::StringList(list) => Value::StringList(list.to_vec()),
        EvaluatedValue::LogLevel(level) => Value::LogLevel(*level),
        EvaluatedValue::Duration(duration) => Value::Duration(format_duration(*duration)),
        EvaluatedValue::Json(json) => Value::Json(json.to_string()),
        EvaluatedValue::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
        EvaluatedValue::IntRange(range) => Value::IntRange(*range),
        EvaluatedValue::LimitDefinition(limit) => Value::LimitDefinition((*limit).clone()),
        EvaluatedValue::Schema(schema) => Value::Schema((*schema).clone()),
    };
    (len(&value) <= MAX_TEXT_BYTES).then_some(value)
}

fn len(value: &Value) -> usize {
    match value {
        Value::String(text) | Value::Json(text) | Value::Duration(text) => text.len(),
        Value::StringList(list) => list.iter().map(|text| text.len() + size_of::<String>()).sum(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Schema(schema) => schema.schema.len(),
        _ => 0,
    }
}

/// Returns the index of the value among the allowable ones.
pub(crate) fn selected_index(config: &Config, value: &EvaluatedValue<'_>) -> Option<u32> {
    let place = config.allowable_values.iter().position(|allowable| is_same(value, &allowable.value))?;
    u32::try_from(place).ok()
}

fn is_same(value: &EvaluatedValue<'_>, allowable: &Value) -> bool {
    match (value, allowable) {
        (EvaluatedValue::Int(left), Value::Int(right)) => left == right,
        (EvaluatedValue::Double(left), Value::Double(right)) => left.to_bits() == right.to_bits(),
        (EvaluatedValue::Bool(left), Value::Bool(right)) => left == right,
        (EvaluatedValue::String(left), Value::String(right)) => left == right,
        (EvaluatedValue::StringList(left), Value::StringList(right)) => **left == **right,
        (EvaluatedValue::LogLevel(left), Value::LogLevel(right)) => left == right,
        (EvaluatedValue::Duration(left), Value::Duration(right)) => {
            parse_duration(right).is_ok_and(|right| *left == right)
        }
        (EvaluatedValue::Json(left), Value::Json(right)) => {
            serde_json::from_str::<Json>(right).is_ok_and(|right| **left == right)
        }
        _ => false,
    }
}

/// Distinguishes the values that one rule of one config can have.
///
/// A value of the ruleset is identified by its address, a computed one (from the environment, or decrypted) by a hash of its
/// content.
#[inline]
pub(crate) fn mark(value: &EvaluatedValue<'_>, seeds: &impl BuildHasher) -> u64 {
    match value {
        EvaluatedValue::Int(int) => int.cast_unsigned(),
        EvaluatedValue::Double(double) => double.to_bits(),
        EvaluatedValue::Bool(bool) => u64::from(*bool),
        EvaluatedValue::LogLevel(level) => u64::from(level.number().unsigned_abs()),
        EvaluatedValue::Duration(duration) => {
            duration.as_secs().rotate_left(30) ^ u64::from(duration.subsec_nanos())
        }
        EvaluatedValue::String(Cow::Borrowed(text)) => address(text.as_ptr()),
        EvaluatedValue::StringList(Cow::Borrowed(list)) => address(list.as_ptr()),
        EvaluatedValue::Json(Cow::Borrowed(json)) => address(std::ptr::from_ref(*json)),
        EvaluatedValue::Bytes(bytes) => address(bytes.as_ptr()),
        EvaluatedValue::LimitDefinition(limit) => address(std::ptr::from_ref(*limit)),
        EvaluatedValue::Schema(schema) => address(std::ptr::from_ref(*schema)),
        EvaluatedValue::IntRange(range) => seeds.hash_one(range.bounds()),
        EvaluatedValue::String(Cow::Owned(text)) => seeds.hash_one(text),
        EvaluatedValue::StringList(Cow::Owned(list)) => seeds.hash_one(list),
        EvaluatedValue::Json(Cow::Owned(json)) => {
            let mut hasher = HashedText(seeds.build_hasher());
            // Never an error: `HashedText` accepts any text.
            let _ = write!(hasher, "{json}");
            hasher.0.finish()
        }
    }
}

fn address<T>(pointer: *const T) -> u64 {
    pointer.addr() as u64
}

/// Hashes the text that is written to it.
struct HashedText<H>(H);

impl<H: std::hash::Hasher> fmt::Write for HashedText<H> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.hash(&mut self.0);
        Ok(())
    }
}
