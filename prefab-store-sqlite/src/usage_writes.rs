//! Writes the counts that clients reported, within the row limits of each environment.
//!
//! Reports of front-end keys may use half of each limit. Such keys are public, so without this rule anyone could use up the
//! rows for the reports of servers.

use rusqlite::{Connection, ErrorCode, params};
use tracing::warn;

use crate::{failed, write};
use prefab_store::{HOUR_MILLIS, MAX_COUNT, StoreError, UsageBatch};

const DAY_MILLIS: i64 = 24 * HOUR_MILLIS;

/// A count of a front-end key uses one row of its half per this many bytes of its key and value, rounded up.
const BYTES_PER_ROW: usize = 64;

/// Adds reports, each environment in a savepoint of its own, and returns how many entries were dropped.
///
/// The reports of an environment that cannot be written are dropped, because the same rows would fail again.
///
/// # Errors
///
/// [`StoreError`] if nothing was written for a temporary reason, such as a full disk.
pub(super) fn add(connection: &mut Connection, seen: &[UsageBatch]) -> Result<u64, StoreError> {
    let writing = || failed("writing reported counts");
    let mut transaction = write(connection)?;
    let mut dropped = 0;
    for seen in seen {
        let savepoint = transaction.savepoint().map_err(writing())?;
        match add_one(&savepoint, seen) {
            Ok(without_room) => {
                savepoint.commit().map_err(writing())?;
                dropped += without_room;
            }
            Err(error) if may_pass(&error) => return Err(writing()(error)),
            Err(error) => {
                let (project, environment) = (seen.project.0, seen.environment.0);
                warn!(%error, project, environment, "writing the telemetry of an environment failed, dropping it");
                dropped += entries(seen);
            }
        }
    }
    transaction.commit().map_err(writing())?;
    Ok(dropped)
}

/// Returns whether the same rows could be written later.
fn may_pass(error: &rusqlite::Error) -> bool {
    use ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, OperationInterrupted, OutOfMemory, ReadOnly,
        SystemIoFailure,
    };
    matches!(
        error.sqlite_error_code(),
        Some(
            CannotOpen
                | DatabaseBusy
                | DatabaseLocked
                | DiskFull
                | OperationInterrupted
                | OutOfMemory
                | ReadOnly
                | SystemIoFailure
        )
    )
}

fn entries(seen: &UsageBatch) -> u64 {
    let UsageBatch { evaluations, loggers, properties, examples, .. } = seen;
    (evaluations.len() + loggers.len() + properties.len() + examples.len()) as u64
}

fn add_one(connection: &Connection, seen: &UsageBatch) -> rusqlite::Result<u64> {
    let dropped = add_evaluations(connection, seen)? + add_loggers(connection, seen)?;
    add_examples(connection, seen)?;
    Ok(dropped + add_properties(connection, seen)?)
}

fn add_evaluations(connection: &Connection, seen: &UsageBatch) -> rusqlite::Result<u64> {
    if seen.evaluations.is_empty() {
        return Ok(0);
    }
    let (project, environment) = (seen.project.0, seen.environment.0);
    let hour = seen.at_millis.div_euclid(HOUR_MILLIS);
    let mut has_key = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM config_head WHERE project_id = ?1 AND key = ?2)")?;
    let mut has_version = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM config_version WHERE project_id = ?1 AND key = ?2 AND id = ?3)",
    )?;
    let mut add = connection.prepare_cached(&format!(
        "UPDATE evaluation SET count = min(count + ?7, {MAX_COUNT})
         WHERE project_id = ?1 AND key = ?2 AND environment_id = ?3 AND hour = ?4 AND config_id = ?5 AND value = ?6"
    ))?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO evaluation (project_id, key, environment_id, hour, config_id, value, count)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut last = connection.prepare_cached(
        "INSERT INTO evaluated_key (project_id, key, last_at_millis) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET last_at_millis = max(last_at_millis, excluded.last_at_millis)",
    )?;
    let mut room = Room::of(connection, seen, hour)?;
    let mut dropped = 0;
    for one in &seen.evaluations {
        // A deleted key has a head as well, because clients may report it for a while.
        if !has_key.query_row(params![project, one.key], |row| row.get::<_, bool>(0))? {
            dropped += 1;
            continue;
        }
        last.execute(params![project, one.key, seen.at_millis])?;
        // Older versions of the key are in the log. An unknown version id is stored as 0, as if the client had not reported it.
        let is_known = one.config_id != 0
            && has_version.query_row(params![project, one.key, one.config_id], |row| row.get(0))?;
        let config_id = if is_known { one.config_id } else { 0 };
        let count = one.count.clamp(0, MAX_COUNT);
        let row = params![project, one.key, environment, hour, config_id, one.value, count];
        if add.execute(row)? > 0 {
            continue;
        }
        if room.use_for(one.key.len() + one.value.len()) {
            insert.execute(row)?;
        } else {
            dropped += 1;
        }
    }
    room.store(connection, seen, hour)?;
    Ok(dropped)
}

