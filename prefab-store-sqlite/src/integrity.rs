//! Checks of a whole database, for the start of a server.

use rusqlite::Connection;

use crate::{failed, log};
use prefab_store::{StoreError, UnavailableReason};

/// Fails if the structure of the file is damaged, or if the current version of a config cannot be decoded.
///
/// This reads the whole file: about 0.3 s for 100 MB.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let checking = || failed("checking the file");
    let found: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(checking())?;
    if found != "ok" {
        return Err(damaged(found));
    }
    let query = "SELECT v.key, v.body, v.tags FROM config_head h
                 JOIN config_version v ON v.project_id = h.project_id AND v.id = h.id
                 WHERE v.body IS NOT NULL";
    let mut statement = connection.prepare(query).map_err(checking())?;
    let mut rows = statement.query([]).map_err(checking())?;
    while let Some(row) = rows.next().map_err(checking())? {
        let (key, body, tags): (String, Vec<u8>, String) =
            row.get(0).and_then(|key| Ok((key, row.get(1)?, row.get(2)?))).map_err(checking())?;
        if let Err(cause) = log::decode(&body, &tags) {
            return Err(damaged(format!("config `{key}` cannot be decoded: {cause}")));
        }
    }
    let count = |query| connection.query_row(query, [], |row| row.get::<_, i64>(0)).map_err(checking());
    let heads = count("SELECT count(*) FROM config_head")?;
    let versions = count("SELECT count(*) FROM (SELECT DISTINCT project_id, key FROM config_version)")?;
    if heads != versions {
        return Err(damaged(format!("{versions} configs have versions, but {heads} have a current one")));
    }
    Ok(())
}

fn damaged(cause: String) -> StoreError {
    let operation = "checking the file";
    StoreError::Unavailable { operation, reason: UnavailableReason::Damaged, source: cause.into() }
}
