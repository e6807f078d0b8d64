//! The trait of all sources.

use std::pin::Pin;

use futures_util::Stream;
use prefab_core::Update;

use crate::{Finding, SourceError};

/// A source of configs.
///
/// # Examples
///
/// ```
/// use futures_util::StreamExt as _;
/// use prefab_core::{Layer, LayeredStore};
/// use prefab_sources::{ConfigSource, MemorySource};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), prefab_sources::SourceError> {
/// let source: Box<dyn ConfigSource> = Box::new(MemorySource::from_pairs(Layer::Program, [("max-jobs", 30)]));
/// let mut store = LayeredStore::default();
/// let mut updates = source.updates();
/// while let Some(item) = updates.next().await {
///     store.apply(item?.update);
/// }
/// assert!(store.get("max-jobs").is_some());
/// # Ok(()) }
/// ```
pub trait ConfigSource: Send + 'static {
    /// Returns the name of the source in logs and provenance: a path, `datafile` or `streaming`.
    fn name(&self) -> &str;

    /// Starts the source.
    ///
    /// The first item is the current state; it is sent even if it is empty. After an error the previous updates remain in
    /// effect, and the stream continues. The stream ends when no update can follow.
    fn updates(self: Box<Self>) -> UpdateStream;
}

/// The updates of a source, in order.
pub type UpdateStream = Pin<Box<dyn Stream<Item = Result<SourceUpdate, SourceError>> + Send>>;

/// One update of a source, with findings about parts of it.
///
/// # Examples
///
/// ```
/// use prefab_core::{Layer, Update};
/// use prefab_sources::SourceUpdate;
///
/// let update = SourceUpdate::from(Update::Replace { slot: Layer::Program.into(), entries: Vec::new() });
/// assert!(update.findings.is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct SourceUpdate {
    /// The update to apply.
    pub update: Update,
    /// Entries that were skipped, and suspicious ones.
    pub findings: Vec<Finding>,
}

impl From<Update> for SourceUpdate {
    fn from(update: Update) -> Self {
        Self { update, findings: Vec::new() }
    }
}
