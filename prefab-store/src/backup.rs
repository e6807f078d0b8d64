//! Copies of a whole store.

use std::path::PathBuf;

use crate::StoreFuture;

/// Writes copies of a store into files. A store whose database has backup tools of its own need not implement it.
pub trait Backup: Send + Sync + 'static {
    /// Writes a copy of everything, at one consistent moment, into a new file.
    fn backup(&self, file: PathBuf) -> StoreFuture<'_, ()>;

    /// Returns the format of the copies.
    fn format(&self) -> BackupFormat;
}

/// The format of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupFormat {
    /// The media type for HTTP.
    pub media_type: &'static str,
    /// The extension of the file name, without the dot.
    pub extension: &'static str,
}
