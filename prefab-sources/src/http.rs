//! A server over HTTP: checkpoints as protobuf, the stream as server-sent events.

mod checkpoint;
mod origin;
mod reports;
mod stream;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use reqwest::{Client, RequestBuilder, StatusCode, redirect::Policy};
use tokio::time::timeout;

use crate::{
    ApiKey, RemoteOptions, RemoteSource, SourceError, SourceErrorKind,
    remote::{Checkpoint, Purpose, Transport},
    sse,
};

use origin::Origin;
pub use reports::ReportSink;
use stream::EventFrames;
#[cfg(feature = "fuzzing")]
pub(crate) use stream::frame;

/// Where the servers are, and how long they may take.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// A copy of the API that is near, and may be a little behind.
    pub cdn_url: Option<String>,
    /// The API, in the order in which it is asked.
    pub api_urls: Vec<String>,
    /// Who streams; each failure moves on to the next.
    pub stream_urls: Vec<String>,
    /// How long an answer may take to begin, and to go on: 4 s at first.
    pub timeout: Duration,
    /// How large a checkpoint may be, and a message of the stream: 64 MiB at first.
    pub max_bytes: usize,
}

impl HttpOptions {
    /// Returns options for these servers.
    ///
    /// They stream, too, save that `belt.` and `suspenders.` in a name become `stream.`, as official clients
    /// have it.
    ///
    /// ```
    /// use prefab_sources::HttpOptions;
    ///
    /// let own = HttpOptions::new(["https://prefab.example.com"]);
    /// assert_eq!(own.stream_urls, ["https://prefab.example.com"]);
    /// let hosted = HttpOptions::default();
    /// assert_eq!(hosted.api_urls, ["https://belt.prefab.cloud", "https://suspenders.prefab.cloud"]);
    /// assert_eq!(hosted.stream_urls, ["https://stream.prefab.cloud"]);
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

    /// Returns who takes reports: the first of the API, with `belt.` and `suspenders.` become `telemetry.`.
    ///
    /// ```
    /// use prefab_sources::HttpOptions;
    ///
    /// let own = HttpOptions::new(["https://prefab.example.com"]);
    /// assert_eq!(own.telemetry_url().as_deref(), Some("https://prefab.example.com"));
    /// let hosted = HttpOptions::default();
    /// assert_eq!(hosted.telemetry_url().as_deref(), Some("https://telemetry.prefab.cloud"));
    /// ```
    pub fn telemetry_url(&self) -> Option<String> {
        self.api_urls.first().map(|url| sibling_url(url, "telemetry."))
    }
}

/// Returns the server for another purpose beside one of the API, as official clients find it.
fn sibling_url(url: &str, name: &str) -> String {
    url.replacen("belt.", name, 1).replacen("suspenders.", name, 1)
}

impl Default for HttpOptions {
    /// Returns the servers of the hosted service.
    fn default() -> Self {
        Self::new(["https://belt.prefab.cloud", "https://suspenders.prefab.cloud"])
    }
}

impl RemoteSource {
    /// Returns a source that talks to servers over HTTP.
    ///
    /// # Errors
    ///
    /// Where an address is none, or TLS is wanted and cannot be had.
    pub fn http(options: RemoteOptions, http: HttpOptions) -> Result<Self, SourceError> {
        Ok(Self::over(Http::new(&options.api_key, http)?, options))
    }
}

/// The user's name that most official clients send; the key is the password.
const USER: &str = "authuser";
const VERSION_HEADER: &str = "x-prefabcloud-client-version";
const VERSION: &str = concat!("prefab-cloud-rust-", env!("CARGO_PKG_VERSION"));

/// How long one connection may say nothing before the system asks whether the other end still is.
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);

pub(crate) struct Http {
    client: Client,
    key: ApiKey,
    cdn: Option<Origin>,
    api: Vec<Origin>,
    streams: Vec<Origin>,
    /// Which of the streams is next.
    stream: usize,
    timeout: Duration,
    max_bytes: usize,
}

impl Http {
    fn new(key: &ApiKey, options: HttpOptions) -> Result<Self, SourceError> {
        let HttpOptions { cdn_url, api_urls, stream_urls, timeout, max_bytes } = options;
        let origins = |name: &str, urls: Vec<String>| -> Result<Vec<Origin>, SourceError> {
            if urls.is_empty() {
                return Err(SourceError::new(SourceErrorKind::InvalidSetting, name, "there is no address"));
            }
            urls.iter().map(|url| Origin::parse(name, url)).collect()
        };
        Ok(Self {
            client: client("remote_api", Policy::default())?,
            key: key.clone(),
            cdn: cdn_url.map(|url| Origin::parse("remote_cdn_api", &url)).transpose()?,
            api: origins("remote_api", api_urls)?,
            streams: origins("streaming", stream_urls)?,
            stream: 0,
            timeout,
            max_bytes,
        })
    }

    fn get(&self, url: String) -> RequestBuilder {
        let request = self.client.get(url).basic_auth(USER, Some(self.key.secret()));
        request.header(VERSION_HEADER, VERSION)
    }
}

impl Transport for Http {
    type Frames = EventFrames;

    fn server_id(&self) -> String {
        self.api.iter().map(Origin::base).collect::<Vec<_>>().join(",")
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
                // A CDN may know the key later than the API does; the API's word is final.
                Err(error) if error.is_unauthorized() && at != CDN => return Err(error),
                Err(error) => failed = Some(error),
            }
        }
        // There is at least one address, which has answered or failed.
        Err(failed.unwrap_or_else(|| {
            SourceError::new(SourceErrorKind::InvalidSetting, "remote_api", "there is no address")
        }))
    }

    async fn open(&mut self, since: i64) -> Result<EventFrames, SourceError> {
        let at = self.stream % self.streams.len();
        // A stream that ends is no failure, but its successor may as well be another.
        self.stream = at + 1;
        self.open_stream(&self.streams[at], since).await
    }

    fn stream_name(&self) -> Arc<str> {
        "streaming".into()
    }
}

fn client(name: &str, redirects: Policy) -> Result<Client, SourceError> {
    Client::builder()
        // A connection that died without a word must not be met again after the watchdog has given it up.
        .pool_max_idle_per_host(0)
        .tcp_keepalive(TCP_KEEPALIVE)
        .redirect(redirects)
        .build()
        .map_err(|cause| {
            let why = format!("no connection can be made: {}", origin::root(&cause));
            SourceError::new(SourceErrorKind::InvalidSetting, name, why)
        })
}

/// The place of the CDN in an order of origins.
const CDN: usize = usize::MAX;

/// Sends a request and returns the answer once its head is there.
async fn head(
    origin: &Origin,
    request: RequestBuilder,
    limit: Duration,
) -> Result<reqwest::Response, SourceError> {
    let response = match timeout(limit, request.send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(cause)) => return Err(origin.unreachable(&cause)),
        Err(_) => return Err(origin.unavailable(format!("did not answer within {limit:?}"))),
    };
    match response.status() {
        StatusCode::OK | StatusCode::NOT_MODIFIED => Ok(response),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(origin.unauthorized(response.status())),
        status => Err(origin.answered(status)),
    }
}
