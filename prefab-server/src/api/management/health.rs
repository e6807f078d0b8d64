//! The health of the server: connected clients, propagation times and sizes.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Json, extract::State};

use crate::api::management::{
    access::{Access, PathParams},
    events::clients,
};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    DatabaseHealth, EnvironmentHealth, ErrorResponse, HealthResponse, PayloadSizes, Propagation,
    ProtocolCount, ServerHealth, TelemetryHealth,
};
use prefab_publish::{Audience, Channel, Encoding};
use prefab_service::{
    names,
    presence::{self, ServerClients},
};
use prefab_store::{Environment, StoreFacts, StoreStatus};
use tokio::time::timeout;

/// How long the database has to report its state.
const FACTS_TIMEOUT: Duration = Duration::from_secs(2);

/// Returns the health of the server for a project, and the clients of all servers on the database.
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
            let elsewhere = this.presence.clients_elsewhere(environment.id);
            of(environment, channel.as_deref(), elsewhere, this.telemetry.reports(environment.id), configs)
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
        servers: servers(&app),
        database: database(&app).await,
    }))
}

/// Lists the servers on the database, this one first.
fn servers(app: &App) -> Vec<ServerHealth> {
    let own = presence::own_clients(app).iter().map(|clients| u64::from(clients.count)).sum();
    let this =
        ServerClients { name: app.presence.server().name().to_owned(), clients: own, age_millis: None };
    let all = [this].into_iter().chain(app.presence.other_servers());
    all.map(|ServerClients { name, clients, age_millis }| ServerHealth { name, clients, age_millis })
        .collect()
}

/// Returns the state of the database, or `None` if it does not answer in time.
async fn database(app: &App) -> Option<DatabaseHealth> {
    let store = app.project_cache.store();
    let (started, asked_at) = (Instant::now(), app.clock.now_millis());
    let facts = timeout(FACTS_TIMEOUT, store.facts()).await.ok()?.ok()?;
    let StoreFacts { version, schema, now_millis, max_connections } = facts;
    let StoreStatus { kind, is_listening, pool } = store.status();
    // The database answered in the middle of the request.
    let here = asked_at + i64::try_from(started.elapsed().as_millis() / 2).unwrap_or_default();
    Some(DatabaseHealth {
        kind: kind.to_owned(),
        version,
        schema,
        is_listening,
        connections_in_use: pool.map(|pool| pool.in_use),
        connections: pool.map(|pool| pool.most),
        max_connections,
        clock_difference_millis: now_millis - here,
    })
}

/// Returns the health of an environment. It has no channel if no client has used it yet.
fn of(
    environment: &Environment,
    channel: Option<&Channel>,
    elsewhere: BTreeMap<String, u64>,
    reports: u64,
    configs: usize,
) -> EnvironmentHealth {
    let counts = channel.map(|channel| channel.subscribers.counts()).unwrap_or_default();
    let clients_elsewhere: u64 = elsewhere.values().sum();
    let mut kinds = elsewhere;
    for (protocol, clients) in &counts.by_protocol {
        *kinds.entry(presence::kind(*protocol).to_owned()).or_default() += *clients as u64;
    }
    let kinds = kinds.into_iter().map(|(kind, clients)| ProtocolCount {
        kind,
        clients: usize::try_from(clients).unwrap_or(usize::MAX),
    });
    let times = channel.map(|channel| channel.subscribers.delivery_times()).unwrap_or_default();
    let answer =
        channel.map(|channel| channel.snapshot().response(0, &Audience::default(), Encoding::Protobuf));
    EnvironmentHealth {
        name: environment.name.clone(),
        kinds: kinds.collect(),
        clients: clients(environment.id, &counts, clients_elsewhere),
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
