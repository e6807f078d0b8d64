//! A server over gRPC.

#[cfg(feature = "rustls")]
use std::sync::OnceLock;
use std::{sync::Arc, time::Duration};

use prefab_proto::{packed, services::config_service_client::ConfigServiceClient, wire};
use tokio::time::timeout;
use tonic::{
    Code, Request, Status, Streaming,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

use crate::{
    RemoteOptions, RemoteSource, SourceError, SourceErrorKind,
    remote::{Checkpoint, Frame, Frames, Purpose, Transport, without_credentials},
};

/// Address and limits of a gRPC server.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use prefab_sources::GrpcOptions;
///
/// let options = GrpcOptions { timeout: Duration::from_secs(2), ..GrpcOptions::new("https://grpc.example.com") };
/// # drop(options);
/// ```
#[derive(Clone, Debug)]
pub struct GrpcOptions {
    /// The address: `https://grpc.example.com`, or `http://…` without TLS.
    pub url: String,
    /// How long a connection and the opening of a stream may take. Default: 4 s. A checkpoint may take three times as long.
    pub timeout: Duration,
    /// The maximum size of a message. Default: 64 MiB.
    pub max_bytes: usize,
}

impl GrpcOptions {
    /// Returns the default options for this address.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), timeout: Duration::from_secs(4), max_bytes: 64 << 20 }
    }
}

impl RemoteSource {
    /// Returns a source that connects to a server over gRPC.
    ///
    /// # Errors
    ///
    /// If the address is invalid, the API key contains control characters, or `https` is used without the feature `rustls`.
    pub fn grpc(options: RemoteOptions, grpc: GrpcOptions) -> Result<Self, SourceError> {
        Ok(Self::over(Grpc::new(options.api_key.secret(), grpc)?, options))
    }
}

/// The name of a checkpoint in provenance.
const NAME: &str = "remote_api_grpc";
const STREAM: &str = "streaming";
const CLIENT: &str = concat!("prefab-cloud-rust.", env!("CARGO_PKG_VERSION"));

/// The interval of pings on a connection, and how long the response may take.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// A stream without a message for this long is alive, if its connection answers pings.
const IDLE_FRAME_INTERVAL: Duration = Duration::from_secs(30);

struct Grpc {
    endpoint: Endpoint,
    /// The endpoint with the CA certificates of the system, after they were read without an error.
    #[cfg(feature = "rustls")]
    with_tls: OnceLock<Endpoint>,
    /// The address without credentials.
    url: String,
    key: MetadataValue<Ascii>,
    timeout: Duration,
    max_bytes: usize,
}

