//! How does a PostgreSQL database store the changes? In one schema, for any number of servers.
//!
//! Start with [`PostgresStore`], which implements the traits of [`prefab_store`].
//!
//! Statements are unnamed and qualify every name with the schema, and no state of a session is used, so the store works behind
//! a pooler in transaction mode. Writes of one project are serialized by a lock on its row; the module `append` describes why.
//! Other servers learn of a change by a notification, and by a poll in case the notification is lost; the module `listen`
//! describes both.

mod accounts;
mod api_keys;
mod append;
mod audit;
mod commit_registry;
mod config_log;
mod database;
mod drafts;
mod failure;
mod leases;
mod listen;
mod login_attempts;
mod options;
mod password_file;
mod poll;
mod positions;
mod presence;
mod projects;
mod recovery;
mod restore;
mod retention;
mod scheduled_removals;
mod schema;
#[cfg(feature = "testing")]
mod sequence;
mod session;
mod sql;
mod tables;
mod tls;
mod unique_names;
mod usage;
mod usage_writes;
mod version_rows;
mod versions;

use std::{
    future,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{sync::mpsc, task::AbortHandle, time::timeout};

pub use options::{
    DEFAULT_POOL_SIZE, DEFAULT_SCHEMA, InvalidUrl, Password, PostgresOptions, PostgresUrl, TlsMode,
};

use database::Database;
use failure::timed_out;
use prefab_store::{
    Notifier, Recovered, Store, StoreChange, StoreError, StoreFacts, StoreFuture, StoreStatus, StoreWatch,
    UnavailableReason, clock::Clock, tables::Rows,
};
use sql::values;

/// How long a check of the connection may take.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    database: Arc<Database>,
    notifier: Notifier,
    /// The tasks that follow changes of other servers.
    tasks: [AbortHandle; 2],
}

impl PostgresStore {
    /// Opens a database with the clock of the database. Creates the tables if they do not exist, and migrates older ones.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the database cannot be reached or migrated, or if a newer version migrated it so that
    /// this one cannot use it.
    pub async fn open(options: PostgresOptions) -> Result<Self, StoreError> {
        Self::open_with_clock(options, Clock::system()).await
    }

