//! Faults of the connection to the database.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use prefab_core::{ChangedBy, Config};
use prefab_store::{
    Change, ConfigLog as _, Expected, Projects as _, Store as _, StoreError, UnavailableReason,
};
use prefab_store_postgres::{PostgresOptions, PostgresStore};
use prefab_testing::postgres::Postgres;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

/// What the frontend sends to commit: a simple query.
const COMMIT: &[u8] = b"COMMIT\0";

fn change(key: &str, value: i64, expected: Expected) -> Change {
    Change {
        key: key.to_owned(),
        config: Some(Config::constant(key, value)),
        expected,
        changed_by: ChangedBy::default(),
        note: None,
    }
}

/// Where a proxy cuts a connection, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// After `COMMIT` reached the database, and before its answer.
    AfterCommit,
    /// Before `COMMIT` reached the database.
    BeforeCommit,
}

/// Starts a proxy for a database. It cuts the connection of the next commit once `armed` is set.
async fn proxy(server: SocketAddr, cut: Cut, armed: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, server, cut, Arc::clone(&armed)));
        }
    });
    port
}

async fn pass(client: TcpStream, server: SocketAddr, cut: Cut, armed: Arc<AtomicBool>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
        let bytes = &buffer[..read];
        let is_commit = bytes.windows(COMMIT.len()).any(|window| window == COMMIT);
        let is_cut = is_commit && armed.swap(false, Ordering::SeqCst);
        if is_cut {
            back.abort();
        }
        if (!is_cut || cut == Cut::AfterCommit) && to_server.write_all(bytes).await.is_err() {
            break;
        }
        if is_cut {
            // The database has time to commit before it notices.
            sleep(Duration::from_millis(100)).await;
            break;
        }
    }
    back.abort();
}

