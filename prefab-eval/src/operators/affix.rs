//! How a text starts, ends, or what it contains.

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

/// Texts one after the other, in front of each its length, 32 bits, little end first.
///
/// A ruleset has tens of thousands of short texts. Each as a text of its own takes several times its bytes,
/// and a look at it begins with a look at where it stands.
#[derive(Debug)]
pub(crate) struct Row(Box<[u8]>);

impl Row {
    /// Puts texts together, but for those over 4 GiB: nobody has a property that long.
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
    fn any(&self, is_it: impl Fn(&[u8]) -> bool) -> bool {
        let mut row = &*self.0;
        while let Some((len, rest)) = row.split_first_chunk() {
            let Some((text, rest)) = rest.split_at_checked(u32::from_le_bytes(*len) as usize) else { break };
            if is_it(text) {
                return true;
            }
            row = rest;
        }
        false
    }
}

impl Affix {
    /// Tells whether a scalar's text has one of `texts` in this place; a list never has.
    pub(crate) fn found(self, texts: &Row, value: &ContextValue) -> bool {
        if let ContextValue::String(text) = value {
            return self.in_text(texts, text);
        }
        TextBuffer::default().scalar(value).is_some_and(|text| self.in_text(texts, text))
    }

    #[inline]
    pub(crate) fn in_text(self, texts: &Row, text: &str) -> bool {
        match self {
            Self::Start => starts(texts, text.as_bytes()),
            Self::End => ends(texts, text.as_bytes()),
            Self::Anywhere => contains(texts, text),
        }
    }
}

// Each in a function of its own: one test needs few of a processor's registers, all of them together too many.

#[inline(never)]
fn starts(texts: &Row, text: &[u8]) -> bool {
    texts.any(|entry| text.get(..entry.len()).is_some_and(|start| same_bytes(start, entry)))
}

#[inline(never)]
fn ends(texts: &Row, text: &[u8]) -> bool {
    texts.any(|entry| {
        let end = text.len().checked_sub(entry.len()).and_then(|start| text.get(start..));
        end.is_some_and(|end| same_bytes(end, entry))
    })
}

/// What is put together from texts are texts, so nothing is lost where one would not be.
#[inline(never)]
fn contains(texts: &Row, text: &str) -> bool {
    texts.any(|entry| str::from_utf8(entry).is_ok_and(|entry| text.contains(entry)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_of_many_is_found_where_it_is(texts in prop::collection::vec("[aé]{0,3}", 0..8), text in "[aé]{0,9}") {
            let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
            let row = Row::new(&borrowed);
            let any = |is_it: fn(&str, &str) -> bool| borrowed.iter().any(|entry| is_it(&text, entry));
            prop_assert_eq!(Affix::Start.in_text(&row, &text), any(|text, entry| text.starts_with(entry)));
            prop_assert_eq!(Affix::End.in_text(&row, &text), any(|text, entry| text.ends_with(entry)));
            prop_assert_eq!(Affix::Anywhere.in_text(&row, &text), any(|text, entry| text.contains(entry)));
        }
    }
}
