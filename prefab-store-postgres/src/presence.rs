//! Implements [`Presence`] for [`PostgresStore`].

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    ConnectedClients, PRESENCE_MILLIS, Presence, PresentServer, SERVER_KIND, StoreFuture, group_by_server,
};

use crate::{PostgresStore, sql::values};

/// The time in milliseconds since 1970, of the database unless a test has its own.
const NOW: &str = "coalesce($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)";

impl Presence for PostgresStore {
    fn report_presence(&self, server: String, clients: Vec<ConnectedClients>) -> StoreFuture<'_, ()> {
        self.run(async move |database| {
            let (mut projects, mut environments) = (vec![0], vec![0]);
            let (mut kinds, mut counts) = (vec![SERVER_KIND.to_owned()], vec![0_i64]);
            for ConnectedClients { project, environment, kind, count } in clients {
                projects.push(project.0);
                environments.push(environment.0);
                kinds.push(kind);
                counts.push(count.into());
            }
            // One statement. Its parts change different rows: those of this server that are reported again, those that are
            // not, and old ones of other servers.
            let sql = format!(
                "WITH reported AS (SELECT * FROM unnest($3, $4, $5, $6) r (project_id, environment_id, kind, count)),
                 gone AS (
                   DELETE FROM @.presence p WHERE server = $2 AND NOT EXISTS (
                     SELECT 1 FROM reported r WHERE r.project_id = p.project_id
                       AND r.environment_id = p.environment_id AND r.kind = p.kind)),
                 old AS (
                   DELETE FROM @.presence WHERE ctid = ANY (ARRAY (
                     SELECT ctid FROM @.presence WHERE server <> $2 AND at_millis < {NOW} - {PRESENCE_MILLIS}
                     FOR UPDATE SKIP LOCKED)))
                 INSERT INTO @.presence AS p (server, project_id, environment_id, kind, count, at_millis)
                 SELECT $2, r.*, {NOW} FROM reported r
                 ON CONFLICT (server, project_id, environment_id, kind) DO UPDATE
                 SET count = excluded.count, at_millis = excluded.at_millis"
            );
            let values = values![database.stepped_millis(), server, projects, environments, kinds, counts];
            let mut session = database.background("reporting the connected clients").await?;
            session.execute(&sql, values).await.map(drop)
        })
    }

    fn end_presence(&self, server: String) -> StoreFuture<'_, ()> {
        self.run(async move |database| {
            let mut session = database.background("deleting the report of this server").await?;
            session.execute("DELETE FROM @.presence WHERE server = $1", values![server]).await.map(drop)
        })
    }

    fn present_servers(&self) -> StoreFuture<'_, Vec<PresentServer>> {
        Box::pin(async move {
            let sql = format!(
                "SELECT server, greatest({NOW} - at_millis, 0), project_id, environment_id, kind, count
                 FROM @.presence WHERE at_millis >= {NOW} - {PRESENCE_MILLIS}
                 ORDER BY server, project_id, environment_id, kind"
            );
            let mut session = self.database.background("reading the connected clients").await?;
            let rows = session.query(&sql, values![self.database.stepped_millis()]).await?;
            Ok(group_by_server(rows.iter().map(|row| {
                let clients = ConnectedClients {
                    project: ProjectId(row.get(2)),
                    environment: EnvironmentId(row.get(3)),
                    kind: row.get(4),
                    count: u32::try_from(row.get::<_, i64>(5)).unwrap_or_default(),
                };
                (row.get(0), row.get(1), clients)
            })))
        })
    }
}
