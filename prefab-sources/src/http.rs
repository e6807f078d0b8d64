//! A server over HTTP: checkpoints as protobuf, the stream as server-sent events.

mod checkpoint;
mod connector;
mod origin;
mod proxy;
mod reports;
mod stream;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use reqwest::{RequestBuilder, StatusCode};
use tokio::time::timeout;

use crate::{
    ApiKey, RemoteOptions, RemoteSource, SourceError, SourceErrorKind,
    remote::{Checkpoint, Purpose, Transport},
    sse,
};

use connector::Connector;
use origin::Origin;
pub use proxy::{invalid_proxy_variables, proxy_for};
pub use reports::ReportSink;
use stream::EventFrames;
#[cfg(feature = "fuzzing")]
pub(crate) use stream::frame;

/// Addresses of servers, and limits of their responses.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// A copy of the API, for example a CDN. It may be slightly behind.
    pub cdn_url: Option<String>,
    /// The API addresses, in the order in which they are requested.
    pub api_urls: Vec<String>,
    /// The stream addresses. After each failure the next one is used.
    pub stream_urls: Vec<String>,
    /// How long a response may take to start, and how long it may pause. Default: 4 s.
    pub timeout: Duration,
    /// The maximum size of a checkpoint and of a message of the stream. Default: 64 MiB.
    pub max_bytes: usize,
}

impl HttpOptions {
    /// Returns options for these API addresses.
    ///
    /// The stream addresses are the same, with `belt.` and `suspenders.` replaced by `stream.`, as in the official clients.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::HttpOptions;
    ///
    /// let own = HttpOptions::new(["https://prefab.example.com"]);
    /// assert_eq!(own.stream_urls, ["https://prefab.example.com"]);
    /// let two = HttpOptions::new(["https://belt.example.com", "https://suspenders.example.com"]);
    /// assert_eq!(two.stream_urls, ["https://stream.example.com"]);
    /// ```
    pub fn new<S: Into<String>>(api_urls: impl IntoIterator<Item = S>) -> Self {
        let api_urls: Vec<String> = api_urls.into_iter().map(Into::into).collect();
        let mut stream_urls = Vec::new();
        for url in &api_urls {
            let url = sibling_url(url, "stream.");
            if !stream_urls.contains(&url) {
                stream_urls.push(url);
            }
        }
        Self {
            cdn_url: None,
            api_urls,
            stream_urls,
            timeout: Duration::from_secs(4),
            max_bytes: sse::Limits::default().event,
        }
    }

    /// Returns the address for reports: the first API address, with `belt.` and `suspenders.` replaced by `telemetry.`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::HttpOptions;
    ///
    /// let own = HttpOptions::new(["https://prefab.example.com"]);
    /// assert_eq!(own.telemetry_url().as_deref(), Some("https://prefab.example.com"));
    /// let two = HttpOptions::new(["https://belt.example.com", "https://suspenders.example.com"]);
    /// assert_eq!(two.telemetry_url().as_deref(), Some("https://telemetry.example.com"));
    /// ```
    pub fn telemetry_url(&self) -> Option<String> {
        self.api_urls.first().map(|url| sibling_url(url, "telemetry."))
    }
}

/// Returns the address of another service next to the API, as the official clients derive it.
fn sibling_url(url: &str, name: &str) -> String {
    url.replacen("belt.", name, 1).replacen("suspenders.", name, 1)
}

impl RemoteSource {
    /// Returns a source that connects to servers over HTTP.
    ///
    /// # Errors
    ///
    /// If an address is invalid, or `https` is used without the feature `rustls`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::{ApiKey, HttpOptions, RemoteOptions, RemoteSource};
    ///
    /// let options = RemoteOptions::new(ApiKey::new("123-Development-P202-E308-SDK-abcdef"));
    /// let source = RemoteSource::http(options, HttpOptions::new(["http://127.0.0.1:8742"]))?;
    /// # drop(source);
    /// # Ok::<(), prefab_sources::SourceError>(())
    /// ```
    pub fn http(options: RemoteOptions, http: HttpOptions) -> Result<Self, SourceError> {
        Ok(Self::over(Http::new(&options.api_key, http)?, options))
    }
}

