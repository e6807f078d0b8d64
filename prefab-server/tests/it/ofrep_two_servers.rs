//! Two servers on one PostgreSQL database, one of which receives changes late. A client receives an event from one server and
//! requests the flags from the other.

use std::time::{Duration, Instant};

use prefab_server::{Database, KeyKind, PostgresOptions};
use prefab_testing::postgres::Postgres;
use reqwest::{Response, StatusCode};
use serde_json::{Value as Json, json};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::{
    common::{TestServer, answer},
    ofrep::FLAGS,
};

/// Forwards connections to a port while it is open. A closed gate keeps the connections, and nothing passes.
struct Gate {
    port: u16,
    is_open: watch::Sender<bool>,
}

impl Gate {
    async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_open = watch::Sender::new(true);
        let state = is_open.subscribe();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut state = state.clone();
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                    loop {
                        let _ = state.wait_for(|is_open| *is_open).await;
                        tokio::select! {
                            _ = copy_bidirectional(&mut client, &mut server) => return,
                            _ = state.wait_for(|is_open| !*is_open) => {}
                        }
                    }
                });
            }
        });
        Self { port, is_open }
    }
}

/// Two servers, of which the second reaches the database through gates.
struct Pair {
    first: TestServer,
    second: TestServer,
    queries: Gate,
    notifications: Gate,
    _database: Postgres,
}

impl Pair {
    async fn new() -> Option<Self> {
        let database = Postgres::start()?;
        let (queries, notifications) = (Gate::to(database.port()).await, Gate::to(database.port()).await);
        let options = |port: u16| PostgresOptions::new(database.url_at(port).parse().unwrap());
        let first = options(database.port());
        let first = TestServer::with(|options| options.database = Some(Database::Postgres(first))).await;
        let change = json!({"key": "number", "configType": "CONFIG", "valueType": "INT", "sendToClientSdk": true,
            "rows": [{"values": [{"value": {"int": "1"}}]}]});
        assert_eq!(first.post("/api/v1/config/", change).await.0, 200);
        let mut second = options(queries.port);
        second.listen_url = Some(database.url_at(notifications.port).parse().unwrap());
        let second = TestServer::with(|options| options.database = Some(Database::Postgres(second))).await;
        Some(Self { first, second, queries, notifications, _database: database })
    }

    /// Changes the number through the first server, and returns the version that it announces.
    async fn set(&self, number: i64) -> i64 {
        let change = json!({"configKey": "number", "value": {"int": number.to_string()}});
        let (status, answer) = self.first.post("/api/v1/config/set-default/", change).await;
        assert_eq!(status, 200, "{answer}");
        answer["response"]["newId"].as_str().unwrap().parse().unwrap()
    }

    async fn ask(&self, server: &TestServer, tag: &str, announced: i64) -> Response {
        let request = server.http.post(server.url(&format!("{FLAGS}?flagConfigEtag={announced}")));
        let request = request.bearer_auth(self.first.key("Development", KeyKind::Frontend));
        request.header("if-none-match", tag).body("{}").send().await.unwrap()
    }

    /// Returns the tag of the current response of the first server.
    async fn tag(&self) -> String {
        let response = self.ask(&self.first, "\"none\"", 0).await;
        response.headers()["etag"].to_str().unwrap().to_owned()
    }
}

async fn number(response: Response) -> (StatusCode, Json) {
    let (status, json) = answer(response).await;
    (status, json["flags"][0]["value"].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refetch_from_a_server_without_notifications_has_the_change() {
    let Some(pair) = Pair::new().await else { return };
    let tag = pair.tag().await;
    assert_eq!(pair.ask(&pair.second, &tag, 0).await.status(), 304, "both servers have the same tags");
    pair.notifications.is_open.send_replace(false);
    for value in 2..6 {
        let tag = pair.tag().await;
        let version = pair.set(value).await;
        let started = Instant::now();
        let refetched = pair.ask(&pair.second, &tag, version).await;
        assert_eq!(number(refetched).await, (StatusCode::OK, json!(value)));
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refetch_from_a_server_without_a_database_is_never_not_modified() {
    let Some(pair) = Pair::new().await else { return };
    let tag = pair.tag().await;
    for gate in [&pair.queries, &pair.notifications] {
        gate.is_open.send_replace(false);
    }
    let version = pair.set(2).await;
    let started = Instant::now();
    let refetched = pair.ask(&pair.second, &tag, version).await;
    assert_eq!(number(refetched).await, (StatusCode::OK, json!(1)), "the previous values, and no 304");
    assert!(started.elapsed() < Duration::from_secs(4), "waits for at most 2 s: {:?}", started.elapsed());
    let opened = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        for gate in [&pair.queries, &pair.notifications] {
            gate.is_open.send_replace(true);
        }
    };
    let (refetched, ()) = tokio::join!(pair.ask(&pair.second, &tag, version), opened);
    assert_eq!(
        number(refetched).await,
        (StatusCode::OK, json!(2)),
        "the change arrives while the client waits"
    );
}
