//! Implements [`Presence`] for [`SqliteStore`].

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    ConnectedClients, PRESENCE_MILLIS, Presence, PresentServer, SERVER_KIND, StoreError, StoreFuture,
    group_by_server,
};
use rusqlite::{Connection, params};

use crate::{SqliteStore, failed, write};

impl Presence for SqliteStore {
    fn report_presence(&self, server: String, clients: Vec<ConnectedClients>) -> StoreFuture<'_, ()> {
        let now = self.clock.now_millis();
        self.run(move |connection| report(connection, &server, &clients, now))
    }

    fn end_presence(&self, server: String) -> StoreFuture<'_, ()> {
        self.run(move |connection| {
            let deleted = connection.execute("DELETE FROM presence WHERE server = ?1", [server]);
            deleted.map(drop).map_err(failed("deleting the report of this server"))
        })
    }

    fn present_servers(&self) -> StoreFuture<'_, Vec<PresentServer>> {
        let now = self.clock.now_millis();
        self.lookups.run(move |connection| list(connection, now))
    }
}

fn report(
    connection: &mut Connection,
    server: &str,
    clients: &[ConnectedClients],
    now: i64,
) -> Result<(), StoreError> {
    let reporting = || failed("reporting the connected clients");
    let transaction = write(connection)?;
    let sql = "DELETE FROM presence WHERE server = ?1 OR at_millis < ?2";
    transaction.execute(sql, params![server, now - PRESENCE_MILLIS]).map_err(reporting())?;
    {
        let sql = "INSERT INTO presence (server, project_id, environment_id, kind, count, at_millis)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let mut insert = transaction.prepare_cached(sql).map_err(reporting())?;
        insert.execute(params![server, 0, 0, SERVER_KIND, 0, now]).map_err(reporting())?;
        for ConnectedClients { project, environment, kind, count } in clients {
            insert
                .execute(params![server, project.0, environment.0, kind, count, now])
                .map_err(reporting())?;
        }
    }
    transaction.commit().map_err(reporting())
}

fn list(connection: &Connection, now: i64) -> Result<Vec<PresentServer>, StoreError> {
    let reading = || failed("reading the connected clients");
    let sql = "SELECT server, at_millis, project_id, environment_id, kind, count FROM presence
               WHERE at_millis >= ?1 ORDER BY server, project_id, environment_id, kind";
    let mut statement = connection.prepare_cached(sql).map_err(reading())?;
    let rows = statement.query_map([now - PRESENCE_MILLIS], |row| {
        let at_millis: i64 = row.get(1)?;
        let clients = ConnectedClients {
            project: ProjectId(row.get(2)?),
            environment: EnvironmentId(row.get(3)?),
            kind: row.get(4)?,
            count: row.get(5)?,
        };
        Ok((row.get(0)?, (now - at_millis).max(0), clients))
    });
    let rows: Vec<_> = rows.map_err(reading())?.collect::<Result<_, _>>().map_err(reading())?;
    Ok(group_by_server(rows))
}
