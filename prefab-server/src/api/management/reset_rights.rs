//! The people whose password a caller can reset.

use prefab_core::ids::ProjectId;
use prefab_service::actor::Actor;
use prefab_store::{
    Role,
    accounts::{Account, Member},
};

use crate::api::{error::ApiError, management::access::Access, state::App};

/// The people for whom the caller may create a password reset link, among the members of a project that the caller manages.
pub(super) struct ResetRights {
    managed: Vec<ProjectId>,
    is_owner: bool,
}

impl ResetRights {
    pub(super) async fn of(app: &App, access: &Access) -> Result<Self, ApiError> {
        Ok(Self { managed: access.managed(), is_owner: access.is_owner(app).await? })
    }

    /// Returns whether the caller may create a link for a member of the project of `actor`.
    pub(super) async fn allow(&self, app: &App, actor: &Actor, member: &Member) -> Result<bool, ApiError> {
        if actor.roles.project < Role::Admin || self.is_owner {
            return Ok(actor.roles.project >= Role::Admin);
        }
        let account = app.project_cache.store().account(member.person.email.clone()).await?;
        Ok(account.is_some_and(|account| self.check(&account).is_ok()))
    }

    /// Refuses an account that the caller may not take over.
    pub(super) fn check(&self, account: &Account) -> Result<(), ApiError> {
        if self.is_owner {
            return Ok(());
        }
        if account.is_owner {
            return Err(ApiError::Forbidden(
                "the person is an owner of the installation; only another owner, or `prefab recover --owner`, can create this link",
            ));
        }
        if !account.projects.iter().all(|project| self.managed.contains(project)) {
            return Err(ApiError::Forbidden(
                "the person is a member of other projects too; only an owner of the installation or an admin of all their projects can create this link",
            ));
        }
        Ok(())
    }
}
