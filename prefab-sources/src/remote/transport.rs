//! The protocol of a server: HTTP, gRPC, or memory in tests.

use std::sync::Arc;

use prefab_proto::packed::PackedConfigs;

use crate::SourceError;

/// The protocol of a server. Each call ends within a time limit.
pub(crate) trait Transport: Send + 'static {
    type Frames: Frames;

    /// Returns an identifier of the server, for the name of its cache.
    fn server_id(&self) -> String;

    /// Returns the first address of the server, without credentials.
    fn address(&self) -> String;

    /// Fetches all configs newer than the id `since`; all configs if it is 0.
    fn checkpoint(
        &mut self,
        since: i64,
        purpose: Purpose,
    ) -> impl Future<Output = Result<Checkpoint, SourceError>> + Send;

    /// Opens a stream of all configs newer than the id `since`, present and future.
    fn open(&mut self, since: i64) -> impl Future<Output = Result<Self::Frames, SourceError>> + Send;

    /// Returns the name of the stream in provenance.
    fn stream_name(&self) -> Arc<str>;
}

/// An open stream.
pub(crate) trait Frames: Send {
    /// Returns the next frame, or `None` when the server has ended the stream.
    ///
    /// Waits without a limit. Dropping the future loses no frame.
    fn next(&mut self) -> impl Future<Output = Option<Result<Frame, SourceError>>> + Send;
}

/// Why a checkpoint is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// At startup: a near and fast copy is preferred, because the stream delivers newer changes.
    Start,
    /// In place of the stream: the most recent copy is preferred.
    CatchUp,
}

/// A checkpoint.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    /// The name of the origin in provenance.
    pub(crate) source: Arc<str>,
    /// The configs; `None` if they have not changed since the last request.
    pub(crate) configs: Option<PackedConfigs>,
}

/// A part of a stream.
#[derive(Debug)]
pub(crate) enum Frame {
    /// A keepalive.
    Alive,
    /// Changes.
    Configs(PackedConfigs),
    /// A message that could not be read, with the reason. The next frame may be valid.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "a gRPC stream ends with such a message"))]
    Unreadable(String),
}
