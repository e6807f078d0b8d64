//! Opening the database of a server.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use prefab_store::{Backup, Store, StoreError, UnavailableReason};
use prefab_store_postgres::{PostgresOptions, PostgresStore};
use prefab_store_sqlite::{DATABASE, SqliteStore, private_files};
use tokio::time::sleep;
use tracing::{error, warn};

use crate::{Error, copy::PostgresBackup, options::Database};

/// How long a start waits for a database server that cannot be reached.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// The pause between two attempts.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// An open database.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) backup: Arc<dyn Backup>,
    /// The file, or the URL without a password, for messages.
    pub(crate) name: PathBuf,
    /// Whether the server was started with a damaged database.
    pub(crate) is_damaged: bool,
    /// Whether the database is on a server of its own. Then this server serves clients from memory while it is down.
    pub(crate) is_remote: bool,
}

/// Opens a database, by default the file in the data folder.
pub(crate) async fn open(
    data_dir: &Path,
    database: Option<Database>,
    allow_damaged: bool,
) -> Result<Opened, Error> {
    match database {
        None => open_file(data_dir.join(DATABASE), allow_damaged).await,
        Some(Database::File(file)) => open_file(file, allow_damaged).await,
        Some(Database::Postgres(options)) => {
            let name = PathBuf::from(options.url.to_string());
            let backup = Arc::new(PostgresBackup(options.clone()));
            let store = open_postgres(options).await;
            let store = Arc::new(store.map_err(|source| Error::Database { path: name.clone(), source })?);
            Ok(Opened { store, backup, name, is_damaged: false, is_remote: true })
        }
    }
}

async fn open_file(file: PathBuf, allow_damaged: bool) -> Result<Opened, Error> {
    let unusable = |source| Error::Database { path: file.clone(), source };
    let store = Arc::new(SqliteStore::open(&file).map_err(unusable)?);
    let is_damaged = is_damaged(&store, allow_damaged).await.map_err(unusable)?;
    if private_files::is_open_to_all(&file) {
        warn!(database = %file.display(), "other users can read the database; restrict it with `chmod 600`");
    }
    let backup: Arc<dyn Backup> = Arc::<SqliteStore>::clone(&store);
    Ok(Opened { store, backup, name: file, is_damaged, is_remote: false })
}

/// Checks the database. Fails if it is damaged, unless that is allowed.
async fn is_damaged(store: &SqliteStore, is_allowed: bool) -> Result<bool, StoreError> {
    match store.check().await {
        Ok(()) => Ok(false),
        Err(error) if is_allowed => {
            let cause = std::error::Error::source(&error);
            error!(%error, ?cause, "the database is damaged; serving what can be read");
            Ok(true)
        }
        Err(error) => Err(error),
    }
}

/// Opens a PostgreSQL database. Servers and databases often start together, so this waits for a database that cannot be
/// reached.
async fn open_postgres(options: PostgresOptions) -> Result<PostgresStore, StoreError> {
    let started = Instant::now();
    let mut is_waiting = false;
    loop {
        match PostgresStore::open(options.clone()).await {
            Err(StoreError::Unavailable { operation, reason: UnavailableReason::Unreachable, source })
                if started.elapsed() < START_TIMEOUT =>
            {
                if !is_waiting {
                    is_waiting = true;
                    warn!(database = %options.url, operation, cause = ?source, "waiting for the database");
                }
                sleep(RETRY_INTERVAL).await;
            }
            opened => return opened,
        }
    }
}

/// Opens a database for a command, without waiting.
pub(crate) async fn open_existing(
    data_dir: &Path,
    database: Option<Database>,
) -> Result<(Box<dyn Store>, PathBuf), Error> {
    let file = match database {
        Some(Database::Postgres(options)) => {
            let name = PathBuf::from(options.url.to_string());
            let store = PostgresStore::open(options).await;
            let store = store.map_err(|source| Error::Database { path: name.clone(), source })?;
            return Ok((Box::new(store), name));
        }
        Some(Database::File(file)) => file,
        None => data_dir.join(DATABASE),
    };
    if !file.exists() {
        return Err(Error::NoDatabase { path: file });
    }
    let store = SqliteStore::open(&file).map_err(|source| Error::Database { path: file.clone(), source })?;
    Ok((Box::new(store), file))
}
