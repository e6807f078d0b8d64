//! A front-end key reports what no client has, for 40 seconds.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::Connection;

use crate::{Result, payload, probe::Probe, server::Server, table::Figures};

const DURATION: Duration = Duration::from_secs(40);

pub(crate) async fn telemetry(binary: &Path) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(binary, folder.path(), &[])?;
    server.manage("POST", "/import?dryRun=false", &payload::import(10, 0), Duration::from_secs(60)).await;
    let before = size(folder.path())?;
    let probe = Probe::start(server.address);
    let until = Instant::now() + DURATION;
    let (mut number, mut bytes) = (0, 0);
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    while Instant::now() < until {
        let body = payload::report(number);
        bytes += body.len();
        let answer =
            server.send("frontend", "POST", "/api/v1/telemetry", body, Duration::from_secs(20)).await;
        *statuses.entry(answer.status).or_default() += 1;
        number += 1;
        if answer.status == 429 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    let health = probe.stop();
    let stopped = server.stop()?;
    let grown = size(folder.path())?.saturating_sub(before);
    let shown: Vec<String> = statuses.iter().map(|(status, count)| format!("{count} × {status}")).collect();
    let file = Connection::open(folder.path().join("prefab.db"))?;
    let count = |table: &str| -> Result<usize> {
        Ok(file
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))?
            .try_into()?)
    };
    let (evaluations, loggers) = (count("evaluation")?, count("logger")?);
    Ok(Figures::default()
        .add("reports in 40 s", format!("{}, {:.0} MB", shown.join(", "), mb(bytes)))
        .extend(health)
        .add("database growth in 40 s", format!("{:.1} MB", mb(grown)))
        .add("rows: evaluations, loggers", format!("{evaluations}, {loggers}"))
        .add(
            "database growth a day, at this pace",
            format!("{:.0} MB", mb(grown) * 86_400.0 / DURATION.as_secs_f64()),
        )
        .add(
            "database growth a day, within 5,000 evaluations an hour and 10,000 loggers",
            bounded(&file, grown)?,
        )
        .extend(stopped))
}

/// Extrapolates from the bytes per row; larger figures than the bounds mean that there is none.
fn bounded(file: &Connection, grown: usize) -> Result<String> {
    const EVALUATIONS: i64 = 5_000 * 24;
    const LOGGERS: i64 = 10_000;
    let row = |sql: &str| -> Result<(i64, i64)> {
        Ok(file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
    };
    // The index contains the key a second time; 40 bytes are the numbers and the overhead of SQLite.
    let (evaluations, evaluation_bytes) =
        row("SELECT count(*), coalesce(sum(2 * length(key) + length(value) + 80), 0) FROM evaluation")?;
    let (loggers, logger_bytes) = row("SELECT count(*), coalesce(sum(length(name) + 40), 0) FROM logger")?;
    if evaluations > 5_000 || loggers > LOGGERS {
        return Ok("without a bound".to_owned());
    }
    let day = evaluation_bytes.checked_div(evaluations.max(1)).unwrap_or_default() * EVALUATIONS
        + logger_bytes.checked_div(loggers.max(1)).unwrap_or_default() * LOGGERS;
    let day = usize::try_from(day)?.max(grown);
    Ok(format!("{:.1} MB", mb(day)))
}

/// Returns the bytes of the database and its log.
fn size(folder: &Path) -> Result<usize> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += usize::try_from(entry?.metadata()?.len())?;
    }
    Ok(bytes)
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn mb(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
