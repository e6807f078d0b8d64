//! Writes versions of a project whose row the transaction has locked.

use std::collections::HashMap;

use prefab_core::ids::ProjectId;
use prefab_store::{StoreError, Version};

use crate::{
    session::Session,
    sql::values,
    versions::{decode, encode},
};

/// The number of versions of one statement.
const CHUNK: usize = 1_000;

/// Locks the row of a project until the transaction ends, and returns the id of its newest version.
///
/// The lock is taken before any other lock of the transaction.
pub(crate) async fn lock(session: &mut Session, project: ProjectId) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT last_id FROM @.project WHERE id = $1 FOR NO KEY UPDATE";
    Ok(session.query_optional(sql, values![project]).await?.map(|row| row.get(0)))
}

pub(crate) async fn set_last_id(
    session: &mut Session,
    project: ProjectId,
    last: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE @.project SET last_id = $2 WHERE id = $1";
    session.execute(sql, values![project, last]).await.map(drop)
}

/// Inserts versions as the current ones of their keys, and returns them as a read returns them. The caller has locked the
/// project and updates `last_id`.
pub(crate) async fn insert(
    session: &mut Session,
    project: ProjectId,
    added: Vec<Version>,
    uid: Option<&[u8]>,
) -> Result<Vec<Version>, StoreError> {
    let mut inserted = Vec::with_capacity(added.len());
    for chunk in added.chunks(CHUNK) {
        insert_chunk(session, project, chunk, uid, &mut inserted).await?;
    }
    Ok(inserted)
}

async fn insert_chunk(
    session: &mut Session,
    project: ProjectId,
    chunk: &[Version],
    uid: Option<&[u8]>,
    inserted: &mut Vec<Version>,
) -> Result<(), StoreError> {
    let text =
        |of: fn(&Version) -> &str| chunk.iter().map(|version| of(version).to_owned()).collect::<Vec<_>>();
    let number = |of: fn(&Version) -> i64| chunk.iter().map(of).collect::<Vec<_>>();
    let (bodies, tags): (Vec<_>, Vec<_>) = chunk.iter().map(|version| encode(project.0, version)).unzip();
    for (version, (body, tags)) in chunk.iter().zip(bodies.iter().zip(&tags)) {
        let config = body.as_ref().map(|body| decode(body, tags)).transpose();
        let config = config.map_err(|cause| StoreError::unavailable("encoding a change", cause))?;
        inserted.push(Version { config, ..version.clone() });
    }
    session
        .execute(
            "INSERT INTO @.config_version (project_id, id, previous_id, key, body, user_id, email, api_key_id,
                                           user_identity, changed_at_millis, tags, change_uid)
             SELECT $1, v.*, $12 FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11) v",
            values![
                project,
                number(|version| version.id),
                chunk.iter().map(|version| version.previous_id).collect::<Vec<_>>(),
                text(|version| &version.key),
                bodies,
                number(|version| version.changed_by.user_id),
                text(|version| &version.changed_by.email),
                text(|version| &version.changed_by.api_key_id),
                text(|version| &version.changed_by.user_identity),
                number(|version| version.changed_at_millis),
                tags,
                uid.map(<[u8]>::to_vec),
            ],
        )
        .await?;
    // One statement cannot change a row twice, so only the last version of each key is its head.
    let heads: HashMap<&str, i64> = chunk.iter().map(|version| (&*version.key, version.id)).collect();
    let (keys, ids): (Vec<String>, Vec<i64>) =
        heads.into_iter().map(|(key, id)| (key.to_owned(), id)).unzip();
    session
        .execute(
            "INSERT INTO @.config_head (project_id, key, id) SELECT $1, h.* FROM unnest($2, $3) h
             ON CONFLICT (project_id, key) DO UPDATE SET id = excluded.id",
            values![project, keys, ids],
        )
        .await
        .map(drop)
}
