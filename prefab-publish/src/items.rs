//! The items of a snapshot, in chunks that consecutive snapshots share.

use std::{collections::HashMap, sync::Arc};

use prefab_core::Config;

use crate::encoding::Item;

/// The largest number of items of a chunk. A change copies two chunks and the list of chunks.
const CHUNK: usize = 128;

/// Items by id, without two of one key. Cloning copies the list of chunks only.
#[derive(Clone, Default)]
pub(crate) struct Items {
    chunks: Vec<Arc<[Item]>>,
}

impl Items {
    /// Returns items without the replaced ones and with newer ones at the end. `replaced` is sorted; `added` is sorted by id, and
    /// its ids are above those of all items.
    pub(crate) fn with(&self, replaced: &[i64], added: Vec<Item>) -> Self {
        let mut next = Self { chunks: Vec::with_capacity(self.chunks.len() + 1) };
        for chunk in &self.chunks {
            if has_replaced(chunk, replaced) {
                next.push(
                    chunk.iter().filter(|item| replaced.binary_search(&item.id).is_err()).cloned().collect(),
                );
            } else {
                next.chunks.push(Arc::clone(chunk));
            }
        }
        let mut added = added.into_iter().filter(|item| replaced.binary_search(&item.id).is_err());
        loop {
            let chunk: Vec<Item> = added.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return next;
            }
            next.push(chunk);
        }
    }

    /// Adds a chunk, or its items to the last chunk if both are small.
    fn push(&mut self, chunk: Vec<Item>) {
        match self.chunks.last_mut() {
            _ if chunk.is_empty() => {}
            Some(last) if last.len() + chunk.len() <= CHUNK => {
                *last = last.iter().cloned().chain(chunk).collect();
            }
            _ => self.chunks.push(chunk.into()),
        }
    }

    /// Returns all items.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Item> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// Returns whether one of the items with these ids can change what a front end receives.
    pub(crate) fn affect_front_ends(&self, ids: &[i64]) -> bool {
        ids.iter().any(|id| {
            let item = self.newer(id.saturating_sub(1)).next();
            item.is_some_and(|item| item.id == *id && item.affects_front_ends)
        })
    }

    /// Returns the items with an id above this one.
    pub(crate) fn newer(&self, id: i64) -> impl Iterator<Item = &Item> {
        let first = self.chunks.partition_point(|chunk| chunk.last().is_some_and(|item| item.id <= id));
        let chunks = self.chunks.get(first..).unwrap_or_default();
        chunks.iter().flat_map(|chunk| chunk.iter()).skip_while(move |item| item.id <= id)
    }
}

/// Returns whether a chunk contains one of these ids, which are sorted.
fn has_replaced(chunk: &[Item], replaced: &[i64]) -> bool {
    let (Some(first), Some(last)) = (chunk.first(), chunk.last()) else { return false };
    let from = replaced.partition_point(|id| *id < first.id);
    replaced.get(from).is_some_and(|id| *id <= last.id)
}

/// The id of the newest item of each key, tombstones included.
#[derive(Clone, Default)]
pub(crate) struct ItemIds(HashMap<Arc<str>, i64>);

/// What a change does to the ids of the items.
pub(crate) struct Replacement {
    /// The sorted ids of the items that the change replaces.
    pub(crate) replaced: Vec<i64>,
    /// The new id of each changed key.
    newest: Vec<(Arc<str>, i64)>,
}

impl ItemIds {
    /// Returns what these configs, which come oldest first, replace. The ids change with [`record`](Self::record).
    pub(crate) fn replacement(&self, configs: &[Config]) -> Replacement {
        let mut newest: HashMap<&str, i64> = HashMap::with_capacity(configs.len());
        let mut replaced = Vec::new();
        for config in configs {
            let key = config.key.as_str();
            replaced.extend(newest.insert(key, config.id).or_else(|| self.0.get(key).copied()));
        }
        replaced.sort_unstable();
        let known =
            |key: &str| self.0.get_key_value(key).map_or_else(|| key.into(), |(key, _)| Arc::clone(key));
        let newest = newest.into_iter().map(|(key, id)| (known(key), id)).collect();
        Replacement { replaced, newest }
    }

    /// Records a change whose snapshot has been published. If publishing fails before that, the ids remain those of the items of
    /// the current snapshot, and the next change of a key replaces its item.
    pub(crate) fn record(&mut self, Replacement { replaced: _, newest }: Replacement) {
        self.0.extend(newest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies a change to the items and their ids.
    fn publish(items: &Items, known: &mut ItemIds, configs: &[Config]) -> Items {
        let replacement = known.replacement(configs);
        let items = items.with(&replacement.replaced, configs.iter().map(Item::new).collect());
        known.record(replacement);
        items
    }

    fn ids(items: &Items) -> Vec<i64> {
        items.iter().map(|item| item.id).collect()
    }

    fn configs(range: std::ops::Range<i64>, key: impl Fn(i64) -> i64) -> Vec<Config> {
        range.map(|id| Config { id, ..Config::constant(format!("key{}", key(id)), id) }).collect()
    }

    #[test]
    fn a_change_shares_all_other_chunks() {
        let mut known = ItemIds::default();
        let all = configs(1..10_001, |id| id);
        let first = publish(&Items::default(), &mut known, &all);
        let change = configs(10_001..10_002, |_| 500);
        let second = publish(&first, &mut known, &change);
        let expected: Vec<i64> = (1..10_002).filter(|id| *id != 500).collect();
        assert_eq!(ids(&second), expected);
        let is_shared = |chunk: &&Arc<[Item]>| first.chunks.iter().any(|other| Arc::ptr_eq(chunk, other));
        assert_eq!(second.chunks.iter().filter(is_shared).count(), second.chunks.len() - 2);
        assert_eq!(second.newer(9_999).map(|item| item.id).collect::<Vec<_>>(), [10_000, 10_001]);
        assert_eq!(second.newer(10_001).count(), 0);
        assert_eq!(second.newer(0).count(), 10_000);
    }

    #[test]
    fn chunks_stay_few_however_often_keys_change() {
        let (mut items, mut known) = (Items::default(), ItemIds::default());
        for round in 0..300 {
            // Keys change in an order that scatters over all chunks.
            let change = configs(round * 50..(round + 1) * 50, |id| id * 7_919 % 2_000);
            let change: Vec<Config> =
                change.into_iter().map(|config| Config { id: config.id + 1, ..config }).collect();
            items = publish(&items, &mut known, &change);
        }
        let all = ids(&items);
        assert_eq!(all.len(), 2_000);
        assert!(all.is_sorted());
        assert!(items.chunks.len() < 100, "{}", items.chunks.len());
    }

    #[test]
    fn a_change_that_is_not_published_leaves_no_item_twice() {
        let mut known = ItemIds::default();
        let items = publish(&Items::default(), &mut known, &configs(1..2, |_| 7));
        // Building the snapshot of this change fails.
        let lost = known.replacement(&configs(2..3, |_| 7));
        assert_eq!(lost.replaced, [1]);
        drop(lost);
        let items = publish(&items, &mut known, &configs(3..4, |_| 7));
        assert_eq!(ids(&items), [3]);
    }

    #[test]
    fn the_last_of_several_versions_in_one_change_is_kept() {
        let mut known = ItemIds::default();
        let change = configs(1..5, |_| 1);
        let items = publish(&Items::default(), &mut known, &change);
        assert_eq!(ids(&items), [4]);
    }
}
