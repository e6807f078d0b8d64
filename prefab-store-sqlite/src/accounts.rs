//! Implements [`Accounts`] for [`SqliteStore`].

mod browsers;
mod invitations;
mod members;
mod memberships;
mod offer_row;
mod offers;
mod owners;
mod password_resets;
mod people;
mod person_row;
mod reset_row;
mod sessions;
mod tokens;

use crate::SqliteStore;
use prefab_core::ids::ProjectId;
use prefab_store::{
    Roles, StoreError, StoreFuture, UnavailableReason,
    accounts::{
        Account, Accounts, DeletePersonOutcome, Invitation, Inviters, Member, MemberChange, MembershipOffer,
        NewInvitation, NewPerson, NewReset, NewToken, OfferOutcome, OwnerChange, Person, Session,
        SignUpOutcome, Token,
    },
    key::KeyHash,
};

impl Accounts for SqliteStore {
    fn has_accounts(&self) -> StoreFuture<'_, bool> {
        self.lookups.run(people::exist)
    }

    fn invite(&self, invitation: NewInvitation) -> StoreFuture<'_, i64> {
        let now = self.clock.now_millis();
        self.run(move |connection| invitations::keep(connection, &invitation, now))
    }

    fn invitations(&self, project: ProjectId) -> StoreFuture<'_, Vec<Invitation>> {
        let now = self.clock.now_millis();
        self.reports.run(move |connection| invitations::list(connection, project, now))
    }

    fn revoke_invitation(&self, project: ProjectId, id: i64) -> StoreFuture<'_, bool> {
        let now = self.clock.now_millis();
        self.run(move |connection| invitations::revoke(connection, project, id, now))
    }

    fn is_invited(&self, invitation: KeyHash, email: String) -> StoreFuture<'_, bool> {
        let now = self.clock.now_millis();
        self.lookups
            .run(move |connection| Ok(invitations::find(connection, &invitation, &email, now)?.is_some()))
    }

    fn sign_up(&self, invitation: KeyHash, person: NewPerson) -> StoreFuture<'_, SignUpOutcome> {
        let now = self.clock.now_millis();
        self.run(move |connection| people::sign_up(connection, &invitation, person, now))
    }

    fn account(&self, email: String) -> StoreFuture<'_, Option<Account>> {
        self.lookups.run(move |connection| people::find(connection, &email))
    }

    fn set_password(&self, person: i64, hash: String, but: KeyHash) -> StoreFuture<'_, ()> {
        let now = self.clock.now_millis();
        self.run(move |connection| people::set_password(connection, person, &hash, &but, now))
    }

    fn create_password_reset(&self, reset: NewReset) -> StoreFuture<'_, ()> {
        self.run(move |connection| password_resets::keep(connection, &reset))
    }

    fn is_password_reset_valid(&self, reset: KeyHash) -> StoreFuture<'_, bool> {
        let now = self.clock.now_millis();
        self.lookups.run(move |connection| Ok(password_resets::find(connection, &reset, now)?.is_some()))
    }

    fn reset_password(&self, reset: KeyHash, hash: String) -> StoreFuture<'_, Option<Session>> {
        let now = self.clock.now_millis();
        self.run(move |connection| password_resets::use_up(connection, &reset, &hash, now))
    }

    fn delete_person(&self, person: i64) -> StoreFuture<'_, DeletePersonOutcome> {
        let now = self.clock.now_millis();
        self.run(move |connection| people::delete(connection, person, now))
    }

    fn remember_browser(&self, person: i64, browser: KeyHash) -> StoreFuture<'_, ()> {
        let now = self.clock.now_millis();
        self.run(move |connection| browsers::keep(connection, person, &browser, now))
    }

    fn is_known_browser(&self, person: i64, browser: KeyHash) -> StoreFuture<'_, bool> {
        let now = self.clock.now_millis();
        self.lookups.run(move |connection| browsers::is_known(connection, person, &browser, now))
    }

    fn start_session(&self, person: i64, session: KeyHash) -> StoreFuture<'_, ()> {
        let now = self.clock.now_millis();
        self.run(move |connection| sessions::start(connection, person, &session, now))
    }

    fn session(&self, session: KeyHash, is_use: bool) -> StoreFuture<'_, Option<Session>> {
        let now = self.clock.now_millis();
        let found = self.lookups.run(move |connection| sessions::find(connection, &session, now));
        Box::pin(async move {
            let Some((found, last_used)) = found.await? else { return Ok(None) };
            if is_use && sessions::is_due(last_used, now) {
                let used = self.run(move |connection| sessions::used(connection, &session, now)).await;
                unless_full(used)?;
            }
            Ok(Some(found))
        })
    }

    fn end_session(&self, session: KeyHash) -> StoreFuture<'_, ()> {
        self.run(move |connection| sessions::end(connection, &session))
    }

    fn members(&self, project: ProjectId) -> StoreFuture<'_, Vec<Member>> {
        self.lookups.run(move |connection| members::list(connection, project))
    }

    fn set_member(&self, project: ProjectId, person: i64, roles: Roles) -> StoreFuture<'_, MemberChange> {
        let now = self.clock.now_millis();
        self.run(move |connection| members::change(connection, project, person, Some(&roles), now))
    }

    fn remove_member(&self, project: ProjectId, person: i64) -> StoreFuture<'_, MemberChange> {
        let now = self.clock.now_millis();
        self.run(move |connection| members::change(connection, project, person, None, now))
    }

    fn offer_membership(&self, offer: MembershipOffer) -> StoreFuture<'_, OfferOutcome> {
        self.run(move |connection| offers::keep(connection, &offer))
    }

    fn membership_offers(&self, project: ProjectId) -> StoreFuture<'_, Vec<MembershipOffer>> {
        self.lookups.run(move |connection| offers::list(connection, project))
    }

    fn offers_to(&self, person: i64) -> StoreFuture<'_, Vec<MembershipOffer>> {
        self.lookups.run(move |connection| offers::to(connection, person))
    }

    fn accept_membership(&self, project: ProjectId, person: i64) -> StoreFuture<'_, bool> {
        let now = self.clock.now_millis();
        self.run(move |connection| offers::accept(connection, project, person, now))
    }

    fn remove_offer(&self, project: ProjectId, person: i64) -> StoreFuture<'_, bool> {
        self.run(move |connection| offer_row::delete(connection, project, person))
    }

    fn owners(&self) -> StoreFuture<'_, Vec<Person>> {
        self.lookups.run(owners::list)
    }

    fn set_owner(&self, person: i64, is_owner: bool) -> StoreFuture<'_, OwnerChange> {
        self.run(move |connection| owners::set(connection, person, is_owner))
    }

    fn inviters(&self) -> StoreFuture<'_, Inviters> {
        self.lookups.run(owners::inviters)
    }

    fn set_inviters(&self, inviters: Inviters) -> StoreFuture<'_, ()> {
        self.run(move |connection| owners::set_inviters(connection, inviters))
    }

    fn create_token(&self, token: NewToken) -> StoreFuture<'_, i64> {
        let now = self.clock.now_millis();
        self.run(move |connection| tokens::keep(connection, &token, now))
    }

    fn tokens(&self, project: ProjectId) -> StoreFuture<'_, Vec<Token>> {
        self.reports.run(move |connection| tokens::list(connection, project))
    }

    fn revoke_token(&self, project: ProjectId, id: i64) -> StoreFuture<'_, bool> {
        let now = self.clock.now_millis();
        self.run(move |connection| tokens::revoke(connection, project, id, now))
    }

    fn token(&self, token: KeyHash, is_use: bool) -> StoreFuture<'_, Option<Token>> {
        let now = self.clock.now_millis();
        let found = self.lookups.run(move |connection| tokens::find(connection, &token, now));
        Box::pin(async move {
            let Some(found) = found.await? else { return Ok(None) };
            if is_use && found.last_used_at_millis.is_none_or(|used| sessions::is_due(used, now)) {
                let id = found.id;
                unless_full(self.run(move |connection| tokens::used(connection, id, now)).await)?;
            }
            Ok(Some(found))
        })
    }
}

/// Ignores that the time of a use cannot be written, so that a full disk does not refuse reads.
fn unless_full(written: Result<(), StoreError>) -> Result<(), StoreError> {
    match written {
        Err(StoreError::Unavailable {
            reason: UnavailableReason::DiskFull | UnavailableReason::ReadOnly,
            ..
        }) => Ok(()),
        other => other,
    }
}
