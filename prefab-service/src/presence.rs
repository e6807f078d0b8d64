//! The servers of one store and their connected clients.
//!
//! Every server reports the number of its clients to the store and reads the reports of the others. A server that has not
//! reported for 30 s does not count.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use prefab_core::ids::EnvironmentId;
use prefab_publish::Protocol;
use prefab_store::{ConnectedClients, PRESENCE_MILLIS, PresentServer, StoreError, clock::Clock};
use tokio::sync::watch;
use tracing::warn;

use crate::{
    Service,
    server_id::{ServerId, name_of},
};

/// How often a server reports.
const INTERVAL: Duration = Duration::from_secs(10);

/// When a server reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportMode {
    /// Always.
    Always,
    /// When it starts, and while another server is present. A server that is alone with its file writes nothing.
    WithOthers,
}

/// The reports of the other servers, as they were read last.
pub struct Presence {
    server: ServerId,
    clock: Clock,
    others: RwLock<Others>,
}

#[derive(Default)]
struct Others {
    servers: Arc<[PresentServer]>,
    read_at_millis: i64,
}

/// A server and the number of its clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerClients {
    /// The name.
    pub name: String,
    /// The number of clients of all projects.
    pub clients: u64,
    /// How long ago the server reported, in milliseconds. `None` for this server.
    pub age_millis: Option<i64>,
}

impl Presence {
    /// Creates the state of a server that has not read the reports of others.
    pub fn new(server: ServerId, clock: Clock) -> Self {
        Self { server, clock, others: RwLock::default() }
    }

    /// Returns this server.
    pub fn server(&self) -> &ServerId {
        &self.server
    }

    /// Returns the clients of an environment that are connected to other servers, by protocol.
    pub fn clients_elsewhere(&self, environment: EnvironmentId) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for clients in self.others().iter().flat_map(|server| &server.clients) {
            if clients.environment == environment {
                *counts.entry(clients.kind.clone()).or_default() += u64::from(clients.count);
            }
        }
        counts
    }

    /// Returns the other servers and the number of their clients.
    pub fn other_servers(&self) -> Vec<ServerClients> {
        let others = self.others();
        let others = others.iter().map(|PresentServer { server, age_millis, clients }| ServerClients {
            name: name_of(server).to_owned(),
            clients: clients.iter().map(|clients| u64::from(clients.count)).sum(),
            age_millis: Some(*age_millis),
        });
        others.collect()
    }

    /// Returns the reports of the other servers, unless they are too old.
    fn others(&self) -> Arc<[PresentServer]> {
        let others = self.others.read().unwrap_or_else(PoisonError::into_inner);
        if self.clock.now_millis() - others.read_at_millis > PRESENCE_MILLIS {
            return Arc::default();
        }
        Arc::clone(&others.servers)
    }

    fn set_others(&self, mut servers: Vec<PresentServer>) -> bool {
        servers.retain(|server| server.server != self.server.as_str());
        let has_others = !servers.is_empty();
        let read = Others { servers: servers.into(), read_at_millis: self.clock.now_millis() };
        *self.others.write().unwrap_or_else(PoisonError::into_inner) = read;
        has_others
    }
}

/// Reports the clients of this server and reads the reports of the others every 10 s, until `stop` becomes true.
pub async fn follow(service: Arc<Service>, mode: ReportMode, mut stop: watch::Receiver<bool>) {
    let started_at = service.clock.now_millis();
    let (mut has_others, mut is_failing) = (false, false);
    loop {
        let is_new = service.clock.now_millis() - started_at <= PRESENCE_MILLIS;
        let is_reporting = mode == ReportMode::Always || has_others || is_new;
        match exchange(&service, is_reporting).await {
            Ok(others) => (has_others, is_failing) = (others, false),
            Err(error) => {
                if !std::mem::replace(&mut is_failing, true) {
                    warn!(%error, "reporting the connected clients failed, retrying");
                }
            }
        }
        tokio::select! {
            () = service.clock.sleep(INTERVAL) => {}
            _ = stop.wait_for(|stop| *stop) => break,
        }
    }
    let server = service.presence.server.as_str().to_owned();
    // A report that stays does not count after 30 s.
    let _ = service.project_cache.store().end_presence(server).await;
}

/// Reports and reads. Returns whether other servers are present.
async fn exchange(service: &Service, is_reporting: bool) -> Result<bool, StoreError> {
    let store = service.project_cache.store();
    if is_reporting {
        store.report_presence(service.presence.server.as_str().to_owned(), own_clients(service)).await?;
    }
    Ok(service.presence.set_others(store.present_servers().await?))
}

/// Returns the clients that are connected to this server.
pub fn own_clients(service: &Service) -> Vec<ConnectedClients> {
    let mut clients = Vec::new();
    for project in service.project_cache.projects() {
        for environment in project.environments().iter() {
            let Some(channel) = project.used_channel(environment.id) else { continue };
            clients.extend(channel.subscribers.counts().by_protocol.into_iter().map(|(protocol, count)| {
                ConnectedClients {
                    project: project.id,
                    environment: environment.id,
                    kind: kind(protocol).to_owned(),
                    count: u32::try_from(count).unwrap_or(u32::MAX),
                }
            }));
        }
    }
    clients
}

/// Returns the number of clients that are connected to all servers.
pub fn all_clients(service: &Service) -> u64 {
    let own: u64 = own_clients(service).iter().map(|clients| u64::from(clients.count)).sum();
    let others: u64 = service.presence.other_servers().iter().map(|server| server.clients).sum();
    own.saturating_add(others)
}

/// Returns the name of a protocol.
pub fn kind(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Sse => "sse",
        Protocol::SseJson => "sse_json",
        Protocol::Grpc => "grpc",
        Protocol::Ofrep => "ofrep",
        Protocol::Quonfig => "quonfig",
    }
}
