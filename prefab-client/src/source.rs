//! Sources of configs: for programs that bring their own, beside files and the server.
//!
//! A source is a [`ConfigSource`]: a name and a stream of updates. [`MemorySource`] is one that a program feeds; add
//! it with [`ClientBuilder::source`](crate::ClientBuilder::source).
//!
//! # Examples
//!
//! ```
//! use std::sync::mpsc;
//! use prefab_client::{Client, Layer, source::MemorySource};
//!
//! let (sender, source) = MemorySource::channel("my-database");
//! let client = Client::in_memory().source(source).build()?;
//! let (notify, changed) = mpsc::channel();
//! let _subscription = client.on_change(move |change| drop(notify.send(change.keys.len())));
//!
//! sender.send_pairs(Layer::Program, [("max-jobs", 30)]);
//! changed.recv().unwrap();
//! assert_eq!(client.get::<i64>("max-jobs")?, 30);
//! # Ok::<(), prefab_client::Error>(())
//! ```

pub use prefab_core::Update;
pub use prefab_sources::{ConfigSource, Finding, MemorySender, MemorySource, SourceUpdate, UpdateStream};
