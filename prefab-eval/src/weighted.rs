//! A choice by percentage.

use prefab_core::{ContextValue, text::TextBuffer};

use crate::{
    compile::Answer,
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
    pub(crate) limits: Box<[f64]>,
    pub(crate) answers: Box<[Answer]>,
}

impl Weighted {
    /// Chooses an answer; `None` where there is none to choose from.
    pub(crate) fn choose<T: Trace>(
        &self,
        stack: &Stack<'_>,
        host: &dyn Host,
        trace: &mut T,
    ) -> Option<(u32, &Answer)> {
        let property = stack.property(&self.property);
        let hash = property.and_then(|value| absorb(self.hash, value)).map(Murmur3::finish);
        let share = hash.map_or_else(|| host.random(), |hash| f64::from(hash) / DIVISOR);
        let total = self.limits.last()?;
        let bucket = total * share;
        let last = self.limits.len() - 1;
        let chosen = self.limits.iter().position(|limit| bucket < *limit).unwrap_or(last);
        if T::LISTENS {
            let below = chosen.checked_sub(1).map_or(0.0, |before| self.limits[before]);
            trace.weighted(&Hashed {
                context: self.property.context(),
                property: self.property.property(),
                hash,
                share,
                from: below / total,
                to: self.limits[chosen] / total,
                chosen,
            });
        }
        let index = u32::try_from(chosen).unwrap_or(u32::MAX);
        Some((index, &self.answers[chosen]))
    }
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
