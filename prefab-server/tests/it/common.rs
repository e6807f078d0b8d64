//! A server on a loopback socket, and requests that several tests send.

pub(crate) mod people;
pub(crate) mod project;

use std::time::Duration;

use prefab_core::ConfigSet;
use prefab_proto::convert;
use prefab_server::{IssuedKey, KeyKind, Limits, Options, Running, serve};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

pub(crate) struct TestServer {
    pub(crate) running: Running,
    pub(crate) http: Client,
    pub(crate) dir: TempDir,
}

impl TestServer {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn limited(limits: Limits) -> Self {
        Self::with(|options| options.limits = limits).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::local(dir.path().join("data"));
        options.drain_timeout = Duration::from_secs(2);
        change(&mut options);
        Self {
            running: serve(options).await.unwrap(),
            http: Client::builder().no_gzip().build().unwrap(),
            dir,
        }
    }

    pub(crate) fn key(&self, environment: &str, kind: KeyKind) -> String {
        let keys = self.running.keys.iter();
        // The only admin key is for all environments.
        let is_it = |key: &&IssuedKey| kind == KeyKind::Admin || key.environment == environment;
        let key = keys.filter(|key| key.kind == kind).find(is_it);
        key.unwrap().key.clone()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url)
    }

    /// Sends a request like a backend SDK of Development.
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.url(path)).basic_auth("authuser", Some(self.key("Development", KeyKind::Backend)))
    }

    pub(crate) fn admin(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().unwrap();
        let key = self.key("Development", KeyKind::Admin);
        self.http.request(method, self.url(path)).basic_auth("authuser", Some(key))
    }

    pub(crate) async fn post(&self, path: &str, body: Json) -> (StatusCode, Json) {
        answer(self.admin("POST", path).body(body.to_string()).send().await.unwrap()).await
    }

    /// Creates a text config and returns its id.
    pub(crate) async fn create(&self, key: &str, value: &str) -> i64 {
        let (status, answer) = self.post("/api/v1/config/", text_config(key, value)).await;
        assert_eq!(status, 200, "{answer}");
        answer["newId"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn set(&self, key: &str, value: &str) -> i64 {
        let body = json!({"configKey": key, "value": {"string": value}});
        let (status, answer) = self.post("/api/v1/config/set-default/", body).await;
        assert_eq!(status, 200, "{answer}");
        answer["response"]["newId"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn delete(&self, key: &str) {
        let path = format!("/api/v1/config/key/{key}");
        let status = self.admin("DELETE", &path).send().await.unwrap().status();
        assert_eq!(status, 200);
    }

    /// Returns a value of `/metrics`.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let text = self.http.get(self.url("/metrics")).send().await.unwrap().text().await.unwrap();
        let line = text.lines().find(|line| line.split(' ').next() == Some(name)).unwrap().to_owned();
        line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Returns the number of open streams.
    pub(crate) async fn streams(&self) -> u64 {
        self.metric("prefab_streams").await
    }

    pub(crate) async fn configs(&self, path: &str) -> ConfigSet {
        let response = self.get(path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        convert::decode(&response.bytes().await.unwrap()).unwrap().set
    }
}

pub(crate) async fn answer(response: Response) -> (StatusCode, Json) {
    let status = response.status();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

pub(crate) fn text_config(key: &str, value: &str) -> Json {
    json!({"key": key, "configType": 1, "valueType": 2, "sendToClientSdk": false,
           "rows": [{"properties": {}, "values": [{"criteria": [], "value": {"string": value}}]}]})
}

/// An open stream of events.
pub(crate) struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    pub(crate) async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(response.headers().get("content-length").is_none(), "Python needs chunks");
        Self { response, text: String::new() }
    }

    /// Returns the next block of lines; `None` at the end of the stream.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let next = tokio::time::timeout(Duration::from_secs(20), self.response.chunk());
            let bytes = next.await.expect("an event in time").unwrap()?;
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// Returns the data of the next event, skipping comments.
    pub(crate) async fn data(&mut self) -> Option<String> {
        loop {
            let block = self.block().await?;
            if let Some(data) = block.strip_prefix("data: ") {
                return Some(data.to_owned());
            }
            assert!(block.starts_with(':'), "{block}");
        }
    }

    pub(crate) async fn set(&mut self) -> Option<ConfigSet> {
        use base64::Engine as _;
        let data = self.data().await?;
        Some(convert::decode(&base64::prelude::BASE64_STANDARD.decode(data).unwrap()).unwrap().set)
    }
}

pub(crate) fn keys(set: &ConfigSet) -> Vec<&str> {
    set.configs.iter().map(|config| config.key.as_str()).collect()
}
