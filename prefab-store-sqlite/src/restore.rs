//! Restoring a backup into an empty data directory, or in place of an existing database.

mod recovered_copy;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use recovered_copy::{Previous, recover_copy};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tracing::warn;

use crate::{newest_schema, private_files};

/// The file name of the database in a data directory.
pub const DATABASE: &str = "prefab.db";

/// A restored backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The database.
    pub database: PathBuf,
    /// The number of projects.
    pub projects: i64,
    /// The number of current configs of all projects.
    pub configs: i64,
    /// The number of changes of the previous database that the backup does not contain. They are drafts now.
    pub drafts: usize,
    /// The newest version id of all projects.
    pub newest: i64,
    /// The new name of the database that existed before.
    pub kept: Option<PathBuf>,
}

/// Whether a restore may replace an existing database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// The restore fails.
    Refused,
    /// The existing database is renamed and stays in the same folder.
    Allowed,
}

/// Why a backup was not restored. The data directory is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The file cannot be read, or is not a backup.
    #[error("cannot restore backup `{}`: {cause}", path.display())]
    Backup {
        /// The file.
        path: PathBuf,
        /// The cause.
        cause: String,
    },
    /// A database exists.
    #[error("database `{}` exists already; allow it to be replaced, or name another data directory", path.display())]
    Exists {
        /// The database.
        path: PathBuf,
    },
    /// A server uses the database.
    #[error("database `{}` is in use; stop its server first", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// A file cannot be written or moved.
    #[error("cannot write `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Restores a backup into a data directory. Its server must not be running.
///
/// Every current version is appended again, with an id above all ids of the backup and of the previous database, so that
/// clients accept it. Keys that only the previous database contains are deleted, and its changes that the backup does not
/// contain become drafts. The restored file has the owner of its folder, if this process is allowed to set it.
///
/// # Errors
///
/// [`RestoreError`]. The data directory is then unchanged.
pub fn restore(backup: &Path, data_dir: &Path, overwrite: Overwrite) -> Result<Restored, RestoreError> {
    restore_to(backup, &data_dir.join(DATABASE), overwrite)
}

/// Restores a backup as the database with this path. Its server must not be running.
///
/// # Errors
///
/// [`RestoreError`]. The database is then unchanged.
pub fn restore_to(backup: &Path, database: &Path, overwrite: Overwrite) -> Result<Restored, RestoreError> {
    let (projects, configs) = count_backup(backup)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| RestoreError::Io { path, source }
    };
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), |folder| private_files::folder(folder).map_err(failed(folder)))?;
    let database = database.to_owned();
    let is_there = database.exists();
    if is_there {
        if overwrite == Overwrite::Refused {
            return Err(RestoreError::Exists { path: database });
        }
        close(&database)?;
    }
    let previous = if is_there { Previous::read(&database) } else { Previous::default() };
    // The copy is complete and on the disk before any existing file is renamed.
    let copy = BackupCopy::create(backup, beside(&database, ".restoring"))?;
    let (newest, drafts) = copy.recover(backup, previous)?;
    let aside = beside(&database, &format!(".before-{}", prefab_store::clock::now_micros()));
    // SQLite would apply the companion files of a damaged or lost database to the new one.
    let old = ["", "-wal", "-shm", "-journal"].map(|end| (beside(&database, end), beside(&aside, end)));
    let mut renames: Vec<_> = old.into_iter().filter(|(from, _)| from.exists()).collect();
    renames.push((copy.0.clone(), database.clone()));
    rename_all(&renames).map_err(|(path, source)| RestoreError::Io { path, source })?;
    // The new database is in place even if this fails. Its content is on the disk, and only the new name may be lost.
    if let Err(error) = private_files::sync_folder_of(&database) {
        warn!(%error, database = %database.display(), "writing the folder of the restored database to the disk failed");
    }
    Ok(Restored { database, projects, configs, drafts, newest, kept: is_there.then_some(aside) })
}

/// Returns the number of projects and of current configs of a backup.
///
/// # Errors
///
/// [`RestoreError::Backup`] if the file is not a backup, or if it is damaged.
pub fn count_backup(backup: &Path) -> Result<(i64, i64), RestoreError> {
    look_at(backup).map_err(|cause| RestoreError::Backup { path: backup.to_owned(), cause })
}

