//! Bringing a backup back: into an empty data directory, or in place of what is there.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::store::newest_schema;

/// The database's name within a data directory.
pub(crate) const DATABASE: &str = "prefab.db";

/// What a backup brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The database.
    pub database: PathBuf,
    /// How many projects it has.
    pub projects: i64,
    /// How many configs stand, of all projects.
    pub configs: i64,
    /// The newest version, of all projects.
    pub newest: i64,
    /// Where the database went that was there before.
    pub kept: Option<PathBuf>,
}

/// Whether a restore may take the place of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// It is refused.
    Refused,
    /// The database that is there is kept beside it, under another name.
    Allowed,
}

/// Why a backup was not brought back. What was there before still is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The file cannot be read, or is no backup.
    #[error("backup `{}`: {cause}", path.display())]
    Backup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// There is a database already.
    #[error("`{}` is there already; say that it may be replaced, or name another data directory", path.display())]
    Exists {
        /// The database.
        path: PathBuf,
    },
    /// A server uses the database.
    #[error("`{}` is in use; stop its server first", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// A file cannot be written or moved.
    #[error("`{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Brings a backup back into a data directory, whose server must not be running.
///
/// Versions made afterwards have higher ids than any before, so clients take them. What clients were given
/// after the backup was made they keep until it is changed again, or until they start anew.
pub fn restore(backup: &Path, data_dir: &Path, overwrite: Overwrite) -> Result<Restored, RestoreError> {
    let (projects, configs, newest) =
        look_at(backup).map_err(|cause| RestoreError::Backup { path: backup.to_owned(), cause })?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| RestoreError::Io { path, source }
    };
    fs::create_dir_all(data_dir).map_err(failed(data_dir))?;
    let database = data_dir.join(DATABASE);
    let is_there = database.exists();
    if is_there {
        if overwrite == Overwrite::Refused {
            return Err(RestoreError::Exists { path: database });
        }
        close(&database)?;
    }
    // Complete and on the disk before anything that is there is touched.
    let copy = data_dir.join("prefab.db.restoring");
    fs::copy(backup, &copy).map_err(failed(&copy))?;
    File::open(&copy).and_then(|file| file.sync_all()).map_err(failed(&copy))?;
    let mut kept = None;
    if is_there {
        let aside = data_dir.join(format!("prefab.db.before-{}", crate::clock::now_micros()));
        fs::rename(&database, &aside).map_err(failed(&aside))?;
        kept = Some(aside);
    }
    fs::rename(&copy, &database).map_err(failed(&database))?;
    Ok(Restored { database, projects, configs, newest, kept })
}

/// Tells what a backup has, or why it is none.
fn look_at(backup: &Path) -> Result<(i64, i64, i64), String> {
    let said = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "it is no backup of a Prefab server".to_owned(),
        _ => error.to_string(),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(backup, flags).map_err(said)?;
    let schema: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(said)?;
    if schema > newest_schema() {
        return Err(format!(
            "it was written by a newer version (schema {schema}, known {})",
            newest_schema()
        ));
    }
    let checked: String = connection.query_row("PRAGMA quick_check", [], |row| row.get(0)).map_err(said)?;
    if checked != "ok" {
        return Err(format!("it is damaged: {checked}"));
    }
    let counts = "SELECT (SELECT count(*) FROM project),
                         (SELECT count(*) FROM config_head h JOIN config_version v
                          ON v.project_id = h.project_id AND v.id = h.id WHERE v.body IS NOT NULL),
                         (SELECT coalesce(max(last_id), 0) FROM project)";
    connection
        .query_row(counts, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .map_err(|_| "it is no backup of a Prefab server".to_owned())
}

/// Writes everything into the one file, which takes that nobody else has it open.
fn close(database: &Path) -> Result<(), RestoreError> {
    let mode: rusqlite::Result<String> = Connection::open(database)
        .and_then(|connection| connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0)));
    match mode {
        Ok(mode) if mode == "delete" => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => Ok(()),
        _ => Err(RestoreError::InUse { path: database.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Records as _, SqliteStore, Store as _};

    #[tokio::test]
    async fn a_backup_comes_back_and_nothing_is_lost_by_accident() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new, backup) =
            (dir.path().join("old"), dir.path().join("new"), dir.path().join("backup.db"));
        fs::create_dir_all(&old).unwrap();
        let store = SqliteStore::open(&old.join(DATABASE)).unwrap();
        store.create_project("shop".to_owned(), vec!["Production".to_owned()]).await.unwrap();
        store.backup(backup.clone()).await.unwrap();
        let restored = restore(&backup, &new, Overwrite::Refused).unwrap();
        assert_eq!((restored.projects, restored.configs, restored.kept), (1, 0, None));
        let refused = |overwrite| restore(&backup, &old, overwrite).unwrap_err().to_string();
        assert!(refused(Overwrite::Refused).contains("is there already"));
        assert!(refused(Overwrite::Allowed).contains("stop its server first"));
        let again = restore(&backup, &new, Overwrite::Allowed).unwrap();
        assert!(again.kept.unwrap().exists());
        let registry = SqliteStore::open(&again.database).unwrap().registry().await.unwrap();
        assert_eq!(registry.projects[0].name, "shop");

        let text = dir.path().join("text");
        fs::write(&text, "not a database, but long enough to be looked at").unwrap();
        let missing = dir.path().join("missing");
        for wrong in [&text, &missing] {
            restore(wrong, &new, Overwrite::Allowed).unwrap_err();
        }
    }
}
