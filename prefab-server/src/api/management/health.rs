//! The health of the server: connected clients, propagation times and sizes.

use std::time::Duration;

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
use prefab_service::project::Project;
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
    let environments = project.environments();
    let shown = environments.iter().filter_map(|environment| {
        let channel = project.channel(environment.id)?;
        Some(of(environment, &channel, app.telemetry.reports(environment.id), project))
    });
    let newest = *project.published().borrow();
    Ok(Json(HealthResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: app.started_millis,
        now: app.clock.now_millis(),
        newest: newest.to_string(),
        database_bytes: app.project_cache.store().size().await?,
        connections: app.metrics.connections.get(),
        telemetry: TelemetryHealth {
            received_bytes: app.metrics.telemetry_bytes.get(),
            dropped: app.metrics.telemetry_dropped.get(),
            dropped_by_clients: app.telemetry.dropped_by_clients(),
        },
        environments: shown.collect(),
    }))
}

fn of(environment: &Environment, channel: &Channel, reports: u64, project: &Project) -> EnvironmentHealth {
    let counts = channel.subscribers.counts();
    let kinds = counts.by_protocol.iter().map(|(protocol, clients)| ProtocolCount {
        kind: match protocol {
            Protocol::Sse => "sse",
            Protocol::SseJson => "sse_json",
            Protocol::Grpc => "grpc",
        }
        .to_owned(),
        clients: *clients,
    });
    let times = channel.subscribers.delivery_times();
    let answer = channel.snapshot().response(0, &Audience::default(), Encoding::Protobuf);
    EnvironmentHealth {
        name: environment.name.clone(),
        kinds: kinds.collect(),
        clients: clients(environment.id, &counts),
        propagation: Propagation {
            deliveries: times.len(),
            median_micros: at(&times, 50),
            p99_micros: at(&times, 99),
        },
        payload: PayloadSizes {
            configs: project.configs().len(),
            plain: answer.plain.len(),
            gzip: answer.gzip().len(),
            zstd: answer.zstd().len(),
        },
        reports,
    }
}

fn at(times: &[Duration], percent: usize) -> Option<u64> {
    let time = times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)))?;
    u64::try_from(time.as_micros()).ok()
}
