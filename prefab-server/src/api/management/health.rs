//! The health of the server: connected clients, propagation times and sizes.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};

use crate::api::management::{
    access::{Access, PathParams},
    events::clients,
};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    EnvironmentHealth, ErrorResponse, HealthResponse, PayloadSizes, Propagation, ProtocolCount,
    TelemetryHealth,
};
use prefab_publish::{Audience, Channel, Encoding, Protocol};
use prefab_service::names;
use prefab_store::Environment;

/// Returns the health of the server for a project.
#[utoipa::path(
    get, path = "/projects/{project}/health", tag = "operations", params(("project" = i64, Path)),
    responses((status = 200, body = HealthResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn show(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Json<HealthResponse>, ApiError> {
    let actor = access.authorize(project)?;
    let project = &actor.project;
    let newest = *project.published().borrow();
    let now = app.clock.now_millis();
    let tokens = app.project_cache.store().tokens(project.id).await?.into_iter();
    let active = tokens.filter(|token| {
        token.revoked_at_millis.is_none() && token.expires_at_millis.is_none_or(|at| at > now)
    });
    let tokens: Vec<String> = active.map(|token| token.name).collect();
    let (this, shown) = (app.clone(), Arc::clone(project));
    // Compressing the payload of each environment takes a while.
    let look = move |_| {
        let configs = shown.configs().len();
        let environment = |environment: &Environment| {
            let channel = shown.used_channel(environment.id);
            of(environment, channel.as_deref(), this.telemetry.reports(environment.id), configs)
        };
        let environments: Vec<_> = shown.environments().iter().map(environment).collect();
        Ok((environments, names::confusing_names(&shown, &tokens)))
    };
    let (environments, confusing_names) = app.work(project.id, look).await?;
    Ok(Json(HealthResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: app.started_millis,
        now,
        newest: newest.to_string(),
        database_bytes: app.project_cache.store().size().await?,
        connections: app.metrics.connections.get(),
        telemetry: TelemetryHealth {
            received_bytes: app.metrics.telemetry_bytes.get(),
            dropped: app.metrics.telemetry_dropped.get(),
            dropped_by_clients: app.telemetry.dropped_by_clients(),
        },
        confusing_names,
        environments,
    }))
}

/// Returns the health of an environment. It has no channel if no client has used it yet.
fn of(
    environment: &Environment,
    channel: Option<&Channel>,
    reports: u64,
    configs: usize,
) -> EnvironmentHealth {
    let counts = channel.map(|channel| channel.subscribers.counts()).unwrap_or_default();
    let kinds = counts.by_protocol.iter().map(|(protocol, clients)| ProtocolCount {
        kind: match protocol {
            Protocol::Sse => "sse",
            Protocol::SseJson => "sse_json",
            Protocol::Grpc => "grpc",
            Protocol::Ofrep => "ofrep",
            Protocol::Quonfig => "quonfig",
        }
        .to_owned(),
        clients: *clients,
    });
    let times = channel.map(|channel| channel.subscribers.delivery_times()).unwrap_or_default();
    let answer =
        channel.map(|channel| channel.snapshot().response(0, &Audience::default(), Encoding::Protobuf));
    EnvironmentHealth {
        name: environment.name.clone(),
        kinds: kinds.collect(),
        clients: clients(environment.id, &counts),
        propagation: Propagation {
            deliveries: times.len(),
            median_micros: at(&times, 50),
            p99_micros: at(&times, 99),
        },
        payload: answer.map(|answer| PayloadSizes {
            configs,
            plain: answer.plain.len(),
            gzip: answer.gzip().len(),
            zstd: answer.zstd().len(),
        }),
        reports,
    }
}

fn at(times: &[Duration], percent: usize) -> Option<u64> {
    let time = times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)))?;
    u64::try_from(time.as_micros()).ok()
}
