//! Implements [`Projects`] for [`PostgresStore`].

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    Environment, KeyRequest, Project, Projects, Protection, Registry, StoreChange, StoreError, StoreFuture,
    key::{IssuedKey, KeyKind},
};
use tokio_postgres::Row;

use crate::{
    PostgresStore, api_keys,
    audit::lock_installation,
    commit_registry::commit_registry,
    database::{Database, Notice},
    session::Session,
    sql::values,
    unique_names,
};

impl Projects for PostgresStore {
    fn registry(&self) -> StoreFuture<'_, Registry> {
        Box::pin(registry(&self.database))
    }

    fn create_project(&self, name: String, environments: Vec<String>) -> StoreFuture<'_, Project> {
        self.change(StoreChange::Registry, async move |database| {
            let mut session = database.begin("creating a project").await?;
            lock_installation(&mut session).await?;
            let project = insert_project(&database, &mut session, &name, &environments).await?;
            commit_registry(&database, &mut session, Notice::Registry, Some(&project)).await?;
            Ok(project)
        })
    }

    fn create_first_project(
        &self,
        name: String,
        environments: Vec<String>,
    ) -> StoreFuture<'_, Option<(Project, Vec<IssuedKey>)>> {
        self.change(StoreChange::Registry, async move |database| {
            create_first(&database, &name, &environments).await
        })
    }

    fn rename_project(&self, project: ProjectId, name: String) -> StoreFuture<'_, ()> {
        self.change(StoreChange::Registry, async move |database| {
            let mut session = database.begin("renaming a project").await?;
            lock_project_and_installation(&mut session, project).await?;
            unique_names::project(&mut session, &name, Some(project)).await?;
            session.execute("UPDATE @.project SET name = $2 WHERE id = $1", values![project, name]).await?;
            commit_registry(&database, &mut session, Notice::Registry, None).await
        })
    }

    fn create_environment(&self, project: ProjectId, name: String) -> StoreFuture<'_, Environment> {
        self.change(StoreChange::Registry, async move |database| {
            let mut session = database.begin("creating an environment").await?;
            lock_installation(&mut session).await?;
            let environment = insert_environment(&mut session, project, &name).await?;
            commit_registry(&database, &mut session, Notice::Registry, None).await?;
            Ok(environment)
        })
    }

    fn update_environment(&self, project: ProjectId, environment: Environment) -> StoreFuture<'_, bool> {
        self.change(StoreChange::Registry, async move |database| {
            update_environment(&database, project, &environment).await
        })
    }
}

/// Takes both locks in their order.
async fn lock_project_and_installation(session: &mut Session, project: ProjectId) -> Result<(), StoreError> {
    crate::version_rows::lock(session, project).await?;
    lock_installation(session).await
}

async fn registry(database: &Database) -> Result<Registry, StoreError> {
    let mut session = database.session("reading projects").await?;
    // The three reads see one state.
    session.begin_read().await?;
    let rows = session.query("SELECT id, name, first_id FROM @.project ORDER BY id", values![]).await?;
    let mut projects: Vec<Project> = rows
        .iter()
        .map(|row| Project {
            id: ProjectId(row.get(0)),
            name: row.get(1),
            first_id: row.get(2),
            environments: Vec::new(),
        })
        .collect();
    let sql = "SELECT project_id, id, name, needs_comment, needs_approval FROM @.environment ORDER BY id";
    for row in session.query(sql, values![]).await? {
        let id = ProjectId(row.get(0));
        if let Some(project) = projects.iter_mut().find(|project| project.id == id) {
            project.environments.push(environment(&row));
        }
    }
    let keys = api_keys::all(&mut session).await?;
    session.commit().await?;
    Ok(Registry { projects, keys })
}

fn environment(row: &Row) -> Environment {
    let protection = Protection { needs_comment: row.get(3), needs_approval: row.get(4) };
    Environment { id: EnvironmentId(row.get(1)), name: row.get(2), protection }
}

/// Creates a project with API keys for each environment, unless a project exists. If two servers start with an
/// empty database at the same time, one of them creates the project.
async fn create_first(
    database: &Database,
    name: &str,
    environments: &[String],
) -> Result<Option<(Project, Vec<IssuedKey>)>, StoreError> {
    let mut session = database.begin("creating a project").await?;
    lock_installation(&mut session).await?;
    let exists = session.query_one("SELECT EXISTS (SELECT 1 FROM @.project)", values![]).await?;
    if exists.get::<_, bool>(0) {
        return Ok(None);
    }
    let project = insert_project(database, &mut session, name, environments).await?;
    let now = database.now_millis(&mut session).await?;
    let mut keys = Vec::new();
    for (at, environment) in project.environments.iter().enumerate() {
        // Every admin key manages the whole project, so one is enough.
        for kind in KeyKind::ALL.into_iter().filter(|kind| at == 0 || *kind != KeyKind::Admin) {
            // An admin key gets a user id, so that personal overrides can match.
            let user_id = (kind == KeyKind::Admin).then(|| "1".to_owned());
            let request = KeyRequest { project: project.id, environment: environment.id, kind, user_id };
            keys.push(api_keys::insert(&mut session, &request, now).await?);
        }
    }
    commit_registry(database, &mut session, Notice::Registry, Some(&project)).await?;
    Ok(Some((project, keys)))
}

async fn insert_project(
    database: &Database,
    session: &mut Session,
    name: &str,
    environments: &[String],
) -> Result<Project, StoreError> {
    unique_names::project(session, name, None).await?;
    // Ids start at the clock, so that they are above all ids that clients may have seen before a backup was restored.
    let first_id = database.now_micros(session).await?;
    let sql = "INSERT INTO @.project (name, first_id, last_id, created_at_millis) VALUES ($1, $2, $2, $3) RETURNING id";
    let id = session.query_one(sql, values![name, first_id, first_id / 1_000]).await?.get(0);
    let mut project =
        Project { id: ProjectId(id), name: name.to_owned(), first_id, environments: Vec::new() };
    for name in environments {
        project.environments.push(insert_environment(session, project.id, name).await?);
    }
    Ok(project)
}

async fn insert_environment(
    session: &mut Session,
    project: ProjectId,
    name: &str,
) -> Result<Environment, StoreError> {
    unique_names::environment(session, project, name, None).await?;
    let sql = "INSERT INTO @.environment (project_id, name) VALUES ($1, $2) RETURNING id";
    let id = session.query_one(sql, values![project, name]).await?.get(0);
    Ok(Environment::new(EnvironmentId(id), name))
}

async fn update_environment(
    database: &Database,
    project: ProjectId,
    environment: &Environment,
) -> Result<bool, StoreError> {
    let Environment { id, name, protection } = environment;
    let mut session = database.begin("changing an environment").await?;
    lock_installation(&mut session).await?;
    let sql = "SELECT EXISTS (SELECT 1 FROM @.environment WHERE project_id = $1 AND id = $2 AND name = $3)";
    // A name from before the rule stays until someone changes it.
    let keeps_name: bool = session.query_one(sql, values![project, *id, &**name]).await?.get(0);
    if !keeps_name {
        unique_names::environment(&mut session, project, name, Some(*id)).await?;
    }
    let changed = session
        .execute(
            "UPDATE @.environment SET name = $3, needs_comment = $4, needs_approval = $5
             WHERE project_id = $1 AND id = $2",
            values![project, *id, &**name, protection.needs_comment, protection.needs_approval],
        )
        .await?;
    commit_registry(database, &mut session, Notice::Registry, None).await?;
    Ok(changed > 0)
}
