//! Backups of a whole store.

use std::path::PathBuf;

use crate::StoreFuture;

/// Writes backups of a store into files. A store whose database has its own backup tools does not need to implement it.
pub trait Backup: Send + Sync + 'static {
    /// Writes a consistent copy of the whole store into a new file. Fails if the file exists.
    fn backup(&self, file: PathBuf) -> StoreFuture<'_, ()>;

    /// Returns the format of the backups.
    fn format(&self) -> BackupFormat;
}

/// The format of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupFormat {
    /// The media type for HTTP.
    pub media_type: &'static str,
    /// The extension of the file name, without the dot.
    pub extension: &'static str,
}
