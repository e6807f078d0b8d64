//! A list of texts in one allocation.

use std::ops::Range;

/// Texts with fingerprints, in one allocation. Comparing fingerprints first avoids most comparisons of texts.
///
/// A ruleset has tens of thousands of short texts. As separate strings they would need several times their bytes and a
/// pointer dereference each.
///
/// The layout is: the number of texts, their fingerprints, their ends (all little-endian 32-bit numbers), the texts.
#[derive(Debug)]
pub(crate) struct FingerprintedTexts(Box<[u8]>);

const NUMBER: usize = size_of::<u32>();

impl FingerprintedTexts {
    /// Packs texts. Stops at 4 GiB in total.
    pub(crate) fn new(texts: &[&str]) -> Self {
        let bytes = texts.iter().map(|text| text.len()).sum::<usize>();
        let mut all = Vec::with_capacity(NUMBER * (1 + 2 * texts.len()) + bytes);
        let mut ends = Vec::with_capacity(texts.len());
        let mut end = 0_u32;
        for text in texts {
            let Some(next) = u32::try_from(text.len()).ok().and_then(|len| end.checked_add(len)) else {
                break;
            };
            end = next;
            ends.push(end);
        }
        let texts = &texts[..ends.len()];
        let count = u32::try_from(texts.len()).unwrap_or(u32::MAX);
        all.extend(count.to_le_bytes());
        all.extend(texts.iter().flat_map(|text| short_fingerprint(text).to_le_bytes()));
        all.extend(ends.into_iter().flat_map(u32::to_le_bytes));
        all.extend(texts.iter().flat_map(|text| text.bytes()));
        Self(all.into())
    }

    /// Returns the bytes of the texts.
    #[inline]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let (_, ends, texts) = self.parts();
        let mut start = 0;
        ends.iter().map_while(move |end| {
            let end = number(*end);
            texts.get(std::mem::replace(&mut start, end)..end)
        })
    }

    /// Returns whether `text` is one of the texts. `fingerprint` is its [`short_fingerprint`].
    #[inline(never)]
    pub(crate) fn contains(&self, text: &str, fingerprint: u32) -> bool {
        let (fingerprints, ends, texts) = self.parts();
        fingerprints.iter().enumerate().any(|(at, other)| {
            u32::from_le_bytes(*other) == fingerprint
                && range(ends, at)
                    .and_then(|range| texts.get(range))
                    .is_some_and(|other| prefab_core::text::same_bytes(other, text.as_bytes()))
        })
    }

    #[inline]
    fn parts(&self) -> (&[[u8; NUMBER]], &[[u8; NUMBER]], &[u8]) {
        let (count, rest) = self.0.split_first_chunk().unwrap_or((&[0; NUMBER], &[]));
        let (fingerprints, rest) = rest.split_at_checked(number(*count) * NUMBER).unwrap_or_default();
        let (ends, texts) = rest.split_at_checked(fingerprints.len()).unwrap_or_default();
        (fingerprints.as_chunks().0, ends.as_chunks().0, texts)
    }
}

#[inline]
fn range(ends: &[[u8; NUMBER]], at: usize) -> Option<Range<usize>> {
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |start| number(*start));
    Some(start..number(*ends.get(at)?))
}

#[inline]
fn number(bytes: [u8; NUMBER]) -> usize {
    u32::from_le_bytes(bytes) as usize
}

/// Returns the part of a text's [`fingerprint`] that the list stores.
#[inline]
pub(crate) fn short_fingerprint(text: &str) -> u32 {
    (fingerprint(text) >> 32) as u32
}

/// Returns a hash of the length, the start and the end of a text. Different texts can have the same fingerprint.
///
/// It covers both ends, because identifiers often have the same length and the same start.
#[inline]
pub(crate) fn fingerprint(text: &str) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let bytes = text.as_bytes();
    let (first, last) = if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>())
    {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
    } else {
        let at = |place: usize| bytes.get(place).copied().map_or(0, u64::from);
        ((at(0) << 8) | at(1), at(2))
    };
    first.wrapping_mul(ODD).rotate_left(23) ^ last.wrapping_add(bytes.len() as u64).wrapping_mul(ODD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_texts_unpack_to_the_same_list(texts in prop::collection::vec("[aé]{0,9}", 0..20), other in "[aé]{0,9}") {
            let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
            let together = FingerprintedTexts::new(&borrowed);
            let apart: Vec<&[u8]> = together.iter().collect();
            let bytes: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            prop_assert_eq!(apart, bytes);
            prop_assert_eq!(together.contains(&other, short_fingerprint(&other)), texts.contains(&other));
            for text in &texts {
                prop_assert!(together.contains(text, short_fingerprint(text)));
            }
        }
    }
}
