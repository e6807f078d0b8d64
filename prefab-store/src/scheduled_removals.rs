//! Rules that the server removes at a given time.

use prefab_core::ids::{EnvironmentId, ProjectId};
use serde_json::{Value as Json, json};

use crate::StoreFuture;

/// Stores when rules will be removed.
pub trait ScheduledRemovals: Send + Sync + 'static {
    /// Schedules the removal of a rule. Replaces an earlier schedule of the same rule.
    fn schedule_removal(&self, expiry: ScheduledRemoval) -> StoreFuture<'_, ()>;

    /// Cancels the removal of a rule.
    fn cancel_removal(&self, rule: TimedRule) -> StoreFuture<'_, ()>;

    /// Deletes a removal that is done, unless the rule has another schedule by then.
    fn complete_removal(&self, expiry: ScheduledRemoval) -> StoreFuture<'_, ()>;

    /// Lists the removals of all projects that are due.
    fn due_removals(&self, now_millis: i64) -> StoreFuture<'_, Vec<ScheduledRemoval>>;

    /// Lists the scheduled removals of a project.
    fn scheduled_removals(&self, project: ProjectId) -> StoreFuture<'_, Vec<ScheduledRemoval>>;
}

/// A rule that can be removed at a given time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedRule {
    /// The project.
    pub project: ProjectId,
    /// The config key.
    pub key: String,
    /// The environment; `None` for the default rules.
    pub environment: Option<EnvironmentId>,
    /// The users or contexts that the rule is for.
    pub target: RuleTarget,
}

/// The users or contexts that a rule is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleTarget {
    /// One user: a personal override.
    User(String),
    /// Contexts in which a property has one of these values.
    Property(String, Vec<String>),
    /// Contexts in a segment.
    Segment(String),
    /// All contexts.
    Everyone,
}

impl RuleTarget {
    /// Returns the text that stores contain. Equal targets have equal texts, because the text is part of a primary key.
    pub fn to_text(&self) -> String {
        match self {
            Self::User(user) => json!(["person", user]),
            Self::Property(property, values) => json!(["property", property, values]),
            Self::Segment(key) => json!(["segment", key]),
            // words: allow everybody: a stored text
            Self::Everyone => json!(["everybody"]),
        }
        .to_string()
    }

    /// Returns the target of a stored text, or `None` if only a newer version supports it.
    pub fn from_text(text: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(text).ok()?;
        let text = |at: usize| json.get(at)?.as_str().map(ToOwned::to_owned);
        Some(match json.get(0)?.as_str()? {
            "person" => Self::User(text(1)?),
            "property" => {
                let values = json.get(2)?.as_array()?.iter();
                let values =
                    values.map(|value| value.as_str().map(ToOwned::to_owned)).collect::<Option<_>>()?;
                Self::Property(text(1)?, values)
            }
            "segment" => Self::Segment(text(1)?),
            // words: allow everybody: a stored text
            "everybody" => Self::Everyone,
            _ => return None,
        })
    }
}

/// The scheduled removal of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledRemoval {
    /// The rule.
    pub rule: TimedRule,
    /// The time of the removal, in milliseconds since 1970.
    pub at_millis: i64,
    /// The label of the actor who set the rule.
    pub set_by: String,
}