/// Appends through a proxy that cuts the commit, and checks that the change is stored exactly once.
async fn append_is_exact(cut: Cut) {
    let Some(server) = Postgres::start() else { return };
    let armed = Arc::new(AtomicBool::new(false));
    let port = proxy(([127, 0, 0, 1], server.port()).into(), cut, Arc::clone(&armed)).await;
    let store =
        PostgresStore::open(PostgresOptions::new(server.url_at(port).parse().unwrap())).await.unwrap();
    let project = store.create_project("shop".to_owned(), Vec::new()).await.unwrap();
    let first = store.append(project.id, vec![change("a", 1, Expected::Absent)]).await.unwrap();
    for value in 2..6 {
        armed.store(true, Ordering::SeqCst);
        // The second of these changes would be a conflict if the first one were applied again.
        let expected = Expected::Version(store.since(project.id, 0).await.unwrap()[0].id);
        let changes = vec![change("a", value, expected)];
        let appended =
            timeout(Duration::from_secs(20), store.append(project.id, changes)).await.unwrap().unwrap();
        assert!(!armed.load(Ordering::SeqCst), "the commit was cut");
        let stored = store.version(project.id, appended.versions[0].id).await.unwrap().unwrap();
        assert_eq!(appended.versions, [stored], "{cut:?}");
        let history = store.history(project.id, "a".to_owned(), 10).await.unwrap();
        assert_eq!(history.len(), usize::try_from(value).unwrap(), "{cut:?}");
        assert_eq!(appended.after, history[1].id);
    }
    assert_eq!(first.after, project.first_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_found_and_not_repeated() {
    append_is_exact(Cut::AfterCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_arrived_is_repeated() {
    append_is_exact(Cut::BeforeCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_stays_unknown_is_reported() {
    let Some(mut server) = Postgres::start() else { return };
    let armed = Arc::new(AtomicBool::new(false));
    let port = proxy(([127, 0, 0, 1], server.port()).into(), Cut::AfterCommit, Arc::clone(&armed)).await;
    let store =
        PostgresStore::open(PostgresOptions::new(server.url_at(port).parse().unwrap())).await.unwrap();
    let project = store.create_project("shop".to_owned(), Vec::new()).await.unwrap().id;
    armed.store(true, Ordering::SeqCst);
    let append = store.append(project, vec![change("a", 1, Expected::Absent)]);
    let stop = async {
        while armed.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(1)).await;
        }
        sleep(Duration::from_millis(20)).await;
        server.kill();
    };
    let (error, ()) = tokio::join!(append, stop);
    let is_unknown =
        matches!(&error, Err(StoreError::Unavailable { reason: UnavailableReason::OutcomeUnknown, .. }));
    assert!(is_unknown, "{error:?}");
    server.restart();
    let stored = store.since(project, 0).await.unwrap();
    assert_eq!(stored.len(), 1, "the change was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_name_the_reason_and_no_password() {
    let Some(mut server) = Postgres::start() else { return };
    let url = server.url().replace("postgres@", "postgres:s3cret@");
    let store = PostgresStore::open(PostgresOptions::new(url.parse().unwrap())).await.unwrap();
    let project = store.create_project("shop".to_owned(), Vec::new()).await.unwrap().id;
    server.kill();
    for error in [
        store.ping().await.unwrap_err(),
        store.append(project, vec![change("a", 1, Expected::Absent)]).await.unwrap_err(),
        PostgresStore::open(PostgresOptions::new(url.parse().unwrap())).await.err().unwrap(),
    ] {
        let is_unreachable =
            matches!(error, StoreError::Unavailable { reason: UnavailableReason::Unreachable, .. });
        assert!(is_unreachable, "{error:?}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
    server.restart();
    store.append(project, vec![change("a", 1, Expected::Absent)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_that_excludes_this_version_is_refused() {
    let Some(server) = Postgres::start() else { return };
    let options = PostgresOptions::new(server.url().parse().unwrap());
    let stores = tokio::join!(
        PostgresStore::open(options.clone()),
        PostgresStore::open(options.clone()),
        PostgresStore::open(options.clone())
    );
    assert!(stores.0.is_ok() && stores.1.is_ok() && stores.2.is_ok(), "three servers start together");
    let newest = schema_version(&server);
    assert_eq!(PostgresStore::plan(&options).await.unwrap(), Vec::<String>::new());
    let upgrade = |version: i64, min_reader: i64| {
        server.sql(&format!(
            "INSERT INTO prefab.schema_version (version, min_reader, by_version) VALUES ({version}, {min_reader}, '9.0.0')"
        ));
    };
    upgrade(newest + 1, 1);
    assert!(PostgresStore::open(options.clone()).await.is_ok(), "a version that only adds");
    let running = stores.0.unwrap();
    running.check_version().await;
    let project = running.create_project("shop".to_owned(), Vec::new()).await.unwrap().id;
    upgrade(newest + 2, newest + 2);
    running.check_version().await;
    let error = running.append(project, vec![change("a", 1, Expected::Absent)]).await.unwrap_err();
    let is_read_only = matches!(error, StoreError::Unavailable { reason: UnavailableReason::ReadOnly, .. });
    assert!(is_read_only, "a running server stops writing: {error:?}");
    assert_eq!(running.registry().await.unwrap().projects.len(), 1, "and still reads");
    let refused = PostgresStore::open(options).await.err().unwrap();
    let StoreError::Unavailable { source, .. } = &refused else { panic!("{refused:?}") };
    assert!(source.to_string().contains("newer version"), "{source}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_can_be_run_by_hand() {
    let Some(server) = Postgres::start() else { return };
    let options = PostgresOptions::new(server.url().parse().unwrap());
    let plan = PostgresStore::plan(&options).await.unwrap();
    server.sql(&plan.join("\n"));
    assert_eq!(PostgresStore::plan(&options).await.unwrap(), Vec::<String>::new());
    let store = PostgresStore::open(options).await.unwrap();
    let project = store.create_project("shop".to_owned(), Vec::new()).await.unwrap().id;
    store.append(project, vec![change("a", 1, Expected::Absent)]).await.unwrap();
    assert!(schema_version(&server) >= 1);
}

/// Returns the version of the tables, after checking that each version was applied once.
fn schema_version(server: &Postgres) -> i64 {
    let versions = server.sql("SELECT count(*), max(version) FROM prefab.schema_version");
    let (count, newest) = versions.split_once('|').unwrap();
    assert_eq!(count, newest, "each version is applied once");
    newest.parse().unwrap()
}

/// As after a failover, when the server of the pooled connections became a standby.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_server_is_reported_and_its_connections_are_closed() {
    let Some(server) = Postgres::start() else { return };
    let store = PostgresStore::open(PostgresOptions::new(server.url().parse().unwrap())).await.unwrap();
    let project = store.create_project("shop".to_owned(), Vec::new()).await.unwrap().id;
    let set = |mode: &str| {
        server.sql(&format!("ALTER SYSTEM SET default_transaction_read_only = {mode}"));
        server.sql("SELECT pg_reload_conf()");
    };
    set("on");
    let is_read_only = |error: &StoreError| {
        matches!(error, StoreError::Unavailable { reason: UnavailableReason::ReadOnly, .. })
    };
    prefab_testing::eventually_some("writes are refused", async || {
        let refused = store.append(project, vec![change("a", 1, Expected::Anything)]).await;
        refused.err().filter(|error| is_read_only(error))
    })
    .await;
    set("off");
    prefab_testing::eventually_some("writes are accepted again", async || {
        store.append(project, vec![change("a", 2, Expected::Anything)]).await.ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_host_is_tried_if_one_does_not_answer() {
    let Some(server) = Postgres::start() else { return };
    // An address for documentation, which no machine has.
    let url = server.url().replace("127.0.0.1:", "192.0.2.1:5432,127.0.0.1:");
    assert!(url.contains("192.0.2.1"), "{url}");
    let store = PostgresStore::open(PostgresOptions::new(url.parse().unwrap())).await.unwrap();
    store.ping().await.unwrap();
}
