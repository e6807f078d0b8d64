//! Implements [`LoginAttempts`] for [`SqliteStore`].

use std::time::Duration;

use prefab_store::{AttemptCount, AttemptSubject, LoginAttempts, StoreError, StoreFuture, key::KeyHash};
use rusqlite::{Connection, params};

use crate::{SqliteStore, failed, write};

impl LoginAttempts for SqliteStore {
    fn count_attempts(&self, subjects: Vec<AttemptSubject>) -> StoreFuture<'_, Vec<AttemptCount>> {
        let now = self.clock.now_millis();
        self.run(move |connection| count(connection, &subjects, now))
    }

    fn reset_attempts(&self, subjects: Vec<KeyHash>) -> StoreFuture<'_, ()> {
        self.run(move |connection| {
            let transaction = write(connection)?;
            for subject in subjects {
                transaction
                    .execute("DELETE FROM login_attempt WHERE subject_hash = ?1", [subject.0])
                    .map_err(failed("deleting log-in attempts"))?;
            }
            transaction.commit().map_err(failed("deleting log-in attempts"))
        })
    }

    fn delete_ended_attempts(&self, keep: u32) -> StoreFuture<'_, ()> {
        let now = self.clock.now_millis();
        self.run(move |connection| {
            let sql = "DELETE FROM login_attempt WHERE until_millis <= max(?1, coalesce((
                         SELECT until_millis FROM login_attempt ORDER BY until_millis DESC LIMIT 1 OFFSET ?2), ?1))";
            let deleted = connection.execute(sql, params![now, keep]);
            deleted.map(drop).map_err(failed("deleting old log-in attempts"))
        })
    }
}

fn count(
    connection: &mut Connection,
    subjects: &[AttemptSubject],
    now: i64,
) -> Result<Vec<AttemptCount>, StoreError> {
    let counting = || failed("counting a log-in attempt");
    let transaction = write(connection)?;
    let mut counts = Vec::new();
    for subject in subjects {
        let window = i64::try_from(subject.window.as_millis()).unwrap_or(i64::MAX);
        let sql = "INSERT INTO login_attempt (subject_hash, until_millis, count) VALUES (?1, ?2 + ?3, 1)
                   ON CONFLICT (subject_hash) DO UPDATE SET
                     count = CASE WHEN until_millis <= ?2 THEN 1 ELSE min(count + 1, ?4) END,
                     until_millis = CASE WHEN until_millis <= ?2 THEN ?2 + ?3 ELSE until_millis END
                   RETURNING count, until_millis";
        let values = params![subject.hash.0, now, window, subject.highest_count()];
        let counted = transaction.query_row(sql, values, |row| {
            let (count, until): (u32, i64) = (row.get(0)?, row.get(1)?);
            let remaining = Duration::from_millis(u64::try_from(until - now).unwrap_or_default());
            Ok(AttemptCount { count, remaining })
        });
        let counted = counted.map_err(counting())?;
        counts.push(counted);
        if counted.count > subject.most {
            break;
        }
    }
    transaction.commit().map_err(counting())?;
    Ok(counts)
}
