//! Replaces everything in a database by the content of a backup.

use std::collections::HashMap;

use prefab_core::ids::ProjectId;
use prefab_store::{
    Heads, Recovered, Remembered, StoreError, Version,
    tables::{Rows, TABLES},
};
use tokio::sync::mpsc;

use crate::{
    config_log,
    database::{Database, Notice},
    recovery,
    session::Session,
    sql::values,
    tables::{NUMBERED, fill},
};

/// The part of the replaced database that the restored one must exceed.
struct Previous {
    /// The highest id of all projects.
    last_id: i64,
    /// The current versions by project. A project is identified by its number and its first id, because another installation
    /// has projects with the same numbers.
    versions: HashMap<(ProjectId, i64), Vec<Version>>,
    /// The number of the next row of each table with numbered rows.
    numbers: Vec<(&'static str, i64)>,
    registry_revision: i64,
}

/// Replaces everything by the rows of a backup, all or nothing. Every current version is appended again, with an id above all
/// ids of the backup and of the replaced database. `None` follows the last rows.
pub(crate) async fn replace(
    database: &Database,
    source: mpsc::Receiver<Option<Rows>>,
) -> Result<Vec<Recovered>, StoreError> {
    let mut session = database.begin("restoring a backup").await?;
    session.allow_long_statements();
    let tables: Vec<String> = TABLES.iter().map(|table| format!("@.{}", table.name)).collect();
    let tables = tables.join(", ");
    // Servers wait until the end, so that they never see a part of the backup, and add nothing to it.
    session.batch(&format!("LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")).await?;
    let mut previous = Previous::read(&mut session).await?;
    session.batch(&format!("TRUNCATE {tables} CASCADE")).await?;
    fill(&mut session, source).await?;
    previous.raise_numbers(&mut session).await?;
    let rows = session.query("SELECT id, first_id, last_id FROM @.project ORDER BY id", values![]).await?;
    let last_id = rows.iter().map(|row| row.get(2)).fold(previous.last_id, i64::max);
    let mut recovered = Vec::new();
    for row in &rows {
        let project = ProjectId(row.get(0));
        let versions = previous.versions.remove(&(project, row.get(1))).unwrap_or_default();
        let remembered = Remembered { project, last_id, versions, heads: Heads::All };
        recovered.extend(recovery::recover_project(database, &mut session, remembered).await?);
    }
    recovery::change_epoch(&mut session).await?;
    database.notify(&mut session, Notice::Unknown).await?;
    session.commit().await?;
    Ok(recovered)
}

impl Previous {
    async fn read(session: &mut Session) -> Result<Self, StoreError> {
        let rows = session.query("SELECT id, first_id, last_id FROM @.project", values![]).await?;
        let (mut last_id, mut versions) = (0, HashMap::new());
        for row in &rows {
            let project = ProjectId(row.get(0));
            last_id = last_id.max(row.get(2));
            versions.insert((project, row.get(1)), config_log::since(session, project, 0).await?);
        }
        let mut numbers = Vec::new();
        for table in NUMBERED {
            let sql = format!("SELECT nextval(pg_get_serial_sequence('@.{table}', 'id'))");
            numbers.push((table, session.query_one(&sql, values![]).await?.get(0)));
        }
        let revision = session.query_optional("SELECT registry_revision FROM @.epoch", values![]).await?;
        let registry_revision = revision.map(|row| row.get(0)).unwrap_or_default();
        Ok(Self { last_id, versions, numbers, registry_revision })
    }

    /// Raises the numbers of new rows, so that API keys, tokens and environments do not get a number a second time.
    async fn raise_numbers(&self, session: &mut Session) -> Result<(), StoreError> {
        for (table, number) in &self.numbers {
            let sql = format!(
                "SELECT setval(sequence, greatest($1, nextval(sequence)), false)
                 FROM (SELECT pg_get_serial_sequence('@.{table}', 'id')::regclass AS sequence) numbered"
            );
            session.query(&sql, values![*number]).await?;
        }
        let sql = "UPDATE @.epoch SET registry_revision = $1";
        session.execute(sql, values![self.registry_revision]).await.map(drop)
    }
}
