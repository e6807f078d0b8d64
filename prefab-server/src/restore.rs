//! Restoring a backup.

use std::path::{Path, PathBuf};

use prefab_store::{Backup as _, StoreError, clock};
use prefab_store_postgres::{PostgresOptions, PostgresStore};
use prefab_store_sqlite::{
    BackupCopy, DATABASE, Overwrite, RestoreError, Restored, count_backup, private_files, restore_to,
};
use tokio::{sync::mpsc, task::spawn_blocking};

use crate::{
    Error,
    copy::{CHUNKS, PostgresBackup, read},
    options::Database,
};

/// Restores a backup into a database, by default that of the data folder.
///
/// The server of a file must be stopped; the previous file is kept beside it. Servers of a PostgreSQL database may be running:
/// everything is replaced in one transaction, and their clients follow. The previous content is written into a file of the
/// data folder.
///
/// # Errors
///
/// [`Error`] if the backup cannot be read, if the database exists and may not be replaced, or if it cannot be written. The
/// database is then unchanged.
pub async fn restore(
    backup: &Path,
    data_dir: &Path,
    database: Option<Database>,
    overwrite: Overwrite,
) -> Result<Restored, Error> {
    let file = match database {
        Some(Database::Postgres(options)) => {
            return restore_postgres(backup, data_dir, options, overwrite).await;
        }
        Some(Database::File(file)) => file,
        None => data_dir.join(DATABASE),
    };
    let backup = backup.to_owned();
    Ok(blocking(move || restore_to(&backup, &file, overwrite)).await?)
}

async fn restore_postgres(
    backup: &Path,
    data_dir: &Path,
    options: PostgresOptions,
    overwrite: Overwrite,
) -> Result<Restored, Error> {
    let name = PathBuf::from(options.url.to_string());
    let failed = |source: StoreError| Error::Database { path: name.clone(), source };
    let (from, copied) = (backup.to_owned(), data_dir.join(format!("{DATABASE}.restoring")));
    private_files::folder(data_dir).map_err(|source| Error::DataDir { path: data_dir.to_owned(), source })?;
    let (copy, projects, configs) = blocking(move || {
        let (projects, configs) = count_backup(&from)?;
        Ok((BackupCopy::create(&from, copied)?, projects, configs))
    })
    .await?;
    let is_empty = PostgresStore::is_empty(&options).await.map_err(failed)?;
    if !is_empty && overwrite == Overwrite::Refused {
        return Err(RestoreError::Exists { path: name }.into());
    }
    let mut kept = None;
    if !is_empty {
        let file = data_dir.join(format!("{DATABASE}.before-{}", clock::now_micros()));
        PostgresBackup(options.clone()).backup(file.clone()).await.map_err(failed)?;
        kept = Some(file);
    }
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let (read, recovered) = tokio::join!(
        read(Database::File(copy.path().to_owned()), sender),
        PostgresStore::restore(&options, receiver)
    );
    // If the backup cannot be read, the database reports only that the source has failed.
    read.map_err(|source| Error::Database { path: backup.to_owned(), source })?;
    let recovered = recovered.map_err(failed)?;
    let drafts = recovered.iter().map(|recovered| recovered.drafts).sum();
    let newest = recovered.iter().map(|recovered| recovered.last_id).max().unwrap_or_default();
    Ok(Restored { database: name, projects, configs, drafts, newest, kept })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RestoreError> + Send + 'static,
) -> Result<T, RestoreError> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
