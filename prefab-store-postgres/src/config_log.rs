//! Implements [`ConfigLog`] for [`PostgresStore`].

use prefab_core::ids::ProjectId;
use prefab_store::{
    Appended, AuditedChange, Change, ConfigLog, KeyRange, StoreChange, StoreError, StoreFuture, Version,
};
use tokio_postgres::Row;

use crate::{
    PostgresStore, append, audit,
    database::Database,
    session::Session,
    sql::values,
    versions::{COLUMNS, decode, version, versions},
};

const READING: &str = "reading changes";

/// Maximum size of the configs that one read for event streams returns, in bytes.
const MOST_BYTES: usize = 4 << 20;

impl ConfigLog for PostgresStore {
    fn append(&self, project: ProjectId, changes: Vec<Change>) -> StoreFuture<'_, Appended> {
        let notification = move |appended: &Appended| {
            let newest = appended.versions.last()?;
            Some(StoreChange::Configs { project, last_id: newest.id })
        };
        self.change_if(notification, async move |database| append::append(&database, project, changes).await)
    }

    fn since(&self, project: ProjectId, id: i64) -> StoreFuture<'_, Vec<Version>> {
        Box::pin(async move { since(&mut self.database.session(READING).await?, project, id).await })
    }

    fn history(&self, project: ProjectId, key: String, limit: u32) -> StoreFuture<'_, Vec<Version>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM @.config_version v
             WHERE v.project_id = $1 AND v.key = $2 ORDER BY v.id DESC LIMIT $3"
        );
        Box::pin(async move {
            Ok(versions(&self.database.query(READING, &sql, values![project, key, limit]).await?))
        })
    }

    fn changes(&self, project: ProjectId, before: Option<i64>, limit: u32) -> StoreFuture<'_, Vec<Version>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM @.config_version v
             WHERE v.project_id = $1 AND v.id < $2 ORDER BY v.id DESC LIMIT $3"
        );
        let before = before.unwrap_or(i64::MAX);
        Box::pin(async move {
            Ok(versions(&self.database.query(READING, &sql, values![project, before, limit]).await?))
        })
    }

    fn changes_after(&self, project: ProjectId, id: i64, limit: u32) -> StoreFuture<'_, Vec<AuditedChange>> {
        Box::pin(changes_after(&self.database, project, id, limit))
    }

    fn version(&self, project: ProjectId, id: i64) -> StoreFuture<'_, Option<Version>> {
        let sql = format!("SELECT {COLUMNS} FROM @.config_version v WHERE v.project_id = $1 AND v.id = $2");
        Box::pin(async move {
            Ok(versions(&self.database.query(READING, &sql, values![project, id]).await?).pop())
        })
    }

    fn deleted(&self, project: ProjectId) -> StoreFuture<'_, Vec<Version>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM @.config_head h
             JOIN @.config_version v ON v.project_id = h.project_id AND v.id = h.id
             WHERE h.project_id = $1 AND v.body IS NULL ORDER BY h.key"
        );
        Box::pin(async move { Ok(versions(&self.database.query(READING, &sql, values![project]).await?)) })
    }

    fn comments(&self, project: ProjectId, keys: KeyRange) -> StoreFuture<'_, Vec<(i64, String)>> {
        Box::pin(async move { audit::comments(&self.database, project, keys).await })
    }
}

/// Lists the newest version of every key that changed after an id, oldest change first.
pub(crate) async fn since(
    session: &mut Session,
    project: ProjectId,
    id: i64,
) -> Result<Vec<Version>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM @.config_head h
         JOIN @.config_version v ON v.project_id = h.project_id AND v.id = h.id
         WHERE h.project_id = $1 AND h.id > $2 ORDER BY h.id"
    );
    Ok(versions(&session.query(&sql, values![project, id]).await?))
}

/// Lists the changes after an id, oldest first, each with the replaced config. Returns fewer than `limit` if the configs
/// are large.
async fn changes_after(
    database: &Database,
    project: ProjectId,
    id: i64,
    limit: u32,
) -> Result<Vec<AuditedChange>, StoreError> {
    // The sum of the sizes before a row decides whether it is returned, so that no large configs are sent in vain.
    let sql = format!(
        "SELECT {COLUMNS}, v.before, v.before_tags, v.who, v.sentence FROM (
           SELECT v.*, p.body AS before, p.tags AS before_tags, a.who, a.sentence,
                  sum(coalesce(length(v.body), 0) + coalesce(length(p.body), 0))
                    OVER (ORDER BY v.id) - coalesce(length(v.body), 0) - coalesce(length(p.body), 0) AS bytes
           FROM (SELECT * FROM @.config_version WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3) v
           LEFT JOIN @.config_version p ON p.project_id = v.project_id AND p.id = v.previous_id
           LEFT JOIN @.audit a ON a.project_id = v.project_id AND a.version_id = v.id
                              AND a.action LIKE 'config.%'
         ) v WHERE v.bytes <= {MOST_BYTES} ORDER BY v.id"
    );
    let rows = database.query(READING, &sql, values![project, id, limit]).await?;
    Ok(rows.iter().filter_map(audited).collect())
}

fn audited(row: &Row) -> Option<AuditedChange> {
    let version = version(row)?;
    let (before, tags): (Option<Vec<u8>>, Option<String>) = (row.get(10), row.get(11));
    let (who, sentence): (Option<String>, Option<String>) = (row.get(12), row.get(13));
    let before = before.and_then(|body| decode(&body, &tags.unwrap_or_default()).ok());
    Some(AuditedChange { version, before, audit: who.zip(sentence) })
}
