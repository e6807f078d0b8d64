//! Implements [`Leases`] for [`PostgresStore`].

use std::time::Duration;

use prefab_store::{Leases, StoreFuture};

use crate::{PostgresStore, sql::values};

impl Leases for PostgresStore {
    fn acquire_lease(&self, name: String, owner: String, span: Duration) -> StoreFuture<'_, bool> {
        self.run(async move |database| {
            let mut session = database.session("acquiring a lease").await?;
            let now = database.now_millis(&mut session).await?;
            // A lease of another server is only read.
            let sql = "SELECT 1 FROM @.lease WHERE name = $1 AND owner <> $2 AND until_millis > $3";
            if session.query_optional(sql, values![&*name, &*owner, now]).await?.is_some() {
                return Ok(false);
            }
            let sql = "INSERT INTO @.lease AS l (name, owner, until_millis) VALUES ($1, $2, $3)
                       ON CONFLICT (name) DO UPDATE SET owner = $2, until_millis = $3
                       WHERE l.owner = $2 OR l.until_millis <= $4";
            let until = now.saturating_add(millis(span));
            Ok(session.execute(sql, values![name, owner, until, now]).await? > 0)
        })
    }

    fn release_lease(&self, name: String, owner: String, pause: Duration) -> StoreFuture<'_, ()> {
        self.run(async move |database| {
            let mut session = database.session("releasing a lease").await?;
            let until = database.now_millis(&mut session).await?.saturating_add(millis(pause));
            // Without an owner, no server can renew it.
            let sql = "UPDATE @.lease SET owner = '', until_millis = $3 WHERE name = $1 AND owner = $2";
            session.execute(sql, values![name, owner, until]).await.map(drop)
        })
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
