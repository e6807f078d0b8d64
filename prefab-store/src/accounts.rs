//! Accounts: users, their roles, sessions, invitations and tokens.

use std::collections::BTreeMap;

use prefab_core::ids::ProjectId;

use crate::{Roles, StoreFuture, key::KeyHash};

/// Stores accounts. Of everything secret it stores only hashes.
pub trait Accounts: Send + Sync + 'static {
    /// Tells whether anybody has signed up yet.
    fn has_accounts(&self) -> StoreFuture<'_, bool>;

    /// Invites somebody, and returns the invitation's number.
    fn invite(&self, invitation: NewInvitation) -> StoreFuture<'_, i64>;

    /// Lists a project's invitations that can still be used.
    fn invitations(&self, project: ProjectId) -> StoreFuture<'_, Vec<Invitation>>;

    /// Takes an invitation back; tells whether there was one that could still be used.
    fn revoke_invitation(&self, project: ProjectId, id: i64) -> StoreFuture<'_, bool>;

    /// Tells whether an invitation can be used by somebody with this e-mail.
    fn is_invited(&self, invitation: KeyHash, email: String) -> StoreFuture<'_, bool>;

    /// Makes a person of somebody who was invited, and uses the invitation up.
    fn sign_up(&self, invitation: KeyHash, person: NewPerson) -> StoreFuture<'_, SignUpOutcome>;

    /// Finds a person by e-mail.
    fn account(&self, email: String) -> StoreFuture<'_, Option<Account>>;

    /// Gives a person another password, and ends their sessions but one.
    fn set_password(&self, person: i64, hash: String, but: KeyHash) -> StoreFuture<'_, ()>;

    /// Keeps a link to a new password, in place of an earlier one.
    fn create_password_reset(&self, reset: NewReset) -> StoreFuture<'_, ()>;

    /// Tells whether a link to a new password can be used.
    fn is_password_reset_valid(&self, reset: KeyHash) -> StoreFuture<'_, bool>;

    /// Gives a password to whom a link is for, uses it up, and ends all their sessions.
    fn reset_password(&self, reset: KeyHash, hash: String) -> StoreFuture<'_, Option<Session>>;

    /// Deletes a person with the tokens that act for them, unless a project would be left without an admin.
    fn delete_person(&self, person: i64) -> StoreFuture<'_, DeletePersonOutcome>;

    /// Begins a session.
    fn start_session(&self, person: i64, session: KeyHash) -> StoreFuture<'_, ()>;

    /// Finds a session that has not ended; `is_use` says that it is being used.
    fn session(&self, session: KeyHash, is_use: bool) -> StoreFuture<'_, Option<Session>>;

    /// Ends a session.
    fn end_session(&self, session: KeyHash) -> StoreFuture<'_, ()>;

    /// Lists the people of a project by e-mail.
    fn members(&self, project: ProjectId) -> StoreFuture<'_, Vec<Member>>;

    /// Adds a person to a project, or gives them other roles.
    fn set_member(&self, project: ProjectId, person: i64, roles: Roles) -> StoreFuture<'_, MemberChange>;

    /// Takes a person out of a project, with the tokens that act for them there.
    fn remove_member(&self, project: ProjectId, person: i64) -> StoreFuture<'_, MemberChange>;

    /// Keeps a new management token, and returns its number.
    fn create_token(&self, token: NewToken) -> StoreFuture<'_, i64>;

    /// Lists a project's management tokens, ended ones too.
    fn tokens(&self, project: ProjectId) -> StoreFuture<'_, Vec<Token>>;

    /// Ends a management token; tells whether there was one that had not ended.
    fn revoke_token(&self, project: ProjectId, id: i64) -> StoreFuture<'_, bool>;

    /// Finds a management token that has not ended, with no more roles than whom it acts for has by now; `is_use`
    /// says that it is being used.
    fn token(&self, token: KeyHash, is_use: bool) -> StoreFuture<'_, Option<Token>>;
}

/// A session that is not used for this long has ended.
pub const SESSION_IDLE_MILLIS: i64 = 24 * 3_600 * 1_000;

