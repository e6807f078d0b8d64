//! How a text starts, ends, or what it contains.

use prefab_core::{ContextValue, text::TextBuffer};

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
    pub(crate) fn found(self, texts: &[Box<str>], value: &ContextValue) -> bool {
        if let ContextValue::String(text) = value {
            return self.in_text(texts, text);
        }
        TextBuffer::default().scalar(value).is_some_and(|text| self.in_text(texts, text))
    }

    #[inline]
    fn in_text(self, texts: &[Box<str>], text: &str) -> bool {
        match self {
            Self::Start => texts.iter().any(|entry| text.starts_with(&**entry)),
            Self::End => texts.iter().any(|entry| text.ends_with(&**entry)),
            Self::Anywhere => texts.iter().any(|entry| text.contains(&**entry)),
        }
    }
}
