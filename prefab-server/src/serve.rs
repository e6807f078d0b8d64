//! Start and stop of a server.

use prefab_service::Service;
use std::{
    env, fmt, fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};
use tracing::{debug, info, warn};

use crate::{
    Error,
    api::{
        self,
        ready::Readiness,
        state::{App, Parts},
    },
    database::{self, Opened},
    listen,
    options::{Database, Options, PostgresOptions, PublicUrl},
    setup,
    tls::Tls,
};
use prefab_service::{
    evaluate::{cache::Cache, parts::ResponseParts},
    limits::{Limits, Usage},
    metrics::Metrics,
    presence::{self, Presence, ReportMode},
    project_cache::ProjectCache,
    retention::Retention,
    scheduled_removals,
    server_id::ServerId,
    sign_in::SignIn,
    telemetry::{Settings, Telemetry},
    workers::Workers,
};
use prefab_store::{Store, StoreError, UnavailableReason, clock::Clock, key::IssuedKey};
use prefab_store_sqlite::private_files;

/// The number of open files that are reserved for other uses than connections.
const RESERVED_FILES: u64 = 128;

/// Checks the files that the options name, without starting a server or creating anything.
///
/// # Errors
///
/// [`Error`] if the seed file, the certificate or its key cannot be used.
pub fn check(options: &Options) -> Result<(), Error> {
    options.tls.as_ref().map(Tls::load).transpose()?;
    options.seed_from.as_deref().map(setup::read).transpose()?;
    Ok(())
}

/// Starts a server and returns once it accepts connections.
///
/// Raises the limit of open files of the process as far as the system permits.
///
/// # Errors
///
/// [`Error`] if the address, the data folder, the database, the seed file or the certificate cannot be used.
///
/// ```
/// # async fn start() -> Result<(), prefab_server::Error> {
/// let dir = std::env::temp_dir().join("prefab-doc");
/// let running = prefab_server::serve(prefab_server::Options::local(dir)).await?;
/// println!("serving at {}", running.url);
/// running.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub async fn serve(options: Options) -> Result<Running, Error> {
    let Options {
        listen,
        data_dir,
        database,
        allow_damaged,
        seed_from,
        tls,
        mut limits,
        drain_timeout,
        evaluations_days,
        collect_contexts,
        ofrep_streams,
        public_url,
        trusted_proxies,
        server_name,
    } = options;
    let server = server_id(server_name.as_deref())?;
    let tls = tls.as_ref().map(Tls::load).transpose()?;
    // Before the first start issues API keys, which would never be printed if the server could not listen.
    let listener = TcpListener::bind(listen).await;
    let listener = listener.map_err(|source| Error::Listen { address: listen, source })?;
    let address = listener.local_addr().map_err(|source| Error::Listen { address: listen, source })?;
    private_files::folder(&data_dir).map_err(|source| Error::DataDir { path: data_dir.clone(), source })?;
    remove_interrupted_backups(&data_dir);
    let database = with_limits(database, &limits);
    let Opened { store, backup, name: database, is_damaged, is_remote } =
        database::open(&data_dir, database, allow_damaged).await?;
    let unusable = |source| Error::Database { path: database.clone(), source };
    let keys = setup::first_start(&*store, &database, seed_from.as_deref()).await?;
    if keys.is_empty() && seed_from.is_some() {
        warn!("the database has a project; the seed file is ignored");
    }
    let clock = Clock::system();
    let workers = Workers::new(&limits);
    let project_cache = Arc::new(
        ProjectCache::open(Arc::clone(&store), workers.clone(), limits.response_cache_bytes, clock.clone())
            .await
            .map_err(unusable)?,
    );
    let url = format!("{}://{}", if tls.is_some() { "https" } else { "http" }, reachable(address));
    let public = public_url.as_ref().map_or(&*url, PublicUrl::as_str);
    let sign_up = sign_up_token(&*store).await.map_err(unusable)?;
    let sign_up = sign_up.map(|token| format!("{public}/sign-up#token={token}"));
    limits.connections = connections_within(raise_open_files(), limits.connections);
    let (stop, stopping) = watch::channel(false);
    let metrics = Metrics::default();
    let retention = Retention { evaluations_days, audit_days: limits.audit_days };
    let telemetry = Telemetry::new(Settings::new(collect_contexts, &limits), metrics.clone(), clock.clone());
    let sign_in = Arc::new(SignIn::new(&limits));
    let waiting_refetches = Semaphore::new(limits.waiting_refetches);
    let shared_texts = ResponseParts::new(limits.evaluation_cache_bytes);
    let evaluations = Cache::new(limits.evaluation_cache_bytes, clock.clone());
    let service = Arc::new(Service {
        project_cache,
        workers,
        limits: Usage::new(limits),
        metrics,
        telemetry: Arc::new(telemetry),
        presence: Presence::new(server, clock.clone()),
        started_millis: clock.now_millis(),
        clock,
        stop: stopping.clone(),
    });
    let app = App::new(Parts {
        service: Arc::clone(&service),
        tls: tls.is_some(),
        public_url: public_url.clone(),
        data_dir: data_dir.into(),
        backup,
        sign_in,
        evaluations,
        shared_texts,
        waiting_refetches,
        ofrep_streams,
        stream_authorizations: Arc::default(),
        readiness: Readiness::new(is_remote),
        is_damaged,
    });
    let presence = start_tasks(&service, &app.sign_in, retention, is_remote);
    let telemetry = Arc::clone(&app.telemetry);
    let acceptor = listen::Acceptor {
        listener,
        tls,
        trusted_proxies,
        limits: app.limits.limits().clone(),
        metrics: app.metrics.clone(),
        stop: stopping,
        drain_timeout,
    };
    let serving = acceptor.run(api::router::router(app));
    let task = tokio::spawn(async move {
        serving.await;
        telemetry.flush_on_shutdown(&*store).await;
        // It deletes the report of this server.
        let _ = presence.await;
    });
    info!(url, database = %database.display(), server = %service.presence.server(), "serving");
    let public_url = public_url.map(|url| url.as_str().to_owned());
    Ok(Running { url, address, public_url, keys, sign_up, stop: Stop(Arc::new(stop)), task })
}