/// The number of evaluation rows that an environment has used in this hour.
struct Room {
    limit: i64,
    is_public: bool,
    used: i64,
    used_by_public_keys: i64,
}

impl Room {
    fn of(connection: &Connection, seen: &UsageBatch, hour: i64) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare_cached(
            "SELECT coalesce(sum(used), 0), coalesce(sum(used_by_public_keys), 0) FROM evaluation_room
             WHERE project_id = ?1 AND environment_id = ?2 AND hour = ?3",
        )?;
        let values = params![seen.project.0, seen.environment.0, hour];
        let (used, used_by_public_keys) =
            statement.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (limit, is_public) = (seen.limits.evaluations, seen.is_public);
        Ok(Self { limit, is_public, used, used_by_public_keys })
    }

    /// Uses a row for this many bytes of text. Returns whether a row was left.
    fn use_for(&mut self, bytes: usize) -> bool {
        if self.used >= self.limit {
            return false;
        }
        if self.is_public {
            let rows = i64::try_from(1 + bytes / BYTES_PER_ROW).unwrap_or(i64::MAX);
            if rows > self.limit / 2 - self.used_by_public_keys {
                return false;
            }
            self.used_by_public_keys += rows;
        }
        self.used += 1;
        true
    }

    fn store(&self, connection: &Connection, seen: &UsageBatch, hour: i64) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "INSERT INTO evaluation_room VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET hour = ?3, used = ?4, used_by_public_keys = ?5",
        )?;
        let values = params![seen.project.0, seen.environment.0, hour, self.used, self.used_by_public_keys];
        statement.execute(values).map(drop)
    }
}

fn add_loggers(connection: &Connection, seen: &UsageBatch) -> rusqlite::Result<u64> {
    let (project, environment) = (seen.project.0, seen.environment.0);
    let day = seen.at_millis.div_euclid(DAY_MILLIS);
    let mut known = connection.prepare_cached(
        "UPDATE logger_name SET last_day = max(last_day, ?4), is_public = min(is_public, ?5)
         WHERE project_id = ?1 AND environment_id = ?2 AND name = ?3",
    )?;
    let mut name_it = connection.prepare_cached("INSERT INTO logger_name VALUES (?1, ?2, ?3, ?5, ?4)")?;
    let mut add = connection.prepare_cached(&add_levels())?;
    let mut room: Option<i64> = None;
    let mut dropped = 0;
    for (name, levels) in &seen.loggers {
        let row = params![project, environment, name, day, seen.is_public];
        if known.execute(row)? == 0 {
            let left = room.map_or_else(|| room_for_loggers(connection, seen), Ok)?;
            room = Some(left - 1);
            if left <= 0 {
                dropped += 1;
                continue;
            }
            name_it.execute(row)?;
        }
        let [traces, debugs, infos, warns, errors, fatals] = levels.map(|count| count.clamp(0, MAX_COUNT));
        let at_millis = seen.at_millis;
        add.execute(params![
            project,
            environment,
            name,
            day,
            traces,
            debugs,
            infos,
            warns,
            errors,
            fatals,
            at_millis
        ])?;
    }
    Ok(dropped)
}

