//! The audit log.
//!
//! The id of an entry is from a sequence and orders lists. A reader that follows the log of a project uses `seq`, which is taken
//! under the lock of the project, so that entries become visible in its order.

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    AuditEntry, AuditFilter, AuditLog, AuditNote, AuditRecord, HOUR_MILLIS, KeyRange, MAX_COUNT,
    REFUSALS_PER_HOUR, REFUSALS_PER_PROJECT, Refusal, StoreError, StoreFuture,
};
use tokio_postgres::Row;

use crate::{
    PostgresStore,
    database::Database,
    retention,
    session::Session,
    sql::{Value, values},
};

const WRITING: &str = "writing the audit log";

impl AuditLog for PostgresStore {
    fn record_audit(&self, entries: Vec<AuditEntry>) -> StoreFuture<'_, ()> {
        self.run(async move |database| {
            let mut session = database.begin(WRITING).await?;
            lock_all(&mut session, entries.iter().map(|entry| entry.project)).await?;
            let now = database.now_millis(&mut session).await?;
            insert(&mut session, &entries, now).await?;
            session.commit().await
        })
    }

    fn record_refusals(&self, refusals: Vec<Refusal>) -> StoreFuture<'_, ()> {
        self.run(async move |database| {
            let mut session = database.begin(WRITING).await?;
            lock_all(&mut session, refusals.iter().map(|refusal| refusal.entry.project)).await?;
            // The number of refusals per hour is that of the installation.
            lock_installation(&mut session).await?;
            let now = database.now_millis(&mut session).await?;
            for refusal in &refusals {
                write_refusal(&mut session, refusal, now).await?;
            }
            session.commit().await
        })
    }

    fn delete_audit_entries_before(&self, at_millis: i64) -> StoreFuture<'_, bool> {
        self.run(async move |database| retention::delete_audit(&database, at_millis).await)
    }

    fn audit(&self, filter: AuditFilter) -> StoreFuture<'_, Vec<AuditRecord>> {
        Box::pin(async move { read(&self.database, filter).await })
    }
}

/// Locks the rows of projects in the order of their ids.
async fn lock_all(
    session: &mut Session,
    projects: impl Iterator<Item = Option<ProjectId>>,
) -> Result<(), StoreError> {
    let projects: Vec<i64> = projects.flatten().map(|project| project.0).collect();
    let sql = "SELECT 1 FROM @.project WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";
    session.query(sql, values![projects]).await.map(drop)
}

/// Locks what belongs to no project, until the transaction ends. The locks of projects are taken before.
pub(crate) async fn lock_installation(session: &mut Session) -> Result<(), StoreError> {
    session.query("SELECT 1 FROM @.epoch FOR NO KEY UPDATE", values![]).await.map(drop)
}

/// Writes entries. The caller has locked their projects.
pub(crate) async fn insert(
    session: &mut Session,
    entries: &[AuditEntry],
    now: i64,
) -> Result<(), StoreError> {
    for entry in entries {
        write(session, entry, (None, 1), now).await?;
    }
    Ok(())
}

async fn write(
    session: &mut Session,
    entry: &AuditEntry,
    (refusal, count): (Option<&str>, i64),
    now: i64,
) -> Result<(), StoreError> {
    let AuditEntry { project, action, subject, environment, version_id, is_refused, note } = entry;
    let AuditNote { actor, origin, via, sentence, comment } = note;
    let counter = match project {
        Some(_) => "UPDATE @.project SET last_seq = last_seq + 1 WHERE id = $1 RETURNING last_seq",
        None => "UPDATE @.epoch SET last_seq = last_seq + 1 WHERE $1 IS NULL RETURNING last_seq",
    };
    let sql = format!(
        "WITH counter AS ({counter})
         INSERT INTO @.audit (project_id, seq, at_millis, who, origin, via, action, subject, environment_id,
                              version_id, is_refused, sentence, comment, refusal, count)
         VALUES ($1, coalesce((SELECT last_seq FROM counter), 0), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                 $13, $14)"
    );
    let values = values![
        *project,
        now,
        &**actor,
        &**origin,
        &**via,
        &**action,
        &**subject,
        *environment,
        *version_id,
        *is_refused,
        &**sentence,
        &**comment,
        refusal,
        count,
    ];
    session.execute(&sql, values).await.map(drop)
}

