//! The pool of connections to one database, and what its operations share.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Status, Timeouts};
use prefab_store::{PoolStatus, StoreError, clock::Clock};
use tokio_postgres::Row;

use crate::{
    failure::no_connection,
    options::{PostgresOptions, connect_timeout},
    positions::Positions,
    session::Session,
    sql::{Value, values},
    tls::connector,
};

/// How long the check of an idle connection may take.
const RECYCLE_TIMEOUT: Duration = Duration::from_secs(3);

/// The connections for notifications.
const LISTENERS: usize = 1;

/// The kinds of changes that other servers are notified of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Notice {
    Configs(i64, i64),
    Drafts(i64),
    ApiKeys,
    Registry,
    Unknown,
}

impl Notice {
    /// Returns the text that follows the id of the server in a notification.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Configs(project, last_id) => format!("c:{project}:{last_id}"),
            Self::Drafts(project) => format!("d:{project}"),
            Self::ApiKeys => "k".to_owned(),
            Self::Registry => "r".to_owned(),
            Self::Unknown => "u".to_owned(),
        }
    }
}

/// The pool of connections to one database.
pub(crate) struct Database {
    pool: Pool,
    /// One connection for telemetry and retention, so that they do not delay requests.
    background: Pool,
    prefix: Arc<str>,
    pub(crate) schema: String,
    /// The name of this store in notifications: random, so that it can skip its own.
    pub(crate) server: String,
    pub(crate) clock: Clock,
    /// The counters of the database that this server has read.
    pub(crate) positions: Positions,
    /// Whether a newer version changed the tables so that this server must not write them.
    pub(crate) is_outdated: AtomicBool,
    /// Whether notifications are proven to arrive.
    pub(crate) is_listening: AtomicBool,
    #[cfg(feature = "testing")]
    pub(crate) is_sequence: bool,
}

impl Database {
    pub(crate) fn new(options: &PostgresOptions, clock: Clock) -> Result<Self, StoreError> {
        let connecting = "opening the database";
        let mut server = [0; 8];
        getrandom::fill(&mut server).map_err(|error| StoreError::unavailable(connecting, error))?;
        let config = options.config()?;
        let connecting_timeout = connect_timeout(&config);
        let tls = connector(options)?;
        let pool = |size: usize| {
            let how = ManagerConfig { recycling_method: RecyclingMethod::Fast };
            let manager = Manager::from_config(config.clone(), tls.clone(), how);
            let timeouts = Timeouts {
                wait: Some(options.pool_timeout),
                create: Some(connecting_timeout),
                recycle: Some(RECYCLE_TIMEOUT),
            };
            let pool =
                Pool::builder(manager).max_size(size).timeouts(timeouts).runtime(Runtime::Tokio1).build();
            pool.map_err(|error| StoreError::unavailable(connecting, error))
        };
        Ok(Self {
            pool: pool(options.pool_size.max(1))?,
            background: pool(1)?,
            prefix: format!("{}.", quoted(&options.schema)).into(),
            schema: options.schema.clone(),
            server: hex::encode(server),
            clock,
            positions: Positions::default(),
            is_outdated: AtomicBool::new(false),
            is_listening: AtomicBool::new(false),
            #[cfg(feature = "testing")]
            is_sequence: options.is_sequence,
        })
    }

    /// Returns the state of the connections of this server.
    pub(crate) fn pool_status(&self) -> PoolStatus {
        let mut all = PoolStatus { in_use: 0, open: 0, most: LISTENERS };
        for pool in [&self.pool, &self.background] {
            let Status { max_size, size, available, .. } = pool.status();
            all.in_use += size.saturating_sub(available);
            all.open += size;
            all.most += max_size;
        }
        all
    }

    /// Returns a connection for an operation, which is a gerund: `writing a change`.
    pub(crate) async fn session(&self, operation: &'static str) -> Result<Session, StoreError> {
        let object = self.pool.get().await.map_err(|error| no_connection(operation, error))?;
        Ok(Session::new(object, Arc::clone(&self.prefix), operation))
    }

    /// Returns the connection for work that requests do not wait for.
    pub(crate) async fn background(&self, operation: &'static str) -> Result<Session, StoreError> {
        let object = self.background.get().await.map_err(|error| no_connection(operation, error))?;
        Ok(Session::new(object, Arc::clone(&self.prefix), operation))
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self, operation: &'static str) -> Result<Session, StoreError> {
        let mut session = self.session(operation).await?;
        session.begin().await?;
        Ok(session)
    }

    /// Runs one query in a transaction of its own.
    pub(crate) async fn query(
        &self,
        operation: &'static str,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        self.session(operation).await?.query(sql, values).await
    }

    /// Runs one statement in a transaction of its own, and returns the number of changed rows.
    pub(crate) async fn execute(
        &self,
        operation: &'static str,
        sql: &str,
        values: &[Value],
    ) -> Result<u64, StoreError> {
        self.session(operation).await?.execute(sql, values).await
    }

    /// Sends a notification when the transaction commits.
    pub(crate) async fn notify(&self, session: &mut Session, notice: Notice) -> Result<(), StoreError> {
        let payload = format!("{}:{}", self.server, notice.text());
        self.send(session, payload).await
    }

    /// Sends a text to all listeners.
    pub(crate) async fn send(&self, session: &mut Session, payload: String) -> Result<(), StoreError> {
        session.query("SELECT pg_notify($1, $2)", values![channel(&self.schema), payload]).await.map(drop)
    }

    /// Returns the current time in microseconds. The clock of the database is used, so that several servers have one clock,
    /// unless a test has its own.
    pub(crate) async fn now_micros(&self, session: &mut Session) -> Result<i64, StoreError> {
        if !self.clock.is_system() {
            return Ok(self.clock.now_micros());
        }
        let now = session
            .query_one("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", values![])
            .await?;
        Ok(now.get(0))
    }

    /// Returns the time of a test in milliseconds, or `None` if the clock of the database is used.
    pub(crate) fn stepped_millis(&self) -> Option<i64> {
        (!self.clock.is_system()).then(|| self.clock.now_millis())
    }

    /// Returns the current time in milliseconds, as [`now_micros`](Self::now_micros).
    pub(crate) async fn now_millis(&self, session: &mut Session) -> Result<i64, StoreError> {
        Ok(self.now_micros(session).await? / 1_000)
    }
}

/// Returns the channel of the notifications about a schema.
pub(crate) fn channel(schema: &str) -> String {
    format!("prefab_{schema}")
}

/// Returns a name as SQL quotes it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
