//! Queries on the audit log.

use rusqlite::{Connection, Row, ToSql, params};

use crate::failed;
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{AuditEntry, AuditFilter, AuditNote, AuditRecord, KeyRange, StoreError};

pub(super) fn insert(connection: &Connection, entry: &AuditEntry, now: i64) -> Result<(), StoreError> {
    write(connection, entry, (None, 1), now)
}

/// Writes the first of several equal refusals. Refusals with the same `name` are equal.
pub(super) fn insert_refusal(
    connection: &Connection,
    entry: &AuditEntry,
    (name, count): (&str, i64),
    now: i64,
) -> Result<(), StoreError> {
    write(connection, entry, (Some(name), count), now)
}

fn write(
    connection: &Connection,
    entry: &AuditEntry,
    (refusal, count): (Option<&str>, i64),
    now: i64,
) -> Result<(), StoreError> {
    let AuditEntry { project, action, subject, environment, version_id, is_refused, note } = entry;
    let AuditNote { actor, origin, via, sentence, comment } = note;
    connection
        .prepare_cached(
            "INSERT INTO audit (project_id, at_millis, who, origin, via, action, subject, environment_id,
                                version_id, is_refused, sentence, comment, refusal, count)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                project.map(|id| id.0),
                now,
                actor,
                origin,
                via,
                action,
                subject,
                environment.map(|id| id.0),
                version_id,
                is_refused,
                sentence,
                comment,
                refusal,
                count
            ])
        })
        .map(drop)
        .map_err(failed("writing the audit log"))
}

pub(super) fn read(connection: &Connection, filter: &AuditFilter) -> Result<Vec<AuditRecord>, StoreError> {
    let AuditFilter {
        project,
        subject,
        actor,
        action,
        environment,
        text,
        from_millis,
        to_millis,
        before,
        limit,
    } = filter;
    let mut conditions = Conditions::default();
    conditions.add("project_id = ?", project.map(|id| id.0));
    conditions.add("subject = ?", subject.clone());
    conditions.add("instr(lower(who), lower(?)) > 0", actor.clone());
    conditions.add("(action || '.') LIKE ? || '.%'", action.clone());
    conditions.add("environment_id = ?", environment.map(|id| id.0));
    conditions.add("instr(lower(sentence || ' ' || comment), lower(?)) > 0", text.clone());
    conditions.add("at_millis >= ?", *from_millis);
    conditions.add("at_millis < ?", *to_millis);
    conditions.add("id < ?", *before);
    let Conditions { terms, values } = conditions;
    let condition = if terms.is_empty() { "1".to_owned() } else { terms.join(" AND ") };
    let query = format!(
        "SELECT id, at_millis, project_id, who, origin, via, action, subject, environment_id, version_id,
                is_refused, sentence, comment, count
         FROM audit WHERE {condition} ORDER BY id DESC LIMIT {limit}"
    );
    let reading = || failed("reading the audit log");
    let mut statement = connection.prepare(&query).map_err(reading())?;
    let values = rusqlite::params_from_iter(values.iter().map(|value| &**value));
    let records = statement.query_map(values, record).and_then(Iterator::collect);
    records.map_err(reading())
}

pub(super) fn comments(
    connection: &Connection,
    project: ProjectId,
    KeyRange { first, last }: &KeyRange,
) -> Result<Vec<(i64, String)>, StoreError> {
    let reading = || failed("reading comments");
    let mut statement = connection
        .prepare_cached(
            "SELECT h.id, a.comment FROM config_head h
             JOIN audit a ON a.project_id = h.project_id AND a.version_id = h.id
             WHERE h.project_id = ?1 AND h.key >= ?2 AND h.key <= ?3 AND a.comment <> ''",
        )
        .map_err(reading())?;
    let rows = statement.query_map(params![project.0, first, last], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.and_then(Iterator::collect).map_err(reading())
}

#[derive(Default)]
struct Conditions {
    terms: Vec<&'static str>,
    values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    fn add<T: ToSql + 'static>(&mut self, term: &'static str, value: Option<T>) {
        if let Some(value) = value {
            self.terms.push(term);
            self.values.push(Box::new(value));
        }
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<AuditRecord> {
    Ok(AuditRecord {
        id: row.get(0)?,
        at_millis: row.get(1)?,
        count: row.get(13)?,
        entry: AuditEntry {
            project: row.get::<_, Option<i64>>(2)?.map(ProjectId),
            action: row.get(6)?,
            subject: row.get(7)?,
            environment: row.get::<_, Option<i64>>(8)?.map(EnvironmentId),
            version_id: row.get(9)?,
            is_refused: row.get(10)?,
            note: AuditNote {
                actor: row.get(3)?,
                origin: row.get(4)?,
                via: row.get(5)?,
                sentence: row.get(11)?,
                comment: row.get(12)?,
            },
        },
    })
}
