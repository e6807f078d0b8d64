//! What is tagged how: SDKs are not told.

use std::collections::BTreeSet;

use super::{Server, part};
use crate::Failure;

impl Server {
    /// Lists the keys that have all of these tags.
    pub(crate) fn tagged(&self, tags: &[String]) -> Result<BTreeSet<String>, Failure> {
        let mut keys = BTreeSet::new();
        let Some(first) = tags.first() else { return Ok(keys) };
        let path = format!("/items?usage=false&tag={}", part(first));
        let mut after = Some(String::new());
        while let Some(last) = after {
            let page = self.get(&format!("{path}&after={}", part(&last)))?;
            for item in page["items"].as_array().into_iter().flatten() {
                let has = |tag: &String| {
                    item["tags"].as_array().into_iter().flatten().any(|own| own == tag.as_str())
                };
                if tags.iter().all(has) {
                    keys.extend(item["key"].as_str().map(ToOwned::to_owned));
                }
            }
            after = page["next"].as_str().map(ToOwned::to_owned);
        }
        Ok(keys)
    }
}
