//! Accounts: users, their roles, sessions, invitations and tokens.

use std::collections::BTreeMap;

use prefab_core::ids::ProjectId;

use crate::{Roles, StoreFuture, key::KeyHash};

/// Stores accounts. Passwords, sessions, invitations and tokens are stored as hashes.
pub trait Accounts: Send + Sync + 'static {
    /// Returns whether there is at least one account.
    fn has_accounts(&self) -> StoreFuture<'_, bool>;

    /// Creates an invitation and returns its id.
    fn invite(&self, invitation: NewInvitation) -> StoreFuture<'_, i64>;

    /// Lists the invitations of a project that can still be used.
    fn invitations(&self, project: ProjectId) -> StoreFuture<'_, Vec<Invitation>>;

    /// Revokes an invitation. Returns whether there was one that could still be used.
    fn revoke_invitation(&self, project: ProjectId, id: i64) -> StoreFuture<'_, bool>;

    /// Returns whether an invitation can be used with this e-mail address.
    fn is_invited(&self, invitation: KeyHash, email: String) -> StoreFuture<'_, bool>;

    /// Creates the account of an invited person and marks the invitation as used.
    fn sign_up(&self, invitation: KeyHash, person: NewPerson) -> StoreFuture<'_, SignUpOutcome>;

    /// Returns the account with this e-mail address.
    fn account(&self, email: String) -> StoreFuture<'_, Option<Account>>;

    /// Sets a password and ends all sessions of the person except `but`.
    fn set_password(&self, person: i64, hash: String, but: KeyHash) -> StoreFuture<'_, ()>;

    /// Creates a password reset link. It replaces an earlier link of the same person.
    fn create_password_reset(&self, reset: NewReset) -> StoreFuture<'_, ()>;

    /// Returns whether a password reset link can be used.
    fn is_password_reset_valid(&self, reset: KeyHash) -> StoreFuture<'_, bool>;

    /// Sets the password of the person a reset link is for, marks the link as used, and ends all sessions of the person.
    /// Returns `None` if the link cannot be used.
    fn reset_password(&self, reset: KeyHash, hash: String) -> StoreFuture<'_, Option<Session>>;

    /// Deletes a person and revokes the tokens that act for them, unless a project would have no admin, or the installation
    /// no owner.
    fn delete_person(&self, person: i64) -> StoreFuture<'_, DeletePersonOutcome>;

    /// Records that a person has logged in with a browser. The newest [`MAX_KNOWN_BROWSERS`] of each person are remembered.
    fn remember_browser(&self, person: i64, browser: KeyHash) -> StoreFuture<'_, ()>;

    /// Returns whether a person has logged in with a browser, since their last change of the password.
    fn is_known_browser(&self, person: i64, browser: KeyHash) -> StoreFuture<'_, bool>;

    /// Creates a session.
    fn start_session(&self, person: i64, session: KeyHash) -> StoreFuture<'_, ()>;

    /// Returns a session that has not ended. `is_use` records that it is being used.
    fn session(&self, session: KeyHash, is_use: bool) -> StoreFuture<'_, Option<Session>>;

    /// Ends a session.
    fn end_session(&self, session: KeyHash) -> StoreFuture<'_, ()>;

    /// Lists the members of a project by e-mail address.
    fn members(&self, project: ProjectId) -> StoreFuture<'_, Vec<Member>>;

    /// Adds a person to a project, or changes their roles. An offer to the person ends.
    fn set_member(&self, project: ProjectId, person: i64, roles: Roles) -> StoreFuture<'_, MemberChange>;

    /// Removes a person from a project and revokes the tokens that act for them there.
    fn remove_member(&self, project: ProjectId, person: i64) -> StoreFuture<'_, MemberChange>;

    /// Offers an account membership in a project, unless it is a member. It replaces an earlier offer to the same person.
    fn offer_membership(&self, offer: MembershipOffer) -> StoreFuture<'_, OfferOutcome>;

    /// Lists the offers of a project that the person has not accepted, by e-mail address.
    fn membership_offers(&self, project: ProjectId) -> StoreFuture<'_, Vec<MembershipOffer>>;

    /// Lists the offers to a person, by project.
    fn offers_to(&self, person: i64) -> StoreFuture<'_, Vec<MembershipOffer>>;

    /// Makes a person a member of a project with the roles of an offer. Returns whether there was an offer.
    fn accept_membership(&self, project: ProjectId, person: i64) -> StoreFuture<'_, bool>;

    /// Removes an offer. Returns whether there was one.
    fn remove_offer(&self, project: ProjectId, person: i64) -> StoreFuture<'_, bool>;

    /// Lists the owners of the installation, by e-mail address.
    fn owners(&self) -> StoreFuture<'_, Vec<Person>>;

    /// Makes a person an owner of the installation, or an owner an ordinary person.
    fn set_owner(&self, person: i64, is_owner: bool) -> StoreFuture<'_, OwnerChange>;

    /// Returns who may invite people without an account.
    fn inviters(&self) -> StoreFuture<'_, Inviters>;

    /// Sets who may invite people without an account.
    fn set_inviters(&self, inviters: Inviters) -> StoreFuture<'_, ()>;

    /// Creates a management token and returns its id.
    fn create_token(&self, token: NewToken) -> StoreFuture<'_, i64>;

    /// Lists the management tokens of a project, ended ones included.
    fn tokens(&self, project: ProjectId) -> StoreFuture<'_, Vec<Token>>;

    /// Revokes a management token. Returns whether there was one that had not ended.
    fn revoke_token(&self, project: ProjectId, id: i64) -> StoreFuture<'_, bool>;

    /// Returns a management token that has not ended. Its roles are limited to the current roles of the person it acts
    /// for. `is_use` records that it is being used.
    fn token(&self, token: KeyHash, is_use: bool) -> StoreFuture<'_, Option<Token>>;
}

