//! What ends by itself: rules that are taken away at a moment.

use crate::StoreFuture;
use prefab_core::ids::{EnvironmentId, ProjectId};

/// Remembers when rules are to be taken away.
pub trait Expiries: Send + Sync + 'static {
    /// Remembers when a rule ends, in place of what was remembered of it.
    fn end_later(&self, expiry: Expiry) -> StoreFuture<'_, ()>;

    /// Forgets that a rule ends.
    fn keep(&self, rule: TimedRule) -> StoreFuture<'_, ()>;

    /// Lists the rules of a project that end.
    fn expiries(&self, project: ProjectId) -> StoreFuture<'_, Vec<Expiry>>;

    /// Lists what has ended by now, of all projects.
    fn due(&self, now_millis: i64) -> StoreFuture<'_, Vec<Expiry>>;

    /// Forgets an end that has been dealt with, unless the rule has got another one meanwhile.
    fn ended(&self, expiry: Expiry) -> StoreFuture<'_, ()>;
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
    pub target: Target,
}

/// Which of a key's rules in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A person's own value.
    Person(String),
    /// What holds where a property has one of some values.
    Property(String, Vec<String>),
    /// What holds for those in a segment.
    Segment(String),
    /// What holds for all for whom nothing else does.
    Everybody,
}

/// When a rule ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The rule.
    pub rule: TimedRule,
    /// When, in milliseconds since 1970.
    pub at_millis: i64,
    /// Who set it.
    pub set_by: String,
}
