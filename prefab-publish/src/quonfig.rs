//! The payload as the SDKs of Quonfig receive it: one JSON document with all configs of an environment.
//!
//! Start with [`Fragments::envelope`]. The document is joined from one fragment per config. A fragment is encoded when a
//! Quonfig SDK first needs it, and consecutive snapshots share it, so that a change costs the configs that it touches.

mod fragment;
mod json_text;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use prefab_core::ids::EnvironmentId;
use prefab_proto::convert;

use crate::{encoding::Item, snapshot::Encoded};

/// The document of a snapshot.
pub struct Envelope {
    /// The document in each content coding.
    pub response: Encoded,
    /// The id of the newest change that it contains.
    pub version: i64,
    /// The configs that it does not contain.
    pub omitted: Vec<OmittedConfig>,
}

/// A config that Quonfig SDKs cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OmittedConfig {
    /// The config key.
    pub key: Arc<str>,
    /// What the SDKs cannot read.
    pub reason: &'static str,
}

/// The versions that a document describes.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) environment: EnvironmentId,
    /// The id from which the ids of the project grow.
    pub(crate) first_id: i64,
    /// The id of the newest change.
    pub(crate) last_id: i64,
}

/// The encoded configs, by id. It is empty until a Quonfig SDK connects.
#[derive(Default)]
pub(crate) struct Fragments {
    encoded: Mutex<HashMap<i64, Fragment>>,
    #[cfg(test)]
    pub(crate) encodings: std::sync::atomic::AtomicUsize,
}

/// An encoded config, or the reason why there is none.
type Fragment = Result<Bytes, OmittedConfig>;

impl Fragments {
    /// Returns the document with these configs. Tombstones are skipped.
    pub(crate) fn envelope<'i>(
        &self,
        items: impl Iterator<Item = &'i Item>,
        position: Position,
    ) -> Arc<Envelope> {
        let fragments = self.fragments(items.filter(|item| !item.is_tombstone));
        let size: usize = fragments.iter().flatten().map(|fragment| fragment.len() + 1).sum();
        let mut document = Vec::with_capacity(size + 128);
        let mut omitted = Vec::new();
        document.extend_from_slice(b"{\"configs\":[");
        let mut separator: &[u8] = b"";
        for fragment in fragments {
            match fragment {
                Ok(fragment) => {
                    document.extend_from_slice(separator);
                    document.extend_from_slice(&fragment);
                    separator = b",";
                }
                Err(config) => omitted.push(config),
            }
        }
        let Position { environment, first_id, last_id } = position;
        let meta = format!(
            "],\"meta\":{{\"version\":\"{last_id}\",\"environment\":\"{environment}\",\"generation\":{}}}}}",
            generation(first_id, last_id)
        );
        document.extend_from_slice(meta.as_bytes());
        let etag = format!("{environment}-{last_id:x}-quonfig");
        Arc::new(Envelope { response: Encoded::new(etag, document.into()), version: last_id, omitted })
    }

    /// Returns the fragments of these items. Encodes the missing ones, and forgets those of other items.
    fn fragments<'i>(&self, items: impl Iterator<Item = &'i Item>) -> Vec<Fragment> {
        // No update can panic half-way, so the map behind a poisoned lock is valid.
        let mut encoded = self.encoded.lock().unwrap_or_else(PoisonError::into_inner);
        let mut current = HashMap::with_capacity(encoded.len());
        let fragments = items
            .map(|item| {
                let fragment = encoded.remove(&item.id).unwrap_or_else(|| self.encode(item));
                current.insert(item.id, fragment.clone());
                fragment
            })
            .collect();
        *encoded = current;
        fragments
    }

    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "tests count the calls"))]
    fn encode(&self, item: &Item) -> Fragment {
        #[cfg(test)]
        self.encodings.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        // These bytes were encoded by this crate, so decoding cannot fail.
        let decoded =
            convert::decode(&item.bytes).ok().and_then(|decoded| decoded.set.configs.into_iter().next());
        let config =
            decoded.ok_or(OmittedConfig { key: "".into(), reason: "the config cannot be decoded" })?;
        fragment::encode(&config).map_err(|reason| OmittedConfig { key: config.key.as_str().into(), reason })
    }
}

/// Returns the number by which SDKs order two documents: the number of changes of the project. An SDK keeps the higher one.
/// The Java SDK reads 32 bits, so the id itself is too large.
fn generation(first_id: i64, last_id: i64) -> i64 {
    last_id.saturating_sub(first_id).saturating_add(1).clamp(1, i32::MAX.into())
}

#[cfg(test)]
#[path = "quonfig/tests.rs"]
mod tests;