/// Writes a refusal. Equal refusals of one hour share an entry with a count, and the number of entries per hour is limited.
async fn write_refusal(
    session: &mut Session,
    Refusal { entry, count }: &Refusal,
    now: i64,
) -> Result<(), StoreError> {
    let hour = now.div_euclid(HOUR_MILLIS);
    let name = entry.refusal_name(hour);
    if add(session, &name, *count).await? {
        return Ok(());
    }
    let project = entry.project.map(|id| id.0).unwrap_or_default();
    let has_room = named(session, &format!("{hour}/")).await? < REFUSALS_PER_HOUR
        && named(session, &format!("{hour}/{project}/")).await? < REFUSALS_PER_PROJECT;
    if has_room {
        return write(session, entry, (Some(&name), *count), now).await;
    }
    let further = Refusal::further(entry.project, &entry.action, *count);
    let name = further.entry.refusal_name(hour);
    if add(session, &name, *count).await? {
        return Ok(());
    }
    write(session, &further.entry, (Some(&name), *count), now).await
}

/// Adds to the count of an entry. Returns whether the entry exists.
async fn add(session: &mut Session, name: &str, count: i64) -> Result<bool, StoreError> {
    let sql = format!("UPDATE @.audit SET count = least(count + $2, {MAX_COUNT}) WHERE refusal = $1");
    Ok(session.execute(&sql, values![name, count]).await? > 0)
}

/// Counts the entries whose names start with `prefix`, which ends with a slash; `0` is the character after it.
async fn named(session: &mut Session, prefix: &str) -> Result<i64, StoreError> {
    let end = format!("{}0", prefix.trim_end_matches('/'));
    let sql = "SELECT count(*) FROM @.audit WHERE refusal >= $1 AND refusal < $2";
    Ok(session.query_one(sql, values![prefix, end]).await?.get(0))
}

async fn read(database: &Database, filter: AuditFilter) -> Result<Vec<AuditRecord>, StoreError> {
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
    conditions.add("project_id = $", project);
    // The first term uses the index.
    conditions.add("left(subject, 300) = left($, 300)", subject.clone());
    conditions.add("subject = $", subject);
    conditions.add("strpos(lower(who), lower($ COLLATE \"C\")) > 0", actor);
    conditions.add("starts_with(action || '.', $ || '.')", action);
    conditions.add("environment_id = $", environment);
    conditions.add("strpos(lower(sentence || ' ' || comment), lower($ COLLATE \"C\")) > 0", text);
    conditions.add("at_millis >= $", from_millis);
    conditions.add("at_millis < $", to_millis);
    conditions.add("id < $", before);
    let Conditions { terms, values } = conditions;
    let condition = if terms.is_empty() { "true".to_owned() } else { terms.join(" AND ") };
    let sql = format!(
        "SELECT id, at_millis, project_id, who, origin, via, action, subject, environment_id, version_id,
                is_refused, sentence, comment, count
         FROM @.audit WHERE {condition} ORDER BY id DESC LIMIT {limit}"
    );
    let rows = database.query("reading the audit log", &sql, &values).await?;
    Ok(rows.iter().map(record).collect())
}

pub(crate) async fn comments(
    database: &Database,
    project: ProjectId,
    KeyRange { first, last }: KeyRange,
) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = "SELECT h.id, a.comment FROM @.config_head h
               JOIN @.audit a ON a.project_id = h.project_id AND a.version_id = h.id
               WHERE h.project_id = $1 AND h.key >= $2 AND h.key <= $3 AND a.comment <> ''";
    let rows = database.query("reading comments", sql, values![project, first, last]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

#[derive(Default)]
struct Conditions {
    terms: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition on a value. `$` is the place of the value.
    fn add<T>(&mut self, term: &str, value: Option<T>)
    where
        Value: From<T>,
    {
        if let Some(value) = value {
            self.values.push(value.into());
            self.terms.push(term.replace('$', &format!("${}", self.values.len())));
        }
    }
}

fn record(row: &Row) -> AuditRecord {
    AuditRecord {
        id: row.get(0),
        at_millis: row.get(1),
        count: row.get(13),
        entry: AuditEntry {
            project: row.get::<_, Option<i64>>(2).map(ProjectId),
            action: row.get(6),
            subject: row.get(7),
            environment: row.get::<_, Option<i64>>(8).map(EnvironmentId),
            version_id: row.get(9),
            is_refused: row.get(10),
            note: AuditNote {
                actor: row.get(3),
                origin: row.get(4),
                via: row.get(5),
                sentence: row.get(11),
                comment: row.get(12),
            },
        },
    }
}
