//! A source in memory, for tests and for programs with their own configs.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use prefab_core::{Config, ConfigValue, Entry, Provenance, Slot, Update};
use tokio::sync::mpsc;

use crate::{ConfigSource, SourceError, SourceUpdate, UpdateStream};

/// A source that sends what a program passes to it.
///
/// # Examples
///
/// ```
/// use futures_util::StreamExt as _;
/// use prefab_core::{Layer, LayeredStore};
/// use prefab_sources::{ConfigSource, MemorySource};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), prefab_sources::SourceError> {
/// let (sender, source) = MemorySource::channel("remote_api");
/// let mut updates = Box::new(source).updates();
/// sender.send_pairs(Layer::Program, [("greeting", "hello")]);
///
/// let mut store = LayeredStore::default();
/// store.apply(updates.next().await.expect("one was sent")?.update);
/// assert_eq!(store.entries().count(), 1);
///
/// drop(sender);
/// assert!(updates.next().await.is_none());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct MemorySource {
    name: Arc<str>,
    items: Vec<Result<SourceUpdate, SourceError>>,
    channel: Option<mpsc::UnboundedReceiver<Result<SourceUpdate, SourceError>>>,
}

impl MemorySource {
    /// Returns a source that sends `items` and then ends.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Layer, Update};
    /// use prefab_sources::MemorySource;
    ///
    /// let update = Update::Replace { slot: Layer::Program.into(), entries: Vec::new() };
    /// let source = MemorySource::new("my-database", [update]);
    /// # drop(source);
    /// ```
    pub fn new<I: Into<SourceUpdate>>(name: impl Into<Arc<str>>, items: impl IntoIterator<Item = I>) -> Self {
        let items = items.into_iter().map(|item| Ok(item.into())).collect();
        Self { name: name.into(), items, channel: None }
    }

    /// Returns a source that fills `slot` with one config per pair. Each config always has that value.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::Layer;
    /// use prefab_sources::MemorySource;
    ///
    /// let source = MemorySource::from_pairs(Layer::Program, [("max-jobs", 30), ("max-users", 5)]);
    /// # drop(source);
    /// ```
    pub fn from_pairs<K, V>(slot: impl Into<Slot>, pairs: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<ConfigValue>,
    {
        Self::new("memory", [pairs_update("memory".into(), slot.into(), pairs)])
    }

    /// Returns a source with its sender. The source ends when the last sender is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::Layer;
    /// use prefab_sources::MemorySource;
    ///
    /// let (sender, source) = MemorySource::channel("my-database");
    /// assert!(sender.send_pairs(Layer::Program, [("max-jobs", 30)]));
    /// drop(source);
    /// assert!(!sender.send_pairs(Layer::Program, [("max-jobs", 50)]));
    /// ```
    pub fn channel(name: impl Into<Arc<str>>) -> (MemorySender, Self) {
        let name = name.into();
        let (sender, receiver) = mpsc::unbounded_channel();
        let sender = MemorySender { name: Arc::clone(&name), sender };
        (sender, Self { name, items: Vec::new(), channel: Some(receiver) })
    }
}

impl ConfigSource for MemorySource {
    fn name(&self) -> &str {
        &self.name
    }

    fn updates(self: Box<Self>) -> UpdateStream {
        let sent = stream::unfold(self.channel, async |channel| {
            let mut receiver = channel?;
            let item = receiver.recv().await?;
            Some((item, Some(receiver)))
        });
        Box::pin(stream::iter(self.items).chain(sent))
    }
}

/// Sends updates to a [`MemorySource`].
#[derive(Clone, Debug)]
pub struct MemorySender {
    name: Arc<str>,
    sender: mpsc::UnboundedSender<Result<SourceUpdate, SourceError>>,
}

impl MemorySender {
    /// Sends an update. Returns `false` if the source has been dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Layer, Update};
    /// use prefab_sources::MemorySource;
    ///
    /// let (sender, source) = MemorySource::channel("my-database");
    /// let update = Update::Replace { slot: Layer::Program.into(), entries: Vec::new() };
    /// assert!(sender.send(update));
    /// # drop(source);
    /// ```
    pub fn send(&self, item: impl Into<SourceUpdate>) -> bool {
        self.sender.send(Ok(item.into())).is_ok()
    }

    /// Sends an error. Returns `false` if the source has been dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::{MemorySource, SourceError, SourceErrorKind};
    ///
    /// let (sender, source) = MemorySource::channel("my-database");
    /// let error = SourceError::new(SourceErrorKind::Unavailable, "my-database", "connection refused");
    /// assert!(sender.send_error(error));
    /// # drop(source);
    /// ```
    pub fn send_error(&self, error: SourceError) -> bool {
        self.sender.send(Err(error)).is_ok()
    }

    /// Fills `slot` with one config per pair. Returns `false` if the source has been dropped.
    pub fn send_pairs<K, V>(&self, slot: impl Into<Slot>, pairs: impl IntoIterator<Item = (K, V)>) -> bool
    where
        K: Into<String>,
        V: Into<ConfigValue>,
    {
        self.send(pairs_update(Arc::clone(&self.name), slot.into(), pairs))
    }
}

fn pairs_update<K, V>(name: Arc<str>, slot: Slot, pairs: impl IntoIterator<Item = (K, V)>) -> Update
where
    K: Into<String>,
    V: Into<ConfigValue>,
{
    let provenance = Arc::new(Provenance::new(slot.layer, name));
    let entry = |(key, value): (K, V)| Entry::new(Config::constant(key, value), Arc::clone(&provenance));
    Update::Replace { slot, entries: pairs.into_iter().map(entry).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourceErrorKind;
    use prefab_core::{Layer, LayeredStore};

    #[tokio::test]
    async fn an_error_keeps_previous_updates_and_does_not_end_the_stream() {
        let (sender, source) = MemorySource::channel("remote_api");
        assert_eq!(source.name(), "remote_api");
        let mut updates = Box::new(source).updates();
        let mut store = LayeredStore::default();
        assert!(sender.send_pairs(Layer::Program, [("k", 1)]));
        assert!(sender.send_error(SourceError::new(
            SourceErrorKind::Unreadable,
            "remote_api",
            "did not respond"
        )));
        assert!(sender.send_pairs(Layer::Program, [("k", 2), ("l", 3)]));
        drop(sender);
        let mut failures = 0;
        while let Some(item) = updates.next().await {
            match item {
                Ok(loaded) => drop(store.apply(loaded.update)),
                Err(_) => failures += 1,
            }
        }
        assert_eq!((failures, store.entries().count()), (1, 2));
    }

    #[tokio::test]
    async fn sending_to_a_dropped_source_returns_false() {
        let (sender, source) = MemorySource::channel("gone");
        drop(source);
        assert!(!sender.send_pairs(Layer::Program, [("k", 1)]));
    }
}
