//! Implements [`ApiKeys`] for [`PostgresStore`].

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    ApiKeys, KeyDetails, KeyRequest, NewKey, StoreChange, StoreError, StoreFuture, StoredKey,
    key::{IssuedKey, KeyHash, KeyKind, issue},
};
use tokio_postgres::Row;

use crate::{
    PostgresStore,
    audit::lock_installation,
    commit_registry::commit_registry,
    database::{Database, Notice},
    session::Session,
    sql::values,
};

const ISSUING: &str = "issuing an API key";

impl ApiKeys for PostgresStore {
    fn issue_key(&self, request: KeyRequest) -> StoreFuture<'_, IssuedKey> {
        self.change(StoreChange::ApiKeys, async move |database| {
            let mut session = database.begin(ISSUING).await?;
            lock_installation(&mut session).await?;
            let now = database.now_millis(&mut session).await?;
            let issued = insert(&mut session, &request, now).await?;
            commit_registry(&database, &mut session, Notice::ApiKeys, None).await?;
            Ok(issued)
        })
    }

    fn issue_named_key(&self, request: NewKey) -> StoreFuture<'_, IssuedKey> {
        self.change(StoreChange::ApiKeys, async move |database| issue_named(&database, request).await)
    }

    fn keys(&self, project: ProjectId) -> StoreFuture<'_, Vec<KeyDetails>> {
        let sql = "SELECT id, environment_id, kind, name, user_id, created_by, created_at_millis,
                          last_used_at_millis, expires_at_millis, revoked_at_millis, created_by_person
                   FROM @.api_key WHERE project_id = $1 ORDER BY id";
        Box::pin(async move {
            let rows = self.database.query("reading API keys", sql, values![project]).await?;
            Ok(rows.iter().filter_map(details).collect())
        })
    }

    fn revoke_key(&self, id: i64) -> StoreFuture<'_, bool> {
        self.change(StoreChange::ApiKeys, async move |database| {
            let mut session = database.begin("revoking an API key").await?;
            let now = database.now_millis(&mut session).await?;
            let sql =
                "UPDATE @.api_key SET revoked_at_millis = $2 WHERE id = $1 AND revoked_at_millis IS NULL";
            let changed = session.execute(sql, values![id, now]).await?;
            commit_registry(&database, &mut session, Notice::ApiKeys, None).await?;
            Ok(changed > 0)
        })
    }

    fn expire_key(&self, id: i64, at_millis: i64) -> StoreFuture<'_, bool> {
        self.change(StoreChange::ApiKeys, async move |database| {
            let mut session = database.begin("setting the expiry of an API key").await?;
            let now = database.now_millis(&mut session).await?;
            // A key that has ended stays ended.
            let sql = "UPDATE @.api_key SET expires_at_millis = $2
                       WHERE id = $1 AND revoked_at_millis IS NULL
                         AND (expires_at_millis IS NULL OR expires_at_millis > $3)";
            let changed = session.execute(sql, values![id, at_millis, now]).await?;
            commit_registry(&database, &mut session, Notice::ApiKeys, None).await?;
            Ok(changed > 0)
        })
    }

    fn record_key_usage(&self, mut used: Vec<(i64, i64)>) -> StoreFuture<'_, ()> {
        self.run(async move |database| {
            // One statement cannot change a row twice. Sorted, so that two servers lock the rows in one order.
            used.sort_by_key(|(id, at_millis)| (*id, std::cmp::Reverse(*at_millis)));
            used.dedup_by_key(|(id, _)| *id);
            let (ids, times): (Vec<i64>, Vec<i64>) = used.into_iter().unzip();
            let mut session = database.background("writing API key usage").await?;
            session.begin().await?;
            let locking = "SELECT 1 FROM @.api_key WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";
            session.query(locking, values![ids.clone()]).await?;
            let sql =
                "UPDATE @.api_key SET last_used_at_millis = greatest(last_used_at_millis, used.at_millis)
                       FROM unnest($1, $2) AS used (id, at_millis) WHERE api_key.id = used.id";
            session.execute(sql, values![ids, times]).await?;
            session.commit().await
        })
    }
}

