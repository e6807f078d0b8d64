//! The operators "starts with", "ends with" and "contains".

use prefab_core::{
    ContextValue,
    text::{TextBuffer, same_bytes},
};

/// The part of the property that is compared.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Affix {
    Start,
    End,
    Anywhere,
}

/// Texts in one allocation, each after its length as a little-endian 32-bit number.
///
/// A ruleset has tens of thousands of short texts. As separate strings they would need several times their bytes and a
/// pointer dereference each.
#[derive(Debug)]
pub(crate) struct PackedTexts(Box<[u8]>);

impl PackedTexts {
    /// Packs texts. Skips texts over 4 GiB, which no property can match.
    pub(crate) fn new(texts: &[&str]) -> Self {
        let mut row = Vec::with_capacity(texts.iter().map(|text| text.len() + size_of::<u32>()).sum());
        for text in texts {
            if let Ok(len) = u32::try_from(text.len()) {
                row.extend(len.to_le_bytes());
                row.extend(text.bytes());
            }
        }
        Self(row.into())
    }

    #[inline]
    fn any(&self, is_match: impl Fn(&[u8]) -> bool) -> bool {
        let mut row = &*self.0;
        while let Some((len, rest)) = row.split_first_chunk() {
            let Some((text, rest)) = rest.split_at_checked(u32::from_le_bytes(*len) as usize) else { break };
            if is_match(text) {
                return true;
            }
            row = rest;
        }
        false
    }
}

impl Affix {
    /// Returns whether one of `texts` is in this part of a scalar's text. A list never matches.
    pub(crate) fn found(self, texts: &PackedTexts, value: &ContextValue) -> bool {
        if let ContextValue::String(text) = value {
            return self.in_text(texts, text);
        }
        TextBuffer::default().scalar(value).is_some_and(|text| self.in_text(texts, text))
    }

    #[inline]
    pub(crate) fn in_text(self, texts: &PackedTexts, text: &str) -> bool {
        match self {
            Self::Start => starts(texts, text.as_bytes()),
            Self::End => ends(texts, text.as_bytes()),
            Self::Anywhere => contains(texts, text),
        }
    }
}

// Separate functions, so that each fits in the registers of the processor.

#[inline(never)]
fn starts(texts: &PackedTexts, text: &[u8]) -> bool {
    texts.any(|entry| text.get(..entry.len()).is_some_and(|start| same_bytes(start, entry)))
}

#[inline(never)]
fn ends(texts: &PackedTexts, text: &[u8]) -> bool {
    texts.any(|entry| {
        let end = text.len().checked_sub(entry.len()).and_then(|start| text.get(start..));
        end.is_some_and(|end| same_bytes(end, entry))
    })
}

/// Packed texts are always valid UTF-8.
#[inline(never)]
fn contains(texts: &PackedTexts, text: &str) -> bool {
    texts.any(|entry| str::from_utf8(entry).is_ok_and(|entry| text.contains(entry)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_texts_match_like_strings(texts in prop::collection::vec("[aé]{0,3}", 0..8), text in "[aé]{0,9}") {
            let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
            let row = PackedTexts::new(&borrowed);
            let any = |is_match: fn(&str, &str) -> bool| borrowed.iter().any(|entry| is_match(&text, entry));
            prop_assert_eq!(Affix::Start.in_text(&row, &text), any(|text, entry| text.starts_with(entry)));
            prop_assert_eq!(Affix::End.in_text(&row, &text), any(|text, entry| text.ends_with(entry)));
            prop_assert_eq!(Affix::Anywhere.in_text(&row, &text), any(|text, entry| text.contains(entry)));
        }
    }
}
