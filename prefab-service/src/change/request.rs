//! What to change, and what the change needs.

use prefab_core::Config;
use prefab_store::{Draft, TimedRule};

use crate::change::{edit::Edit, policy::Policy};

/// A request to change configs: all of them, or none.
///
/// ```
/// use prefab_core::Config;
/// use prefab_service::change::{ChangeRequest, Edit, Mode};
///
/// let request = ChangeRequest::new(Edit::put(Config::constant("checkout.timeout", 30)));
/// assert_eq!(request.mode, Mode::Publish);
/// let check = request.dry_run();
/// assert_eq!(check.mode, Mode::DryRun);
/// ```
#[derive(Clone, Debug)]
pub struct ChangeRequest {
    /// The configs to write or to archive.
    pub edits: Vec<Edit>,
    /// What the change needs. The default is [`Policy::PUBLISH`].
    pub policy: Policy,
    /// What happens with the change once it is checked. The default is [`Mode::Publish`].
    pub mode: Mode,
    /// Whether the configs have been validated together, as an import has.
    pub is_validated: bool,
    /// When the rule that the change sets is removed again.
    pub schedule: Option<RuleSchedule>,
}

/// What happens with a change once it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Stores and publishes it.
    Publish,
    /// Saves it as the draft of its config. The request must have a single edit.
    SaveDraft,
    /// Stores nothing.
    DryRun,
}

/// A rule that a change sets or removes, and the time at which the server removes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSchedule {
    /// The rule.
    pub rule: TimedRule,
    /// The time in milliseconds since 1970; `None` cancels the removal that is scheduled for the rule.
    pub remove_at_millis: Option<i64>,
}

impl ChangeRequest {
    /// Creates a request with one edit.
    pub fn new(edit: Edit) -> Self {
        Self::of(vec![edit])
    }

    /// Creates a request to write several configs.
    pub fn put_all(configs: Vec<Config>) -> Self {
        Self::of(configs.into_iter().map(Edit::put).collect())
    }

    /// Creates a request to publish a draft. The approval of the draft counts.
    pub fn publish_draft(draft: Draft) -> Self {
        let policy = Policy::draft(draft.approved_by.is_some());
        Self::new(Edit::of_draft(draft)).with_policy(policy)
    }

    fn of(edits: Vec<Edit>) -> Self {
        Self { edits, policy: Policy::PUBLISH, mode: Mode::Publish, is_validated: false, schedule: None }
    }

    /// Sets the policy.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Sets the time at which the rule that the change sets is removed, or `None` for a rule without an end.
    #[must_use]
    pub fn with_removal(self, rule: TimedRule, remove_at_millis: Option<i64>) -> Self {
        Self { schedule: Some(RuleSchedule { rule, remove_at_millis }), ..self }
    }

    /// Skips the validation of the configs, because they have been validated together.
    #[must_use]
    pub fn already_validated(self) -> Self {
        Self { is_validated: true, ..self }
    }

    /// Saves the change as a draft. The policy becomes [`Policy::SAVE_DRAFT`].
    #[must_use]
    pub fn as_draft(self) -> Self {
        Self { mode: Mode::SaveDraft, policy: Policy::SAVE_DRAFT, ..self }
    }

    /// Checks the change and stores nothing.
    #[must_use]
    pub fn dry_run(self) -> Self {
        Self { mode: Mode::DryRun, ..self }
    }
}
