//! What is kept beside the log.

use std::{path::PathBuf, thread};

use rusqlite::{Connection, ErrorCode, params};
use tokio::sync::oneshot;

use crate::private_files;
use crate::{SqliteStore, audit, drafts, failed, keys, log, refusals, retention, write};
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    AuditEntry, AuditFilter, AuditRecord, Draft, DraftMark, Environment, KeyDetails, KeyRange, NewKey,
    Records, Refusal, StoreError, StoreFuture, Version, clock, key::IssuedKey,
};

impl Records for SqliteStore {
    fn changes(&self, project: ProjectId, before: Option<i64>, limit: u32) -> StoreFuture<'_, Vec<Version>> {
        self.reports.run(move |connection| log::changes(connection, project, before, limit))
    }

    fn version(&self, project: ProjectId, id: i64) -> StoreFuture<'_, Option<Version>> {
        self.lookups.run(move |connection| log::version_by_id(connection, project, id))
    }

    fn deleted(&self, project: ProjectId) -> StoreFuture<'_, Vec<Version>> {
        self.reports.run(move |connection| log::deleted(connection, project))
    }

    fn note(&self, entries: Vec<AuditEntry>) -> StoreFuture<'_, ()> {
        self.run(false, move |connection| {
            let transaction = write(connection)?;
            entries.iter().try_for_each(|entry| audit::insert(&transaction, entry))?;
            transaction.commit().map_err(failed("writing the audit log"))
        })
    }

    fn note_refusals(&self, written: Vec<Refusal>) -> StoreFuture<'_, ()> {
        self.run(false, move |connection| refusals::write(connection, &written))
    }

    fn forget_audit_before(&self, at_millis: i64) -> StoreFuture<'_, bool> {
        self.run(false, move |connection| retention::forget_audit(connection, at_millis))
    }

    fn audit(&self, filter: AuditFilter) -> StoreFuture<'_, Vec<AuditRecord>> {
        self.reports.run(move |connection| audit::read(connection, &filter))
    }

    fn comments(&self, project: ProjectId, keys: KeyRange) -> StoreFuture<'_, Vec<(i64, String)>> {
        self.reports.run(move |connection| audit::comments(connection, project, &keys))
    }

    fn rename_project(&self, project: ProjectId, name: String) -> StoreFuture<'_, ()> {
        self.run(true, move |connection| {
            connection
                .execute("UPDATE project SET name = ?2 WHERE id = ?1", params![project.0, name])
                .map(drop)
                .map_err(failed("renaming a project"))
        })
    }

    fn create_environment(&self, project: ProjectId, name: String) -> StoreFuture<'_, Environment> {
        self.run(true, move |connection| create_environment(connection, project, &name))
    }

    fn update_environment(&self, project: ProjectId, environment: Environment) -> StoreFuture<'_, bool> {
        self.run(true, move |connection| update_environment(connection, project, &environment))
    }

    fn issue_named_key(&self, request: NewKey) -> StoreFuture<'_, IssuedKey> {
        self.run(true, move |connection| keys::issue(connection, request))
    }

    fn keys(&self, project: ProjectId) -> StoreFuture<'_, Vec<KeyDetails>> {
        self.reports.run(move |connection| keys::list(connection, project))
    }

    fn expire_key(&self, id: i64, at_millis: i64) -> StoreFuture<'_, bool> {
        self.run(true, move |connection| keys::expire(connection, id, at_millis, clock::now_millis()))
    }

    fn used_keys(&self, used: Vec<(i64, i64)>) -> StoreFuture<'_, ()> {
        self.run(false, move |connection| keys::used(connection, &used))
    }

    fn drafts(&self, project: ProjectId) -> StoreFuture<'_, Vec<Draft>> {
        self.lookups.run(move |connection| drafts::list(connection, project))
    }

    fn draft_marks(&self, project: ProjectId) -> StoreFuture<'_, Vec<DraftMark>> {
        self.lookups.run(move |connection| drafts::marks(connection, project))
    }

    fn save_draft(&self, project: ProjectId, draft: Draft) -> StoreFuture<'_, ()> {
        self.run(true, move |connection| drafts::save(connection, project, draft))
    }

    fn approve_draft(&self, project: ProjectId, draft: Draft, by: String) -> StoreFuture<'_, bool> {
        self.run(true, move |connection| drafts::approve(connection, project, &draft, &by))
    }

    fn drop_draft(&self, project: ProjectId, key: String) -> StoreFuture<'_, bool> {
        self.run(true, move |connection| drafts::forget(connection, project, &key))
    }

    fn backup(&self, file: PathBuf) -> StoreFuture<'_, ()> {
        let (answer, answered) = oneshot::channel();
        let path = self.path.clone();
        let copying = failed("writing a backup");
        // With a connection of its own, so that nobody who writes has to wait for it.
        let started = thread::Builder::new().name("prefab-backup".to_owned()).spawn(move || {
            if let Err(error) = private_files::create(&file) {
                let _ = answer.send(Err(StoreError::unavailable("writing a backup", error)));
                return;
            }
            // Writes into an empty file alone, and sees one moment of the database.
            let copied = Connection::open(path).and_then(|connection| {
                connection.busy_timeout(super::BUSY_TIMEOUT)?;
                connection.execute("VACUUM INTO ?1", [file.to_string_lossy()])
            });
            // Nobody waits any more where a request was given up.
            let _ = answer.send(copied.map(drop).map_err(copying));
        });
        Box::pin(async move {
            started.map_err(|error| StoreError::unavailable("writing a backup", error))?;
            answered.await.map_err(|_| StoreError::unavailable("writing a backup", "it was given up"))?
        })
    }
}

fn create_environment(
    connection: &Connection,
    project: ProjectId,
    name: &str,
) -> Result<Environment, StoreError> {
    connection
        .execute("INSERT INTO environment (project_id, name) VALUES (?1, ?2)", params![project.0, name])
        .map_err(|error| named(error, name, "creating an environment"))?;
    Ok(Environment::new(EnvironmentId(connection.last_insert_rowid()), name))
}

fn update_environment(
    connection: &Connection,
    project: ProjectId,
    environment: &Environment,
) -> Result<bool, StoreError> {
    let Environment { id, name, protection } = environment;
    connection
        .execute(
            "UPDATE environment SET name = ?3, needs_comment = ?4, needs_approval = ?5
             WHERE project_id = ?1 AND id = ?2",
            params![project.0, id.0, name, protection.needs_comment, protection.needs_approval],
        )
        .map(|changed| changed > 0)
        .map_err(|error| named(error, name, "changing an environment"))
}

/// Tells a name that is taken from a database that does not work.
fn named(error: rusqlite::Error, name: &str, doing: &'static str) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::NameTaken(name.to_owned()),
        _ => failed(doing)(error),
    }
}
