//! The body of an evaluation, compressed if the client accepts gzip.

use std::io::Write as _;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::HeaderMap;
use prefab_service::evaluate::cache::Body;

/// Smaller bodies are not compressed.
const MIN_COMPRESSED_BYTES: usize = 1 << 10;

/// Returns whether the client accepts gzip.
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    prefab_http::choose_encoding(headers, &["gzip"]).is_some()
}

/// Returns the body with this JSON.
pub(super) fn body(json: String, may_compress: bool) -> Body {
    if may_compress
        && json.len() >= MIN_COMPRESSED_BYTES
        && let Some(bytes) = gzip(json.as_bytes())
    {
        return Body { bytes: bytes.into(), is_gzip: true };
    }
    Body { bytes: Bytes::from(json), is_gzip: false }
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 8), Compression::fast());
    // Writing to memory cannot fail.
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}
