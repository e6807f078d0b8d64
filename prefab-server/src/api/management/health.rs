//! How a project is served: who listens, how fast changes arrive, how large everything is.

use std::time::Duration;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::management::{
    access::{Access, PathParams},
    events::{ClientsEvent, clients},
    views::Problem,
};
use crate::api::{error::ApiError, state::App};
use prefab_publish::{Audience, Channel, Form, Manner};
use prefab_service::project::Project;
use prefab_store::{Environment, clock};

/// How the server is, as far as this project is concerned.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    /// The server's version.
    version: &'static str,
    /// When this server started, in milliseconds since 1970.
    started_at: i64,
    now: i64,
    /// The newest change, as a text.
    newest: String,
    /// The size of the database, of all projects, in bytes.
    database_bytes: i64,
    /// Open connections of this server, of all projects.
    connections: i64,
    telemetry: TelemetryHealth,
    environments: Vec<EnvironmentHealth>,
}

/// What clients reported to this server since it started, of all projects.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TelemetryHealth {
    received_bytes: u64,
    /// Entries left out for want of room, and reports refused.
    dropped: u64,
    /// What clients say they dropped themselves.
    dropped_by_clients: u64,
}

/// How an environment is served.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvironmentHealth {
    name: String,
    #[serde(flatten)]
    clients: ClientsEvent,
    /// Open streams by how they are written: `sse`, `sse_json`, `grpc`.
    kinds: Vec<KindCount>,
    propagation: Propagation,
    payload: Payload,
    /// Reports of clients since this server started.
    reports: u64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct KindCount {
    kind: &'static str,
    clients: usize,
}

/// How long it took from a change to its being written to a stream, for the newest deliveries.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Propagation {
    /// How many deliveries this is about.
    deliveries: usize,
    median_micros: Option<u64>,
    p99_micros: Option<u64>,
}

/// What a client that asks for everything is sent, in bytes.
#[derive(Serialize, ToSchema)]
pub(super) struct Payload {
    configs: usize,
    plain: usize,
    gzip: usize,
    zstd: usize,
}

/// Tells how a project is served.
#[utoipa::path(
    get, path = "/projects/{project}/health", tag = "operations", params(("project" = i64, Path)),
    responses((status = 200, body = Health), (status = 404, body = Problem))
)]
pub(super) async fn show(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Json<Health>, ApiError> {
    let author = access.authorize(project)?;
    let project = &author.project;
    let environments = project.environments();
    let shown = environments.iter().filter_map(|environment| {
        let channel = project.channel(environment.id)?;
        Some(of(environment, &channel, app.telemetry.reports(environment.id), project))
    });
    let newest = *project.published().borrow();
    Ok(Json(Health {
        version: env!("CARGO_PKG_VERSION"),
        started_at: app.started_millis,
        now: clock::now_millis(),
        newest: newest.to_string(),
        database_bytes: app.hub.store().size().await?,
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
    let counts = channel.listeners.counts();
    let kinds = counts.by_manner.iter().map(|(manner, clients)| KindCount {
        kind: match manner {
            Manner::Sse => "sse",
            Manner::SseJson => "sse_json",
            Manner::Grpc => "grpc",
        },
        clients: *clients,
    });
    let times = channel.listeners.times();
    let answer = channel.snapshot().answer(0, &Audience::default(), Form::Protobuf);
    EnvironmentHealth {
        name: environment.name.clone(),
        kinds: kinds.collect(),
        clients: clients(environment.id, &counts),
        propagation: Propagation {
            deliveries: times.len(),
            median_micros: at(&times, 50),
            p99_micros: at(&times, 99),
        },
        payload: Payload {
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
