//! Rules that are removed at a time.

use prefab_core::ids::{EnvironmentId, ProjectId};

use crate::StoreFuture;

/// Stores when rules are to be removed.
pub trait ScheduledRemovals: Send + Sync + 'static {
    /// Remembers when a rule ends, in place of what was remembered of it.
    fn schedule_removal(&self, expiry: ScheduledRemoval) -> StoreFuture<'_, ()>;

    /// Forgets that a rule ends.
    fn cancel_removal(&self, rule: TimedRule) -> StoreFuture<'_, ()>;

    /// Forgets an end that has been dealt with, unless the rule has got another one meanwhile.
    fn complete_removal(&self, expiry: ScheduledRemoval) -> StoreFuture<'_, ()>;

    /// Lists what has ended by now, of all projects.
    fn due_removals(&self, now_millis: i64) -> StoreFuture<'_, Vec<ScheduledRemoval>>;

    /// Lists the rules of a project that end.
    fn scheduled_removals(&self, project: ProjectId) -> StoreFuture<'_, Vec<ScheduledRemoval>>;
}

/// A rule that can end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedRule {
    /// Its project.
    pub project: ProjectId,
    /// Its key.
    pub key: String,
    /// Its environment; nothing for the rules of all.
    pub environment: Option<EnvironmentId>,
    /// Which of the rules there it is.
    pub target: RuleTarget,
}

/// Which of a key's rules in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleTarget {
    /// A person's own value.
    User(String),
    /// What holds where a property has one of some values.
    Property(String, Vec<String>),
    /// What holds for those in a segment.
    Segment(String),
    /// What holds for all for whom nothing else does.
    Everyone,
}

/// When a rule ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledRemoval {
    /// The rule.
    pub rule: TimedRule,
    /// When, in milliseconds since 1970.
    pub at_millis: i64,
    /// Who set it.
    pub set_by: String,
}
