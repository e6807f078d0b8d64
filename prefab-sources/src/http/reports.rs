//! Where a client's reports go: the other direction of a server.

use std::{fmt, time::Duration};

use reqwest::{Client, StatusCode, header, redirect::Policy};
use tokio::time::timeout;

use super::{USER, VERSION, VERSION_HEADER, client, origin::Origin};
use crate::{ApiKey, SourceError, SourceErrorKind};

/// Takes what a client reports to `POST /api/v1/telemetry` of one server.
pub struct ReportSink {
    client: Client,
    key: ApiKey,
    origin: Origin,
}

const NAME: &str = "telemetry";

/// How long a report may take. Nobody waits for it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

impl ReportSink {
    /// Returns a sink that sends to the server at `url`.
    ///
    /// # Errors
    ///
    /// Where the address is none, or TLS is wanted and cannot be had.
    pub fn new(key: &ApiKey, url: &str) -> Result<Self, SourceError> {
        // A redirect would turn the post into a question, whose answer says nothing about the report.
        let client = client(NAME, Policy::none())?;
        Ok(Self { client, key: key.clone(), origin: Origin::parse(NAME, url)? })
    }

    /// Sends one `TelemetryEvents` message.
    ///
    /// # Errors
    ///
    /// Where the server is away or does not take it; whether another try may help, the error tells.
    pub async fn send(&self, message: &[u8]) -> Result<(), SourceError> {
        let url = format!("{}/api/v1/telemetry", self.origin.base());
        let request = self
            .client
            .post(url)
            .basic_auth(USER, Some(self.key.secret()))
            .header(VERSION_HEADER, VERSION)
            .header(header::CONTENT_TYPE, PROTOBUF)
            .header(header::ACCEPT, PROTOBUF)
            .body(message.to_vec());
        match timeout(REQUEST_TIMEOUT, request.send()).await {
            Ok(Ok(response)) => self.verdict(response.status()),
            Ok(Err(cause)) => Err(self.origin.unreachable(&cause)),
            Err(_) => Err(self.origin.unavailable(format!("did not answer within {REQUEST_TIMEOUT:?}"))),
        }
    }

    fn verdict(&self, status: StatusCode) -> Result<(), SourceError> {
        match status {
            _ if status.is_success() => Ok(()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.origin.unauthorized(status)),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(self.origin.unavailable(format!("answered {status}")))
            }
            _ if status.is_server_error() => Err(self.origin.unavailable(format!("answered {status}"))),
            StatusCode::PAYLOAD_TOO_LARGE => Err(self.refused(SourceErrorKind::TooLarge, status)),
            // There is a server, but none for reports.
            _ => Err(self.refused(SourceErrorKind::InvalidSetting, status)),
        }
    }

    fn refused(&self, kind: SourceErrorKind, status: StatusCode) -> SourceError {
        self.origin.error(kind, &format!("answered {status}"))
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
    fn an_answer_says_whether_to_try_again() {
        let sink = ReportSink::new(&ApiKey::new("1-key"), "http://host/").unwrap();
        let check = |status: u16, expected: &str| {
            let told = match sink.verdict(StatusCode::from_u16(status).unwrap()) {
                Ok(()) => "taken".to_owned(),
                Err(error) if error.is_retryable() => format!("again: {error}"),
                Err(error) => format!("never: {error}"),
            };
            assert!(told.starts_with(expected), "{told}");
        };
        check(200, "taken");
        check(202, "taken");
        check(401, "never: telemetry: `http://host` refused the API key: 401 Unauthorized");
        check(302, "never: telemetry: `http://host` answered 302 Found");
        check(404, "never: telemetry: `http://host` answered 404 Not Found");
        check(413, "never: telemetry: `http://host` answered 413 Payload Too Large");
        check(429, "again: telemetry: `http://host` answered 429 Too Many Requests");
        check(503, "again: telemetry: `http://host` answered 503 Service Unavailable");
    }
}
