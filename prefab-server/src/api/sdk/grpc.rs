//! The historic gRPC service, for clients from before 2023-04.

use std::{pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt as _, stream};
use prefab_core::Config;
use prefab_proto::{
    services::config_service_server::{ConfigService, ConfigServiceServer},
    wire,
};
use prost::Message as _;
use tonic::{Request, Response, Status};

use crate::api::{error::ApiError, state::App};
use crate::auth;
use prefab_publish::{Audience, Encoding, Protocol, Snapshot};
use prefab_service::Origin;
use prefab_service::{
    actor::Actor,
    change::{ChangeRequest, Edit},
    project_cache::Caller,
    subscription::{StreamEvent, Subscription},
    workers::Kind,
};
use prefab_store::key::KeyKind;

/// Returns the service.
pub(crate) fn service(app: App) -> ConfigServiceServer<Service> {
    ConfigServiceServer::new(Service { app })
}

#[derive(Clone)]
pub(crate) struct Service {
    app: App,
}

impl Service {
    async fn caller<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        let headers = request.metadata().clone().into_headers();
        let caller = match auth::api_key(&headers) {
            Some(key) => self.app.project_cache.caller(&key).await,
            None => None,
        };
        match caller {
            Some(caller) if caller.kind != KeyKind::Frontend => Ok(caller),
            // The Java SDK stops permanently on this code and retries on every other one.
            _ => Err(Status::permission_denied("this key may not fetch configs")),
        }
    }

    async fn newer(
        &self,
        caller: &Caller,
        snapshot: Arc<Snapshot>,
        id: i64,
    ) -> Result<wire::Configs, Status> {
        let audience = caller.audience.clone();
        let encode = move || newer(&snapshot, id, &audience);
        let encoded = self.app.workers.run_always(Kind::Publish, Some(caller.project.id), encode).await;
        encoded.map_err(|busy| Status::unavailable(busy.to_string()))?
    }

    /// Returns the first message to a client that is up to date: the pointer and the default context, without configs.
    fn first(subscription: &Subscription) -> Option<Result<wire::Configs, Status>> {
        let caller = &subscription.caller;
        let snapshot = caller.channel.snapshot();
        (snapshot.last_id == subscription.sent()).then(|| {
            wire::Configs::decode(snapshot.message_without_configs(&caller.audience))
                .map_err(|error| Status::internal(error.to_string()))
        })
    }

    /// Waits for the next change. HTTP/2 has its own keep-alives.
    async fn next(&self, subscription: &mut Subscription) -> Option<Result<wire::Configs, Status>> {
        loop {
            let StreamEvent::Changed(snapshot) = subscription.next().await? else { continue };
            let last_id = snapshot.last_id;
            let configs = self.newer(&subscription.caller, snapshot, subscription.sent()).await;
            subscription.mark_sent(last_id);
            if configs.as_ref().map_or(true, |configs| !configs.configs.is_empty()) {
                return Some(configs);
            }
        }
    }
}

type Configs = Pin<Box<dyn Stream<Item = Result<wire::Configs, Status>> + Send>>;

#[tonic::async_trait]
impl ConfigService for Service {
    type GetConfigStream = Configs;

    async fn get_config(
        &self,
        request: Request<wire::ConfigServicePointer>,
    ) -> Result<Response<Configs>, Status> {
        let caller = self.caller(&request).await?;
        let Some(permit) = self.app.limits.stream(caller.key_id) else {
            return Err(Status::resource_exhausted("too many streams for this key, try again"));
        };
        let cursor = request.get_ref().start_at_id;
        let subscription = Subscription::open(&self.app, caller, Protocol::Grpc, permit, cursor);
        let first = stream::iter(Self::first(&subscription));
        let changes =
            stream::unfold((self.clone(), subscription), |(service, mut subscription)| async move {
                let configs = service.next(&mut subscription).await?;
                Some((configs, (service, subscription)))
            });
        Ok(Response::new(Box::pin(first.chain(changes))))
    }

    async fn get_all_config(
        &self,
        request: Request<wire::ConfigServicePointer>,
    ) -> Result<Response<wire::Configs>, Status> {
        let caller = self.caller(&request).await?;
        let snapshot = caller.channel.snapshot();
        self.newer(&caller, snapshot, request.get_ref().start_at_id).await.map(Response::new)
    }

    async fn upsert(
        &self,
        request: Request<wire::Config>,
    ) -> Result<Response<wire::CreationResponse>, Status> {
        let caller = self.caller(&request).await?;
        if caller.kind != KeyKind::Admin {
            return Err(Status::permission_denied("changing configs requires an admin key"));
        }
        let config = Config::try_from(request.into_inner())
            .map_err(|error| Status::invalid_argument(error.to_string()))?;
        let actor = Actor::of(&caller, Origin::default());
        let changed = self.app.apply(&actor, ChangeRequest::new(Edit::put(config))).await;
        let new_id = changed.and_then(|outcome| outcome.id()).map_err(|error| status(&error.into()))?;
        Ok(Response::new(wire::CreationResponse { message: String::new(), new_id }))
    }
}

fn newer(snapshot: &Snapshot, id: i64, audience: &Audience) -> Result<wire::Configs, Status> {
    let answer = snapshot.response(id, audience, Encoding::Protobuf);
    wire::Configs::decode(answer.plain.clone()).map_err(|error| Status::internal(error.to_string()))
}

fn status(error: &ApiError) -> Status {
    let text = error.causes().join("; ");
    match error {
        ApiError::Invalid(_) => Status::invalid_argument(text),
        ApiError::Conflict(_) => Status::aborted(text),
        ApiError::Busy(busy) => Status::unavailable(busy.to_string()),
        other => Status::internal(other.to_string()),
    }
}
