//! Reports of a client, as the management API returns them.

use prefab_client::{Client, Context, ContextSet, Datasources};
use prefab_server::{KeyKind, Options, Running, serve};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};

struct TestServer {
    server: Running,
    _dir: TempDir,
}

impl TestServer {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = serve(Options::local(dir.path())).await.unwrap();
        Self { server, _dir: dir }
    }

    fn key(&self, kind: KeyKind) -> &str {
        &self.server.keys.iter().find(|key| key.kind == kind).unwrap().key
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Json {
        let url = format!("{}/api/{path}", self.server.url);
        let request = reqwest::Client::new()
            .request(method.parse().unwrap(), url)
            .basic_auth("test", Some(self.key(KeyKind::Admin)))
            .header("content-type", "application/json")
            .body(body.to_owned());
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn create(&self, key: &str, kind: &str, value: Json) {
        let config = json!({"key": key, "configType": "CONFIG", "valueType": kind,
                            "rows": [{"values": [{"value": value}]}]});
        self.ask("POST", "v1/config/", &config.to_string()).await;
    }

    async fn read(&self, path: &str) -> Json {
        self.ask("GET", &format!("manage/v1/projects/1/{path}"), "").await
    }

    async fn client(&self) -> Client {
        let builder = Client::in_memory().datasources(Datasources::All).local_cache(false);
        let builder = builder.api_key(self.key(KeyKind::Backend)).api_urls([&self.server.url]);
        builder.build_async().await.unwrap()
    }
}

fn user(nth: usize, about: &str) -> ContextSet {
    Context::new("user").with("key", format!("u-{nth}")).with("about", about.to_owned()).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_activity_is_shown_to_people() {
    let server = TestServer::new().await;
    server.create("max-jobs", "INT", json!({"int": "30"})).await;
    server.create("password", "STRING", json!({"string": "s3cret", "confidential": true})).await;
    let client = server.client().await;
    for nth in 0..7 {
        assert_eq!(client.with(&user(nth % 2, "ada")).get::<i64>("max-jobs"), Ok(30));
    }
    assert_eq!(client.get::<String>("password").as_deref(), Ok("s3cret"));
    {
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
        let lines = tracing_subscriber::registry().with(lines.with_filter(client.log_filter()));
        let _here = tracing::subscriber::set_default(lines);
        tracing::warn!(target: "shop::db", "slow");
        tracing::error!(target: "shop::db", "away");
        tracing::error!(target: "shop::db", "away");
    }
    client.close_async().await;

    let jobs = server.read("evaluations?key=max-jobs").await;
    assert_eq!(jobs["environments"][0]["counts"][0]["value"], json!({"int": "30"}), "{jobs}");
    assert_eq!(jobs["total"], 7);
    let password = server.read("evaluations?key=password").await;
    assert_eq!(password["total"], 1);
    assert!(password.to_string().contains("*****33e1b") && !password.to_string().contains("s3cret"));
    let loggers = server.read("loggers?search=shop").await;
    assert_eq!((&loggers[0]["name"], &loggers[0]["total"]), (&json!("shop.db"), &json!(3)), "{loggers}");
    assert_eq!(loggers[0]["counts"]["error"], 2);
    let contexts = server.read("contexts").await;
    assert_eq!(contexts["shapes"][0]["context"], "user", "{contexts}");
    assert_eq!(contexts["examples"].as_array().unwrap().len(), 2);
    server.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_config_that_only_a_live_handle_reads_counts_as_evaluated() {
    let server = TestServer::new().await;
    server.create("live", "INT", json!({"int": "30"})).await;
    server.create("unread", "INT", json!({"int": "30"})).await;
    let client = server.client().await;
    let live = client.live::<i64>("live").unwrap();
    assert_eq!(live.get(), 30);
    client.close_async().await;

    let unused = server.read("unused?days=0").await;
    let reason = |key: &str| {
        let item = unused["items"].as_array().unwrap().iter().find(|item| item["key"] == key);
        item.unwrap_or_else(|| panic!("{unused}"))["reason"].clone()
    };
    assert_eq!((reason("live"), reason("unread")), (json!("no longer evaluated"), json!("never evaluated")));
    assert_eq!(server.read("unused?days=1").await["items"], json!([]));
    server.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_report_is_split_and_counted_completely() {
    let server = TestServer::new().await;
    server.create("max-jobs", "INT", json!({"int": "30"})).await;
    let client = server.client().await;
    // Twice the 4 MiB that the server reads.
    let about = "a long property of a user, ".repeat(400);
    for nth in 0..900 {
        assert_eq!(client.with(&user(nth, &about)).get::<i64>("max-jobs"), Ok(30));
    }
    client.close_async().await;
    assert_eq!(server.read("evaluations?key=max-jobs").await["total"], 900);
    server.server.shutdown().await;
}
