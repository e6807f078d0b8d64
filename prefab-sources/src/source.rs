//! What every source of configs is.

use std::pin::Pin;

use futures_util::Stream;
use prefab_core::Update;

use crate::{Finding, SourceError};

/// A place that configs come from, for as long as it has something to say.
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
/// while let Some(loaded) = updates.next().await {
///     store.apply(loaded?.update);
/// }
/// assert!(store.get("max-jobs").is_some());
/// # Ok(()) }
/// ```
pub trait ConfigSource: Send + 'static {
    /// Returns what logs and provenance call the source: a path, `datafile`, `streaming`.
    fn name(&self) -> &str;

    /// Starts the source.
    ///
    /// The first item says what holds now, and comes even when that is nothing. An error takes nothing
    /// back: what was said before still holds, and the stream goes on. It ends when nothing can follow.
    fn updates(self: Box<Self>) -> UpdateStream;
}

/// What a source has to say, one item after another.
pub type UpdateStream = Pin<Box<dyn Stream<Item = Result<SourceUpdate, SourceError>> + Send>>;

/// One thing that a source said, and what was wrong with parts of it.
#[derive(Clone, Debug)]
pub struct SourceUpdate {
    /// What to apply.
    pub update: Update,
    /// What could not be taken, or was taken with a doubt.
    pub findings: Vec<Finding>,
}

impl From<Update> for SourceUpdate {
    fn from(update: Update) -> Self {
        Self { update, findings: Vec::new() }
    }
}
