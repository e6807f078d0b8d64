//! Implements [`Accounts`] for [`PostgresStore`].
//!
//! A transaction whose checks depend on other rows, such as the last admin of a project, locks the installation first.

mod invitations;
mod members;
mod memberships;
mod owners;
mod people;
mod sessions;
mod tokens;

use prefab_core::ids::ProjectId;
use prefab_store::{
    Roles, StoreFuture,
    accounts::{
        Account, Accounts, DeletePersonOutcome, Invitation, Inviters, Member, MemberChange, MembershipOffer,
        NewInvitation, NewPerson, NewReset, NewToken, OfferOutcome, OwnerChange, Person, Session,
        SignUpOutcome, Token,
    },
    key::KeyHash,
};

use crate::{PostgresStore, sql::values};

impl Accounts for PostgresStore {
    fn has_accounts(&self) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let mut session = self.database.session("counting accounts").await?;
            Ok(session.query_one("SELECT EXISTS (SELECT 1 FROM @.person)", values![]).await?.get(0))
        })
    }

    fn invite(&self, invitation: NewInvitation) -> StoreFuture<'_, i64> {
        self.run(async move |database| invitations::create(&database, invitation).await)
    }

    fn invitations(&self, project: ProjectId) -> StoreFuture<'_, Vec<Invitation>> {
        Box::pin(invitations::list(&self.database, project))
    }

    fn revoke_invitation(&self, project: ProjectId, id: i64) -> StoreFuture<'_, bool> {
        self.run(async move |database| invitations::revoke(&database, project, id).await)
    }

    fn is_invited(&self, invitation: KeyHash, email: String) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let mut session = self.database.session("finding an invitation").await?;
            let now = self.database.now_millis(&mut session).await?;
            Ok(invitations::find(&mut session, &invitation, &email, now).await?.is_some())
        })
    }

    fn sign_up(&self, invitation: KeyHash, person: NewPerson) -> StoreFuture<'_, SignUpOutcome> {
        self.run(async move |database| people::sign_up(&database, &invitation, person).await)
    }

    fn account(&self, email: String) -> StoreFuture<'_, Option<Account>> {
        Box::pin(people::find(&self.database, email))
    }

    fn set_password(&self, person: i64, hash: String, but: KeyHash) -> StoreFuture<'_, ()> {
        self.run(async move |database| people::set_password(&database, person, &hash, &but).await)
    }

    fn create_password_reset(&self, reset: NewReset) -> StoreFuture<'_, ()> {
        self.run(async move |database| {
            let NewReset { hash, person, expires_at_millis } = reset;
            let sql = "INSERT INTO @.reset (person_id, hash, expires_at_millis) VALUES ($1, $2, $3)
                       ON CONFLICT (person_id) DO UPDATE SET hash = $2, expires_at_millis = $3";
            let values = values![person, &hash, expires_at_millis];
            database.execute("creating a password reset link", sql, values).await.map(drop)
        })
    }

    fn is_password_reset_valid(&self, reset: KeyHash) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let mut session = self.database.session("reading a password reset link").await?;
            let now = self.database.now_millis(&mut session).await?;
            Ok(people::of_reset(&mut session, &reset, now).await?.is_some())
        })
    }

    fn reset_password(&self, reset: KeyHash, hash: String) -> StoreFuture<'_, Option<Session>> {
        self.run(async move |database| people::reset_password(&database, &reset, &hash).await)
    }

    fn delete_person(&self, person: i64) -> StoreFuture<'_, DeletePersonOutcome> {
        self.run(async move |database| people::delete(&database, person).await)
    }

    fn remember_browser(&self, person: i64, browser: KeyHash) -> StoreFuture<'_, ()> {
        self.run(async move |database| sessions::remember_browser(&database, person, &browser).await)
    }

    fn is_known_browser(&self, person: i64, browser: KeyHash) -> StoreFuture<'_, bool> {
        Box::pin(async move { sessions::is_known_browser(&self.database, person, &browser).await })
    }

    fn start_session(&self, person: i64, session: KeyHash) -> StoreFuture<'_, ()> {
        self.run(async move |database| sessions::start(&database, person, &session).await)
    }

    fn session(&self, session: KeyHash, is_use: bool) -> StoreFuture<'_, Option<Session>> {
        Box::pin(async move { sessions::find(&self.database, &session, is_use).await })
    }

    fn end_session(&self, session: KeyHash) -> StoreFuture<'_, ()> {
        self.run(async move |database| {
            let sql = "DELETE FROM @.session WHERE hash = $1";
            database.execute("ending a session", sql, values![&session]).await.map(drop)
        })
    }

    fn members(&self, project: ProjectId) -> StoreFuture<'_, Vec<Member>> {
        Box::pin(async move {
            let mut session = self.database.session("reading the members of a project").await?;
            members::list(&mut session, project).await
        })
    }

    fn set_member(&self, project: ProjectId, person: i64, roles: Roles) -> StoreFuture<'_, MemberChange> {
        self.run(async move |database| members::change(&database, project, person, Some(&roles)).await)
    }

    fn remove_member(&self, project: ProjectId, person: i64) -> StoreFuture<'_, MemberChange> {
        self.run(async move |database| members::change(&database, project, person, None).await)
    }

    fn offer_membership(&self, offer: MembershipOffer) -> StoreFuture<'_, OfferOutcome> {
        self.run(async move |database| members::offer(&database, offer).await)
    }

    fn membership_offers(&self, project: ProjectId) -> StoreFuture<'_, Vec<MembershipOffer>> {
        Box::pin(async move {
            let mut session = self.database.session("reading offers of membership").await?;
            members::offers(&mut session, "project_id = $1 ORDER BY email", project.0).await
        })
    }

    fn offers_to(&self, person: i64) -> StoreFuture<'_, Vec<MembershipOffer>> {
        Box::pin(async move {
            let mut session = self.database.session("reading offers of membership").await?;
            members::offers(&mut session, "person_id = $1 ORDER BY project_id", person).await
        })
    }

    fn accept_membership(&self, project: ProjectId, person: i64) -> StoreFuture<'_, bool> {
        self.run(async move |database| members::accept(&database, project, person).await)
    }

    fn remove_offer(&self, project: ProjectId, person: i64) -> StoreFuture<'_, bool> {
        self.run(async move |database| {
            let mut session = database.session("removing an offer of membership").await?;
            members::remove_offer(&mut session, project, person).await
        })
    }

    fn owners(&self) -> StoreFuture<'_, Vec<Person>> {
        Box::pin(async move {
            let mut session = self.database.session("reading the owners").await?;
            owners::list(&mut session).await
        })
    }

    fn set_owner(&self, person: i64, is_owner: bool) -> StoreFuture<'_, OwnerChange> {
        self.run(async move |database| owners::set(&database, person, is_owner).await)
    }

    fn inviters(&self) -> StoreFuture<'_, Inviters> {
        Box::pin(owners::inviters(&self.database))
    }

    fn set_inviters(&self, inviters: Inviters) -> StoreFuture<'_, ()> {
        self.run(async move |database| owners::set_inviters(&database, inviters).await)
    }

    fn create_token(&self, token: NewToken) -> StoreFuture<'_, i64> {
        self.run(async move |database| tokens::create(&database, token).await)
    }

    fn tokens(&self, project: ProjectId) -> StoreFuture<'_, Vec<Token>> {
        Box::pin(tokens::list(&self.database, project))
    }

    fn revoke_token(&self, project: ProjectId, id: i64) -> StoreFuture<'_, bool> {
        self.run(async move |database| tokens::revoke(&database, project, id).await)
    }

    fn token(&self, token: KeyHash, is_use: bool) -> StoreFuture<'_, Option<Token>> {
        Box::pin(async move { tokens::find(&self.database, &token, is_use).await })
    }
}
