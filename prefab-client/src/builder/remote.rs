//! Builder options for the server.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use prefab_sources::{
    ApiKey, Finding, HttpOptions, RemoteOptions, RemoteSource, http::invalid_proxy_variables,
};

use crate::{ClientBuilder, Datasources, Error, OnInitFailure, env, init_gate::InitGate, log_target::LOG};

/// Settings for the server.
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

    #[cfg(feature = "telemetry")]
    fn telemetry_url(&self) -> Option<String> {
        HttpOptions::new(&self.api_urls).telemetry_url()
    }

    fn names_a_server(&self) -> bool {
        #[cfg(feature = "grpc")]
        if self.grpc_url.is_some() {
            return true;
        }
        !self.api_urls.is_empty() || !self.stream_urls.is_empty() || self.cdn_url.is_some()
    }
}

/// Options for a server.
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
impl ClientBuilder {
    /// Sets the API key, which determines project and environment.
    ///
    /// Without an API key the client connects to no server and reads only files.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use prefab_client::Client;
    ///
    /// let client = Client::builder()
    ///     .api_key("1-Production-P202-E308-SDK-…")
    ///     .api_urls(["https://prefab.example.com"])
    ///     .build()?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.remote.api_key = Some(key.into());
        self
    }

    /// Sets the addresses of the API, in the order in which they are tried. Required with an API key.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let builder = Client::builder().api_urls(["https://a.example.com", "https://b.example.com"]);
    /// ```
    pub fn api_urls<S: Into<String>>(mut self, urls: impl IntoIterator<Item = S>) -> Self {
        self.remote.api_urls = urls.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the addresses of the stream of changes. Default: the addresses of the API, with `belt.` and `suspenders.`
    /// replaced by `stream.`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let builder = Client::builder().stream_urls(["https://stream.example.com"]);
    /// ```
    pub fn stream_urls<S: Into<String>>(mut self, urls: impl IntoIterator<Item = S>) -> Self {
        self.remote.stream_urls = urls.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the address of a copy of the API, for example a CDN. It is requested first when the client starts.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let builder = Client::builder().cdn_url("https://cdn.example.com");
    /// ```
    pub fn cdn_url(mut self, url: impl Into<String>) -> Self {
        self.remote.cdn_url = Some(url.into());
        self
    }

    /// Sets the address of a gRPC server, which replaces the HTTP servers.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let builder = Client::builder().grpc_url("https://grpc.example.com");
    /// ```
    #[cfg(feature = "grpc")]
    #[cfg_attr(docsrs, doc(cfg(feature = "grpc")))]
    pub fn grpc_url(mut self, url: impl Into<String>) -> Self {
        self.remote.grpc_url = Some(url.into());
        self
    }

    /// Sets how long calls wait for the first response of the server, counted from the build. Default: 10 s.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use prefab_client::Client;
    ///
    /// let builder = Client::builder().init_timeout(Duration::from_secs(3));
    /// ```
    pub fn init_timeout(mut self, timeout: Duration) -> Self {
        self.remote.init_timeout = timeout;
        self
    }

    /// Sets what calls return if the server has not responded within [`init_timeout`](Self::init_timeout), or rejects the
    /// API key. Default: [`OnInitFailure::Raise`], an error.
    ///
    /// With [`OnInitFailure::Return`], [`build`](Self::build) always returns a client. A missing API key, an invalid
    /// address or an unreadable datafile is a problem, which [`Client::problems`](crate::Client::problems) lists.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, OnInitFailure};
    ///
    /// let builder = Client::builder().on_init_failure(OnInitFailure::Return);
    /// ```
    pub fn on_init_failure(mut self, on_init_failure: OnInitFailure) -> Self {
        self.remote.on_init_failure = on_init_failure;
        self
    }

    /// Sets whether the last state of the server is cached in a file, so that the program can start during an outage.
    /// Default: `true`.
    ///
    /// The file is in `$XDG_CACHE_HOME`, or in `~/.cache`. Only its owner can read it.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let builder = Client::builder().local_cache(false);
    /// ```
    pub fn local_cache(mut self, local_cache: bool) -> Self {
        self.remote.cache_dir = env::cache_dir().filter(|_| local_cache);
        self
    }

    /// Sets the directory of the cache file; see [`local_cache`](Self::local_cache).
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let builder = Client::builder().local_cache_dir("/var/cache/my-app");
    /// ```
    pub fn local_cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.remote.cache_dir = Some(dir.into());
        self
    }

    /// Sets how often the server is polled while the stream of changes is down. Default: 60 s.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use prefab_client::Client;
    ///
    /// let builder = Client::builder().poll_interval(Duration::from_secs(30));
    /// ```
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.remote.poll_interval = Some(interval);
        self
    }

    /// Returns whether every failure of the build is a problem instead of an error.
    pub(super) fn tolerates_failures(&self) -> bool {
        self.remote.on_init_failure == OnInitFailure::Return
    }

    /// Returns the server, if one is configured, and the gate that its first response opens.
    pub(crate) fn remote(&mut self) -> Result<(InitGate, Option<RemoteSource>), Error> {
        let (gate, remote) = self.connect()?;
        if remote.is_some() {
            self.check_proxies();
        }
        Ok((gate, remote))
    }

    fn connect(&self) -> Result<(InitGate, Option<RemoteSource>), Error> {
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
            tracing::info!(target: LOG, "no API key set; using local files only");
            return Ok((InitGate::open(), None));
        };

        let mut options = RemoteOptions::new(key);
        options.cache_dir.clone_from(cache_dir);
        options.poll_interval = poll_interval.unwrap_or(options.poll_interval);
        let with_gate = |source: RemoteSource| {
            (InitGate::closed(*on_init_failure, source.address(), *init_timeout), Some(source))
        };
        #[cfg(feature = "grpc")]
        if let Some(url) = grpc_url {
            let grpc = prefab_sources::GrpcOptions::new(url);
            return Ok(with_gate(RemoteSource::grpc(options, grpc)?));
        }
        if self.remote.api_urls.is_empty() {
            return Err(Error::MissingApiUrl);
        }
        let mut http = HttpOptions::new(&self.remote.api_urls);
        if !stream_urls.is_empty() {
            http.stream_urls.clone_from(stream_urls);
        }
        http.cdn_url.clone_from(cdn_url);
        Ok(with_gate(RemoteSource::http(options, http)?))
    }

    /// Reports the variables that are ignored because they are not the URL of a proxy. Does not show their values, which
    /// may contain credentials.
    fn check_proxies(&mut self) {
        let Remote { api_urls, stream_urls, cdn_url, .. } = &self.remote;
        let urls = api_urls.iter().chain(stream_urls).chain(cdn_url);
        #[cfg(feature = "telemetry")]
        let urls = urls.chain(&self.telemetry.url);
        let variables: BTreeSet<_> = urls.flat_map(|url| invalid_proxy_variables(url)).collect();
        self.setting_findings.extend(variables.into_iter().map(|variable| {
            let message = format!(
                "ignored {variable}: it is not the URL of a proxy; write for example `http://proxy.example.com:3128`"
            );
            Finding::new("settings", message)
        }));
    }

    /// Returns the sink for telemetry reports, or `None` if no address is known.
    #[cfg(feature = "telemetry")]
    pub(crate) fn report_sink(
        &self,
    ) -> Option<Result<prefab_sources::ReportSink, prefab_sources::SourceError>> {
        let url = self.telemetry.url.clone().or_else(|| self.remote.telemetry_url())?;
        Some(prefab_sources::ReportSink::new(&self.remote.key()?, &url))
    }
}
