//! The official clients, unmodified, against two servers with one PostgreSQL database, behind a load balancer.

use std::path::PathBuf;

use prefab_server::{Database, KeyKind, PostgresOptions};
use prefab_testing::{postgres::Postgres, round_robin::RoundRobin};

use crate::{
    common::TestServer,
    official::{Script, clients, create_configs, use_tool, walk},
};

/// Two servers. The URL of the first one is that of the load balancer.
struct Cluster {
    first: TestServer,
    _second: TestServer,
    _balancer: RoundRobin,
    _database: Postgres,
    clients: PathBuf,
}

impl Cluster {
    /// Starts the servers, or reports that the test is skipped.
    async fn start() -> Option<Self> {
        let (clients, database) = (clients()?, Postgres::start()?);
        let server = async || {
            let options = PostgresOptions::new(database.url().parse().unwrap());
            TestServer::with(|server| server.database = Some(Database::Postgres(options))).await
        };
        let (mut first, second) = (server().await, server().await);
        let balancer = RoundRobin::start(vec![first.running.address, second.running.address]).await;
        first.running.url = balancer.url();
        Some(Self { first, _second: second, _balancer: balancer, _database: database, clients })
    }

    async fn walk(&self, program: PathBuf, script: &str, kind: KeyKind) {
        create_configs(&self.first).await;
        walk(&self.first, Script::start(&self.first, program, script, kind)).await;
    }
}

#[tokio::test]
async fn the_python_sdk_works_against_two_servers() {
    let Some(cluster) = Cluster::start().await else { return };
    cluster.walk(cluster.clients.join("py/bin/python"), "client.py", KeyKind::Backend).await;
}

#[tokio::test]
async fn the_node_sdk_works_against_two_servers() {
    let Some(cluster) = Cluster::start().await else { return };
    cluster.walk("node".into(), "client.mjs", KeyKind::Backend).await;
}

#[tokio::test]
async fn the_browser_sdk_works_against_two_servers() {
    let Some(cluster) = Cluster::start().await else { return };
    cluster.walk("node".into(), "browser.mjs", KeyKind::Frontend).await;
}

#[tokio::test]
async fn the_official_tool_works_against_two_servers() {
    let Some(cluster) = Cluster::start().await else { return };
    use_tool(&cluster.first, &cluster.clients).await;
}
