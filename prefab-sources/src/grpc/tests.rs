use std::{
    pin::Pin,
    sync::Mutex,
    time::{Duration, Instant},
};

use futures_util::{Stream, StreamExt as _, stream};
use prefab_core::{Config, ConfigSet, LayeredStore, Pointer};
use prefab_proto::services::config_service_server::{ConfigService, ConfigServiceServer};
use tokio::net::TcpListener;
use tonic::{Response, transport::server::TcpIncoming};

use super::*;
use crate::{ApiKey, ConfigSource as _, RemoteState, SourceUpdate, UpdateStream};

const KEY: &str = "123-Development-P202-E308-SDK-abcdef";

fn message(id: i64) -> wire::Configs {
    let pointer = Some(Pointer { project_id: 202, start_at_id: 0, project_env_id: 308 });
    let configs = vec![Config { id, ..Config::constant("a", id) }];
    (&ConfigSet { configs, pointer, ..ConfigSet::default() }).into()
}

/// Checkpoints have id 1. Each stream delivers the next id and fails, except for the third, which stays open.
#[derive(Default)]
struct Service {
    resumed: Arc<Mutex<Vec<i64>>>,
}

#[test]
fn an_address_is_shown_without_credentials() {
    let source = |url: &str| {
        RemoteSource::grpc(RemoteOptions::new(ApiKey::new(KEY)), GrpcOptions::new(url))
            .map(|source| source.address().to_owned())
            .map_err(|error| error.to_string())
    };
    assert_eq!(source("http://user:secret@host:50051").as_deref(), Ok("http://host:50051"));
    assert_eq!(
        source("ftp://user:secret@host").unwrap_err(),
        "remote_api_grpc: `ftp://host` is neither an http nor an https URL"
    );
}

fn admit<T>(request: &Request<T>) -> Result<(), Status> {
    match request.metadata().get("auth") {
        Some(key) if key == KEY => Ok(()),
        _ => Err(Status::permission_denied("this key may not fetch configs")),
    }
}

#[tonic::async_trait]
impl ConfigService for Service {
    type GetConfigStream = Pin<Box<dyn Stream<Item = Result<wire::Configs, Status>> + Send>>;

    async fn get_config(
        &self,
        request: Request<wire::ConfigServicePointer>,
    ) -> Result<Response<Self::GetConfigStream>, Status> {
        admit(&request)?;
        let since = request.get_ref().start_at_id;
        let mut resumed = self.resumed.lock().unwrap();
        resumed.push(since);
        let first = stream::iter([Ok(message(since + 1))]);
        Ok(Response::new(match resumed.len() {
            3 => Box::pin(first.chain(stream::pending())),
            _ => Box::pin(first.chain(stream::iter([Err(Status::unavailable("going down"))]))),
        }))
    }

    async fn get_all_config(
        &self,
        request: Request<wire::ConfigServicePointer>,
    ) -> Result<Response<wire::Configs>, Status> {
        admit(&request)?;
        Ok(Response::new(message(1)))
    }

    async fn upsert(&self, _: Request<wire::Config>) -> Result<Response<wire::CreationResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }
}

async fn serve(service: Service) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = tonic::transport::Server::builder().add_service(ConfigServiceServer::new(service));
    tokio::spawn(routes.serve_with_incoming(TcpIncoming::from(listener)));
    url
}

fn source(key: &str, url: &str) -> RemoteSource {
    let mut options = RemoteOptions::new(ApiKey::new(key));
    options.random = Box::new(|| 0.0);
    RemoteSource::grpc(options, GrpcOptions::new(url)).unwrap()
}

/// Applies updates until `holds`. Returns the errors.
async fn until(updates: &mut UpdateStream, holds: impl Fn(&LayeredStore) -> bool) -> Vec<SourceError> {
    let mut store = LayeredStore::default();
    let mut errors = Vec::new();
    let started = Instant::now();
    while !holds(&store) {
        assert!(started.elapsed() < Duration::from_secs(20), "waited in vain");
        match timeout(Duration::from_millis(50), updates.next()).await {
            Ok(Some(Ok(SourceUpdate { update, .. }))) => drop(store.apply(update)),
            Ok(Some(Err(error))) => errors.push(error),
            Ok(None) | Err(_) => {}
        }
    }
    errors
}

#[tokio::test]
async fn checkpoint_and_stream_deliver_newer_configs() {
    let service = Service::default();
    let resumed = Arc::clone(&service.resumed);
    let url = serve(service).await;
    let source = source(KEY, &url);
    let state = source.state();
    let mut updates = Box::new(source).updates();
    let errors =
        until(&mut updates, |store| store.get("a").is_some_and(|entry| entry.stored().id() == 4)).await;
    assert_eq!(*resumed.lock().unwrap(), [1, 2, 3]);
    assert_eq!(
        errors.first().map(ToString::to_string),
        Some(format!(
            "streaming: `{url}` closed the stream: The service is currently unavailable: going down"
        ))
    );
    let _ = timeout(Duration::from_millis(50), updates.next()).await;
    assert_eq!(*state.borrow(), RemoteState::Ready { source: "streaming".into() });
}

#[tokio::test]
async fn a_rejected_key_and_an_unreachable_server_are_different_errors() {
    let url = serve(Service::default()).await;
    let mut updates = Box::new(source("123-other", &url)).updates();
    let refused = updates.next().await.unwrap().unwrap_err();
    assert!(refused.is_unauthorized());
    assert!(
        refused.to_string().starts_with(&format!("remote_api_grpc: `{url}` rejected the API key: ")),
        "{refused}"
    );
    let mut updates = Box::new(source(KEY, "http://127.0.0.1:1")).updates();
    let away = updates.next().await.unwrap().unwrap_err();
    assert!(away.is_retryable() && away.to_string().contains("could not be reached: "), "{away}");
    let wrong = RemoteSource::grpc(RemoteOptions::new(ApiKey::new(KEY)), GrpcOptions::new("ftp://x"));
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "remote_api_grpc: `ftp://x` is neither an http nor an https URL"
    );
}
