//! Accepting connections, within bounds, until told to stop.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use http::Request;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::timeout,
};
use tower::util::MapRequest;
use tracing::{debug, warn};

use crate::{
    api::Peer,
    limits::Limits,
    metrics::Metrics,
    network::Network,
    stalled::{StreamExecutor, WriteTimeout},
    tls::Tls,
};

/// How an HTTP/2 connection begins that was not agreed on before.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// Where connections come in.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<Tls>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) drain_timeout: Duration,
}

impl Door {
    /// Serves until told to stop, then waits for what is under way.
    pub(crate) async fn run(mut self, router: Router) {
        let room = Arc::new(Semaphore::new(self.limits.connections));
        let house = Arc::new(House {
            router,
            tls: self.tls.take(),
            trusted_proxies: self.trusted_proxies.as_slice().into(),
            header_timeout: self.limits.header_timeout,
            write_timeout: self.limits.stream_write_timeout,
            metrics: self.metrics.clone(),
            stop: self.stop.clone(),
        });
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = self.stop.wait_for(|stop| *stop) => break,
            };
            match accepted {
                Ok((stream, _)) => self.let_in(stream, &room, &house),
                Err(error) => {
                    // Out of file descriptors, most likely; trying at once would spin.
                    warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        drop(self.listener);
        let all = u32::try_from(self.limits.connections).unwrap_or(u32::MAX);
        if timeout(self.drain_timeout, room.acquire_many(all)).await.is_err() {
            warn!("some connections did not end in time");
        }
    }

    /// Closing at once is the refusal that every client answers by trying elsewhere, or later.
    fn let_in(&self, stream: TcpStream, room: &Arc<Semaphore>, house: &Arc<House>) {
        let Ok(permit) = Arc::clone(room).try_acquire_owned() else {
            self.metrics.connections_refused.inc();
            return;
        };
        tokio::spawn(Arc::clone(house).welcome(stream, permit));
    }
}

/// What every connection is served with.
struct House {
    router: Router,
    tls: Option<Tls>,
    trusted_proxies: Arc<[Network]>,
    header_timeout: Duration,
    write_timeout: Duration,
    metrics: Metrics,
    stop: watch::Receiver<bool>,
}

impl House {
    async fn welcome(self: Arc<Self>, stream: TcpStream, permit: OwnedSemaphorePermit) {
        self.metrics.connections.inc();
        // Events are small and must not wait for more.
        let _ = stream.set_nodelay(true);
        if let Err(error) = self.serve(stream).await {
            debug!(%error, "connection ended");
        }
        self.metrics.connections.dec();
        drop(permit);
    }

    async fn serve(&self, stream: TcpStream) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let peer = stream.peer_addr()?;
        let Some(tls) = &self.tls else {
            let http2 = self.first_words(speaks_http2(&stream)).await?;
            return if http2 { self.http2(stream, peer).await } else { self.http1(stream, peer).await };
        };
        let stream = self.first_words(tls.accept(stream)).await?;
        if Tls::agreed_on_http2(&stream) {
            self.http2(stream, peer).await
        } else {
            self.http1(stream, peer).await
        }
    }

    /// Waits for what a connection begins with, but not while stopping: clients open connections in advance, and
    /// one that has said nothing asks for nothing.
    async fn first_words<T>(&self, words: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            said = timeout(self.header_timeout, words) => said?,
            _ = stop.wait_for(|stop| *stop) => Err(io::Error::other("the server stops")),
        }
    }

    async fn http1<S>(
        &self,
        stream: S,
        peer: SocketAddr,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = TowerToHyperService::new(MapRequest::new(self.router.clone(), self.from(peer)));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .serve_connection(TokioIo::new(WriteTimeout::new(stream, self.write_timeout)), service);
        let mut connection = std::pin::pin!(connection);
        let mut stop = self.stop.clone();
        tokio::select! {
            done = connection.as_mut() => return Ok(done?),
            _ = stop.wait_for(|stop| *stop) => {}
        }
        connection.as_mut().graceful_shutdown();
        Ok(connection.await?)
    }

    async fn http2<S>(
        &self,
        stream: S,
        peer: SocketAddr,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = TowerToHyperService::new(MapRequest::new(self.router.clone(), self.from(peer)));
        let connection = http2::Builder::new(StreamExecutor::new(self.write_timeout))
            .timer(TokioTimer::new())
            .keep_alive_interval(self.header_timeout)
            .serve_connection(TokioIo::new(WriteTimeout::new(stream, self.write_timeout)), service);
        let mut connection = std::pin::pin!(connection);
        let mut stop = self.stop.clone();
        tokio::select! {
            done = connection.as_mut() => return Ok(done?),
            _ = stop.wait_for(|stop| *stop) => {}
        }
        connection.as_mut().graceful_shutdown();
        Ok(connection.await?)
    }

    /// Tells every request where it comes from.
    fn from(&self, peer: SocketAddr) -> impl Fn(Request<Incoming>) -> Request<Incoming> + Clone + use<> {
        let trusted = Arc::clone(&self.trusted_proxies);
        move |mut request| {
            let peer = Peer::of(peer.ip(), request.headers(), &trusted);
            request.extensions_mut().insert(peer);
            request
        }
    }
}

/// Looks at the first bytes without taking them: gRPC clients begin with HTTP/2 unasked.
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; HTTP2_PREFACE.len()];
    loop {
        let seen = stream.peek(&mut first).await?;
        let seen = &first[..seen];
        if seen.is_empty() || !HTTP2_PREFACE.starts_with(seen) {
            return Ok(false);
        }
        if seen.len() == HTTP2_PREFACE.len() {
            return Ok(true);
        }
        // The rest of these few bytes is on its way; `peek` would return the same ones at once.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