/// The time after which an unused session ends: 24 hours.
pub const SESSION_IDLE_MILLIS: i64 = 24 * 3_600 * 1_000;

/// The time after which every session ends: 14 days.
pub const SESSION_MILLIS: i64 = 14 * 24 * 3_600 * 1_000;

/// The time for which a browser is remembered after a log-in: 180 days.
pub const KNOWN_BROWSER_MILLIS: i64 = 180 * 24 * 3_600 * 1_000;

/// The number of browsers that are remembered for each person.
pub const MAX_KNOWN_BROWSERS: i64 = 20;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The id.
    pub id: i64,
    /// The e-mail address in lower case.
    pub email: String,
    /// The name.
    pub name: String,
}

/// A person, with their password and projects.
#[derive(Clone, Debug)]
pub struct Account {
    /// The person.
    pub person: Person,
    /// The hash of the password, if the person has one.
    pub password: Option<String>,
    /// The projects of the person.
    pub projects: Vec<ProjectId>,
    /// Whether the person is an owner of the installation.
    pub is_owner: bool,
    /// The label of the actor who invited the person; `None` for the first person.
    pub invited_by: Option<String>,
    /// The time the account was created, in milliseconds since 1970.
    pub created_at_millis: i64,
}

/// The account to create.
#[derive(Clone)]
pub struct NewPerson {
    /// The e-mail address in lower case.
    pub email: String,
    /// The name.
    pub name: String,
    /// The hash of the password.
    pub password: String,
}

/// The outcome of a sign-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUpOutcome {
    /// The account was created, in these projects.
    Created(Person, Vec<ProjectId>),
    /// The invitation cannot be used, or not with this e-mail address.
    NotInvited,
    /// The e-mail address has an account.
    EmailTaken,
}

/// The invitation to create.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// The hash of the secret.
    pub hash: KeyHash,
    /// The project, the e-mail address and the roles; `None` for the first person, who becomes owner of the installation and
    /// admin of every project.
    pub to: Option<(ProjectId, String, Roles)>,
    /// The label of the actor who invites.
    pub created_by: String,
    /// The time it expires, in milliseconds since 1970.
    pub expires_at_millis: i64,
}

