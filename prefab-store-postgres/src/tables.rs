//! The tables of a database as rows, to copy a store into one of another kind.

use std::collections::HashMap;

use prefab_store::{
    StoreError,
    tables::{Cell, ROWS_PER_CHUNK, Rows, TABLES, Table},
};
use tokio::sync::mpsc;
use tokio_postgres::{Row, types::Type};

use crate::{
    audit::lock_installation,
    database::Database,
    scheduled_removals::hash,
    session::Session,
    sql::{Value, storable, values},
};

const COPYING: &str = "copying a table";

/// The tables whose rows are numbered by the database.
pub(crate) const NUMBERED: [&str; 7] =
    ["project", "environment", "api_key", "audit", "person", "invitation", "token"];

/// The type of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Boolean,
    Bytes,
    Text,
}

/// Returns the types of the columns of a table.
async fn kinds(session: &mut Session, table: &Table) -> Result<Vec<Kind>, StoreError> {
    let sql = format!(
        "SELECT a.attname::text, t.typname::text FROM pg_catalog.pg_attribute a
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = '@.{}'::regclass AND a.attnum > 0",
        table.name
    );
    let found: HashMap<String, Kind> = session
        .query(&sql, values![])
        .await?
        .iter()
        .map(|row| {
            let kind = match row.get(1) {
                "int8" => Kind::Number,
                "bool" => Kind::Boolean,
                "bytea" => Kind::Bytes,
                _ => Kind::Text,
            };
            (row.get(0), kind)
        })
        .collect();
    let kind = |column: &&str| found.get(*column).copied();
    let missing = || StoreError::unavailable(COPYING, format!("the table {} misses a column", table.name));
    table.columns.iter().map(kind).collect::<Option<_>>().ok_or_else(missing)
}

/// Reads all tables in one transaction. `None` follows the last rows.
pub(crate) async fn read(database: &Database, sink: &mpsc::Sender<Option<Rows>>) -> Result<(), StoreError> {
    let mut session = database.session("reading a table").await?;
    session.allow_long_statements();
    session.begin_read().await?;
    for table in TABLES {
        // Environment 0 is where reports lock a project.
        let condition = if table.name == "evaluation_room" { " WHERE environment_id <> 0" } else { "" };
        let sql = format!(
            "DECLARE copied NO SCROLL CURSOR FOR SELECT {} FROM @.{}{condition}",
            table.columns.join(", "),
            table.name
        );
        session.batch(&sql).await?;
        loop {
            let found = session.query(&format!("FETCH {ROWS_PER_CHUNK} FROM copied"), values![]).await?;
            if found.is_empty() {
                break;
            }
            let rows = found.iter().map(cells).collect();
            if sink.send(Some(Rows { table, rows })).await.is_err() {
                // The receiver has failed.
                return Ok(());
            }
        }
        session.batch("CLOSE copied").await?;
    }
    session.commit().await?;
    let _ = sink.send(None).await;
    Ok(())
}

fn cells(row: &Row) -> Vec<Cell> {
    let cell = |at: usize| {
        match *row.columns()[at].type_() {
            Type::BOOL => row.get::<_, Option<bool>>(at).map(|value| Cell::Integer(value.into())),
            Type::INT8 => row.get::<_, Option<i64>>(at).map(Cell::Integer),
            Type::BYTEA => row.get::<_, Option<Vec<u8>>>(at).map(Cell::Blob),
            _ => row.get::<_, Option<String>>(at).map(Cell::Text),
        }
        .unwrap_or(Cell::Null)
    };
    (0..row.len()).map(cell).collect()
}

/// Writes rows into an empty database, all or none. `None` follows the last rows.
pub(crate) async fn write(
    database: &Database,
    source: mpsc::Receiver<Option<Rows>>,
) -> Result<(), StoreError> {
    let mut session = database.begin(COPYING).await?;
    session.allow_long_statements();
    lock_installation(&mut session).await?;
    if !is_empty(&mut session).await? {
        return Err(StoreError::unavailable(COPYING, "the database is not empty"));
    }
    fill(&mut session, source).await?;
    session.commit().await
}

/// Returns whether the tables contain no project and no account.
pub(crate) async fn is_empty(session: &mut Session) -> Result<bool, StoreError> {
    let sql = "SELECT NOT (EXISTS (SELECT 1 FROM @.project) OR EXISTS (SELECT 1 FROM @.person))";
    Ok(session.query_one(sql, values![]).await?.get(0))
}

/// Writes rows into empty tables. `None` follows the last rows.
pub(crate) async fn fill(
    session: &mut Session,
    mut source: mpsc::Receiver<Option<Rows>>,
) -> Result<(), StoreError> {
    session.execute("DELETE FROM @.epoch", values![]).await?;
    let (mut current, mut types) = ("", Vec::new());
    loop {
        match source.recv().await {
            Some(Some(rows)) => {
                if rows.table.name != current {
                    current = rows.table.name;
                    types = kinds(session, rows.table).await?;
                }
                insert(session, rows, &types).await?;
            }
            Some(None) => break,
            None => return Err(StoreError::unavailable(COPYING, "the source has failed")),
        }
    }
    finish(session).await
}