/// The user name that most official clients send. The password is the API key.
const USER: &str = "authuser";
const VERSION_HEADER: &str = "x-prefabcloud-client-version";
const VERSION: &str = concat!("prefab-cloud-rust-", env!("CARGO_PKG_VERSION"));

/// How long a connection may be idle before the system probes it.
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);

pub(crate) struct Http {
    connector: Connector,
    key: ApiKey,
    cdn: Option<Origin>,
    api: Vec<Origin>,
    streams: Vec<Origin>,
    /// The index of the next stream address.
    stream: usize,
    timeout: Duration,
    max_bytes: usize,
}

impl Http {
    fn new(key: &ApiKey, options: HttpOptions) -> Result<Self, SourceError> {
        let HttpOptions { cdn_url, api_urls, stream_urls, timeout, max_bytes } = options;
        let origins = |name: &str, urls: Vec<String>| -> Result<Vec<Origin>, SourceError> {
            if urls.is_empty() {
                return Err(no_address(name));
            }
            urls.iter().map(|url| Origin::parse(name, url, key)).collect()
        };
        Ok(Self {
            connector: Connector::new(),
            key: key.clone(),
            cdn: cdn_url.map(|url| Origin::parse("remote_cdn_api", &url, key)).transpose()?,
            api: origins("remote_api", api_urls)?,
            streams: origins("streaming", stream_urls)?,
            stream: 0,
            timeout,
            max_bytes,
        })
    }

    /// Returns a request for a path of an origin.
    fn get(&self, origin: &Origin, path: &str) -> Result<RequestBuilder, SourceError> {
        let client = self.connector.client(origin)?;
        let request = client.get(format!("{}{path}", origin.base()));
        Ok(request.basic_auth(USER, Some(self.key.secret())).header(VERSION_HEADER, VERSION))
    }
}

impl Transport for Http {
    type Frames = EventFrames;

    fn server_id(&self) -> String {
        self.api.iter().map(Origin::base).collect::<Vec<_>>().join(",")
    }

    fn address(&self) -> String {
        self.api.first().map(|origin| origin.shown().to_owned()).unwrap_or_default()
    }

    async fn checkpoint(&mut self, since: i64, purpose: Purpose) -> Result<Checkpoint, SourceError> {
        let api = 0..self.api.len();
        let cdn = self.cdn.iter().map(|_| CDN);
        let order: Vec<usize> = match purpose {
            Purpose::Start => cdn.chain(api).collect(),
            Purpose::CatchUp => api.chain(cdn).collect(),
        };
        let mut failed = None;
        for at in order {
            match self.checkpoint_of(at, since).await {
                Ok(fetched) => return Ok(fetched),
                // A CDN may receive a new API key later than the API, so only the API decides about it.
                Err(error) if error.is_unauthorized() && at != CDN => return Err(error),
                Err(error) => failed = Some(error),
            }
        }
        // There is at least one address, so one of them has responded or failed.
        Err(failed.unwrap_or_else(|| no_address("remote_api")))
    }

    async fn open(&mut self, since: i64) -> Result<EventFrames, SourceError> {
        let at = self.stream % self.streams.len();
        // The end of a stream is not a failure, but the next stream may use another address.
        self.stream = at + 1;
        self.open_stream(&self.streams[at], since).await
    }

    fn stream_name(&self) -> Arc<str> {
        "streaming".into()
    }
}

fn no_address(name: &str) -> SourceError {
    let variable = if name == "streaming" { "PREFAB_STREAM_URL" } else { "PREFAB_API_URL" };
    SourceError::new(SourceErrorKind::InvalidSetting, name, "no address is set")
        .with_advice(format!("set {variable}"))
}

/// The index of the CDN in a list of origins.
const CDN: usize = usize::MAX;

/// Sends a request and returns the response when its headers have been received.
async fn head(
    origin: &Origin,
    request: RequestBuilder,
    limit: Duration,
) -> Result<reqwest::Response, SourceError> {
    let response = match timeout(limit, request.send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(cause)) => return Err(origin.unreachable(&cause)),
        Err(_) => return Err(origin.unavailable(format!("did not respond within {} s", limit.as_secs_f64()))),
    };
    match response.status() {
        StatusCode::OK | StatusCode::NOT_MODIFIED => Ok(response),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(origin.unauthorized(response.status())),
        status if status.is_redirection() => Err(origin.redirected(&response)),
        status => Err(origin.answered(status)),
    }
}
