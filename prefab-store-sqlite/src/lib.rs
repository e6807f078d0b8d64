//! How does one `SQLite` file store the changes? In WAL mode, with one writer thread and four reader threads.
//!
//! Start with [`SqliteStore`], which implements the traits of [`prefab_store`]. [`restore`] restores a backup.
//!
//! Short reads have their own threads, so that neither reports nor exports delay requests and changes. Several processes may
//! use the same file. The writer thread checks `PRAGMA data_version` every 250 ms for commits of other processes.

mod accounts;
mod api_keys;
mod audit;
mod audit_log;
mod backup;
mod config_log;
mod drafts;
mod integrity;
mod key_rows;
mod leases;
mod log;
mod login_attempts;
mod presence;
pub mod private_files;
mod projects;
mod read_only;
mod readers;
mod recovery;
mod refusals;
mod registry;
mod restore;
mod retention;
mod row_numbers;
mod scheduled_removals;
mod schema;
mod tables;
mod unique_names;
mod usage_counts;
mod usage_queries;
mod usage_writes;

use std::{
    future,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tokio::sync::oneshot;
use tracing::warn;

pub use restore::{
    BackupCopy, DATABASE, Overwrite, RestoreError, Restored, count_backup, restore, restore_to,
};
use schema::newest as newest_schema;
pub use tables::{read_tables, write_tables};

use readers::Readers;

use prefab_store::{
    Notifier, Store, StoreChange, StoreError, StoreFacts, StoreFuture, StoreStatus, StoreWatch,
    UnavailableReason, clock::Clock,
};

/// How often the writer checks for commits of other processes.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Number of cached prepared statements: about as many as this crate has.
const STATEMENTS: usize = 64;

/// How long a write waits for a write of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Number of reader threads, for each kind of reads.
const READERS: usize = 2;

/// `SQLITE_IOERR_SHMSIZE`.
const SHM_SIZE_ERROR: i32 = 4874;

/// A job of the thread that writes.
type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A store in one `SQLite` file.
pub struct SqliteStore {
    path: PathBuf,
    clock: Clock,
    jobs: mpsc::Sender<Job>,
    /// Runs short reads: one row by its key or hash, and reads that a change waits for.
    lookups: Readers,
    /// Runs long reads: lists, charts and exports.
    reports: Readers,
    notifier: Notifier,
}

impl SqliteStore {
    /// Opens a database with the clock of the system. Creates the file if it does not exist, and migrates an older schema.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the file cannot be opened, or if a newer version wrote it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with_clock(path, Clock::system())
    }

    /// Opens a database. The store reads the time from `clock`.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_with_clock(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        match Self::open_for_writing(path, clock.clone()) {
            Err(StoreError::Unavailable { reason: UnavailableReason::DiskFull, .. })
                if read_only::is_possible(path) =>
            {
                let store = Self::open_read_only(path, clock)?;
                warn!(
                    database = %path.display(),
                    "the disk is full; the database is open for reading only; free some space and restart the server"
                );
                Ok(store)
            }
            opened => opened,
        }
    }

    fn open_for_writing(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        // SQLite creates its companion files with the permissions of this file.
        private_files::claim(path).map_err(|error| StoreError::unavailable("creating the file", error))?;
        let mut connection = Connection::open(path).map_err(failed("opening the file"))?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed("setting up"))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        schema::prepare(&mut connection)?;
        Self::start(path, clock, connection, readers::connect)
    }

    /// Opens a database that no process can change, because the disk is full. Every write fails.
    fn open_read_only(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let connection = read_only::connect(path).map_err(failed("opening the file for reading"))?;
        schema::check_version(&connection)?;
        Self::start(path, clock, connection, read_only::connect)
    }

    fn start(
        path: &Path,
        clock: Clock,
        connection: Connection,
        connect: fn(&Path) -> rusqlite::Result<Connection>,
    ) -> Result<Self, StoreError> {
        let seen = data_version(&connection);
        let lookups = Readers::open(path, "prefab-lookup", READERS, connect)?;
        let reports = Readers::open(path, "prefab-report", READERS, connect)?;
        let (jobs, queue) = mpsc::channel();
        let notifier = Notifier::default();
        let notify = notifier.clone();
        thread::Builder::new()
            .name("prefab-store".to_owned())
            .spawn(move || run(connection, seen, &queue, &notify))
            .map_err(|error| StoreError::unavailable("starting the writer", error))?;
        Ok(Self { path: path.to_owned(), clock, jobs, lookups, reports, notifier })
    }

    /// Checks the whole database. This reads the whole file: about 0.3 s for 100 MB.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] with the reason [`UnavailableReason::Damaged`] if the file is damaged, or if the current
    /// version of a config cannot be decoded.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.reports.run(integrity::check).await
    }

    /// Runs a job that receivers are not notified of.
    fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        self.change_if(|_| None, job)
    }

    /// Runs a job that changes this part of the store.
    fn change<T: Send + 'static>(
        &self,
        change: StoreChange,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        self.change_if(move |_| Some(change), job)
    }

    /// Runs a job whose result decides what it changed.
    fn change_if<T: Send + 'static>(
        &self,
        changed: impl FnOnce(&T) -> Option<StoreChange> + Send + 'static,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        let (answer, answered) = oneshot::channel();
        let notifier = self.notifier.clone();
        let job: Job = Box::new(move |connection| {
            let result = job(connection);
            // Notified before the answer, so that a receiver that subscribes after it sees later changes only.
            if let Some(change) = result.as_ref().ok().and_then(changed) {
                notifier.notify(change);
            }
            // If the request was cancelled, the result has no receiver. The change is stored nevertheless.
            let _ = answer.send(result);
        });
        let sent = self.jobs.send(job);
        Box::pin(async move {
            sent.map_err(|_| StoreError::unavailable("waiting for the writer", "it has stopped"))?;
            answered.await.map_err(|_| StoreError::unavailable("waiting for the writer", "it has stopped"))?
        })
    }
}

