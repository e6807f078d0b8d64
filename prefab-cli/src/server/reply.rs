//! A response of the management API: its JSON as the server sent it, and its typed form.

use std::ops::Deref;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::{Failure, output};

/// A response. Commands print [`Reply::json`] with `--json`, so that fields of newer servers are not lost.
pub(crate) struct Reply<T> {
    pub(crate) json: Json,
    pub(crate) body: T,
}

impl<T: DeserializeOwned> Reply<T> {
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let json: Json = serde_json::from_str(text).context("invalid JSON")?;
        let body = T::deserialize(&json).context("invalid fields")?;
        Ok(Self { json, body })
    }
}

impl<T> Reply<T> {
    /// Prints the JSON, or else a text.
    pub(crate) fn print(&self, as_json: bool, text: &str) -> Result<(), Failure> {
        Ok(output::line(&if as_json { self.json.to_string() } else { text.to_owned() })?)
    }
}

impl<T> Deref for Reply<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.body
    }
}
