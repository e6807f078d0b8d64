//! Which form of a response does a client accept, and which does it already have?
//!
//! Start with [`choose_encoding`] for `Accept-Encoding` and [`is_cached`] for `If-None-Match`. Every response that
//! is compressed or has an `ETag` uses these two, so that all of them follow RFC 9110.

mod encoding;
mod etag;

pub use encoding::choose_encoding;
pub use etag::is_cached;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
