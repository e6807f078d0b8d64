//! What a client is told about its server.

use std::{path::PathBuf, time::Duration};

use prefab_sources::{ApiKey, HttpOptions, RemoteOptions, RemoteSource};

use crate::{ClientBuilder, Datasources, Error, OnInitFailure, env, init_gate::InitGate, log_target::LOG};

/// A builder's settings for the server.
pub(crate) struct Remote {
    api_key: Option<String>,
    api_urls: Vec<String>,
    stream_urls: Vec<String>,
    cdn_url: Option<String>,
    #[cfg(feature = "grpc")]
    grpc_url: Option<String>,
    init_timeout: Duration,
    on_init_failure: OnInitFailure,
    cache_dir: Option<PathBuf>,
    poll_interval: Option<Duration>,
}

impl Default for Remote {
    fn default() -> Self {
        Self {
            api_key: None,
            api_urls: Vec::new(),
            stream_urls: Vec::new(),
            cdn_url: None,
            #[cfg(feature = "grpc")]
            grpc_url: None,
            init_timeout: Duration::from_secs(10),
            on_init_failure: OnInitFailure::default(),
            cache_dir: env::cache_dir(),
            poll_interval: None,
        }
    }
}

impl Remote {
    pub(crate) fn from_env() -> Self {
        Self {
            api_key: env::setting(env::API_KEY),
            api_urls: env::list(env::API_URL),
            stream_urls: env::list(env::STREAM_URL),
            cdn_url: env::setting(env::CDN_URL),
            #[cfg(feature = "grpc")]
            grpc_url: env::setting(env::GRPC_URL),
            ..Self::default()
        }
    }

    fn key(&self) -> Option<ApiKey> {
        self.api_key.as_deref().map(ApiKey::new).filter(|key| !key.secret().is_empty())
    }

    fn api(&self) -> HttpOptions {
        if self.api_urls.is_empty() { HttpOptions::default() } else { HttpOptions::new(&self.api_urls) }
    }

    #[cfg(feature = "telemetry")]
    fn telemetry_url(&self) -> Option<String> {
        // Who talks gRPC with a server of their own does not mean the hosted service to know of it.
        #[cfg(feature = "grpc")]
        if self.grpc_url.is_some() && self.api_urls.is_empty() {
            return None;
        }
        self.api().telemetry_url()
    }

    fn names_a_server(&self) -> bool {
        #[cfg(feature = "grpc")]
        if self.grpc_url.is_some() {
            return true;
        }
        !self.api_urls.is_empty() || !self.stream_urls.is_empty() || self.cdn_url.is_some()
    }
}

/// What needs the feature `http`.
impl ClientBuilder {
    /// Sets the key of the server, which decides about project and environment.
    ///
    /// Without a key no server is asked, and the client reads files alone.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.remote.api_key = Some(key.into());
        self
    }

    /// Sets the addresses of the API, in the order in which they are asked: the hosted service's at first.
    pub fn api_urls<S: Into<String>>(mut self, urls: impl IntoIterator<Item = S>) -> Self {
        self.remote.api_urls = urls.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the addresses of whoever streams changes: the API's at first, with `belt.` and `suspenders.` in a
    /// name become `stream.`.
    pub fn stream_urls<S: Into<String>>(mut self, urls: impl IntoIterator<Item = S>) -> Self {
        self.remote.stream_urls = urls.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the address of a copy of the API that is asked before it at a start.
    pub fn cdn_url(mut self, url: impl Into<String>) -> Self {
        self.remote.cdn_url = Some(url.into());
        self
    }

    /// Talks gRPC with this server, in place of HTTP with the others.
    #[cfg(feature = "grpc")]
    pub fn grpc_url(mut self, url: impl Into<String>) -> Self {
        self.remote.grpc_url = Some(url.into());
        self
    }

    /// Sets how long after building the first calls wait for the server: 10 s at first.
    pub fn init_timeout(mut self, timeout: Duration) -> Self {
        self.remote.init_timeout = timeout;
        self
    }

    /// Sets what happens to calls when the server has not been heard from in that time.
    pub fn on_init_failure(mut self, on_init_failure: OnInitFailure) -> Self {
        self.remote.on_init_failure = on_init_failure;
        self
    }

    /// Sets whether the server's last good state is kept in a file, for a start while everything is down.
    ///
    /// It is at first, in the directory that `XDG_CACHE_HOME` names, or `.cache` at home, readable for its
    /// owner alone.
    pub fn local_cache(mut self, local_cache: bool) -> Self {
        self.remote.cache_dir = env::cache_dir().filter(|_| local_cache);
        self
    }

    /// Keeps the server's last good state in a file of this directory.
    pub fn local_cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.remote.cache_dir = Some(dir.into());
        self
    }

    /// Sets how long the stream of changes may be down before the server is asked: 60 s at first.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.remote.poll_interval = Some(interval);
        self
    }

    /// Returns the server, where there is to be one, and the gate that its first word opens.
    pub(crate) fn remote(&self) -> Result<(InitGate, Option<RemoteSource>), Error> {
        let Remote {
            api_key: _,
            api_urls: _,
            stream_urls,
            cdn_url,
            #[cfg(feature = "grpc")]
            grpc_url,
            init_timeout,
            on_init_failure,
            cache_dir,
            poll_interval,
        } = &self.remote;
        if self.datasources == Some(Datasources::LocalOnly) || self.datafile.is_some() {
            return Ok((InitGate::open(), None));
        }
        let Some(key) = self.remote.key() else {
            if self.datasources == Some(Datasources::All) || self.remote.names_a_server() {
                return Err(Error::MissingApiKey);
            }
            tracing::info!(target: LOG, "no API key in PREFAB_API_KEY: local files only");
            return Ok((InitGate::open(), None));
        };

        let mut options = RemoteOptions::new(key);
        options.cache_dir.clone_from(cache_dir);
        options.poll_interval = poll_interval.unwrap_or(options.poll_interval);
        let gate = InitGate::closed(*on_init_failure, *init_timeout);
        #[cfg(feature = "grpc")]
        if let Some(url) = grpc_url {
            let grpc = prefab_sources::GrpcOptions::new(url);
            return Ok((gate, Some(RemoteSource::grpc(options, grpc)?)));
        }
        let mut http = self.remote.api();
        if !stream_urls.is_empty() {
            http.stream_urls.clone_from(stream_urls);
        }
        http.cdn_url.clone_from(cdn_url);
        Ok((gate, Some(RemoteSource::http(options, http)?)))
    }

    /// Returns whom to tell of the client's use.
    #[cfg(feature = "telemetry")]
    pub(crate) fn report_sink(
        &self,
    ) -> Option<Result<prefab_sources::ReportSink, prefab_sources::SourceError>> {
        let url = self.telemetry.url.clone().or_else(|| self.remote.telemetry_url())?;
        Some(prefab_sources::ReportSink::new(&self.remote.key()?, &url))
    }
}
