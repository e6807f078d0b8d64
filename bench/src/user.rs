//! For whom it is evaluated.

use crate::work;

/// A user as the application knows one, before it is made into what an engine takes.
#[derive(Clone, Debug)]
pub struct User {
    /// The key.
    pub key: String,
    /// The address.
    pub email: String,
    /// The team.
    pub team: String,
    /// The country.
    pub country: String,
    /// The plan paid for.
    pub plan: String,
}

impl User {
    /// Returns one whom every rule is about.
    pub fn known() -> Self {
        Self {
            key: work::member(500),
            email: "ada.lovelace@x.com".into(),
            team: work::team("team", 19, 9),
            country: "NL".into(),
            plan: "pro".into(),
        }
    }

    /// Returns one whom no rule is about.
    pub fn unknown() -> Self {
        Self {
            key: "nobody".into(),
            email: "ada.lovelace@y.org".into(),
            team: "no-team".into(),
            country: "BE".into(),
            plan: "free".into(),
        }
    }

    /// Returns one of many.
    pub fn numbered(at: usize) -> Self {
        Self { key: format!("person-{at:06}"), ..Self::known() }
    }

    /// Lists all but the key, by name.
    pub fn properties(&self) -> [(&'static str, &str); 4] {
        [("email", &self.email), ("team", &self.team), ("country", &self.country), ("plan", &self.plan)]
    }
}