/// Starts the tasks that run until the server stops, and returns the one that reports the connected clients.
fn start_tasks(
    service: &Arc<Service>,
    sign_in: &Arc<SignIn>,
    retention: Retention,
    is_remote: bool,
) -> JoinHandle<()> {
    let stop = || service.stop.clone();
    let store = || service.project_cache.shared_store();
    let clock = || service.clock.clone();
    tokio::spawn(Arc::clone(&service.project_cache).follow(stop()));
    tokio::spawn(scheduled_removals::follow(Arc::clone(service), stop()));
    tokio::spawn(Arc::clone(&service.telemetry).flush_periodically(store(), stop()));
    tokio::spawn(retention.follow(store(), clock(), service.lease("retention"), stop()));
    let attempts = service.lease("login-attempts");
    tokio::spawn(Arc::clone(sign_in).delete_ended_counts(store(), clock(), attempts, stop()));
    let mode = if is_remote { ReportMode::Always } else { ReportMode::WithOthers };
    tokio::spawn(presence::follow(Arc::clone(service), mode, stop()))
}

/// Returns the identity of this server, by default with the name of the machine.
fn server_id(name: Option<&str>) -> Result<ServerId, Error> {
    match name {
        Some(name) => ServerId::new(name).map_err(Error::from),
        None => Ok(ServerId::of_host(&host_name())),
    }
}

/// Returns the name of this machine, if the system has it in a place that needs no system call.
fn host_name() -> String {
    let read = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let mut variables = ["HOSTNAME", "COMPUTERNAME"].into_iter();
    read.or_else(|| variables.find_map(|name| env::var(name).ok())).unwrap_or_default()
}

fn remove_interrupted_backups(data_dir: &Path) {
    if let Err(error) = api::remove_leftovers(data_dir) {
        warn!(%error, data_dir = %data_dir.display(), "cannot remove the files of interrupted backups");
    }
}

