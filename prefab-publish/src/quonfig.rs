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

use crate::{encoded::Encoded, encoding::Item};

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
        environment: EnvironmentId,
        last_id: i64,
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
        // Without a `generation`, by which the SDKs refuse an older document: Java reads 32 bits, and ids need more. A stream
        // sends the whole document when it opens, so an SDK that has received an older one recovers.
        let meta = format!("],\"meta\":{{\"version\":\"{last_id}\",\"environment\":\"{environment}\"}}}}");
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

#[cfg(test)]
#[path = "quonfig/tests.rs"]
mod tests;
