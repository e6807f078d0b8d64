//! How a text starts, ends, or what it contains.

use super::texts::Texts;
use prefab_core::{
    ContextValue,
    text::{TextBuffer, same_bytes},
};

/// Where in the property an entry is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Affix {
    Start,
    End,
    Anywhere,
}

impl Affix {
    /// Tells whether a scalar's text has one of `texts` in this place; a list never has.
    #[inline]
    pub(crate) fn found(self, texts: &Texts, value: &ContextValue) -> bool {
        if let ContextValue::String(text) = value {
            return self.in_text(texts, text);
        }
        TextBuffer::default().scalar(value).is_some_and(|text| self.in_text(texts, text))
    }

    #[inline]
    pub(crate) fn in_text(self, texts: &Texts, text: &str) -> bool {
        match self {
            Self::Start => texts.iter().any(|entry| starts_with(text.as_bytes(), entry)),
            Self::End => texts.iter().any(|entry| ends_with(text.as_bytes(), entry)),
            Self::Anywhere => texts.iter().any(|entry| contains(text, entry)),
        }
    }
}

/// What is put together from texts are texts, so nothing is lost where one would not be.
fn contains(text: &str, entry: &[u8]) -> bool {
    str::from_utf8(entry).is_ok_and(|entry| text.contains(entry))
}

#[inline]
fn starts_with(text: &[u8], entry: &[u8]) -> bool {
    text.get(..entry.len()).is_some_and(|start| same_bytes(start, entry))
}

#[inline]
fn ends_with(text: &[u8], entry: &[u8]) -> bool {
    let end = text.len().checked_sub(entry.len()).and_then(|start| text.get(start..));
    end.is_some_and(|end| same_bytes(end, entry))
}