/// A stored invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The id.
    pub id: i64,
    /// The e-mail address of the invited person.
    pub email: String,
    /// The roles.
    pub roles: Roles,
    /// The label of the actor who invited.
    pub created_by: String,
    /// The time it was created, in milliseconds since 1970.
    pub created_at_millis: i64,
    /// The time it expires.
    pub expires_at_millis: i64,
}

/// The password reset link to create.
#[derive(Clone, Debug)]
pub struct NewReset {
    /// The hash of the secret.
    pub hash: KeyHash,
    /// The id of the person.
    pub person: i64,
    /// The time it expires, in milliseconds since 1970.
    pub expires_at_millis: i64,
}

/// A signed-in person.
#[derive(Clone, Debug)]
pub struct Session {
    /// The person.
    pub person: Person,
    /// The roles of the person, by project.
    pub projects: BTreeMap<ProjectId, Roles>,
    /// Whether the person is an owner of the installation.
    pub is_owner: bool,
}

/// Membership in a project that a person has not accepted yet. Until then it gives no access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipOffer {
    /// The project.
    pub project: ProjectId,
    /// The person.
    pub person: Person,
    /// The roles.
    pub roles: Roles,
    /// The label of the actor who made the offer.
    pub offered_by: String,
    /// The time of the offer, in milliseconds since 1970.
    pub offered_at_millis: i64,
}

/// The outcome of an offer of membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferOutcome {
    /// The person can accept the offer.
    Done,
    /// The person is a member already.
    AlreadyMember,
    /// There is no such person.
    UnknownPerson,
}

/// Who may invite people without an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inviters {
    /// Admins of projects, to their project.
    #[default]
    Admins,
    /// Owners of the installation, to the projects of which they are admins.
    Owners,
}

/// The outcome of a change to the owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerChange {
    /// The person is an owner, or not, as requested.
    Done,
    /// There is no such person.
    Unknown,
    /// The installation would have no owner.
    LastOwner,
}

/// A member of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub person: Person,
    /// The roles.
    pub roles: Roles,
    /// The time the person joined, in milliseconds since 1970.
    pub joined_at_millis: i64,
}

/// The outcome of a change to a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// The member was changed, and these tokens were revoked.
    Done(Vec<Token>),
    /// The person is not a member.
    Unknown,
    /// The project would have no admin.
    LastAdmin,
}

/// The outcome of the deletion of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeletePersonOutcome {
    /// The person was deleted, and these tokens were revoked.
    Done(Vec<Token>),
    /// This project would have no admin.
    LastAdmin(ProjectId),
    /// The installation would have no owner.
    LastOwner,
}

/// The management token to create.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The project.
    pub project: ProjectId,
    /// The hash of the secret.
    pub hash: KeyHash,
    /// The name.
    pub name: String,
    /// The roles.
    pub roles: Roles,
    /// The label of the actor who created it.
    pub created_by: String,
    /// The id of that person, or 0.
    pub created_by_person: i64,
    /// The id of the person it acts for, whose removal revokes it; `None` if an API key created it.
    pub owner: Option<i64>,
    /// The time it expires, in milliseconds since 1970.
    pub expires_at_millis: Option<i64>,
}

/// A stored management token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The id.
    pub id: i64,
    /// The project.
    pub project: ProjectId,
    /// The name.
    pub name: String,
    /// The roles.
    pub roles: Roles,
    /// The label of the actor who created it.
    pub created_by: String,
    /// The id of that person, or 0.
    pub created_by_person: i64,
    /// The id of the person it acts for, whose removal revokes it; `None` if an API key created it.
    pub owner: Option<i64>,
    /// The time it was created, in milliseconds since 1970.
    pub created_at_millis: i64,
    /// The time of its last use, to the minute.
    pub last_used_at_millis: Option<i64>,
    /// The time it expires.
    pub expires_at_millis: Option<i64>,
    /// The time it was revoked.
    pub revoked_at_millis: Option<i64>,
}