/// A session ends after this long, used or not.
pub const SESSION_MILLIS: i64 = 14 * 24 * 3_600 * 1_000;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their number.
    pub id: i64,
    /// Their e-mail, in lower case.
    pub email: String,
    /// What they are called.
    pub name: String,
}

/// A person and how they prove who they are.
#[derive(Clone, Debug)]
pub struct Account {
    /// Who they are.
    pub person: Person,
    /// The hash of their password, if they have one.
    pub password: Option<String>,
    /// The projects they are in.
    pub projects: Vec<ProjectId>,
}

/// Somebody who signs up.
#[derive(Clone)]
pub struct NewPerson {
    /// Their e-mail, in lower case.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// The hash of their password.
    pub password: String,
}

/// What came of signing up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUpOutcome {
    /// They are a person now, and in these projects.
    Created(Person, Vec<ProjectId>),
    /// The invitation cannot be used, or not by them.
    NotInvited,
    /// There is somebody with that e-mail.
    EmailTaken,
}

/// An invitation that is wanted.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// The hash of its text.
    pub hash: KeyHash,
    /// Who it is for and what they may do; nothing for the very first person, who may do everything.
    pub to: Option<(ProjectId, String, Roles)>,
    /// Who invites.
    pub created_by: String,
    /// Until when it can be used, in milliseconds since 1970.
    pub expires_at_millis: i64,
}

/// An invitation as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its number.
    pub id: i64,
    /// Whom it is for.
    pub email: String,
    /// What they may do.
    pub roles: Roles,
    /// Who invited.
    pub created_by: String,
    /// When, in milliseconds since 1970.
    pub created_at_millis: i64,
    /// Until when it can be used.
    pub expires_at_millis: i64,
}

/// A link to a new password that is wanted.
#[derive(Clone, Debug)]
pub struct NewReset {
    /// The hash of its text.
    pub hash: KeyHash,
    /// Who it is for.
    pub person: i64,
    /// Until when it can be used, in milliseconds since 1970.
    pub expires_at_millis: i64,
}

/// Somebody who has proved who they are.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who they are.
    pub person: Person,
    /// The projects they are in.
    pub projects: BTreeMap<ProjectId, Roles>,
}

/// A person in a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who they are.
    pub person: Person,
    /// What they may do.
    pub roles: Roles,
    /// Since when, in milliseconds since 1970.
    pub joined_at_millis: i64,
}

/// What came of changing somebody's place in a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// It is as was wanted, and these tokens have ended.
    Done(Vec<Token>),
    /// There is nobody like that.
    Unknown,
    /// Nobody would be left to manage the project.
    LastAdmin,
}

/// What came of deleting somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeletePersonOutcome {
    /// They are gone, and these tokens have ended.
    Done(Vec<Token>),
    /// Nobody would be left to manage this project.
    LastAdmin(ProjectId),
}

/// A management token that is wanted.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Its project.
    pub project: ProjectId,
    /// The hash of its text.
    pub hash: KeyHash,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub roles: Roles,
    /// Who made it.
    pub created_by: String,
    /// The user behind that, or 0.
    pub created_by_person: i64,
    /// The person it acts for and ends with; none where a key made it.
    pub owner: Option<i64>,
    /// When it ends by itself, in milliseconds since 1970.
    pub expires_at_millis: Option<i64>,
}

/// A management token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// Its project.
    pub project: ProjectId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub roles: Roles,
    /// Who made it.
    pub created_by: String,
    /// The user behind that, or 0.
    pub created_by_person: i64,
    /// The person it acts for and ends with; none where a key made it.
    pub owner: Option<i64>,
    /// When it was made, in milliseconds since 1970.
    pub created_at_millis: i64,
    /// When it was used last, to the minute.
    pub last_used_at_millis: Option<i64>,
    /// When it ends by itself.
    pub expires_at_millis: Option<i64>,
    /// When it was revoked.
    pub revoked_at_millis: Option<i64>,
}
