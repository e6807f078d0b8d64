// Written by `prefab generate --target rust`. Do not edit.
#![allow(dead_code, unreachable_pub, reason = "a program need not ask for everything")]

use prefab_client::{Error, View};

/// All configs and flags of the project, with their types.
///
/// Created from a view: `Configs::new(client.with(&contexts))`.
#[derive(Clone, Copy, Debug)]
pub struct Configs<'a> {
    view: View<'a>,
}

impl<'a> Configs<'a> {
    /// Evaluates with the contexts of a view.
    pub fn new(view: View<'a>) -> Self {
        Self { view }
    }

    /// The config `hosts`, a list of strings.
    pub fn hosts(&self) -> Result<Vec<String>, Error> {
        self.view.get("hosts")
    }

    /// The config `http.timeout`, a duration.
    pub fn http_timeout(&self) -> Result<std::time::Duration, Error> {
        self.view.get("http.timeout")
    }

    /// The config `max-jobs`, an int.
    pub fn max_jobs(&self) -> Result<i64, Error> {
        self.view.get("max-jobs")
    }

    /// Whether the flag `new-checkout` is on.
    pub fn new_checkout(&self) -> bool {
        self.view.enabled("new-checkout")
    }

    /// The config `theme`, JSON.
    pub fn theme(&self) -> Result<prefab_client::JsonValue, Error> {
        self.view.get("theme")
    }
}
