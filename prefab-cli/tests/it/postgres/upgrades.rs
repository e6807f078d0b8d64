//! Servers of two versions on one database.

use prefab_testing::{eventually, postgres::Postgres};
use tempfile::TempDir;

use super::{Pair, Server, prefab};

/// Applies a migration of a newer version, which allows servers that support `min_reader`.
fn migrate(database: &Postgres, version: i64, min_reader: i64) {
    database.sql(&format!(
        "INSERT INTO prefab.schema_version (version, min_reader, by_version) VALUES ({version}, {min_reader}, '99.0.0')"
    ));
}

#[test]
fn a_server_that_a_newer_version_excludes_serves_clients_and_is_not_ready() {
    let Some(mut database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &database.url());
    // The newest version of the schema is far above this one, and only adds to the tables.
    migrate(&database, 1_000, 1);
    drop(Server::start(&dir, &database.url(), "beside"));
    assert_eq!(pair.first.set(&pair.admin, 2).0, 200);
    pair.client.expect_value(2);
    assert_eq!(pair.first.ready().0, 200);

    migrate(&database, 1_001, 1_001);
    // A server checks the version every 30 s, and when it connects again.
    database.restart();
    for server in [&pair.first, &pair.second] {
        eventually("the server is not ready", || server.ready().0 == 503);
        assert!(server.ready().1.contains("upgrade this server"), "{:?}", server.ready());
        assert_eq!(server.set(&pair.admin, 3).0, 500, "it does not write");
        assert_eq!(server.send("GET", "/api/v1/configs/0", &pair.backend, "").0, 200, "it serves clients");
    }
    let start =
        prefab(&dir).args(["serve", "--data-dir", "late", "--database", &database.url()]).output().unwrap();
    let message = String::from_utf8_lossy(&start.stderr).into_owned();
    assert!(!start.status.success() && message.contains("newer version"), "{message}");
}
