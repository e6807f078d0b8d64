//! The users of the measurements.

use crate::work;

/// A user in the application, before it is converted to an engine's type.
#[derive(Clone, Debug)]
pub struct User {
    /// The key.
    pub key: String,
    /// The e-mail address.
    pub email: String,
    /// The team.
    pub team: String,
    /// The country.
    pub country: String,
    /// The plan.
    pub plan: String,
}

impl User {
    /// Returns a user that every rule matches.
    pub fn known() -> Self {
        Self {
            key: work::member(500),
            email: "ada.lovelace@x.com".into(),
            team: work::team("team", 19, 9),
            country: "NL".into(),
            plan: "pro".into(),
        }
    }

    /// Returns a user that no rule matches.
    pub fn unknown() -> Self {
        Self {
            key: "unknown".into(),
            email: "ada.lovelace@y.org".into(),
            team: "no-team".into(),
            country: "BE".into(),
            plan: "free".into(),
        }
    }

    /// Returns one of many users.
    pub fn numbered(at: usize) -> Self {
        Self { key: format!("person-{at:06}"), ..Self::known() }
    }

    /// Returns the properties except the key, with their names.
    pub fn properties(&self) -> [(&'static str, &str); 4] {
        [("email", &self.email), ("team", &self.team), ("country", &self.country), ("plan", &self.plan)]
    }
}
