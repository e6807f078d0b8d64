//! A server on loopback that can be changed, made ill, stopped and started again.

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
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{StreamExt as _, stream};
use prefab_client::{Config, ConfigValue};
use prefab_core::{ConfigSet, Pointer};
use prefab_proto::convert;
use tokio::{net::TcpListener, runtime::Runtime, sync::mpsc};

pub(crate) const KEY: &str = "123-Development-P202-E308-SDK-abcdef";

#[derive(Clone, Default)]
struct World(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    log: Vec<Config>,
    listening: Vec<mpsc::UnboundedSender<Bytes>>,
    requests: usize,
    /// Answer nothing for this long.
    delay: Duration,
}

/// A server with a runtime of its own, which goes down with it.
pub(crate) struct Server {
    world: World,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let mut server =
            Self { world: World::default(), address: SocketAddr::from(([127, 0, 0, 1], 0)), runtime: None };
        server.resume();
        server
    }

    /// Listens again, at the same address.
    pub(crate) fn resume(&mut self) {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind(self.address)).unwrap();
        self.address = listener.local_addr().unwrap();
        let routes = Router::new()
            .route("/api/v1/configs/{since}", get(checkpoint))
            .route("/api/v1/sse/config", get(events))
            .with_state(self.world.clone());
        runtime.spawn(async move { axum::serve(listener, routes).await });
        self.runtime = Some(runtime);
    }

    /// Goes away, as if killed.
    pub(crate) fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
        self.world.0.lock().unwrap().listening.clear();
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn set(&self, key: &str, value: impl Into<ConfigValue>) {
        let mut content = self.world.0.lock().unwrap();
        let id = content.log.iter().map(|config| config.id).max().unwrap_or(17_000_000_000_000_000) + 1;
        let config = Config { id, ..Config::constant(key, value) };
        let event = event(vec![config.clone()]);
        content.log.retain(|old| old.key != key);
        content.log.push(config);
        content.listening.retain(|listening| listening.send(event.clone()).is_ok());
    }

    pub(crate) fn delay(&self, delay: Duration) {
        self.world.0.lock().unwrap().delay = delay;
    }

    pub(crate) fn requests(&self) -> usize {
        self.world.0.lock().unwrap().requests
    }

    /// Returns how many streams are open, as far as the last change has shown.
    pub(crate) fn streams(&self) -> usize {
        let mut content = self.world.0.lock().unwrap();
        content.listening.retain(|listening| !listening.is_closed());
        content.listening.len()
    }
}

impl Drop for Server {
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

fn message(configs: Vec<Config>) -> Vec<u8> {
    let pointer = Some(Pointer { project_id: 202, start_at_id: 0, project_env_id: 308 });
    convert::encode(&ConfigSet { configs, pointer, ..ConfigSet::default() })
}

fn event(configs: Vec<Config>) -> Bytes {
    format!("data: {}\n\n", STANDARD.encode(message(configs))).into()
}
