//! A connection of the pool, for the statements of one operation.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::Object;
use futures_util::FutureExt as _;
use prefab_store::{StoreError, UnavailableReason};
use tokio::time::timeout;
use tokio_postgres::{Client, Row};

use crate::{
    failure::{failed, is_lost, timed_out, unknown_outcome},
    sql::Value,
};

/// How long a statement may take. A server that does not answer is treated as lost.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a statement of a migration or a copy may take. It can rewrite a large table, or wait for another server.
const LONG_TIMEOUT: Duration = Duration::from_secs(3_600);

/// A connection for the statements of one operation.
///
/// Dropping it returns the connection to the pool. A transaction that was not committed is rolled back, and a connection
/// that failed is closed.
pub(crate) struct Session {
    /// `None` after the connection was lost.
    object: Option<Object>,
    /// The prefix of all names, which replaces `@.` in statements.
    prefix: Arc<str>,
    operation: &'static str,
    is_in_transaction: bool,
    timeout: Duration,
}

impl Session {
    pub(crate) fn new(object: Object, prefix: Arc<str>, operation: &'static str) -> Self {
        let timeout = STATEMENT_TIMEOUT;
        Self { object: Some(object), prefix, operation, is_in_transaction: false, timeout }
    }

    /// Allows statements that take long.
    pub(crate) fn allow_long_statements(&mut self) {
        self.timeout = LONG_TIMEOUT;
    }

    /// Runs a query. `@.` is the schema.
    pub(crate) async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let sql = sql.replace("@.", &self.prefix);
        let parameters: Vec<_> = values.iter().map(Value::parameter).collect();
        let answer = timeout(self.timeout, self.client()?.query_typed(&sql, &parameters)).await;
        self.checked(answer)
    }

    /// Runs a query that returns one row at most.
    pub(crate) async fn query_optional(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// Runs a query that returns one row.
    pub(crate) async fn query_one(&mut self, sql: &str, values: &[Value]) -> Result<Row, StoreError> {
        let row = self.query_optional(sql, values).await?;
        row.ok_or_else(|| StoreError::unavailable(self.operation, "the database returned no row"))
    }

    /// Runs a statement, and returns the number of changed rows.
    pub(crate) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let sql = sql.replace("@.", &self.prefix);
        let parameters: Vec<_> = values.iter().map(Value::parameter).collect();
        let answer = timeout(self.timeout, self.client()?.execute_typed(&sql, &parameters)).await;
        match self.checked(answer) {
            // Outside a transaction, the statement commits itself.
            Err(StoreError::Unavailable { operation, reason: UnavailableReason::Unreachable, source })
                if !self.is_in_transaction =>
            {
                Err(unknown_outcome(operation, source))
            }
            result => result,
        }
    }

    /// Runs statements without parameters.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        let sql = sql.replace("@.", &self.prefix);
        let answer = timeout(self.timeout, self.client()?.batch_execute(&sql)).await;
        self.checked(answer)
    }

    /// Begins a transaction in which each statement sees what is committed before it.
    ///
    /// It does not ask for `READ WRITE`: on a server that became a standby, that fails with a code which does not say so.
    pub(crate) async fn begin(&mut self) -> Result<(), StoreError> {
        self.is_in_transaction = true;
        self.batch("BEGIN ISOLATION LEVEL READ COMMITTED").await
    }

    /// Begins a transaction whose statements see one state.
    pub(crate) async fn begin_read(&mut self) -> Result<(), StoreError> {
        self.is_in_transaction = true;
        self.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// Commits. If the connection is lost before the answer, the outcome is unknown.
    ///
    /// A commit is never cancelled: a server that waits for its standby commits locally when it is cancelled.
    pub(crate) async fn commit(&mut self) -> Result<(), StoreError> {
        let answer = timeout(self.timeout, self.client()?.batch_execute("COMMIT")).await;
        let operation = self.operation;
        match answer {
            Ok(Ok(())) => {
                self.is_in_transaction = false;
                Ok(())
            }
            Ok(Err(error)) if is_lost(&error) => {
                self.discard();
                Err(unknown_outcome(operation, error))
            }
            Ok(Err(error)) => Err(failed(operation)(error)),
            Err(_) => {
                self.discard();
                Err(unknown_outcome(operation, "the database did not answer in time"))
            }
        }
    }

    fn client(&self) -> Result<&Client, StoreError> {
        let lost = || StoreError::unavailable(self.operation, "the connection is lost");
        self.object.as_ref().map(|object| &***object).ok_or_else(lost)
    }

    fn checked<T>(
        &mut self,
        answer: Result<Result<T, tokio_postgres::Error>, tokio::time::error::Elapsed>,
    ) -> Result<T, StoreError> {
        match answer {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                if is_lost(&error) {
                    self.discard();
                }
                Err(failed(self.operation)(error))
            }
            Err(_) => {
                self.discard();
                Err(timed_out(self.operation))
            }
        }
    }

    /// Closes the connection instead of returning it to the pool.
    fn discard(&mut self) {
        drop(self.object.take().map(Object::take));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.is_in_transaction
            && let Ok(client) = self.client()
        {
            // Sends the statement without waiting for the answer. Later statements of the connection follow it.
            let _ = client.batch_execute("ROLLBACK").now_or_never();
        }
    }
}
