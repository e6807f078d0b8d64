//! Compiled values: precomputed, chosen by a percentage rollout, or computed at each evaluation.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use prefab_core::{
    ConfigValue, ContextValue, IntRange, LimitDefinition, LogLevel, Schema, Value, ValueType, parse_duration,
    text::TextBuffer,
};
use serde_json::Value as Json;

use crate::{
    EvalError,
    contexts::Stack,
    host::Host,
    murmur3::Murmur3,
    property_name::PropertyName,
    trace::{Trace, WeightedChoice},
};

/// A compiled value, and whether it is secret.
#[derive(Debug)]
pub(crate) struct CompiledValue {
    pub(crate) kind: ValueKind,
    /// Twice a number that no other compiled of the process has; odd for a secret.
    tagged_id: u64,
}

#[derive(Debug)]
pub(crate) enum ValueKind {
    Int(i64),
    Double(f64),
    Bool(bool),
    String(Box<str>),
    StringList(Box<[String]>),
    LogLevel(LogLevel),
    Duration(Duration),
    Json(Box<Json>),
    Bytes(Box<[u8]>),
    IntRange(Box<IntRange>),
    LimitDefinition(Box<LimitDefinition>),
    Schema(Box<Schema>),
    Weighted(Box<Weighted>),
    Provided {
        variable: Box<str>,
        expected: ValueType,
    },
    Encrypted(Box<Encrypted>),
    /// An invalid value, with the error of its evaluation.
    Invalid(Box<EvalError>),
}

#[derive(Debug)]
pub(crate) struct Encrypted {
    pub(crate) stored: Box<str>,
    pub(crate) slot: u32,
    pub(crate) decrypt_with: Box<str>,
}

impl ValueKind {
    /// Returns whether the value is the same in every evaluation.
    #[inline]
    pub(crate) fn is_precomputed(&self) -> bool {
        !matches!(self, Self::Weighted(_) | Self::Provided { .. } | Self::Encrypted(_) | Self::Invalid(_))
    }
}

/// Numbers the values, by twos. Only their being different counts.
static NEXT_ID: AtomicU64 = AtomicU64::new(2);

impl CompiledValue {
    pub(crate) fn new(kind: ValueKind, secret: bool) -> Self {
        Self { kind, tagged_id: NEXT_ID.fetch_add(2, Ordering::Relaxed) | u64::from(secret) }
    }

    /// Returns a number that no other compiled of the process has, from 1 on, one after the other.
    #[inline]
    pub(crate) fn id(&self) -> u64 {
        self.tagged_id >> 1
    }

    #[inline]
    pub(crate) fn is_secret(&self) -> bool {
        self.tagged_id & 1 == 1
    }

    /// Returns whether this is the compiled form of `value`, for the types that variants have.
    pub(crate) fn is_same(&self, value: &ConfigValue) -> bool {
        match (&self.kind, &value.value) {
            (ValueKind::Int(left), Value::Int(right)) => left == right,
            (ValueKind::Double(left), Value::Double(right)) => left.to_bits() == right.to_bits(),
            (ValueKind::Bool(left), Value::Bool(right)) => left == right,
            (ValueKind::String(left), Value::String(right)) => **left == **right,
            (ValueKind::StringList(left), Value::StringList(right)) => **left == **right,
            (ValueKind::LogLevel(left), Value::LogLevel(right)) => left == right,
            (ValueKind::Duration(left), Value::Duration(right)) => parse_duration(right).as_ref() == Ok(left),
            (ValueKind::Json(left), Value::Json(right)) => {
                serde_json::from_str::<Json>(right).is_ok_and(|right| **left == right)
            }
            _ => false,
        }
    }
}

/// All SDKs divide the hash by 2^32 - 2.
const DIVISOR: f64 = 4_294_967_294.0;

/// A percentage rollout with the sums of its weights and the hash of its config key.
#[derive(Debug)]
pub(crate) struct Weighted {
    pub(crate) hash: Murmur3,
    pub(crate) property: PropertyName,
    /// The running sums of the weights.
    limits: Box<[f64]>,
    /// For each limit, the first hash beyond it. `None` if the sum of the weights is not positive.
    ends: Option<Box<[u64]>>,
    pub(crate) values: Box<[CompiledValue]>,
}

