//! Evaluations for OpenFeature clients, by the OpenFeature Remote Evaluation Protocol (OFREP).
//!
//! Start with [`Evaluator`]: it evaluates one flag, or all flags that the caller may read, and writes the responses.
//! Values, reasons, variants, metadata and errors follow `prefab-openfeature-mapping`.

mod entries;
mod evaluator;
mod report;
mod request;
pub mod stream_token;

pub use evaluator::{Evaluator, FlagOutcome, PublishedVersion};
pub use report::report;
pub use request::EvaluationRequest;

/// The maximum size of the body of a request, in bytes.
pub const MAX_BODY_BYTES: usize = 64 << 10;
