//! Errors of sources.

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{Position, finding::OneLine};

/// The kinds of failure of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceErrorKind {
    /// The file does not exist.
    NotFound,
    /// The file cannot be read, for example without permission.
    Unreadable,
    /// The path exists but is not a regular file.
    NotAFile,
    /// The file or the report exceeds the size limit.
    TooLarge,
    /// The file is not UTF-8.
    Encoding,
    /// The file does not parse.
    Syntax,
    /// The file parses but has the wrong structure.
    InvalidContent,
    /// The server rejected the API key.
    Unauthorized,
    /// The server cannot be reached, is too slow, or responded with an error.
    Unavailable,
    /// The response of the server is not valid.
    Protocol,
    /// A setting for the server is invalid, for example its address.
    InvalidSetting,
}

/// Why a source could not be read. Its previous updates remain in effect.
///
/// Prints as one line: the file, the position, the reason and what to do.
///
/// # Examples
///
/// ```
/// use prefab_sources::{SourceErrorKind, YamlFile};
/// use prefab_core::Layer;
///
/// # let dir = tempfile::tempdir()?;
/// let path = dir.path().join("defaults.yaml");
/// std::fs::write(&path, "max-jobs: [30\n")?;
/// let error = YamlFile::new(&path, Layer::Default).load().unwrap_err();
/// assert_eq!((error.kind(), error.path()), (SourceErrorKind::Syntax, Some(&*path)));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    kind: SourceErrorKind,
    name: Arc<str>,
    path: Option<PathBuf>,
    position: Option<Position>,
    why: String,
    advice: Cow<'static, str>,
}

impl SourceError {
    /// Returns an error of the source `name`. `why` is in lower case, without a full stop.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::{SourceError, SourceErrorKind};
    ///
    /// let error = SourceError::new(SourceErrorKind::Unavailable, "my-database", "connection refused")
    ///     .with_advice("check DATABASE_URL");
    /// assert_eq!(error.to_string(), "my-database: connection refused; check DATABASE_URL");
    /// assert!(error.is_retryable());
    /// ```
    pub fn new(kind: SourceErrorKind, name: impl Into<Arc<str>>, why: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            name: name.into(),
            path: None,
            position: None,
            why: why.into(),
            advice: Cow::Borrowed(""),
        }))
    }

    /// Sets the path of the file.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::{SourceError, SourceErrorKind};
    ///
    /// let error = SourceError::new(SourceErrorKind::Unavailable, "defaults", "permission denied").with_path("/etc/app.yaml");
    /// assert_eq!(error.path().unwrap(), std::path::Path::new("/etc/app.yaml"));
    /// ```
    #[must_use]
    pub fn with_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.0.path = Some(path.into());
        self
    }

    /// Sets the position in the file.
    #[must_use]
    pub fn with_position(mut self, position: Position) -> Self {
        self.0.position = Some(position);
        self
    }

    /// Sets what to do next.
    #[must_use]
    pub fn with_advice(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.0.advice = advice.into();
        self
    }

    /// Returns the kind of failure.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::{SourceError, SourceErrorKind};
    ///
    /// let error = SourceError::new(SourceErrorKind::Unavailable, "remote_api", "connection refused");
    /// assert_eq!(error.kind(), SourceErrorKind::Unavailable);
    /// assert_eq!(error.source_name(), "remote_api");
    /// ```
    pub fn kind(&self) -> SourceErrorKind {
        self.0.kind
    }

    /// Returns the name of the source.
    pub fn source_name(&self) -> &str {
        &self.0.name
    }

    /// Returns the path of the file, if the source is one.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// Returns the line, from 1, if it is known.
    pub fn line(&self) -> Option<usize> {
        self.0.position.map(|position| position.line)
    }

    /// Returns the column, from 1, in characters, if it is known.
    pub fn column(&self) -> Option<usize> {
        self.0.position.map(|position| position.column)
    }

    /// Returns whether a retry may succeed without a change of the file or the settings.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::{SourceError, SourceErrorKind};
    ///
    /// assert!(SourceError::new(SourceErrorKind::Unavailable, "remote_api", "timeout").is_retryable());
    /// assert!(!SourceError::new(SourceErrorKind::Syntax, "datafile", "expected `,`").is_retryable());
    /// ```
    pub fn is_retryable(&self) -> bool {
        use SourceErrorKind::{NotFound, Protocol, Unavailable, Unreadable};
        matches!(self.0.kind, NotFound | Unreadable | Unavailable | Protocol)
    }

    /// Returns whether the server rejected the API key.
    pub fn is_unauthorized(&self) -> bool {
        self.0.kind == SourceErrorKind::Unauthorized
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind: _, name, path, position, why, advice } = &*self.0;
        match path {
            Some(path) => write!(f, "{}", OneLine(&path.display().to_string()))?,
            None => write!(f, "{}", OneLine(name))?,
        }
        if let Some(position) = position {
            write!(f, ":{position}")?;
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
    fn an_error_contains_file_position_reason_and_advice() {
        let error = SourceError::new(SourceErrorKind::Syntax, "datafile", "expected `,`")
            .with_path("conf/prefab.json")
            .with_position(Position { line: 3, column: 7 })
            .with_advice("correct it and save it again");
        assert_eq!(error.to_string(), "conf/prefab.json:3:7: expected `,`; correct it and save it again");
        assert_eq!((error.source_name(), error.line(), error.column()), ("datafile", Some(3), Some(7)));
        assert!(!error.is_retryable());
        let bare = SourceError::new(SourceErrorKind::Unreadable, "memory", "the sender is gone");
        assert_eq!(bare.to_string(), "memory: the sender is gone");
        assert!(bare.is_retryable());
    }
}