impl Weighted {
    /// Prepares choices; `hash` has absorbed the config's key.
    pub(crate) fn new(
        hash: Murmur3,
        property: PropertyName,
        weights: impl Iterator<Item = i32>,
        values: Box<[CompiledValue]>,
    ) -> Self {
        let mut sum = 0.0;
        let limits: Box<[f64]> = weights
            .map(|weight| {
                sum += f64::from(weight);
                sum
            })
            .collect();
        let ends = (sum > 0.0).then(|| limits.iter().map(|limit| end(sum, *limit)).collect());
        Self { hash, property, limits, ends, values }
    }

    /// Chooses an compiled; `None` where there is none to choose from.
    pub(crate) fn choose<T: Trace>(
        &self,
        stack: &Stack<'_>,
        host: &dyn Host,
        trace: &mut T,
    ) -> Option<(u32, &CompiledValue)> {
        let property = stack.property(&self.property);
        let hash = property.and_then(|value| absorb(self.hash, value)).map(Murmur3::finish);
        let last = self.limits.len().checked_sub(1)?;
        let (found, share) = if let (Some(hash), Some(ends)) = (hash, &self.ends) {
            (ends.iter().position(|end| u64::from(hash) < *end), None)
        } else {
            let share = hash.map_or_else(|| host.random(), share_of);
            let bucket = bucket(self.limits[last], share);
            (self.limits.iter().position(|limit| bucket < *limit), Some(share))
        };
        let chosen = found.unwrap_or(last);
        if T::ENABLED {
            let total = self.limits[last];
            let below = chosen.checked_sub(1).map_or(0.0, |before| self.limits[before]);
            trace.weighted(&WeightedChoice {
                context: self.property.context(),
                property: self.property.property(),
                hash,
                share: share.or_else(|| hash.map(share_of)).unwrap_or_default(),
                from: below / total,
                to: self.limits[chosen] / total,
                chosen,
            });
        }
        let index = u32::try_from(chosen).unwrap_or(u32::MAX);
        Some((index, &self.values[chosen]))
    }
}

/// Returns the position of a hash between 0 and 1.
fn share_of(hash: u32) -> f64 {
    f64::from(hash) / DIVISOR
}

fn bucket(total: f64, share: f64) -> f64 {
    total * share
}

/// Returns the first hash whose bucket is not below `limit`, by binary search: buckets grow with the hash. An
/// evaluation then compares hashes, with the same result as comparing buckets.
fn end(total: f64, limit: f64) -> u64 {
    let (mut low, mut high) = (0, 1 << 32);
    while low < high {
        let middle = low + (high - low) / 2;
        match u32::try_from(middle) {
            Ok(hash) if bucket(total, share_of(hash)) < limit => low = middle + 1,
            _ => high = middle,
        }
    }
    low
}

/// Adds the canonical text of a property to the hash.
fn absorb(hash: Murmur3, value: &ContextValue) -> Option<Murmur3> {
    match value {
        ContextValue::String(text) => Some(hash.absorb(text.as_bytes())),
        ContextValue::StringList(list) => {
            let mut hash = hash;
            for (at, text) in list.iter().enumerate() {
                hash = if at > 0 { hash.absorb(b",") } else { hash };
                hash = hash.absorb(text.as_bytes());
            }
            Some(hash)
        }
        other => TextBuffer::default().scalar(other).map(|text| hash.absorb(text.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn comparing_hashes_agrees_with_comparing_buckets(weights in prop::collection::vec(-3..2_000_i32, 1..6), near: u32) {
            let mut sum = 0.0;
            let limits: Vec<f64> = weights.iter().map(|weight| { sum += f64::from(*weight); sum }).collect();
            prop_assume!(sum > 0.0);
            for limit in limits {
                let end = end(sum, limit);
                let around = [0, 1, u64::from(near), end.saturating_sub(1), end, end + 1, (1 << 32) - 1];
                for hash in around.into_iter().filter_map(|hash| u32::try_from(hash).ok()) {
                    prop_assert_eq!(u64::from(hash) < end, bucket(sum, share_of(hash)) < limit, "{} {}", hash, limit);
                }
            }
        }
    }
}
