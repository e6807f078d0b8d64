//! Implements [`Drafts`] for [`SqliteStore`].

use prefab_proto::wire;
use prost::Message as _;
use rusqlite::{Connection, Row, params};
use tracing::error;

use crate::{SqliteStore, failed, log};
use prefab_core::ids::ProjectId;
use prefab_store::{Draft, DraftMark, Drafts, StoreChange, StoreError, StoreFuture};

impl Drafts for SqliteStore {
    fn drafts(&self, project: ProjectId) -> StoreFuture<'_, Vec<Draft>> {
        self.lookups.run(move |connection| list(connection, project))
    }

    fn draft_marks(&self, project: ProjectId) -> StoreFuture<'_, Vec<DraftMark>> {
        self.lookups.run(move |connection| marks(connection, project))
    }

    fn save_draft(&self, project: ProjectId, draft: Draft) -> StoreFuture<'_, ()> {
        self.change(StoreChange::Drafts { project }, move |connection| save(connection, project, draft))
    }

    fn approve_draft(&self, project: ProjectId, draft: Draft, by: String) -> StoreFuture<'_, bool> {
        self.change(StoreChange::Drafts { project }, move |connection| {
            approve(connection, project, &draft, &by)
        })
    }

    fn discard_draft(&self, project: ProjectId, key: String) -> StoreFuture<'_, bool> {
        self.change(StoreChange::Drafts { project }, move |connection| forget(connection, project, &key))
    }
}

fn list(connection: &Connection, project: ProjectId) -> Result<Vec<Draft>, StoreError> {
    let reading = || failed("reading drafts");
    let mut statement = connection
        .prepare_cached(
            "SELECT key, body, base_id, comment, saved_by, saved_by_person, saved_at_millis, approved_by,
                    tags FROM draft WHERE project_id = ?1 ORDER BY key",
        )
        .map_err(reading())?;
    let rows = statement.query_map([project.0], draft).map_err(reading())?;
    let mut drafts = Vec::new();
    for row in rows {
        drafts.extend(row.map_err(reading())?);
    }
    Ok(drafts)
}

fn marks(connection: &Connection, project: ProjectId) -> Result<Vec<DraftMark>, StoreError> {
    let reading = || failed("reading drafts");
    let mark = |row: &Row<'_>| {
        Ok(DraftMark {
            key: row.get(0)?,
            saved_by: row.get(1)?,
            saved_at_millis: row.get(2)?,
            approved_by: row.get(3)?,
        })
    };
    let mut statement = connection
        .prepare_cached(
            "SELECT key, saved_by, saved_at_millis, approved_by FROM draft WHERE project_id = ?1 ORDER BY key",
        )
        .map_err(reading())?;
    let marks = statement.query_map([project.0], mark).and_then(Iterator::collect);
    marks.map_err(reading())
}

/// Decodes a draft. A damaged draft is skipped and logged.
fn draft(row: &Row<'_>) -> rusqlite::Result<Option<Draft>> {
    let key: String = row.get(0)?;
    let body: Option<Vec<u8>> = row.get(1)?;
    let tags: String = row.get(8)?;
    let config = match body.as_deref().map(|body| log::decode(body, &tags)).transpose() {
        Ok(config) => config,
        Err(cause) => {
            error!(key, cause, "stored draft is damaged, skipping it");
            return Ok(None);
        }
    };
    Ok(Some(Draft {
        key,
        config,
        base_id: row.get(2)?,
        comment: row.get(3)?,
        saved_by: row.get(4)?,
        saved_by_person: row.get(5)?,
        saved_at_millis: row.get(6)?,
        approved_by: row.get(7)?,
    }))
}

pub(super) fn save(connection: &Connection, project: ProjectId, draft: Draft) -> Result<(), StoreError> {
    let Draft { key, config, base_id, comment, saved_by, saved_by_person, saved_at_millis, approved_by: _ } =
        draft;
    let tags = log::tags_text(config.as_ref());
    let body = config.map(|config| wire::Config::from(&config).encode_to_vec());
    connection
        .execute(
            "INSERT OR REPLACE INTO draft
             (project_id, key, body, base_id, comment, saved_by, saved_by_person, saved_at_millis, tags)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![project.0, key, body, base_id, comment, saved_by, saved_by_person, saved_at_millis, tags],
        )
        .map(drop)
        .map_err(failed("saving a draft"))
}

/// Records an approval, unless the draft was saved again since the approver read it.
fn approve(connection: &Connection, project: ProjectId, draft: &Draft, by: &str) -> Result<bool, StoreError> {
    connection
        .execute(
            "UPDATE draft SET approved_by = ?4
             WHERE project_id = ?1 AND key = ?2 AND saved_at_millis = ?3 AND saved_by = ?5",
            params![project.0, draft.key, draft.saved_at_millis, by, draft.saved_by],
        )
        .map(|changed| changed > 0)
        .map_err(failed("approving a draft"))
}

fn forget(connection: &Connection, project: ProjectId, key: &str) -> Result<bool, StoreError> {
    connection
        .execute("DELETE FROM draft WHERE project_id = ?1 AND key = ?2", params![project.0, key])
        .map(|changed| changed > 0)
        .map_err(failed("discarding a draft"))
}
