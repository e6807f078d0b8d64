//! What a way to a server is: HTTP, gRPC, or a test.

use std::sync::Arc;

use prefab_proto::packed::Packed;

use crate::SourceError;

/// A way to a server. Each call ends by itself, in time or in failure.
pub(crate) trait Transport: Send + 'static {
    type Frames: Frames;

    /// Returns what tells this server from others, for the name of its cache.
    fn server_id(&self) -> String;

    /// Fetches everything newer than the id `since`; everything there is, where that is 0.
    fn checkpoint(
        &mut self,
        since: i64,
        purpose: Purpose,
    ) -> impl Future<Output = Result<Checkpoint, SourceError>> + Send;

    /// Opens a stream of everything newer than the id `since`, now and from now on.
    fn open(&mut self, since: i64) -> impl Future<Output = Result<Self::Frames, SourceError>> + Send;

    /// Returns what provenance calls that which the stream brings.
    fn stream_name(&self) -> Arc<str>;
}

/// An open stream.
pub(crate) trait Frames: Send {
    /// Returns what comes next, or nothing when the server has ended the stream.
    ///
    /// Waits for as long as the server says nothing. Nothing is lost when the wait is given up.
    fn next(&mut self) -> impl Future<Output = Option<Result<Frame, SourceError>>> + Send;
}

/// Why a checkpoint is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To begin with: near and quick is best, since the stream tells what is newer.
    Start,
    /// In place of the stream: what stands nearest to the truth is best.
    CatchUp,
}

/// A checkpoint.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    /// What provenance calls the place it came from.
    pub(crate) source: Arc<str>,
    /// The configs, or nothing if they are the same as at the last time.
    pub(crate) configs: Option<Packed>,
}

/// A piece of a stream.
#[derive(Debug)]
pub(crate) enum Frame {
    /// A sign of life.
    Alive,
    /// Changes.
    Configs(Packed),
    /// Something that could not be read, and why. The next piece may be sound.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "a gRPC stream ends with such a message"))]
    Unreadable(String),
}
