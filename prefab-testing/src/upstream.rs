//! A small loopback server for clients, with changing configs, delays, errors and restarts.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{StreamExt as _, stream};
use prefab_core::{Config, ConfigSet, ConfigValue, Pointer};
use prefab_proto::wire;
use prost::Message as _;
use tokio::{net::TcpListener, runtime::Runtime, sync::mpsc};

/// The API key that the server accepts.
pub const KEY: &str = "123-Development-P202-E308-SDK-abcdef";

#[derive(Clone, Debug, Default)]
struct World(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    log: Vec<Config>,
    listening: Vec<mpsc::UnboundedSender<Bytes>>,
    requests: usize,
    /// The delay of responses.
    delay: Duration,
    /// The received reports, including rejected ones.
    posts: Vec<Post>,
    /// The status with which reports are rejected.
    refusal: Option<StatusCode>,
}

/// A received report.
#[derive(Clone, Debug)]
pub struct Post {
    /// The encoded message.
    pub body: Bytes,
    /// Whether the server accepted the report.
    pub taken: bool,
}

/// A server with its own runtime.
#[derive(Debug)]
pub struct Upstream {
    world: World,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Upstream {
    /// Starts a server without configs on a free port.
    pub fn start() -> Self {
        let mut server =
            Self { world: World::default(), address: SocketAddr::from(([127, 0, 0, 1], 0)), runtime: None };
        server.resume();
        server
    }

    /// Starts again, at the same address.
    pub fn resume(&mut self) {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind(self.address)).unwrap();
        self.address = listener.local_addr().unwrap();
        let routes = Router::new()
            .route("/api/v1/configs/{since}", get(checkpoint))
            .route("/api/v1/sse/config", get(events));
        let routes = routes.route("/api/v1/telemetry", post(report));
        let routes = routes.with_state(self.world.clone());
        runtime.spawn(async move { axum::serve(listener, routes).await });
        self.runtime = Some(runtime);
    }

    /// Stops abruptly.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
        self.world.0.lock().unwrap().listening.clear();
    }

    /// Returns the URL for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets a key to a value and sends the change to every stream.
    pub fn set(&self, key: &str, value: impl Into<ConfigValue>) {
        self.set_config(Config::constant(key, value));
    }

    /// Replaces a config and sends the change to every stream.
    pub fn set_config(&self, config: Config) {
        let mut content = self.world.0.lock().unwrap();
        let id = content.log.iter().map(|config| config.id).max().unwrap_or(17_000_000_000_000_000) + 1;
        let config = Config { id, ..config };
        let event = event(vec![config.clone()]);
        content.log.retain(|old| old.key != config.key);
        content.log.push(config);
        content.listening.retain(|listening| listening.send(event.clone()).is_ok());
    }

    /// Sets a key to a value that no client can read.
    pub fn set_unreadable(&self, key: &str) {
        self.set_config(Config { draft_id: Some(UNREADABLE), ..Config::constant(key, 1) });
    }

    /// Delays the responses to later requests.
    pub fn delay(&self, delay: Duration) {
        self.world.0.lock().unwrap().delay = delay;
    }

    /// Returns the number of requests for configs and streams so far.
    pub fn requests(&self) -> usize {
        self.world.0.lock().unwrap().requests
    }

    /// Returns the number of open streams at the time of the last change.
    pub fn streams(&self) -> usize {
        let mut content = self.world.0.lock().unwrap();
        content.listening.retain(|listening| !listening.is_closed());
        content.listening.len()
    }
}

impl Upstream {
    /// Returns the reports so far.
    pub fn posts(&self) -> Vec<Post> {
        self.world.0.lock().unwrap().posts.clone()
    }

    /// Rejects reports with this status, or accepts them again.
    pub fn refuse_reports(&self, refusal: Option<StatusCode>) {
        self.world.0.lock().unwrap().refusal = refusal;
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.stop();
    }
}

impl World {
    async fn admit(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        let delay = {
            let mut content = self.0.lock().unwrap();
            content.requests += 1;
            content.delay
        };
        tokio::time::sleep(delay).await;
        Self::recognise(headers)
    }

    fn recognise(headers: &HeaderMap) -> Result<(), StatusCode> {
        let expected = format!("Basic {}", STANDARD.encode(format!("authuser:{KEY}")));
        let given = headers.get("authorization").and_then(|value| value.to_str().ok());
        if given == Some(&expected) { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
    }

    fn newer_than(&self, since: i64) -> Vec<Config> {
        let content = self.0.lock().unwrap();
        content.log.iter().filter(|config| config.id > since).cloned().collect()
    }
}

async fn checkpoint(
    State(world): State<World>,
    Path(since): Path<i64>,
    headers: HeaderMap,
) -> Result<Vec<u8>, StatusCode> {
    world.admit(&headers).await?;
    Ok(message(world.newer_than(since)))
}

async fn events(State(world): State<World>, headers: HeaderMap) -> Result<Response, StatusCode> {
    world.admit(&headers).await?;
    let since = headers.get("x-prefab-start-at-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let (sender, receiver) = mpsc::unbounded_channel();
    let first = [Bytes::from_static(b": hello\n\n"), event(world.newer_than(since.unwrap_or(0)))];
    world.0.lock().unwrap().listening.push(sender);
    let later = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    let body = stream::iter(first).chain(later).map(Ok::<_, Infallible>);
    Ok(([("content-type", "text/event-stream")], Body::from_stream(body)).into_response())
}

async fn report(
    State(world): State<World>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<&'static str, StatusCode> {
    World::recognise(&headers)?;
    assert_eq!(headers["content-type"], "application/x-protobuf");
    assert!(headers["x-prefabcloud-client-version"].to_str().unwrap().starts_with("prefab-cloud-rust-"));
    let (delay, refusal) = {
        let mut content = world.0.lock().unwrap();
        let refusal = content.refusal;
        content.posts.push(Post { body, taken: refusal.is_none() });
        (content.delay, refusal)
    };
    tokio::time::sleep(delay).await;
    refusal.map_or(Ok(""), Err)
}

/// Marks a config that is sent with unreadable rules.
const UNREADABLE: i64 = -1;

fn message(configs: Vec<Config>) -> Vec<u8> {
    let pointer = Some(Pointer { project_id: 202, start_at_id: 0, project_env_id: 308 });
    let mut message: wire::Configs = (&ConfigSet { configs, pointer, ..ConfigSet::default() }).into();
    for config in message.configs.iter_mut().filter(|config| config.draft_id == Some(UNREADABLE)) {
        let negative = wire::WeightedValue { weight: -1, value: None };
        let weights = wire::WeightedValues { weighted_values: vec![negative], hash_by_property_name: None };
        let value = wire::config_value::Type::WeightedValues(weights);
        config.rows[0].values[0].value =
            Some(wire::ConfigValue { r#type: Some(value), ..Default::default() });
    }
    message.encode_to_vec()
}

fn event(configs: Vec<Config>) -> Bytes {
    format!("data: {}\n\n", STANDARD.encode(message(configs))).into()
}