fn add_levels() -> String {
    let levels = ["traces", "debugs", "infos", "warns", "errors", "fatals"];
    let sums =
        levels.map(|level| format!("{level} = min({level} + excluded.{level}, {MAX_COUNT})")).join(", ");
    format!(
        "INSERT INTO logger VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT DO UPDATE SET {sums}, last_at_millis = max(last_at_millis, excluded.last_at_millis)"
    )
}

fn room_for_loggers(connection: &Connection, seen: &UsageBatch) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*), coalesce(sum(is_public), 0) FROM logger_name WHERE project_id = ?1 AND environment_id = ?2",
    )?;
    let values = params![seen.project.0, seen.environment.0];
    let (all, public): (i64, i64) = statement.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let left = seen.limits.loggers - all;
    Ok(if seen.is_public { left.min(seen.limits.loggers / 2 - public) } else { left })
}

fn add_properties(connection: &Connection, seen: &UsageBatch) -> rusqlite::Result<u64> {
    if seen.properties.is_empty() {
        return Ok(0);
    }
    let (project, environment) = (seen.project.0, seen.environment.0);
    let mut known = connection.prepare_cached(
        "UPDATE context_property SET last_at_millis = max(last_at_millis, ?6)
         WHERE project_id = ?1 AND environment_id = ?2 AND context = ?3 AND name = ?4 AND kind = ?5",
    )?;
    let mut insert =
        connection.prepare_cached("INSERT INTO context_property VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    let mut room = i64::MAX;
    if seen.is_public {
        let count = "SELECT count(*) FROM context_property WHERE project_id = ?1 AND environment_id = ?2";
        let mut count = connection.prepare_cached(count)?;
        let used: i64 = count.query_row(params![project, environment], |row| row.get(0))?;
        room = seen.limits.properties / 2 - used;
    }
    let mut dropped = 0;
    for (context, name, kind) in &seen.properties {
        let row = params![project, environment, context, name, kind, seen.at_millis];
        if known.execute(row)? > 0 {
            continue;
        }
        if room <= 0 {
            dropped += 1;
            continue;
        }
        room -= 1;
        insert.execute(row)?;
    }
    let order = ["last_at_millis", "context", "name", "kind"];
    keep_newest(connection, seen, "context_property", &order, seen.limits.properties)?;
    Ok(dropped)
}

fn add_examples(connection: &Connection, seen: &UsageBatch) -> rusqlite::Result<()> {
    if seen.examples.is_empty() {
        return Ok(());
    }
    // Two tables, so that examples of front-end keys do not replace the others.
    let (table, most) = if seen.is_public {
        ("public_context_example", seen.limits.examples / 2)
    } else {
        ("context_example", seen.limits.examples)
    };
    let mut example = connection.prepare_cached(&format!(
        "INSERT INTO {table} VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET at_millis = max(at_millis, excluded.at_millis)"
    ))?;
    for (contexts, at_millis) in &seen.examples {
        example.execute(params![seen.project.0, seen.environment.0, contexts, at_millis])?;
    }
    keep_newest(connection, seen, table, &["at_millis", "contexts"], most)
}

/// Deletes the oldest rows beyond a maximum number. Rows with the same time are ordered by the other columns, so that the
/// maximum is exact.
fn keep_newest(
    connection: &Connection,
    seen: &UsageBatch,
    table: &str,
    order: &[&str],
    most: i64,
) -> rusqlite::Result<()> {
    let own = format!("{table} WHERE project_id = ?1 AND environment_id = ?2");
    let (columns, descending) = (order.join(", "), order.join(" DESC, "));
    let mut statement = connection.prepare_cached(&format!(
        "DELETE FROM {own} AND ({columns}) <
         (SELECT {columns} FROM {own} ORDER BY {descending} DESC LIMIT 1 OFFSET ?3)"
    ))?;
    statement.execute(params![seen.project.0, seen.environment.0, most - 1]).map(drop)
}
