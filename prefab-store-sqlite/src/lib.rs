//! How does one `SQLite` file store the changes? In WAL mode, with one thread that writes and a few that read.
//!
//! Start with [`SqliteStore`], which implements the traits of [`prefab_store`]. [`restore`] restores a backup.
//!
//! Short reads, which requests and changes wait for, have threads of their own, so that neither reports nor exports
//! delay them. Other processes may use the same file. Their commits show in `PRAGMA data_version`, which the thread
//! looks at whenever it has been idle for a moment.

mod accounts;
mod api_keys;
mod audit;
mod audit_log;
mod backup;
mod config_log;
mod drafts;
mod key_rows;
mod log;
pub mod private_files;
mod projects;
mod readers;
mod refusals;
mod registry;
mod restore;
mod retention;
mod scheduled_removals;
mod schema;
mod usage_counts;
mod usage_queries;
mod usage_writes;

use std::{
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tokio::sync::{oneshot, watch};

pub use restore::{DATABASE, Overwrite, RestoreError, Restored, restore, restore_to};
use schema::newest as newest_schema;

use readers::Readers;

use prefab_store::{Store, StoreError, StoreFuture, UnavailableReason, clock::Clock};

/// How long the thread is idle before it looks for commits of other processes.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// How many prepared statements are kept: about as many as there are.
const STATEMENTS: usize = 64;

/// How long a writer waits for one in another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many threads read, for each kind of reads.
const READERS: usize = 2;

type Job = Box<dyn FnOnce(&mut Connection) -> Outcome + Send>;

/// Whether a job may have changed something that watchers want to know.
enum Outcome {
    Changed,
    Same,
}

/// A store in one `SQLite` file.
pub struct SqliteStore {
    path: PathBuf,
    clock: Clock,
    jobs: mpsc::Sender<Job>,
    /// For what takes a moment: one thing by its key or hash, and what a change waits for.
    lookups: Readers,
    /// For what can take longer: lists, charts and exports.
    reports: Readers,
    changes: watch::Receiver<u64>,
}

impl SqliteStore {
    /// Opens the file with the clock of the system, creating or upgrading what is in it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with_clock(path, Clock::system())
    }

    /// Opens the file, creating or upgrading what is in it. Everything that the store dates has the time of this clock.
    pub fn open_with_clock(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        // The files beside it, which `SQLite` makes, are given the rights of this one.
        private_files::claim(path).map_err(|error| StoreError::unavailable("making the file", error))?;
        let mut connection = Connection::open(path).map_err(failed("opening the file"))?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed("setting up"))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        schema::prepare(&mut connection)?;
        let seen = data_version(&connection);
        let lookups = Readers::open(path, "prefab-lookup", READERS)?;
        let reports = Readers::open(path, "prefab-report", READERS)?;
        let (jobs, queue) = mpsc::channel();
        let (notify, changes) = watch::channel(0);
        thread::Builder::new()
            .name("prefab-store".to_owned())
            .spawn(move || run(connection, seen, &queue, &notify))
            .map_err(|error| StoreError::unavailable("starting the writer", error))?;
        Ok(Self { path: path.to_owned(), clock, jobs, lookups, reports, changes })
    }

    fn run<T: Send + 'static>(
        &self,
        changes: bool,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = job(connection);
            let outcome = if changes && result.is_ok() { Outcome::Changed } else { Outcome::Same };
            // Nobody waits any more where a request was given up; the change stands all the same.
            let _ = answer.send(result);
            outcome
        });
        let sent = self.jobs.send(job);
        Box::pin(async move {
            sent.map_err(|_| StoreError::unavailable("asking the writer", "it has stopped"))?;
            answered.await.map_err(|_| StoreError::unavailable("asking the writer", "it has stopped"))?
        })
    }
}

/// Does jobs, and looks for commits of other processes every now and then. `seen` is what was there before
/// anybody could ask: a commit after that must be told.
fn run(mut connection: Connection, mut seen: i64, queue: &mpsc::Receiver<Job>, notify: &watch::Sender<u64>) {
    let mut looked = Instant::now();
    loop {
        match queue.recv_timeout(POLL_INTERVAL) {
            Ok(job) => {
                if let Outcome::Changed = job(&mut connection) {
                    notify.send_modify(|count| *count += 1);
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
        if looked.elapsed() >= POLL_INTERVAL {
            looked = Instant::now();
            let now = data_version(&connection);
            if now != seen {
                seen = now;
                notify.send_modify(|count| *count += 1);
            }
        }
    }
}

fn data_version(connection: &Connection) -> i64 {
    connection.query_row("PRAGMA data_version", [], |row| row.get(0)).unwrap_or_default()
}

/// Begins a transaction that waits for other writers right away, rather than failing half-way.
fn write(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed("beginning to write"))
}

fn failed(operation: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| {
        let reason = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => UnavailableReason::DiskFull,
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
        self.run(false, move |connection| connection.execute_batch(&sql).map_err(failed("running SQL"))).await
    }
}

impl Store for SqliteStore {
    fn watch(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        let query = "SELECT count(*) FROM (SELECT 1 FROM project LIMIT 1)";
        self.lookups.run(move |connection| {
            connection.query_row(query, [], |_| Ok(())).map_err(failed("looking whether it answers"))
        })
    }

    fn size(&self) -> StoreFuture<'_, i64> {
        self.reports.run(usage_queries::size)
    }
}

#[cfg(test)]
mod tests;
