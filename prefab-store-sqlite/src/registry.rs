//! Queries on projects, environments and API keys.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::{failed, unique_names, write};
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    Environment, KeyRequest, Project, Protection, Registry, StoreError, StoredKey,
    clock::Clock,
    key::{IssuedKey, KeyHash, KeyKind, issue},
};

pub(super) fn read(connection: &Connection) -> Result<Registry, StoreError> {
    let mut registry = Registry { projects: projects(connection)?, keys: Vec::new() };
    for (project, environment) in environments(connection)? {
        if let Some(project) = registry.projects.iter_mut().find(|other| other.id == project) {
            project.environments.push(environment);
        }
    }
    let mut statement = connection
        .prepare_cached(
            "SELECT id, project_id, environment_id, kind, hash, user_id, revoked_at_millis IS NOT NULL,
                    expires_at_millis, name
             FROM api_key ORDER BY id",
        )
        .map_err(failed("reading API keys"))?;
    let keys = statement.query_map([], key).map_err(failed("reading API keys"))?;
    for key in keys {
        // A key of a kind that only a newer version supports is skipped.
        registry.keys.extend(key.map_err(failed("reading API keys"))?);
    }
    Ok(registry)
}

fn projects(connection: &Connection) -> Result<Vec<Project>, StoreError> {
    let read = |row: &Row<'_>| {
        Ok(Project {
            id: ProjectId(row.get(0)?),
            name: row.get(1)?,
            first_id: row.get(2)?,
            environments: Vec::new(),
        })
    };
    let mut statement = connection
        .prepare_cached("SELECT id, name, first_id FROM project ORDER BY id")
        .map_err(failed("reading projects"))?;
    let projects = statement.query_map([], read).and_then(Iterator::collect);
    projects.map_err(failed("reading projects"))
}

fn environments(connection: &Connection) -> Result<Vec<(ProjectId, Environment)>, StoreError> {
    let read = |row: &Row<'_>| {
        let protection = Protection { needs_comment: row.get(3)?, needs_approval: row.get(4)? };
        let environment = Environment { id: EnvironmentId(row.get(1)?), name: row.get(2)?, protection };
        Ok((ProjectId(row.get(0)?), environment))
    };
    let mut statement = connection
        .prepare_cached(
            "SELECT project_id, id, name, needs_comment, needs_approval FROM environment ORDER BY id",
        )
        .map_err(failed("reading environments"))?;
    let environments = statement.query_map([], read).and_then(Iterator::collect);
    environments.map_err(failed("reading environments"))
}

fn key(row: &Row<'_>) -> rusqlite::Result<Option<StoredKey>> {
    let kind: String = row.get(3)?;
    let user_id: Option<String> = row.get(5)?;
    let Some(kind) = KeyKind::from_name(&kind) else { return Ok(None) };
    Ok(Some(StoredKey {
        id: row.get(0)?,
        project: ProjectId(row.get(1)?),
        environment: EnvironmentId(row.get(2)?),
        kind,
        hash: KeyHash(row.get(4)?),
        user_id: user_id.map(Into::into),
        revoked: row.get(6)?,
        expires_at_millis: row.get(7)?,
        name: row.get::<_, String>(8)?.into(),
    }))
}

pub(super) fn create_project(
    connection: &mut Connection,
    name: &str,
    environments: &[String],
    clock: &Clock,
) -> Result<Project, StoreError> {
    let transaction = write(connection)?;
    let project = insert_project(&transaction, name, environments, clock)?;
    transaction.commit().map_err(failed("creating a project"))?;
    Ok(project)
}

