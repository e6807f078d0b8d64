//! Implements [`Leases`] for [`SqliteStore`].

use std::time::Duration;

use prefab_store::{Leases, StoreError, StoreFuture};
use rusqlite::{Connection, params};

use crate::{SqliteStore, failed};

impl Leases for SqliteStore {
    fn acquire_lease(&self, name: String, owner: String, span: Duration) -> StoreFuture<'_, bool> {
        let now = self.clock.now_millis();
        Box::pin(async move {
            let (free, asked) = ((name.clone(), owner.clone()), now);
            // A lease of another server is only read.
            if !self.lookups.run(move |connection| is_free(connection, &free.0, &free.1, asked)).await? {
                return Ok(false);
            }
            self.run(move |connection| {
                let sql = "INSERT INTO lease (name, owner, until_millis) VALUES (?1, ?2, ?3)
                           ON CONFLICT (name) DO UPDATE SET owner = ?2, until_millis = ?3
                           WHERE owner = ?2 OR until_millis <= ?4";
                let until = now.saturating_add(millis(span));
                let acquired = connection.execute(sql, params![name, owner, until, now]);
                acquired.map(|rows| rows > 0).map_err(failed("acquiring a lease"))
            })
            .await
        })
    }

    fn release_lease(&self, name: String, owner: String, pause: Duration) -> StoreFuture<'_, ()> {
        let until = self.clock.now_millis().saturating_add(millis(pause));
        self.run(move |connection| {
            // Without an owner, no server can renew it.
            let sql = "UPDATE lease SET owner = '', until_millis = ?3 WHERE name = ?1 AND owner = ?2";
            let released = connection.execute(sql, params![name, owner, until]);
            released.map(drop).map_err(failed("releasing a lease"))
        })
    }
}

fn is_free(connection: &Connection, name: &str, owner: &str, now: i64) -> Result<bool, StoreError> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM lease WHERE name = ?1 AND owner <> ?2 AND until_millis > ?3)";
    connection
        .query_row(sql, params![name, owner, now], |row| row.get(0))
        .map_err(failed("acquiring a lease"))
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
