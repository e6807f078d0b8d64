//! A source that says what it is told: for tests, and for programs that bring their own configs.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use prefab_core::{Config, ConfigValue, Entry, Provenance, Slot, Update};
use tokio::sync::mpsc;

use crate::{ConfigSource, SourceError, SourceUpdate, UpdateStream};

/// A source in memory.
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
    /// Returns a source that says `items` and then ends.
    pub fn new<I: Into<SourceUpdate>>(name: impl Into<Arc<str>>, items: impl IntoIterator<Item = I>) -> Self {
        let items = items.into_iter().map(|item| Ok(item.into())).collect();
        Self { name: name.into(), items, channel: None }
    }

    /// Returns a source that fills `slot` with keys that each always have one value.
    pub fn from_pairs<K, V>(slot: impl Into<Slot>, pairs: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<ConfigValue>,
    {
        Self::new("memory", [pairs_update("memory".into(), slot.into(), pairs)])
    }

    /// Returns a source that says what comes through the sender, and ends with the last sender.
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

/// The near end of a [`MemorySource`].
#[derive(Clone, Debug)]
pub struct MemorySender {
    name: Arc<str>,
    sender: mpsc::UnboundedSender<Result<SourceUpdate, SourceError>>,
}

impl MemorySender {
    /// Says something; returns whether anyone still listens.
    pub fn send(&self, item: impl Into<SourceUpdate>) -> bool {
        self.sender.send(Ok(item.into())).is_ok()
    }

    /// Fails; returns whether anyone still listens.
    pub fn send_error(&self, error: SourceError) -> bool {
        self.sender.send(Err(error)).is_ok()
    }

    /// Fills `slot` with keys that each always have one value; returns whether anyone still listens.
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
    async fn an_error_takes_nothing_back_and_does_not_end_the_stream() {
        let (sender, source) = MemorySource::channel("remote_api");
        assert_eq!(source.name(), "remote_api");
        let mut updates = Box::new(source).updates();
        let mut store = LayeredStore::default();
        assert!(sender.send_pairs(Layer::Program, [("k", 1)]));
        assert!(sender.send_error(SourceError::new(SourceErrorKind::Unreadable, "remote_api", "is away")));
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
    async fn a_source_nobody_listens_to_says_so() {
        let (sender, source) = MemorySource::channel("gone");
        drop(source);
        assert!(!sender.send_pairs(Layer::Program, [("k", 1)]));
    }
}
