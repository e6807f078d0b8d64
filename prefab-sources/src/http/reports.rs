//! Sends telemetry reports to a server.

use std::{fmt, time::Duration};

use reqwest::{Method, Response, StatusCode, header};
use tokio::time::timeout;

use super::{USER, VERSION, VERSION_HEADER, connector::Connector, origin::Origin};
use crate::{ApiKey, SourceError, SourceErrorKind};

/// Sends reports to `POST /api/v1/telemetry` of one server.
pub struct ReportSink {
    connector: Connector,
    key: ApiKey,
    origin: Origin,
}

const NAME: &str = "telemetry";

/// How long a report may take. No call waits for it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

impl ReportSink {
    /// Returns a sink for the server at `url`.
    ///
    /// # Errors
    ///
    /// If the address is invalid, or `https` is used without the feature `rustls`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::{ApiKey, ReportSink};
    ///
    /// let key = ApiKey::new("123-Development-P202-E308-SDK-abcdef");
    /// let sink = ReportSink::new(&key, "http://127.0.0.1:8742")?;
    /// # drop(sink);
    /// # Ok::<(), prefab_sources::SourceError>(())
    /// ```
    pub fn new(key: &ApiKey, url: &str) -> Result<Self, SourceError> {
        // A redirect would turn the POST into a GET, whose response is unrelated to the report.
        let connector = Connector::without_redirects();
        Ok(Self { connector, key: key.clone(), origin: Origin::parse(NAME, url, key)? })
    }

    /// Sends one `TelemetryEvents` message.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached or rejects the report. [`SourceError::is_retryable`] returns whether a retry may
    /// succeed.
    pub async fn send(&self, message: &[u8]) -> Result<(), SourceError> {
        let url = format!("{}/api/v1/telemetry", self.origin.base());
        let request = self
            .connector
            .client(&self.origin)?
            .request(Method::POST, url)
            .basic_auth(USER, Some(self.key.secret()))
            .header(VERSION_HEADER, VERSION)
            .header(header::CONTENT_TYPE, PROTOBUF)
            .header(header::ACCEPT, PROTOBUF)
            .body(message.to_vec());
        match timeout(REQUEST_TIMEOUT, request.send()).await {
            Ok(Ok(response)) => self.verdict_of(&response),
            Ok(Err(cause)) => Err(self.origin.unreachable(&cause)),
            Err(_) => Err(self
                .origin
                .unavailable(format!("did not respond within {} s", REQUEST_TIMEOUT.as_secs_f64()))),
        }
    }

    fn verdict_of(&self, response: &Response) -> Result<(), SourceError> {
        match response.status() {
            status if status.is_redirection() => Err(self.origin.redirected(response)),
            status => self.verdict(status),
        }
    }

    fn verdict(&self, status: StatusCode) -> Result<(), SourceError> {
        match status {
            _ if status.is_success() => Ok(()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.origin.unauthorized(status)),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(self.origin.unavailable(format!("responded with {status}")))
            }
            _ if status.is_server_error() => Err(self.origin.unavailable(format!("responded with {status}"))),
            StatusCode::PAYLOAD_TOO_LARGE => Err(self.refused(SourceErrorKind::TooLarge, status)),
            // The server does not accept reports.
            _ => Err(self.refused(SourceErrorKind::InvalidSetting, status)),
        }
    }

    fn refused(&self, kind: SourceErrorKind, status: StatusCode) -> SourceError {
        self.origin.error(kind, &format!("responded with {status}"))
    }
}

const PROTOBUF: &str = "application/x-protobuf";

impl fmt::Debug for ReportSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportSink").field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_determines_whether_to_retry() {
        let sink = ReportSink::new(&ApiKey::new("1-key"), "http://host/").unwrap();
        let check = |status: u16, expected: &str| {
            let outcome = match sink.verdict(StatusCode::from_u16(status).unwrap()) {
                Ok(()) => "accepted".to_owned(),
                Err(error) if error.is_retryable() => format!("retry: {error}"),
                Err(error) => format!("never: {error}"),
            };
            assert!(outcome.starts_with(expected), "{outcome}");
        };
        check(200, "accepted");
        check(202, "accepted");
        check(401, "never: telemetry: `http://host` rejected the API key: 401 Unauthorized");
        check(404, "never: telemetry: `http://host` responded with 404 Not Found");
        check(413, "never: telemetry: `http://host` responded with 413 Payload Too Large");
        check(429, "retry: telemetry: `http://host` responded with 429 Too Many Requests");
        check(503, "retry: telemetry: `http://host` responded with 503 Service Unavailable");
    }
}
