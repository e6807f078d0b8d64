//! Findings: problems with a part of a source.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

/// A position in a text.
///
/// # Examples
///
/// ```
/// use prefab_sources::Position;
///
/// assert_eq!(Position { line: 12, column: 5 }.to_string(), "12:5");
/// ```
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

/// A problem that affects one key, or a suspicious entry. The rest of the source is in effect.
///
/// Prints as one line: control characters are escaped.
///
/// # Examples
///
/// ```
/// use prefab_sources::{Finding, Position};
///
/// let finding = Finding::new("conf/.prefab.default.config.yaml", "unknown log level `loud`")
///     .with_key("log-level.db")
///     .with_position(Position { line: 12, column: 5 });
/// assert_eq!(
///     finding.to_string(),
///     "conf/.prefab.default.config.yaml:12:5: key `log-level.db`: unknown log level `loud`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The path of the file, or the name of the source.
    pub source: Arc<str>,
    /// The position in the file, if it is known.
    pub position: Option<Position>,
    /// The config key, if the finding is about one.
    pub key: Option<String>,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl Finding {
    /// Returns a finding about a whole source.
    pub fn new(source: impl Into<Arc<str>>, message: impl Into<String>) -> Self {
        Self { source: source.into(), position: None, key: None, message: message.into() }
    }

    /// Sets the config key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets the position.
    #[must_use]
    pub fn with_position(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", OneLine(&self.source))?;
        if let Some(position) = self.position {
            write!(f, ":{position}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": key `{}`", OneLine(key))?;
        }
        write!(f, ": {}", OneLine(&self.message))
    }
}

/// Escapes control characters, so that a text cannot break a log line.
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

/// Shortens a text that is quoted in a message to 60 characters.
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
        let whole = Finding::new("f.yaml", "contains a list");
        assert_eq!(whole.to_string(), "f.yaml: contains a list");
        let forged = Finding::new("f.yaml", "is\r\nbad").with_key("a\nf.yaml:1:1: key `b`");
        assert_eq!(forged.to_string(), r"f.yaml: key `a\nf.yaml:1:1: key `b``: is\r\nbad");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(excerpt("ä"), "ä");
        assert_eq!(excerpt(&"ä".repeat(61)), format!("{}…", "ä".repeat(60)));
    }
}
