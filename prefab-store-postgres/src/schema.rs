//! The tables and their migrations.
//!
//! The tables have the names and columns of the SQLite store, and some more:
//!
//! - `project.last_seq` numbers the audit entries of a project, and `project.draft_revision` counts the changes of its drafts.
//! - `epoch` also contains the counter of audit entries without a project, and counts the changes to projects and API keys.
//! - A text that can be long is in a primary key as its SHA-256 hash, because rows of an index are limited to about 2,700 bytes.
//!
//! Texts are ordered by their bytes, as in SQLite.

use prefab_store::StoreError;

use crate::{
    database::{Database, quoted},
    session::Session,
    sql::values,
};

/// One migration of the schema.
struct Migration {
    sql: &'static str,
    /// The oldest schema version whose servers can still use the tables after it.
    min_reader: i64,
}

/// One entry per version of the schema, applied in order and never edited afterwards. `TEXT` gets the collation of bytes.
const MIGRATIONS: &[Migration] = &[
    Migration { sql: include_str!("schema/1.sql"), min_reader: 1 },
    // Version 1 writes known browsers with `ON CONFLICT (hash)`.
    Migration { sql: include_str!("schema/2.sql"), min_reader: 2 },
    Migration { sql: include_str!("schema/3.sql"), min_reader: 2 },
];

/// The table of versions.
const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS @.schema_version (
    version BIGINT PRIMARY KEY,
    min_reader BIGINT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    by_version TEXT NOT NULL
);";

/// The lock that one migration at a time holds: `prefab` as a number.
const MIGRATION_LOCK: i64 = 0x7072_6566_6162;

/// Returns the newest version of the schema.
pub(crate) fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Migrates the tables to the newest version. Servers that start together apply each migration once.
pub(crate) async fn prepare(database: &Database) -> Result<(), StoreError> {
    let mut session = database.session("upgrading the schema").await?;
    if has_tables(database, &mut session).await? && version(&mut session).await? == newest() {
        return Ok(());
    }
    session.allow_long_statements();
    session.begin().await?;
    // A statement of its own, so that the next one sees what the previous owner of the lock committed.
    session.query("SELECT pg_advisory_xact_lock($1)", values![MIGRATION_LOCK]).await?;
    let schema = quoted(&database.schema);
    let exists =
        session.query_one("SELECT to_regnamespace($1) IS NOT NULL", values![schema.as_str()]).await?;
    if !exists.get::<_, bool>(0) {
        session.batch(&format!("CREATE SCHEMA {schema}")).await?;
    }
    session.batch(VERSIONS).await?;
    let version = version(&mut session).await?;
    let pending = MIGRATIONS.iter().zip(1_i64..).filter(|(_, number)| *number > version);
    for (migration, number) in pending {
        session.batch(&migration.sql.replace(" TEXT", " TEXT COLLATE \"C\"")).await?;
        session
            .execute(
                "INSERT INTO @.schema_version (version, min_reader, by_version) VALUES ($1, $2, $3)",
                values![number, migration.min_reader, env!("CARGO_PKG_VERSION")],
            )
            .await?;
    }
    session.commit().await
}

/// Lists the statements that a migration would run. Running them by hand has the same result.
pub(crate) async fn plan(database: &Database) -> Result<Vec<String>, StoreError> {
    let mut session = database.session("reading the schema version").await?;
    let schema = quoted(&database.schema);
    let (mut plan, mut version_now) = (Vec::new(), 0);
    if has_tables(database, &mut session).await? {
        version_now = version(&mut session).await?;
    } else {
        plan.push(format!("CREATE SCHEMA IF NOT EXISTS {schema};\n{VERSIONS}"));
    }
    for (Migration { sql, min_reader }, number) in
        MIGRATIONS.iter().zip(1_i64..).skip_while(|(_, number)| *number <= version_now)
    {
        let by = env!("CARGO_PKG_VERSION");
        let sql = sql.replace(" TEXT", " TEXT COLLATE \"C\"");
        plan.push(format!(
            "-- schema version {number}\n{sql}\nINSERT INTO @.schema_version (version, min_reader, by_version) \
             VALUES ({number}, {min_reader}, '{by}');"
        ));
    }
    Ok(plan.into_iter().map(|sql| sql.replace("@.", &format!("{schema}."))).collect())
}

async fn has_tables(database: &Database, session: &mut Session) -> Result<bool, StoreError> {
    let table = format!("{}.schema_version", quoted(&database.schema));
    Ok(session.query_one("SELECT to_regclass($1) IS NOT NULL", values![table]).await?.get(0))
}

/// Returns the version of the tables. Fails if a newer version changed them so that this one cannot use them.
async fn version(session: &mut Session) -> Result<i64, StoreError> {
    let (version, min_reader) = versions(session).await?;
    if min_reader > newest() {
        let cause = format!(
            "it was upgraded by a newer version (schema {version}; this version supports up to {}); \
             upgrade this server",
            newest()
        );
        return Err(StoreError::unavailable("opening the database", cause));
    }
    // A newer version only added to the tables.
    Ok(version.min(newest()))
}

/// Returns whether a newer version changed the tables so that this one cannot write them.
pub(crate) async fn is_outdated(database: &Database) -> Result<bool, StoreError> {
    let mut session = database.session("reading the schema version").await?;
    Ok(versions(&mut session).await?.1 > newest())
}

/// Returns the version of the tables, and the oldest version whose servers can use them.
async fn versions(session: &mut Session) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT coalesce(max(version), 0), coalesce(max(min_reader), 0) FROM @.schema_version";
    let row = session.query_one(sql, values![]).await?;
    Ok((row.get(0), row.get(1)))
}
