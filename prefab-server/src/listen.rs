//! Accepting connections, within limits, until the server stops.
//!
//! Start with [`Acceptor::run`]. Each connection has a task of its own, [`ConnectionContext::serve_connection`].

mod connections;
mod service;

use std::{error::Error, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use futures_util::FutureExt as _;
use http::Version;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};
use tracing::{debug, warn};

use crate::{
    network::Network,
    stalled::{StreamExecutor, WriteTimeout},
    tls::Tls,
};
pub(crate) use connections::{Activity, Turn};
use connections::{Admission, Bounds, Connections};
use prefab_service::{limits::Limits, metrics::Metrics};

/// How long a connection that is closed for being idle may take to end in good order.
const CLOSING_TIME: Duration = Duration::from_secs(5);

/// How often the files of the certificate are checked for changes.
const CERTIFICATE_INTERVAL: Duration = Duration::from_secs(5);

/// Accepts connections.
pub(crate) struct Acceptor {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<Tls>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) drain_timeout: Duration,
}

impl Acceptor {
    /// Serves until the server stops, then waits until the open connections have ended.
    pub(crate) async fn run(self, router: Router) {
        let Self { listener, tls, trusted_proxies, limits, metrics, mut stop, drain_timeout } = self;
        let trusted_proxies: Arc<[Network]> = trusted_proxies.into();
        let bounds = Bounds {
            connections: limits.connections,
            per_address: limits.connections_per_address,
            trusted_proxies: Arc::clone(&trusted_proxies),
        };
        let connections = Connections::new(bounds, metrics.connections_evicted.clone());
        let (open, is_open) = watch::channel(());
        let context = Arc::new(ConnectionContext {
            router,
            tls,
            trusted_proxies,
            builder: builder(&limits),
            header_timeout: limits.header_timeout,
            http2_idle_timeout: limits.http2_idle_timeout,
            write_timeout: limits.stream_write_timeout,
            metrics: metrics.clone(),
            stop: stop.clone(),
        });
        let mut certificate = tokio::time::interval(CERTIFICATE_INTERVAL);
        let mut reloading: Option<JoinHandle<()>> = None;
        loop {
            let accepted = tokio::select! {
                _ = certificate.tick(), if context.tls.is_some() => {
                    // Files can be on a slow file system. At most one thread waits for it.
                    if reloading.as_ref().is_none_or(JoinHandle::is_finished) {
                        let context = Arc::clone(&context);
                        let reload = move || context.tls.iter().for_each(Tls::reload);
                        reloading = Some(tokio::task::spawn_blocking(reload));
                    }
                    continue;
                }
                accepted = listener.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            match accepted {
                Ok((stream, peer)) => match connections.admit(peer.ip()) {
                    Some(admission) => {
                        let serving = Arc::clone(&context).accept(stream, peer, admission);
                        let is_open = is_open.clone();
                        tokio::spawn(async move {
                            serving.await;
                            drop(is_open);
                        });
                    }
                    // Every client retries after a closed connection, on another server or later.
                    None => drop(metrics.connections_refused.inc()),
                },
                Err(error) => {
                    // Most likely out of file descriptors; a retry without a pause would spin.
                    warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        drop((listener, is_open));
        if timeout(drain_timeout, open.closed()).await.is_err() {
            warn!(
                drain_timeout_s = drain_timeout.as_secs(),
                "drain timeout reached; open connections are closed"
            );
            connections.close_all();
        }
    }
}

fn builder(limits: &Limits) -> auto::Builder<StreamExecutor> {
    let mut builder = auto::Builder::new(StreamExecutor::new(limits.stream_write_timeout));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.header_timeout);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(limits.header_timeout);
    builder
}

/// The state that connections share.
struct ConnectionContext {
    router: Router,
    tls: Option<Tls>,
    trusted_proxies: Arc<[Network]>,
    builder: auto::Builder<StreamExecutor>,
    header_timeout: Duration,
    http2_idle_timeout: Duration,
    write_timeout: Duration,
    metrics: Metrics,
    stop: watch::Receiver<bool>,
}

type Served = Result<(), Box<dyn Error + Send + Sync>>;

impl ConnectionContext {
    async fn accept(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, admission: Admission) {
        self.metrics.connections.inc();
        // Events are small and must not wait for more.
        let _ = stream.set_nodelay(true);
        let stream = WriteTimeout::new(stream, self.write_timeout);
        let served = match &self.tls {
            None => self.serve_connection(stream, peer, &admission).await,
            Some(tls) => match self.handshake(tls, stream, &admission).await {
                Ok(stream) => self.serve_connection(stream, peer, &admission).await,
                Err(error) => Err(error),
            },
        };
        if let Err(error) = served {
            debug!(%error, "connection ended");
        }
        self.metrics.connections.dec();
    }

    async fn handshake(
        &self,
        tls: &Tls,
        stream: WriteTimeout<TcpStream>,
        admission: &Admission,
    ) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + use<>, Box<dyn Error + Send + Sync>> {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            stream = timeout(self.header_timeout, tls.accept(stream)) => Ok(stream??),
            () = admission.closed() => Err("closed to make room for another connection".into()),
            _ = stop.wait_for(|stop| *stop) => Err("the server stops".into()),
        }
    }

    /// Serves HTTP/1 or HTTP/2, depending on the first bytes, until the connection ends, is idle for too long, makes room
    /// for another one, or the server stops.
    async fn serve_connection<S>(&self, stream: S, peer: SocketAddr, admission: &Admission) -> Served
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service::of(self.router.clone(), peer, &self.trusted_proxies, admission.activity());
        let connection = self.builder.serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let mut stop = self.stop.clone();
        let mut closing: Option<Instant> = None;
        loop {
            let look = closing.unwrap_or_else(|| self.idle_deadline(admission.activity()));
            tokio::select! {
                biased;
                done = connection.as_mut() => return done,
                () = admission.closed() => {
                    connection.as_mut().graceful_shutdown();
                    // Sends what can be sent without waiting, such as the end of an HTTP/2 connection.
                    return connection.now_or_never().unwrap_or(Ok(()));
                }
                _ = stop.wait_for(|stop| *stop) => break,
                () = sleep_until(look) => match closing {
                    // A request may have been in progress when the connection was closed.
                    Some(_) if admission.activity().unused_since().is_none() => {
                        closing = Some(Instant::now() + CLOSING_TIME);
                    }
                    Some(_) => return Err("idle, and the peer does not close it".into()),
                    None if self.idle_deadline(admission.activity()) <= Instant::now() => {
                        connection.as_mut().graceful_shutdown();
                        closing = Some(Instant::now() + CLOSING_TIME);
                    }
                    None => {}
                },
            }
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            done = connection.as_mut() => done,
            () = admission.closed() => Err("the drain timeout is over".into()),
        }
    }

    /// Returns when a connection is to be closed unless there is a request until then.
    fn idle_deadline(&self, activity: &Activity) -> Instant {
        let now = Instant::now();
        match activity.unused_since() {
            // Until the first request, whichever the protocol.
            Some((since, None)) => since + self.header_timeout,
            Some((since, Some(Version::HTTP_2))) => since + self.http2_idle_timeout,
            // hyper has a timer for these.
            Some((_, Some(_))) => now + self.http2_idle_timeout.max(self.header_timeout),
            None => now + self.http2_idle_timeout.min(self.header_timeout),
        }
    }
}