/// Lists the keys of all projects.
pub(crate) async fn all(session: &mut Session) -> Result<Vec<StoredKey>, StoreError> {
    let sql = "SELECT id, project_id, environment_id, kind, hash, user_id, revoked_at_millis IS NOT NULL,
                      expires_at_millis, name
               FROM @.api_key ORDER BY id";
    let rows = session.query(sql, values![]).await?;
    // A key of a kind that only a newer version supports is skipped.
    Ok(rows.iter().filter_map(stored).collect())
}

fn stored(row: &Row) -> Option<StoredKey> {
    let user_id: Option<String> = row.get(5);
    Some(StoredKey {
        id: row.get(0),
        project: ProjectId(row.get(1)),
        environment: EnvironmentId(row.get(2)),
        kind: KeyKind::from_name(row.get(3))?,
        hash: KeyHash(row.get::<_, &[u8]>(4).try_into().ok()?),
        user_id: user_id.map(Into::into),
        revoked: row.get(6),
        expires_at_millis: row.get(7),
        name: row.get::<_, String>(8).into(),
    })
}

fn details(row: &Row) -> Option<KeyDetails> {
    Some(KeyDetails {
        id: row.get(0),
        environment: EnvironmentId(row.get(1)),
        kind: KeyKind::from_name(row.get(2))?,
        name: row.get(3),
        user_id: row.get(4),
        created_by: row.get(5),
        created_at_millis: row.get(6),
        last_used_at_millis: row.get(7),
        expires_at_millis: row.get(8),
        revoked_at_millis: row.get(9),
        created_by_person: row.get(10),
    })
}

async fn issue_named(database: &Database, request: NewKey) -> Result<IssuedKey, StoreError> {
    let NewKey {
        project,
        environment,
        kind,
        user_id,
        name,
        created_by,
        created_by_person,
        expires_at_millis,
    } = request;
    let mut session = database.begin(ISSUING).await?;
    // Before the foreign key locks the environment: a change of an environment locks in this order.
    lock_installation(&mut session).await?;
    let now = database.now_millis(&mut session).await?;
    let request = KeyRequest { project, environment, kind, user_id };
    let issued = insert(&mut session, &request, now).await?;
    session
        .execute(
            "UPDATE @.api_key SET name = $2, created_by = $3, expires_at_millis = $4, created_by_person = $5
             WHERE id = $1",
            values![issued.id, name, created_by, expires_at_millis, created_by_person],
        )
        .await?;
    commit_registry(database, &mut session, Notice::ApiKeys, None).await?;
    Ok(issued)
}

pub(crate) async fn insert(
    session: &mut Session,
    request: &KeyRequest,
    now: i64,
) -> Result<IssuedKey, StoreError> {
    let KeyRequest { project, environment, kind, user_id } = request;
    let sql = "SELECT name FROM @.environment WHERE id = $1 AND project_id = $2";
    let row = session.query_optional(sql, values![*environment, *project]).await?;
    let name: String = row.ok_or(StoreError::UnknownProject(*project))?.get(0);
    // The text contains the id and the hash covers the text, so the row is inserted before its hash is known.
    let sql = "INSERT INTO @.api_key (project_id, environment_id, kind, hash, user_id, created_at_millis)
               VALUES ($1, $2, $3, '', $4, $5) RETURNING id";
    let values = values![*project, *environment, kind.name(), user_id.clone(), now];
    let id = session.query_one(sql, values).await?.get(0);
    let issued = issue(id, (*environment, &name), *project, *kind)?;
    let sql = "UPDATE @.api_key SET hash = $2 WHERE id = $1";
    session.execute(sql, values![id, &KeyHash::of(&issued.key)]).await?;
    Ok(issued)
}