/// The copy of a backup. Dropping it removes its files, unless the copy was renamed.
#[derive(Debug)]
pub struct BackupCopy(PathBuf);

impl BackupCopy {
    /// Copies a backup into a new file, which replaces one of an interrupted restore.
    ///
    /// # Errors
    ///
    /// [`RestoreError::Io`] if the file cannot be written.
    pub fn create(backup: &Path, file: PathBuf) -> Result<Self, RestoreError> {
        let copy = Self(file);
        copy.fill(backup)?;
        Ok(copy)
    }

    /// Returns the file.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn fill(&self, backup: &Path) -> Result<(), RestoreError> {
        let failed = |source| RestoreError::Io { path: self.0.clone(), source };
        // SQLite would apply the companion files of a restore that was killed to this copy.
        self.remove().map_err(failed)?;
        let written = private_files::create(&self.0).and_then(|mut new| {
            io::copy(&mut File::open(backup)?, &mut new)?;
            new.sync_all()
        });
        written.map_err(failed)
    }

    /// Prepares the copy for clients. Returns the newest version id and the number of drafts.
    fn recover(&self, backup: &Path, previous: Previous) -> Result<(i64, usize), RestoreError> {
        let failed = |source| RestoreError::Io { path: self.0.clone(), source };
        let recovered = recover_copy(&self.0, previous).map_err(|error| {
            let source = std::error::Error::source(&error);
            let source = source.map(|source| format!(": {source}")).unwrap_or_default();
            RestoreError::Backup { path: backup.to_owned(), cause: format!("{error}{source}") }
        })?;
        private_files::give_to_owner_of_folder(&self.0).map_err(failed)?;
        Ok(recovered)
    }

    fn remove(&self) -> io::Result<()> {
        for end in ["", "-wal", "-shm", "-journal"] {
            match fs::remove_file(beside(&self.0, end)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for BackupCopy {
    fn drop(&mut self) {
        // The next restore removes files that cannot be removed now.
        let _ = self.remove();
    }
}

/// Renames all files, or none. Returns the new path that could not be written, with the cause.
fn rename_all(renames: &[(PathBuf, PathBuf)]) -> Result<(), (PathBuf, io::Error)> {
    for (done, (from, to)) in renames.iter().enumerate() {
        if let Err(error) = fs::rename(from, to) {
            for (from, to) in renames[..done].iter().rev() {
                if let Err(error) = fs::rename(to, from) {
                    warn!(%error, from = %to.display(), to = %from.display(), "renaming a file back failed");
                }
            }
            return Err((to.clone(), error));
        }
    }
    Ok(())
}

/// Returns the path of a companion file.
fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Reads what a backup contains. Returns the reason if it is not a backup.
fn look_at(backup: &Path) -> Result<(i64, i64), String> {
    let reason = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "it is not a backup of a Prefab server".to_owned(),
        _ => error.to_string(),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(backup, flags).map_err(reason)?;
    let schema: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(reason)?;
    if schema > newest_schema() {
        return Err(format!(
            "it was written by a newer version (schema {schema}; this version supports up to {})",
            newest_schema()
        ));
    }
    let checked: String = connection.query_row("PRAGMA quick_check", [], |row| row.get(0)).map_err(reason)?;
    if checked != "ok" {
        return Err(format!("it is damaged: {checked}"));
    }
    let counts = "SELECT (SELECT count(*) FROM project),
                         (SELECT count(*) FROM config_head h JOIN config_version v
                          ON v.project_id = h.project_id AND v.id = h.id WHERE v.body IS NOT NULL)";
    connection
        .query_row(counts, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(|_| "it is not a backup of a Prefab server".to_owned())
}

/// Merges the companion files into the database file. Fails if another process has it open.
fn close(database: &Path) -> Result<(), RestoreError> {
    let mode: rusqlite::Result<String> = Connection::open(database)
        .and_then(|connection| connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0)));
    match mode {
        Ok(mode) if mode == "delete" => Ok(()),
        Ok(_) => Err(RestoreError::InUse { path: database.to_owned() }),
        Err(error) => match error.sqlite_error_code() {
            // No server can use a damaged database, so it is renamed without changes.
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Ok(()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Err(RestoreError::InUse { path: database.to_owned() })
            }
            _ => Err(RestoreError::Io { path: database.to_owned(), source: io::Error::other(error) }),
        },
    }
}

#[cfg(test)]
mod tests;
