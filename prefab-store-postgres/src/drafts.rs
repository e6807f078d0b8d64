//! Implements [`Drafts`] for [`PostgresStore`].

use prefab_core::ids::ProjectId;
use prefab_proto::wire;
use prefab_store::{Draft, DraftMark, Drafts, StoreChange, StoreError, StoreFuture};
use prost::Message as _;
use tokio_postgres::Row;
use tracing::error;

use crate::{
    PostgresStore,
    database::{Database, Notice},
    session::Session,
    sql::{Value, values},
    version_rows,
    versions::{decode, tags_text},
};

const READING: &str = "reading drafts";

impl Drafts for PostgresStore {
    fn drafts(&self, project: ProjectId) -> StoreFuture<'_, Vec<Draft>> {
        let sql =
            "SELECT key, body, base_id, comment, saved_by, saved_by_person, saved_at_millis, approved_by,
                          tags FROM @.draft WHERE project_id = $1 ORDER BY key";
        Box::pin(async move {
            let rows = self.database.query(READING, sql, values![project]).await?;
            Ok(rows.iter().filter_map(draft).collect())
        })
    }

    fn draft_marks(&self, project: ProjectId) -> StoreFuture<'_, Vec<DraftMark>> {
        let sql = "SELECT key, saved_by, saved_at_millis, approved_by FROM @.draft
                   WHERE project_id = $1 ORDER BY key";
        let mark = |row: &Row| DraftMark {
            key: row.get(0),
            saved_by: row.get(1),
            saved_at_millis: row.get(2),
            approved_by: row.get(3),
        };
        Box::pin(async move {
            let rows = self.database.query(READING, sql, values![project]).await?;
            Ok(rows.iter().map(mark).collect())
        })
    }

    fn save_draft(&self, project: ProjectId, draft: Draft) -> StoreFuture<'_, ()> {
        self.change(StoreChange::Drafts { project }, async move |database| {
            let mut session = database.begin("saving a draft").await?;
            version_rows::lock(&mut session, project).await?;
            save(&mut session, project, draft).await?;
            commit(&database, &mut session, project).await
        })
    }

    fn approve_draft(&self, project: ProjectId, draft: Draft, by: String) -> StoreFuture<'_, bool> {
        self.change(StoreChange::Drafts { project }, async move |database| {
            // Not if the draft was saved again since the approver read it.
            let sql = "UPDATE @.draft SET approved_by = $4
                       WHERE project_id = $1 AND key = $2 AND saved_at_millis = $3 AND saved_by = $5";
            let values = values![project, draft.key, draft.saved_at_millis, by, draft.saved_by];
            update(&database, "approving a draft", project, sql, values).await
        })
    }

    fn discard_draft(&self, project: ProjectId, key: String) -> StoreFuture<'_, bool> {
        self.change(StoreChange::Drafts { project }, async move |database| {
            let sql = "DELETE FROM @.draft WHERE project_id = $1 AND key = $2";
            update(&database, "discarding a draft", project, sql, values![project, key]).await
        })
    }
}

/// Decodes a draft. A damaged draft is skipped and logged.
fn draft(row: &Row) -> Option<Draft> {
    let key: String = row.get(0);
    let body: Option<Vec<u8>> = row.get(1);
    let tags: String = row.get(8);
    let config = match body.as_deref().map(|body| decode(body, &tags)).transpose() {
        Ok(config) => config,
        Err(cause) => {
            error!(key, cause, "stored draft is damaged, skipping it");
            return None;
        }
    };
    Some(Draft {
        key,
        config,
        base_id: row.get(2),
        comment: row.get(3),
        saved_by: row.get(4),
        saved_by_person: row.get(5),
        saved_at_millis: row.get(6),
        approved_by: row.get(7),
    })
}

/// Saves a draft without an approval. The caller has locked the project.
pub(crate) async fn save(session: &mut Session, project: ProjectId, draft: Draft) -> Result<(), StoreError> {
    let Draft { key, config, base_id, comment, saved_by, saved_by_person, saved_at_millis, approved_by: _ } =
        draft;
    let tags = tags_text(config.as_ref());
    let body = config.map(|config| wire::Config::from(&config).encode_to_vec());
    session
        .execute(
            "INSERT INTO @.draft (project_id, key, body, base_id, comment, saved_by, saved_by_person,
                                  saved_at_millis, tags)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (project_id, key) DO UPDATE
             SET body = $3, base_id = $4, comment = $5, saved_by = $6, saved_by_person = $7,
                 saved_at_millis = $8, tags = $9, approved_by = NULL",
            values![project, key, body, base_id, comment, saved_by, saved_by_person, saved_at_millis, tags],
        )
        .await
        .map(drop)
}

/// Changes a draft. Returns whether there was one.
async fn update(
    database: &Database,
    operation: &'static str,
    project: ProjectId,
    sql: &str,
    values: &[Value],
) -> Result<bool, StoreError> {
    let mut session = database.begin(operation).await?;
    version_rows::lock(&mut session, project).await?;
    let changed = session.execute(sql, values).await?;
    commit(database, &mut session, project).await?;
    Ok(changed > 0)
}

/// Counts a change to the drafts of a project, notifies the other servers, and commits.
async fn commit(database: &Database, session: &mut Session, project: ProjectId) -> Result<(), StoreError> {
    let sql =
        "UPDATE @.project SET draft_revision = draft_revision + 1 WHERE id = $1 RETURNING draft_revision";
    let revision = session.query_one(sql, values![project]).await?.get(0);
    database.notify(session, Notice::Drafts(project.0)).await?;
    let commit = database.positions.begin_commit().await;
    session.commit().await?;
    commit.note_drafts(project.0, revision);
    Ok(())
}