/// Runs jobs, and checks for commits of other processes every 250 ms. `seen` is the data version before the store was
/// returned to its caller, who is notified of every later commit.
fn run(mut connection: Connection, mut seen: i64, queue: &mpsc::Receiver<Job>, notify: &Notifier) {
    let mut looked = Instant::now();
    loop {
        match queue.recv_timeout(POLL_INTERVAL) {
            Ok(job) => job(&mut connection),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
        if looked.elapsed() >= POLL_INTERVAL {
            looked = Instant::now();
            let now = data_version(&connection);
            if now != seen {
                seen = now;
                notify.notify(StoreChange::Unknown);
            }
        }
    }
}

fn data_version(connection: &Connection) -> i64 {
    connection.query_row("PRAGMA data_version", [], |row| row.get(0)).unwrap_or_default()
}

/// Begins a transaction that waits for other writers immediately, so that it cannot fail half-way.
fn write(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed("beginning a write"))
}

fn failed(operation: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| {
        let reason = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => UnavailableReason::DiskFull,
            // The memory that processes share is a file, which a full disk has no room for.
            _ if error.sqlite_error().is_some_and(|error| error.extended_code == SHM_SIZE_ERROR) => {
                UnavailableReason::DiskFull
            }
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => UnavailableReason::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => UnavailableReason::Busy,
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => UnavailableReason::Damaged,
            _ => UnavailableReason::Other,
        };
        StoreError::Unavailable { operation, reason, source: error.into() }
    }
}

/// For tests of other crates that have to break a database.
#[cfg(feature = "testing")]
impl SqliteStore {
    /// Runs SQL on the connection that writes. Watchers are not notified.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the SQL fails.
    #[doc(hidden)]
    pub async fn execute_batch(&self, sql: String) -> Result<(), StoreError> {
        self.run(move |connection| connection.execute_batch(&sql).map_err(failed("running SQL"))).await
    }
}

impl Store for SqliteStore {
    fn watch(&self) -> StoreWatch {
        self.notifier.subscribe()
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        let query = "SELECT count(*) FROM (SELECT 1 FROM project LIMIT 1)";
        self.lookups.run(move |connection| {
            connection.query_row(query, [], |_| Ok(())).map_err(failed("checking the connection"))
        })
    }

    fn size(&self) -> StoreFuture<'_, i64> {
        self.reports.run(usage_queries::size)
    }

    fn status(&self) -> StoreStatus {
        StoreStatus { kind: "sqlite", is_listening: None, pool: None }
    }

    fn facts(&self) -> StoreFuture<'_, StoreFacts> {
        let facts = StoreFacts {
            version: format!("SQLite {}", rusqlite::version()),
            schema: None,
            now_millis: self.clock.now_millis(),
            max_connections: None,
        };
        Box::pin(future::ready(Ok(facts)))
    }
}

#[cfg(test)]
mod tests;
