//! A choice by percentage.

use prefab_core::{ContextValue, text::TextBuffer};

use crate::{
    compiled::Answer,
    contexts::Stack,
    host::Host,
    murmur3::Murmur3,
    property::PropertyName,
    trace::{Hashed, Trace},
};

/// The largest share: the hash is divided by 2^32 - 2, not by 2^32, in every client.
const DIVISOR: f64 = 4_294_967_294.0;

/// Weighted values with their sums made and the key already in the hash.
#[derive(Debug)]
pub(crate) struct Weighted {
    pub(crate) hash: Murmur3,
    pub(crate) property: PropertyName,
    /// The running sums of the weights.
    limits: Box<[f64]>,
    /// For each limit the first hash that lies beyond it; absent where the weights come to nothing.
    ends: Option<Box<[u64]>>,
    pub(crate) answers: Box<[Answer]>,
}

impl Weighted {
    /// Prepares choices; `hash` has absorbed the config's key.
    pub(crate) fn new(
        hash: Murmur3,
        property: PropertyName,
        weights: impl Iterator<Item = i32>,
        answers: Box<[Answer]>,
    ) -> Self {
        let mut sum = 0.0;
        let limits: Box<[f64]> = weights
            .map(|weight| {
                sum += f64::from(weight);
                sum
            })
            .collect();
        let ends = (sum > 0.0).then(|| limits.iter().map(|limit| end(sum, *limit)).collect());
        Self { hash, property, limits, ends, answers }
    }

    /// Chooses an answer; `None` where there is none to choose from.
    pub(crate) fn choose<T: Trace>(
        &self,
        stack: &Stack<'_>,
        host: &dyn Host,
        trace: &mut T,
    ) -> Option<(u32, &Answer)> {
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
        if T::LISTENS {
            let total = self.limits[last];
            let below = chosen.checked_sub(1).map_or(0.0, |before| self.limits[before]);
            trace.weighted(&Hashed {
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
        Some((index, &self.answers[chosen]))
    }
}

/// Returns the place between 0 and 1 that a hash gives.
fn share_of(hash: u32) -> f64 {
    f64::from(hash) / DIVISOR
}

fn bucket(total: f64, share: f64) -> f64 {
    total * share
}

/// Returns the first hash whose bucket is not below `limit`. The larger the hash, the larger its bucket, so
/// halving finds it, and comparing hashes then decides as comparing buckets would.
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

/// Puts the canonical text of a property into the hash.
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
        fn the_end_of_a_limit_is_where_its_bucket_begins(weights in prop::collection::vec(-3..2_000_i32, 1..6), near: u32) {
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