/// Applies the limits of connections to a database.
fn with_limits(database: Option<Database>, limits: &Limits) -> Option<Database> {
    match database {
        Some(Database::Postgres(options)) => Some(Database::Postgres(PostgresOptions {
            pool_size: limits.database_connections,
            pool_timeout: limits.database_wait,
            ..options
        })),
        other => other,
    }
}

/// Returns the token of the link for the first person. On a full disk, the server starts without one.
async fn sign_up_token(store: &dyn Store) -> Result<Option<String>, StoreError> {
    match setup::invite_first(store).await {
        Err(StoreError::Unavailable {
            reason: UnavailableReason::DiskFull | UnavailableReason::ReadOnly,
            ..
        }) => {
            warn!("the database cannot be written, so there is no link to sign up");
            Ok(None)
        }
        invited => invited,
    }
}

/// Returns an address to which clients can connect, instead of the unspecified address.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    };
    SocketAddr::new(ip, address.port())
}

/// Raises the limit of open files as far as the system permits, and returns it.
fn raise_open_files() -> Option<u64> {
    #[cfg(unix)]
    {
        let raised = rlimit::increase_nofile_limit(rlimit::INFINITY);
        raised.inspect_err(|error| warn!(%error, "cannot raise the limit of open files")).ok()
    }
    #[cfg(not(unix))]
    None
}

/// Returns the number of connections within the limit of open files. The database, backups and closing connections need
/// some files too.
fn connections_within(open_files: Option<u64>, connections: usize) -> usize {
    let Some(open_files) = open_files else { return connections };
    let reserve = RESERVED_FILES.min(open_files / 4);
    let room = usize::try_from(open_files - reserve).unwrap_or(usize::MAX);
    let message = "max-connections lowered to the limit of open files";
    if room < connections && connections == prefab_service::limits::Limits::default().connections {
        // The default limit; the operator did not configure it.
        debug!(max_connections = room, wanted = connections, open_files, message);
    } else if room < connections {
        warn!(max_connections = room, wanted = connections, open_files, message);
    }
    connections.min(room)
}

/// A server that accepts connections. Dropping it does not stop the server.
pub struct Running {
    /// The URL: `http://127.0.0.1:8742`.
    pub url: String,
    /// The address it listens on.
    pub address: SocketAddr,
    /// The public URL of the options.
    pub public_url: Option<String>,
    /// The API keys of the first start, whose texts cannot be shown again. Empty at later starts.
    pub keys: Vec<IssuedKey>,
    /// The sign-up link of the first person, who becomes an admin. `None` if an account exists. The link works once,
    /// within one week, and cannot be shown again.
    pub sign_up: Option<String>,
    stop: Stop,
    task: JoinHandle<()>,
}

impl fmt::Debug for Running {
    /// Omits the link, so that it does not reach a log by accident.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, address, public_url: _, keys, sign_up: _, stop: _, task: _ } = self;
        let mut shown = f.debug_struct("Running");
        shown.field("url", url).field("address", address).field("keys", keys).finish_non_exhaustive()
    }
}

impl Running {
    /// Returns a handle that stops the server, for example from a signal handler.
    pub fn stop_handle(&self) -> Stop {
        self.stop.clone()
    }

    /// Waits until the server has stopped and its streams have ended.
    pub async fn wait(self) {
        // The runtime has reported a panic of the task.
        let _ = self.task.await;
    }

    /// Stops the server. Streams end cleanly, and requests in progress complete.
    pub async fn shutdown(self) {
        self.stop.stop();
        self.wait().await;
    }

    /// Serves until Ctrl-C or a termination signal, then drains.
    pub async fn run_until_signal(self) {
        let stop = self.stop_handle();
        tokio::spawn(async move {
            crate::signal::shutdown_requested().await;
            stop.stop();
        });
        self.wait().await;
    }
}

/// Stops a server.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Stops the server. It drains open streams and requests.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_to_the_database() {
        assert_eq!(connections_within(None, 20_000), 20_000);
        assert_eq!(connections_within(Some(1 << 20), 20_000), 20_000);
        assert_eq!(connections_within(Some(1024), 20_000), 896);
        assert_eq!(connections_within(Some(256), 20_000), 192);
    }
}