async fn insert(session: &mut Session, Rows { table, rows }: Rows, kinds: &[Kind]) -> Result<(), StoreError> {
    let mut columns: Vec<String> = table.columns.iter().map(ToString::to_string).collect();
    let mut values = Vec::new();
    for (at, kind) in kinds.iter().enumerate() {
        values.push(column_values(*kind, rows.iter().map(|row| &row[at]))?);
    }
    // Texts that are in a primary key as their hash.
    let long_text = match table.name {
        "evaluation" => Some("value"),
        "context_example" | "public_context_example" => Some("contexts"),
        "expiry" => Some("target"),
        _ => None,
    };
    if let Some(column) = long_text {
        let at = table.columns.iter().position(|other| *other == column).unwrap_or_default();
        let hash_of = |row: &Vec<Cell>| match &row[at] {
            Cell::Text(text) => hash(&storable(text.as_str())),
            _ => hash(""),
        };
        columns.push(format!("{column}_hash"));
        values.push(Value::from(rows.iter().map(hash_of).collect::<Vec<_>>()));
    }
    let places: Vec<String> = (1..=columns.len()).map(|at| format!("${at}")).collect();
    let sql = format!(
        "INSERT INTO @.{} ({}) SELECT * FROM unnest({})",
        table.name,
        columns.join(", "),
        places.join(", ")
    );
    session.execute(&sql, &values).await.map(drop)
}

fn column_values<'r>(kind: Kind, cells: impl Iterator<Item = &'r Cell>) -> Result<Value, StoreError> {
    let wrong = || StoreError::unavailable(COPYING, "a value has the wrong type");
    Ok(match kind {
        Kind::Number | Kind::Boolean => {
            let numbers = cells.map(|cell| match cell {
                Cell::Null => Ok(None),
                Cell::Integer(value) => Ok(Some(*value)),
                _ => Err(wrong()),
            });
            let numbers: Vec<Option<i64>> = numbers.collect::<Result<_, _>>()?;
            if kind == Kind::Number {
                numbers.into()
            } else {
                Value::Bools(numbers.into_iter().map(|number| number.unwrap_or_default() != 0).collect())
            }
        }
        Kind::Bytes => {
            let blobs = cells.map(|cell| match cell {
                Cell::Null => Ok(None),
                Cell::Blob(bytes) => Ok(Some(bytes.clone())),
                _ => Err(wrong()),
            });
            blobs.collect::<Result<Vec<Option<Vec<u8>>>, _>>()?.into()
        }
        Kind::Text => {
            let texts = cells.map(|cell| match cell {
                Cell::Null => Ok(None),
                Cell::Text(text) => Ok(Some(text.clone())),
                _ => Err(wrong()),
            });
            texts.collect::<Result<Vec<Option<String>>, _>>()?.into()
        }
    })
}

/// Continues the ids of people after all ids that the tables refer to. Deleted accounts have no row, so their ids would be used
/// again, and new people would appear as the authors of old changes. The user id of an API key can be any number, so numbers of
/// 2^53 and above are ignored.
const RAISE_PERSON_IDS: &str = "SELECT setval(
    pg_get_serial_sequence('@.person', 'id'),
    greatest((SELECT max(id) FROM @.person), (SELECT max(created_by_person) FROM @.api_key),
             (SELECT max(created_by_person) FROM @.token), (SELECT max(user_id) FROM @.config_version WHERE user_id < 9007199254740992), 0) + 1,
    false)";

/// Sets what other stores do not have: the counters of ids, and the numbers of audit entries.
async fn finish(session: &mut Session) -> Result<(), StoreError> {
    for table in NUMBERED {
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('@.{table}', 'id'), coalesce(max(id), 0) + 1, false) FROM @.{table}"
        );
        session.query(&sql, values![]).await?;
    }
    session.query(RAISE_PERSON_IDS, values![]).await?;
    let sql = "UPDATE @.audit SET seq = n.seq FROM (
                 SELECT id, row_number() OVER (PARTITION BY project_id ORDER BY id) AS seq FROM @.audit
               ) n WHERE n.id = audit.id";
    session.execute(sql, values![]).await?;
    let sql = "UPDATE @.project SET last_seq = coalesce((SELECT max(seq) FROM @.audit WHERE project_id = project.id), 0)";
    session.execute(sql, values![]).await?;
    let sql = "UPDATE @.epoch SET registry_revision = 1,
               last_seq = coalesce((SELECT max(seq) FROM @.audit WHERE project_id IS NULL), 0)";
    session.execute(sql, values![]).await.map(drop)
}
