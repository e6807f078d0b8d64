//! Reports of content security policy violations, which point to injected scripts or to mistakes in the page.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use axum::{Json, body::Body};
use http::StatusCode;
use serde_json::{Value, json};

/// The size limit of a report, in bytes.
const MAX_REPORT_BYTES: usize = 16 * 1024;

/// Counts reports and keeps the directive of the last one.
#[derive(Default)]
pub(crate) struct Reports {
    count: AtomicU64,
    last: Mutex<Value>,
}

impl Reports {
    /// Records the report in a request body.
    pub(crate) async fn record(&self, body: Body) -> StatusCode {
        let Ok(bytes) = axum::body::to_bytes(body, MAX_REPORT_BYTES).await else {
            return StatusCode::PAYLOAD_TOO_LARGE;
        };
        let Ok(report) = serde_json::from_slice::<Value>(&bytes) else { return StatusCode::BAD_REQUEST };
        // Only the directive is kept: addresses and samples can contain private data.
        let directive = report.pointer("/csp-report/effective-directive").cloned().unwrap_or_default();
        self.count.fetch_add(1, Relaxed);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = directive;
        StatusCode::NO_CONTENT
    }

    /// Returns the number of reports and the directive of the last one.
    pub(crate) fn summary(&self) -> Json<Value> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Json(json!({ "count": self.count.load(Relaxed), "last": last }))
    }
}
