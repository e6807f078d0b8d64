//! Why a source has nothing to say.

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{Position, finding::OneLine};

/// The kinds of failure that code may want to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceErrorKind {
    /// There is no such file.
    NotFound,
    /// It cannot be read: permission, a broken disk.
    Unreadable,
    /// There is something, but no regular file.
    NotAFile,
    /// It is larger than the limit.
    TooLarge,
    /// It is not UTF-8.
    Encoding,
    /// It does not parse.
    Syntax,
    /// It parses, but is not what belongs there.
    InvalidContent,
    /// A server does not know the key, or not for this.
    Unauthorized,
    /// A server is away, too slow, or says that it cannot answer.
    Unavailable,
    /// A server answers something that is no answer.
    Protocol,
    /// What the source was told about the server makes no sense: an address, say.
    InvalidSetting,
}

/// A source that could not be read; what it said before still holds.
///
/// Prints the file, the place, the reason and what to do next, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    kind: SourceErrorKind,
    name: Arc<str>,
    path: Option<PathBuf>,
    place: Option<Position>,
    why: String,
    advice: Cow<'static, str>,
}

impl SourceError {
    /// Returns an error of the source called `name`; `why` is lower case and without a full stop.
    pub fn new(kind: SourceErrorKind, name: impl Into<Arc<str>>, why: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            name: name.into(),
            path: None,
            place: None,
            why: why.into(),
            advice: Cow::Borrowed(""),
        }))
    }

    /// Says which file it is about.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.0.path = Some(path.into());
        self
    }

    /// Says where in the file.
    #[must_use]
    pub fn at(mut self, place: Position) -> Self {
        self.0.place = Some(place);
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn with_advice(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.0.advice = advice.into();
        self
    }

    /// Returns the kind of failure.
    pub fn kind(&self) -> SourceErrorKind {
        self.0.kind
    }

    /// Returns the source's name.
    pub fn source_name(&self) -> &str {
        &self.0.name
    }

    /// Returns the file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// Returns the line, from 1, where one is known.
    pub fn line(&self) -> Option<usize> {
        self.0.place.map(|place| place.line)
    }

    /// Returns the column, from 1, where one is known.
    pub fn column(&self) -> Option<usize> {
        self.0.place.map(|place| place.column)
    }

    /// Tells whether trying again may succeed though nobody changes the content.
    pub fn is_retryable(&self) -> bool {
        use SourceErrorKind::{NotFound, Protocol, Unavailable, Unreadable};
        matches!(self.0.kind, NotFound | Unreadable | Unavailable | Protocol)
    }

    /// Tells whether the key was refused.
    pub fn is_unauthorized(&self) -> bool {
        self.0.kind == SourceErrorKind::Unauthorized
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind: _, name, path, place, why, advice } = &*self.0;
        match path {
            Some(path) => write!(f, "{}", OneLine(&path.display().to_string()))?,
            None => write!(f, "{}", OneLine(name))?,
        }
        if let Some(place) = place {
            write!(f, ":{place}")?;
        }
        write!(f, ": {}", OneLine(why))?;
        if !advice.is_empty() {
            write!(f, "; {}", OneLine(advice))?;
        }
        Ok(())
    }
}

impl std::error::Error for SourceError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_file_place_reason_and_the_next_step() {
        let error = SourceError::new(SourceErrorKind::Syntax, "datafile", "expected `,`")
            .with_path("conf/prefab.json")
            .at(Position { line: 3, column: 7 })
            .with_advice("correct it and save it again");
        assert_eq!(error.to_string(), "conf/prefab.json:3:7: expected `,`; correct it and save it again");
        assert_eq!((error.source_name(), error.line(), error.column()), ("datafile", Some(3), Some(7)));
        assert!(!error.is_retryable());
        let bare = SourceError::new(SourceErrorKind::Unreadable, "memory", "the sender is gone");
        assert_eq!(bare.to_string(), "memory: the sender is gone");
        assert!(bare.is_retryable());
    }
}
