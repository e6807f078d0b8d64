//! What browsers report that the page may not do: a sign of somebody else's script, or of a mistake of ours.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use axum::{Json, body::Body};
use http::StatusCode;
use serde_json::{Value, json};

/// How long a report may be.
const LONGEST: usize = 16 * 1024;

/// Counts reports and keeps the last.
#[derive(Default)]
pub(crate) struct Reports {
    count: AtomicU64,
    last: Mutex<Value>,
}

impl Reports {
    pub(crate) async fn take(&self, body: Body) -> StatusCode {
        let Ok(bytes) = axum::body::to_bytes(body, LONGEST).await else {
            return StatusCode::PAYLOAD_TOO_LARGE;
        };
        let Ok(report) = serde_json::from_slice::<Value>(&bytes) else { return StatusCode::BAD_REQUEST };
        // Only what names the rule: addresses and samples may hold what is nobody's business.
        let rule = report.pointer("/csp-report/effective-directive").cloned().unwrap_or_default();
        self.count.fetch_add(1, Relaxed);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = rule;
        StatusCode::NO_CONTENT
    }

    pub(crate) fn show(&self) -> Json<Value> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Json(json!({ "count": self.count.load(Relaxed), "last": last }))
    }
}