/// Creates a project with a backend and a front-end key for each environment and one admin key, unless a project exists. If two servers start with an
/// empty file at the same time, one of them creates the project.
pub(super) fn create_first_project(
    connection: &mut Connection,
    name: &str,
    environments: &[String],
    clock: &Clock,
) -> Result<Option<(Project, Vec<IssuedKey>)>, StoreError> {
    let transaction = write(connection)?;
    if !projects(&transaction)?.is_empty() {
        return Ok(None);
    }
    let project = insert_project(&transaction, name, environments, clock)?;
    let mut keys = Vec::new();
    for (at, environment) in project.environments.iter().enumerate() {
        // Every admin key manages the whole project, so one is enough.
        for kind in KeyKind::ALL.into_iter().filter(|kind| at == 0 || *kind != KeyKind::Admin) {
            // An admin key gets a user id, so that personal overrides can match.
            let user_id = (kind == KeyKind::Admin).then(|| "1".to_owned());
            let request = KeyRequest { project: project.id, environment: environment.id, kind, user_id };
            keys.push(insert_key(&transaction, &request, clock.now_millis())?);
        }
    }
    transaction.commit().map_err(failed("creating a project"))?;
    Ok(Some((project, keys)))
}

fn insert_project(
    connection: &Connection,
    name: &str,
    environments: &[String],
    clock: &Clock,
) -> Result<Project, StoreError> {
    let creating = || failed("creating a project");
    unique_names::project(connection, name, None)?;
    // Ids start at the clock, so that they are above all ids that clients may have seen before a backup was restored.
    let first_id = clock.now_micros();
    connection
        .execute(
            "INSERT INTO project (name, first_id, last_id, created_at_millis) VALUES (?1, ?2, ?2, ?3)",
            params![name, first_id, clock.now_millis()],
        )
        .map_err(creating())?;
    let mut project = Project {
        id: ProjectId(connection.last_insert_rowid()),
        name: name.to_owned(),
        first_id,
        environments: Vec::new(),
    };
    for name in environments {
        unique_names::environment(connection, project.id, name, None)?;
        connection
            .execute(
                "INSERT INTO environment (project_id, name) VALUES (?1, ?2)",
                params![project.id.0, name],
            )
            .map_err(creating())?;
        let id = EnvironmentId(connection.last_insert_rowid());
        project.environments.push(Environment::new(id, name));
    }
    Ok(project)
}

pub(super) fn issue_key(
    connection: &mut Connection,
    request: &KeyRequest,
    now: i64,
) -> Result<IssuedKey, StoreError> {
    let transaction = write(connection)?;
    let issued = insert_key(&transaction, request, now)?;
    transaction.commit().map_err(failed("issuing an API key"))?;
    Ok(issued)
}

fn insert_key(connection: &Connection, request: &KeyRequest, now: i64) -> Result<IssuedKey, StoreError> {
    let issuing = || failed("issuing an API key");
    let KeyRequest { project, environment, kind, user_id } = request;
    let name: Option<String> = connection
        .query_row(
            "SELECT name FROM environment WHERE id = ?1 AND project_id = ?2",
            params![environment.0, project.0],
            |row| row.get(0),
        )
        .optional()
        .map_err(issuing())?;
    let name = name.ok_or(StoreError::UnknownProject(*project))?;
    // The text contains the id and the hash covers the text, so the row is inserted before its hash is known.
    connection
        .execute(
            "INSERT INTO api_key (project_id, environment_id, kind, hash, user_id, created_at_millis)
             VALUES (?1, ?2, ?3, zeroblob(32), ?4, ?5)",
            params![project.0, environment.0, kind.name(), user_id, now],
        )
        .map_err(issuing())?;
    let issued = issue(connection.last_insert_rowid(), (*environment, &name), *project, *kind)?;
    connection
        .execute("UPDATE api_key SET hash = ?2 WHERE id = ?1", params![issued.id, KeyHash::of(&issued.key).0])
        .map_err(issuing())?;
    Ok(issued)
}

pub(super) fn revoke_key(connection: &Connection, id: i64, now: i64) -> Result<bool, StoreError> {
    connection
        .execute(
            "UPDATE api_key SET revoked_at_millis = ?2 WHERE id = ?1 AND revoked_at_millis IS NULL",
            params![id, now],
        )
        .map(|changed| changed > 0)
        .map_err(failed("revoking an API key"))
}
