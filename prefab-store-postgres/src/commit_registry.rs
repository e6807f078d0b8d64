//! The end of a transaction that changed projects, environments or API keys.

use prefab_store::{Project, StoreError};

use crate::{
    database::{Database, Notice},
    session::Session,
    sql::values,
};

/// Counts a change to projects, environments or API keys, notifies the other servers, and commits. `created` is a new
/// project.
pub(crate) async fn commit_registry(
    database: &Database,
    session: &mut Session,
    notice: Notice,
    created: Option<&Project>,
) -> Result<(), StoreError> {
    let sql = "UPDATE @.epoch SET registry_revision = registry_revision + 1 RETURNING registry_revision";
    let revision = session.query_one(sql, values![]).await?.get(0);
    database.notify(session, notice).await?;
    let commit = database.positions.begin_commit().await;
    session.commit().await?;
    commit.note_registry(revision);
    if let Some(Project { id, first_id, .. }) = created {
        commit.note_project(id.0, *first_id);
    }
    Ok(())
}
