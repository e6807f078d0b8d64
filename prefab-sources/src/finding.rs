//! What was wrong with a part of a source.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Something that cost one key, or deserves a second look; the rest of the source stands.
///
/// Prints as one line, whatever the source contains:
///
/// ```
/// use prefab_sources::{Finding, Position};
///
/// let finding = Finding::new("conf/.prefab.default.config.yaml", "`loud` is no log level")
///     .key("log-level.db")
///     .at(Position { line: 12, column: 5 });
/// assert_eq!(
///     finding.to_string(),
///     "conf/.prefab.default.config.yaml:12:5: key `log-level.db`: `loud` is no log level"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A file's path, or the source's name.
    pub source: Arc<str>,
    /// The place in the file, where it is known.
    pub place: Option<Position>,
    /// The key concerned, if it is one.
    pub key: Option<String>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Finding {
    /// Returns a finding about a whole source.
    pub fn new(source: impl Into<Arc<str>>, message: impl Into<String>) -> Self {
        Self { source: source.into(), place: None, key: None, message: message.into() }
    }

    /// Says which key it is about.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Says where it was seen.
    #[must_use]
    pub fn at(mut self, place: Position) -> Self {
        self.place = Some(place);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", OneLine(&self.source))?;
        if let Some(place) = self.place {
            write!(f, ":{place}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": key `{}`", OneLine(key))?;
        }
        write!(f, ": {}", OneLine(&self.message))
    }
}

/// Shows a text with its control characters escaped, so that it cannot break a log line.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        self.0.chars().try_for_each(|c| match c {
            c if breaks(c) => write!(f, "{}", c.escape_default()),
            c => f.write_char(c),
        })
    }
}

/// Shortens a text that is quoted in a message.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        let whole = Finding::new("f.yaml", "holds a list");
        assert_eq!(whole.to_string(), "f.yaml: holds a list");
        let forged = Finding::new("f.yaml", "is\r\nbad").key("a\nf.yaml:1:1: key `b`");
        assert_eq!(forged.to_string(), r"f.yaml: key `a\nf.yaml:1:1: key `b``: is\r\nbad");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(excerpt("ä"), "ä");
        assert_eq!(excerpt(&"ä".repeat(61)), format!("{}…", "ä".repeat(60)));
    }
}
