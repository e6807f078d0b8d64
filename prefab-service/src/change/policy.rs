//! What a change needs: a role, an approval, a comment.

use prefab_core::{Config, ConfigRow};
use prefab_store::{Environment, Role};

use crate::{Conflict, Error, Problem, ProblemCode, actor::Actor, change::prepared::PreparedChange};

/// What a change needs in every environment that it touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The least role of the actor; `None` if the caller has checked the role already.
    pub role: Option<Role>,
    /// Whether the change has the approval that a protected environment requires.
    pub approval: Approval,
    /// Whether a protected environment requires a comment.
    pub requires_comment: bool,
    /// Whether segments and schemas that other configs refer to are protected from removal.
    pub protects_references: bool,
}

/// The approval of a change by a second person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// The change was not approved. Environments that require an approval reject it.
    Missing,
    /// The change is a draft that was not approved. Environments that require an approval reject it.
    MissingForDraft,
    /// The change was approved.
    Given,
    /// The change needs no approval.
    Exempt,
}

impl Policy {
    /// The policy for changes that take effect immediately.
    pub const PUBLISH: Self = Self {
        role: Some(Role::Publisher),
        approval: Approval::Missing,
        requires_comment: true,
        protects_references: true,
    };

    /// The policy for the approval of a draft. Publishing it requires more.
    pub const APPROVE_DRAFT: Self =
        Self { approval: Approval::Exempt, requires_comment: false, ..Self::PUBLISH };

    /// The policy for a personal override: it affects one user, so protected environments accept it.
    pub const PERSONAL_OVERRIDE: Self = Self { role: Some(Role::Editor), ..Self::APPROVE_DRAFT };

    /// The policy for saving a draft: it takes effect nowhere. The caller checks the role in the project.
    pub const SAVE_DRAFT: Self = Self { role: None, ..Self::APPROVE_DRAFT };

    /// The policy for the removal of a rule that has expired. The change that set the rule was allowed with its end.
    pub const SCHEDULED_REMOVAL: Self = Self { protects_references: false, ..Self::SAVE_DRAFT };

    /// Returns the policy for publishing a draft.
    pub const fn draft(is_approved: bool) -> Self {
        let approval = if is_approved { Approval::Given } else { Approval::MissingForDraft };
        Self { approval, ..Self::PUBLISH }
    }

    /// Checks that the actor may make a change.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`], [`Conflict::NeedsApproval`] or [`Error::NeedsComment`], in this order.
    pub(super) fn check(
        self,
        actor: &Actor,
        change: &PreparedChange,
        environments: &[Environment],
    ) -> Result<(), Error> {
        let touched: Vec<_> =
            touched_environments(change.before.as_ref(), change.after.as_ref(), environments).collect();
        if let Some(role) = self.role
            && touched.iter().any(|environment| actor.roles.in_environment(environment.id) < role)
        {
            return Err(Error::Forbidden(role.missing_role_message()));
        }
        let next_step = match self.approval {
            Approval::Missing => Some("save this as a draft"),
            Approval::MissingForDraft => Some("another person must approve this draft first"),
            Approval::Given | Approval::Exempt => None,
        };
        if let Some(next_step) = next_step
            && let Some(environment) =
                touched.iter().find(|environment| environment.protection.needs_approval)
        {
            return Err(Conflict::NeedsApproval { environment: environment.name.clone(), next_step }.into());
        }
        if self.requires_comment
            && actor.comment.trim().is_empty()
            && let Some(environment) = touched.iter().find(|environment| environment.protection.needs_comment)
        {
            let message = format!("environment `{}` requires a comment with every change", environment.name);
            return Err(Error::NeedsComment(Problem::at("comment", ProblemCode::NeedsComment, message)));
        }
        Ok(())
    }
}

/// Returns the name of an environment that the change touches and that requires an approval, if there is one.
pub fn environment_needing_approval(change: &PreparedChange, environments: &[Environment]) -> Option<String> {
    let mut touched = touched_environments(change.before.as_ref(), change.after.as_ref(), environments);
    let found = touched.find(|environment| environment.protection.needs_approval);
    found.map(|environment| environment.name.clone())
}

/// Lists the environments in which a config may evaluate to something else after a change.
pub fn touched_environments<'e>(
    before: Option<&'e Config>,
    after: Option<&'e Config>,
    environments: &'e [Environment],
) -> impl Iterator<Item = &'e Environment> {
    // A difference outside the rows, or in the default row, can affect every environment.
    let all = !declares_the_same(before, after) || row(before, None) != row(after, None);
    environments.iter().filter(move |environment| {
        all || row(before, Some(environment.id.0)) != row(after, Some(environment.id.0))
    })
}

/// Returns whether two configs differ at most in their rows and in the fields that every version changes.
fn declares_the_same(before: Option<&Config>, after: Option<&Config>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return before.is_none() && after.is_none() };
    // No `..`: a new field must be compared or ignored here.
    let Config {
        id: _,
        project_id: _,
        key,
        changed_by: _,
        rows: _,
        allowable_values,
        config_type,
        draft_id: _,
        value_type,
        send_to_client_sdk,
        schema_key,
        tags,
    } = before;
    *key == after.key
        && *allowable_values == after.allowable_values
        && *config_type == after.config_type
        && *value_type == after.value_type
        && *send_to_client_sdk == after.send_to_client_sdk
        && *schema_key == after.schema_key
        && *tags == after.tags
}

fn row(config: Option<&Config>, environment: Option<i64>) -> Option<&ConfigRow> {
    config?.rows.iter().find(|row| row.project_env_id.filter(|id| *id != 0) == environment)
}