    /// Opens a database. The store reads the time from `clock` if it is a stepped one.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with_clock(options: PostgresOptions, clock: Clock) -> Result<Self, StoreError> {
        let database = Arc::new(Database::new(&options, clock)?);
        schema::prepare(&database).await?;
        // Changes from now on are noticed, even if they come before the first notification.
        poll::compare(&database).await?;
        Self::follow(&options, database)
    }

    /// Creates the tables if they do not exist, and migrates older ones.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn migrate(options: &PostgresOptions) -> Result<(), StoreError> {
        schema::prepare(&Database::new(options, Clock::system())?).await
    }

    /// Returns the SQL that [`migrate`](Self::migrate) would run.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn plan(options: &PostgresOptions) -> Result<Vec<String>, StoreError> {
        schema::plan(&Database::new(options, Clock::system())?).await
    }

    /// Reads all tables of a database that was migrated, in one transaction. `None` follows the last rows.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the database cannot be read. A dropped receiver ends the reading.
    pub async fn export(
        options: &PostgresOptions,
        sink: mpsc::Sender<Option<Rows>>,
    ) -> Result<(), StoreError> {
        tables::read(&Database::new(options, Clock::system())?, &sink).await
    }

    /// Writes rows into an empty database, all or none. It creates the tables first. `None` follows the last rows.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the database contains a project or a person, if it cannot be written, or if the sender is
    /// dropped before it has sent `None`.
    pub async fn import(
        options: &PostgresOptions,
        source: mpsc::Receiver<Option<Rows>>,
    ) -> Result<(), StoreError> {
        let database = Database::new(options, Clock::system())?;
        schema::prepare(&database).await?;
        tables::write(&database, source).await
    }

    /// Returns whether a database contains no project and no account. It creates the tables first.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn is_empty(options: &PostgresOptions) -> Result<bool, StoreError> {
        let database = Database::new(options, Clock::system())?;
        schema::prepare(&database).await?;
        tables::is_empty(&mut database.session("reading a table").await?).await
    }

    /// Replaces everything in a database by the rows of a backup, all or nothing. `None` follows the last rows. Running servers
    /// follow.
    ///
    /// Every current version is appended again, with an id above all ids of the backup and of the replaced database, so that
    /// clients accept it. Changes that the backup does not contain become drafts.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the database cannot be written, or if the sender is dropped before it has sent `None`.
    pub async fn restore(
        options: &PostgresOptions,
        source: mpsc::Receiver<Option<Rows>>,
    ) -> Result<Vec<Recovered>, StoreError> {
        let database = Database::new(options, Clock::system())?;
        schema::prepare(&database).await?;
        restore::replace(&database, source).await
    }

    /// Starts the tasks that follow changes of other servers.
    fn follow(options: &PostgresOptions, database: Arc<Database>) -> Result<Self, StoreError> {
        let notifier = Notifier::default();
        let (listener, status) = listen::Listener::new(options, &database, notifier.clone())?;
        let tasks = [
            tokio::spawn(listener.run()).abort_handle(),
            tokio::spawn(poll::follow(Arc::clone(&database), notifier.clone(), status)).abort_handle(),
        ];
        Ok(Self { database, notifier, tasks })
    }

    /// Checks the version of the tables, as the poll does.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub async fn check_version(&self) {
        poll::check_version(&self.database).await;
    }

    /// Runs SQL, in which `@.` is the schema. Watchers are not notified.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the SQL fails.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub async fn execute_batch(&self, sql: &str) -> Result<(), StoreError> {
        self.database.session("running SQL").await?.batch(sql).await
    }

    /// Runs a write that receivers are not notified of.
    fn run<T, Job, Work>(&self, job: Job) -> StoreFuture<'_, T>
    where
        T: Send + 'static,
        Job: FnOnce(Arc<Database>) -> Work + Send + 'static,
        Work: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        self.change_if(|_| None, job)
    }

    /// Runs a write that changes this part of the store.
    fn change<T, Job, Work>(&self, change: StoreChange, job: Job) -> StoreFuture<'_, T>
    where
        T: Send + 'static,
        Job: FnOnce(Arc<Database>) -> Work + Send + 'static,
        Work: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        self.change_if(move |_| Some(change), job)
    }

    /// Runs a write whose result decides what it changed. The write continues if the request is cancelled.
    fn change_if<T, Job, Work>(
        &self,
        changed: impl FnOnce(&T) -> Option<StoreChange> + Send + 'static,
        job: Job,
    ) -> StoreFuture<'_, T>
    where
        T: Send + 'static,
        Job: FnOnce(Arc<Database>) -> Work + Send + 'static,
        Work: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        if self.is_outdated() {
            let source = "a newer version has upgraded the database; upgrade this server".into();
            let (operation, reason) = ("writing to the database", UnavailableReason::ReadOnly);
            return Box::pin(future::ready(Err(StoreError::Unavailable { operation, reason, source })));
        }
        let notifier = self.notifier.clone();
        let work = job(Arc::clone(&self.database));
        let task = tokio::spawn(async move {
            let result = work.await;
            // Notified before the answer, so that a receiver that subscribes after it sees later changes only.
            match &result {
                Ok(done) => {
                    if let Some(change) = changed(done) {
                        notifier.notify(change);
                    }
                }
                // The change may be stored, and the listener ignores the notifications of this server.
                Err(StoreError::Unavailable { reason: UnavailableReason::OutcomeUnknown, .. }) => {
                    notifier.notify(StoreChange::Unknown);
                }
                Err(_) => {}
            }
            result
        });
        Box::pin(async move {
            task.await.map_err(|error| StoreError::unavailable("waiting for the database", error))?
        })
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Store for PostgresStore {
    fn watch(&self) -> StoreWatch {
        self.notifier.subscribe()
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        let operation = "checking the connection";
        Box::pin(async move {
            let ping = self.database.query(operation, "SELECT 1 FROM @.epoch", values![]);
            timeout(PING_TIMEOUT, ping).await.map_err(|_| timed_out(operation))?.map(drop)
        })
    }

    fn is_outdated(&self) -> bool {
        self.database.is_outdated.load(Ordering::Relaxed)
    }

    fn size(&self) -> StoreFuture<'_, i64> {
        let sql = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
                   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = $1 AND c.relkind = 'r'";
        Box::pin(async move {
            let mut session = self.database.session("measuring the database").await?;
            Ok(session.query_one(sql, values![&*self.database.schema]).await?.get(0))
        })
    }

    fn status(&self) -> StoreStatus {
        StoreStatus {
            kind: "postgresql",
            is_listening: Some(self.database.is_listening.load(Ordering::Relaxed)),
            pool: Some(self.database.pool_status()),
        }
    }

    fn facts(&self) -> StoreFuture<'_, StoreFacts> {
        Box::pin(async move {
            let mut session = self.database.session("reading the settings of the database").await?;
            let now_millis = self.database.now_millis(&mut session).await?;
            let sql = "SELECT current_setting('server_version'), current_setting('max_connections')::bigint";
            let row = session.query_one(sql, values![]).await?;
            Ok(StoreFacts {
                version: format!("PostgreSQL {}", row.get::<_, String>(0)),
                schema: Some(self.database.schema.clone()),
                now_millis,
                max_connections: Some(row.get(1)),
            })
        })
    }
}
