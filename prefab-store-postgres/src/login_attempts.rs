//! Implements [`LoginAttempts`] for [`PostgresStore`].

use std::time::Duration;

use prefab_store::{AttemptCount, AttemptSubject, LoginAttempts, StoreFuture, key::KeyHash};
use tokio_postgres::Row;

use crate::{PostgresStore, sql::values};

impl LoginAttempts for PostgresStore {
    fn count_attempts(&self, subjects: Vec<AttemptSubject>) -> StoreFuture<'_, Vec<AttemptCount>> {
        self.run(async move |database| {
            let mut session = database.begin("counting a log-in attempt").await?;
            let now = database.now_millis(&mut session).await?;
            let sql =
                "INSERT INTO @.login_attempt AS a (subject_hash, until_millis, count) VALUES ($1, $2 + $3, 1)
                       ON CONFLICT (subject_hash) DO UPDATE SET
                         count = CASE WHEN a.until_millis <= $2 THEN 1 ELSE least(a.count + 1, $4) END,
                         until_millis = CASE WHEN a.until_millis <= $2 THEN $2 + $3 ELSE a.until_millis END
                       RETURNING count, until_millis";
            let mut counts = Vec::new();
            for subject in subjects {
                let window = i64::try_from(subject.window.as_millis()).unwrap_or(i64::MAX);
                let values = values![&subject.hash, now, window, subject.highest_count()];
                let count = count(&session.query_one(sql, values).await?, now);
                counts.push(count);
                if count.count > subject.most {
                    break;
                }
            }
            session.commit().await?;
            Ok(counts)
        })
    }

    fn reset_attempts(&self, subjects: Vec<KeyHash>) -> StoreFuture<'_, ()> {
        self.run(async move |database| {
            let hashes: Vec<Vec<u8>> = subjects.iter().map(|hash| hash.0.to_vec()).collect();
            // In one order, so that two servers cannot wait for each other.
            let sql = "DELETE FROM @.login_attempt WHERE subject_hash = ANY (ARRAY (
                         SELECT subject_hash FROM @.login_attempt WHERE subject_hash = ANY ($1)
                         ORDER BY array_position($1, subject_hash) FOR UPDATE))";
            database.execute("deleting log-in attempts", sql, values![hashes]).await.map(drop)
        })
    }

    fn delete_ended_attempts(&self, keep: u32) -> StoreFuture<'_, ()> {
        self.run(async move |database| {
            let mut session = database.background("deleting old log-in attempts").await?;
            let now = database.now_millis(&mut session).await?;
            let sql = "DELETE FROM @.login_attempt WHERE subject_hash = ANY (ARRAY (
                         SELECT subject_hash FROM @.login_attempt
                         WHERE until_millis <= greatest($1, (
                           SELECT until_millis FROM @.login_attempt ORDER BY until_millis DESC LIMIT 1 OFFSET $2))
                         FOR UPDATE SKIP LOCKED))";
            session.execute(sql, values![now, keep]).await.map(drop)
        })
    }
}

fn count(row: &Row, now: i64) -> AttemptCount {
    let (count, until): (i64, i64) = (row.get(0), row.get(1));
    AttemptCount {
        count: u32::try_from(count).unwrap_or(u32::MAX),
        remaining: Duration::from_millis(u64::try_from(until - now).unwrap_or_default()),
    }
}