impl Grpc {
    fn new(key: &str, options: GrpcOptions) -> Result<Self, SourceError> {
        let GrpcOptions { url, timeout, max_bytes } = options;
        let shown = without_credentials(&url);
        let wrong =
            |why: &str| SourceError::new(SourceErrorKind::InvalidSetting, NAME, format!("`{shown}` {why}"));
        let endpoint = Endpoint::from_shared(url)
            .map_err(|cause| wrong(&format!("is not a URL: {}", root(&cause))))?
            .connect_timeout(timeout)
            .http2_keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT)
            .keep_alive_while_idle(true);
        let endpoint = match endpoint.uri().scheme_str() {
            Some("http") => endpoint,
            #[cfg(feature = "rustls")]
            Some("https") => endpoint,
            #[cfg(not(feature = "rustls"))]
            Some("https") => return Err(wrong("requires TLS").with_advice("enable the feature `rustls`")),
            _ => return Err(wrong("is neither an http nor an https URL")),
        };
        let mut key = MetadataValue::try_from(key).map_err(|_| {
            SourceError::new(SourceErrorKind::InvalidSetting, NAME, "the API key contains control characters")
                .with_advice("remove them from PREFAB_API_KEY")
        })?;
        key.set_sensitive(true);
        Ok(Self {
            endpoint,
            #[cfg(feature = "rustls")]
            with_tls: OnceLock::new(),
            url: shown,
            key,
            timeout,
            max_bytes,
        })
    }

    /// Returns the endpoint with TLS, if it uses TLS. Without CA certificates it cannot, until the system has some.
    #[cfg(feature = "rustls")]
    fn endpoint(&self, name: &'static str) -> Result<&Endpoint, SourceError> {
        if self.endpoint.uri().scheme_str() != Some("https") {
            return Ok(&self.endpoint);
        }
        if let Some(endpoint) = self.with_tls.get() {
            return Ok(endpoint);
        }
        let tls = tonic::transport::ClientTlsConfig::new().with_native_roots();
        let endpoint = self.endpoint.clone().tls_config(tls).map_err(|cause| {
            self.unavailable(name, &format!("cannot be reached over TLS: {}", root(&cause))).with_advice(
                "install the package `ca-certificates`, or set SSL_CERT_FILE to a file with CA certificates",
            )
        })?;
        Ok(self.with_tls.get_or_init(|| endpoint))
    }

    #[cfg(not(feature = "rustls"))]
    #[expect(clippy::unnecessary_wraps, reason = "same signature as with the feature `rustls`")]
    fn endpoint(&self, _name: &'static str) -> Result<&Endpoint, SourceError> {
        Ok(&self.endpoint)
    }

    /// Opens a new connection: one that died silently must not be reused.
    async fn connect(&self, name: &'static str) -> Result<ConfigServiceClient<Channel>, SourceError> {
        match timeout(self.timeout, self.endpoint(name)?.connect()).await {
            Ok(Ok(channel)) => {
                Ok(ConfigServiceClient::new(channel).max_decoding_message_size(self.max_bytes))
            }
            Ok(Err(cause)) => Err(self.unavailable(name, &format!("could not be reached: {}", root(&cause)))),
            Err(_) => Err(self.slow(name, self.timeout)),
        }
    }

    fn request(&self, since: i64) -> Request<wire::ConfigServicePointer> {
        let pointer = wire::ConfigServicePointer { start_at_id: since, ..Default::default() };
        let mut request = Request::new(pointer);
        request.metadata_mut().insert("auth", self.key.clone());
        request.metadata_mut().insert("client", MetadataValue::from_static(CLIENT));
        request
    }

    fn slow(&self, name: &'static str, limit: Duration) -> SourceError {
        self.unavailable(name, &format!("did not respond within {} s", limit.as_secs_f64()))
    }

    fn unavailable(&self, name: &'static str, what: &str) -> SourceError {
        SourceError::new(SourceErrorKind::Unavailable, name, format!("`{}` {what}", self.url))
    }

    fn failed(&self, name: &'static str, status: &Status) -> SourceError {
        match status.code() {
            Code::Unauthenticated | Code::PermissionDenied => {
                let why = format!("`{}` rejected the API key: {}", self.url, status.code());
                SourceError::new(SourceErrorKind::Unauthorized, name, why)
                    .with_advice("set PREFAB_API_KEY to a backend API key of this server")
            }
            code => self.unavailable(name, &format!("responded with {code}: {}", status.message())),
        }
    }
}

impl Transport for Grpc {
    type Frames = MessageFrames;

    fn server_id(&self) -> String {
        self.url.clone()
    }

    fn address(&self) -> String {
        self.url.clone()
    }

    async fn checkpoint(&mut self, since: i64, _: Purpose) -> Result<Checkpoint, SourceError> {
        let mut client = self.connect(NAME).await?;
        let limit = self.timeout * 3;
        let answer = timeout(limit, client.get_all_config(self.request(since)))
            .await
            .map_err(|_| self.slow(NAME, limit))?
            .map_err(|status| self.failed(NAME, &status))?;
        Ok(Checkpoint { source: NAME.into(), configs: Some(packed::pack_decoded(answer.get_ref())) })
    }

    async fn open(&mut self, since: i64) -> Result<MessageFrames, SourceError> {
        let mut client = self.connect(STREAM).await?;
        let messages = timeout(self.timeout, client.get_config(self.request(since)))
            .await
            .map_err(|_| self.slow(STREAM, self.timeout))?
            .map_err(|status| self.failed(STREAM, &status))?;
        Ok(MessageFrames { messages: messages.into_inner(), url: self.url.clone(), is_new: true })
    }

    fn stream_name(&self) -> Arc<str> {
        STREAM.into()
    }
}

struct MessageFrames {
    messages: Streaming<wire::Configs>,
    url: String,
    /// The server has accepted the stream, which is as good as a keepalive.
    is_new: bool,
}

impl Frames for MessageFrames {
    async fn next(&mut self) -> Option<Result<Frame, SourceError>> {
        if std::mem::take(&mut self.is_new) {
            return Some(Ok(Frame::Alive));
        }
        match timeout(IDLE_FRAME_INTERVAL, self.messages.message()).await {
            // A connection that does not answer pings has already failed.
            Err(_) => Some(Ok(Frame::Alive)),
            Ok(Ok(message)) => message.map(|configs| Ok(Frame::Configs(packed::pack_decoded(&configs)))),
            Ok(Err(status)) => {
                let why =
                    format!("`{}` closed the stream: {}: {}", self.url, status.code(), status.message());
                Some(Err(SourceError::new(SourceErrorKind::Unavailable, STREAM, why)))
            }
        }
    }
}

/// Returns the innermost cause, which is the specific one.
fn root(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
