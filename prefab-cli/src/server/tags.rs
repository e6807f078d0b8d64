//! Config keys by tag. SDKs do not receive tags.

use std::collections::BTreeSet;

use prefab_management_api::{ItemPage, ListItemsQuery};

use super::Server;
use crate::Failure;

impl Server {
    /// Returns the config keys that have all of these tags.
    pub(crate) fn tagged(&self, tags: &[String]) -> Result<BTreeSet<String>, Failure> {
        let mut keys = BTreeSet::new();
        let Some(first) = tags.first() else { return Ok(keys) };
        let mut after = Some(String::new());
        while let Some(last) = after {
            let query = ListItemsQuery {
                tag: Some(first.clone()),
                after: Some(last),
                usage: Some(false),
                ..ListItemsQuery::default()
            };
            let ItemPage { items, next } = self.find("/items", &query)?.body;
            let has_all = |own: &[String]| tags.iter().all(|tag| own.contains(tag));
            keys.extend(items.into_iter().filter(|item| has_all(&item.tags)).map(|item| item.key));
            after = next;
        }
        Ok(keys)
    }
}
