use prefab_core::ids::ProjectId;

use super::bed::Bed;
use crate::{
    Role, Roles,
    accounts::{
        Departure, MemberChange, NewInvitation, NewPerson, NewReset, NewToken, Person, SESSION_IDLE_MILLIS,
        SESSION_MILLIS, SignedUp, Token,
    },
    key::KeyHash,
};

/// How long invitations, resets and tokens of the tests can be used.
const LIFE_MILLIS: i64 = 60_000;

fn invitation(bed: &Bed, text: &str, to: Option<(&str, Role)>) -> NewInvitation {
    NewInvitation {
        hash: KeyHash::of(text),
        to: to.map(|(email, role)| (bed.id(), email.to_owned(), Roles::of(role))),
        created_by: "ann".to_owned(),
        expires_at_millis: bed.now() + LIFE_MILLIS,
    }
}

fn new_person(email: &str) -> NewPerson {
    NewPerson { email: email.to_owned(), name: "A Name".to_owned(), password: "hash".to_owned() }
}

async fn sign_up(bed: &Bed, invitation: &str, email: &str) -> SignedUp {
    bed.store.sign_up(KeyHash::of(invitation), new_person(email)).await.unwrap()
}

/// Signs up a user with a role in the project.
async fn member(bed: &Bed, email: &str, role: Role) -> Person {
    let text = format!("{email} {}", bed.now());
    bed.store.invite(invitation(bed, &text, Some((email, role)))).await.unwrap();
    match sign_up(bed, &text, email).await {
        SignedUp::Welcome(person, projects) if projects == [bed.id()] => person,
        other => panic!("{other:?}"),
    }
}

async fn start(bed: &Bed, person: &Person, session: &str) {
    bed.store.start_session(person.id, KeyHash::of(session)).await.unwrap();
}

/// Tells whether a session has not ended, without using it.
async fn is_open(bed: &Bed, session: &str) -> bool {
    bed.store.session(KeyHash::of(session), false).await.unwrap().is_some()
}

async fn token(bed: &Bed, project: ProjectId, text: &str, owner: Option<&Person>) -> i64 {
    let token = NewToken {
        project,
        hash: KeyHash::of(text),
        name: text.to_owned(),
        roles: Roles::of(Role::Publisher),
        created_by: "ann".to_owned(),
        created_by_person: owner.map_or(0, |person| person.id),
        owner: owner.map(|person| person.id),
        expires_at_millis: Some(bed.now() + LIFE_MILLIS),
    };
    bed.store.keep_token(token).await.unwrap()
}

async fn find(bed: &Bed, token: &str) -> Option<Token> {
    bed.store.token(KeyHash::of(token), false).await.unwrap()
}

fn numbers(tokens: &[Token]) -> Vec<i64> {
    tokens.iter().map(|token| token.id).collect()
}

pub(super) async fn the_first_user_manages_every_project(bed: Bed) {
    let second = bed.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    for text in ["first", "late"] {
        bed.store.invite(invitation(&bed, text, None)).await.unwrap();
    }
    assert!(!bed.store.has_people().await.unwrap());
    assert!(bed.store.is_invited(KeyHash::of("first"), "any@acme.test".to_owned()).await.unwrap());
    let signed_up = sign_up(&bed, "first", "ann@acme.test").await;
    assert!(matches!(&signed_up, SignedUp::Welcome(_, projects) if *projects == [bed.id(), second.id]));
    assert!(bed.other_handle().has_people().await.unwrap());
    for project in [bed.id(), second.id] {
        assert_eq!(bed.store.members(project).await.unwrap()[0].roles, Roles::of(Role::Admin));
    }
    assert_eq!(sign_up(&bed, "late", "bob@acme.test").await, SignedUp::NotInvited);
}

pub(super) async fn an_invitation_is_for_one_user_once(bed: Bed) {
    let invited = invitation(&bed, "text", Some(("ann@acme.test", Role::Editor)));
    bed.store.invite(invited).await.unwrap();
    let is_invited =
        async |email: &str| bed.store.is_invited(KeyHash::of("text"), email.to_owned()).await.unwrap();
    assert!(is_invited("ann@acme.test").await && !is_invited("bob@acme.test").await);
    assert_eq!(sign_up(&bed, "text", "bob@acme.test").await, SignedUp::NotInvited);
    let listed = bed.other_handle().invitations(bed.id()).await.unwrap();
    assert_eq!(
        (listed.len(), &*listed[0].email, &listed[0].roles),
        (1, "ann@acme.test", &Roles::of(Role::Editor))
    );
    assert_eq!(
        (listed[0].created_at_millis, listed[0].expires_at_millis),
        (bed.now(), bed.now() + LIFE_MILLIS)
    );
    assert!(matches!(sign_up(&bed, "text", "ann@acme.test").await, SignedUp::Welcome(..)));
    assert_eq!(bed.store.invitations(bed.id()).await.unwrap(), []);
    assert_eq!(sign_up(&bed, "text", "ann@acme.test").await, SignedUp::NotInvited);
    let account = bed.other_handle().account("ann@acme.test".to_owned()).await.unwrap().unwrap();
    assert_eq!((account.password.as_deref(), account.projects), (Some("hash"), vec![bed.id()]));
}

pub(super) async fn an_invitation_ends_at_its_time_or_when_it_is_revoked(bed: Bed) {
    let ids = [
        bed.store.invite(invitation(&bed, "one", Some(("one@acme.test", Role::Viewer)))).await.unwrap(),
        bed.store.invite(invitation(&bed, "two", Some(("two@acme.test", Role::Viewer)))).await.unwrap(),
    ];
    let revoke = async |project, id| bed.store.revoke_invitation(project, id).await.unwrap();
    assert!(!revoke(ProjectId(bed.id().0 + 100), ids[0]).await);
    assert!(revoke(bed.id(), ids[0]).await && !revoke(bed.id(), ids[0]).await);
    assert_eq!(sign_up(&bed, "one", "one@acme.test").await, SignedUp::NotInvited);
    bed.step(LIFE_MILLIS);
    assert!(!revoke(bed.id(), ids[1]).await);
    assert_eq!(bed.store.invitations(bed.id()).await.unwrap(), []);
    assert_eq!(sign_up(&bed, "two", "two@acme.test").await, SignedUp::NotInvited);
}

pub(super) async fn an_email_has_one_account(bed: Bed) {
    member(&bed, "ann@acme.test", Role::Viewer).await;
    bed.store.invite(invitation(&bed, "again", Some(("ann@acme.test", Role::Admin)))).await.unwrap();
    assert_eq!(sign_up(&bed, "again", "ann@acme.test").await, SignedUp::Known);
    let members = bed.store.members(bed.id()).await.unwrap();
    assert_eq!((members.len(), &members[0].roles), (1, &Roles::of(Role::Viewer)));
    assert!(bed.store.account("bob@acme.test".to_owned()).await.unwrap().is_none());
}

pub(super) async fn a_session_ends_when_it_is_not_used(bed: Bed) {
    let ann = member(&bed, "ann@acme.test", Role::Editor).await;
    for session in ["used", "unused", "ended"] {
        start(&bed, &ann, session).await;
    }
    bed.store.end_session(KeyHash::of("ended")).await.unwrap();
    assert!(!is_open(&bed, "ended").await && !is_open(&bed, "unknown").await);
    bed.step(SESSION_IDLE_MILLIS);
    let session = bed.other_handle().session(KeyHash::of("used"), true).await.unwrap().unwrap();
    assert_eq!((session.person, session.projects), (ann, [(bed.id(), Roles::of(Role::Editor))].into()));
    assert!(is_open(&bed, "unused").await);
    bed.step(1);
    assert!(is_open(&bed, "used").await && !is_open(&bed, "unused").await);
}

pub(super) async fn a_session_ends_after_its_longest_time(bed: Bed) {
    let ann = member(&bed, "ann@acme.test", Role::Editor).await;
    start(&bed, &ann, "session").await;
    let end = bed.now() + SESSION_MILLIS;
    while bed.now() < end {
        bed.step(SESSION_IDLE_MILLIS.min(end - bed.now()));
        assert!(bed.store.session(KeyHash::of("session"), true).await.unwrap().is_some());
    }
    bed.step(1);
    assert!(!is_open(&bed, "session").await);
}

pub(super) async fn a_new_password_ends_all_sessions_but_one(bed: Bed) {
    let ann = member(&bed, "ann@acme.test", Role::Editor).await;
    let bob = member(&bed, "bob@acme.test", Role::Editor).await;
    for (person, session) in [(&ann, "kept"), (&ann, "ended"), (&bob, "of bob")] {
        start(&bed, person, session).await;
    }
    bed.store.set_password(ann.id, "new".to_owned(), KeyHash::of("kept")).await.unwrap();
    assert!(is_open(&bed, "kept").await && !is_open(&bed, "ended").await && is_open(&bed, "of bob").await);
    let account = bed.store.account("ann@acme.test".to_owned()).await.unwrap().unwrap();
    assert_eq!(account.password.as_deref(), Some("new"));
}

pub(super) async fn a_reset_is_used_once_and_ends_all_sessions(bed: Bed) {
    let ann = member(&bed, "ann@acme.test", Role::Editor).await;
    start(&bed, &ann, "session").await;
    let offer = async |text: &str| {
        let expires_at_millis = bed.now() + LIFE_MILLIS;
        let reset = NewReset { hash: KeyHash::of(text), person: ann.id, expires_at_millis };
        bed.store.offer_reset(reset).await.unwrap();
    };
    let reset = async |text: &str| {
        let is_reset = bed.store.is_reset(KeyHash::of(text)).await.unwrap();
        let session = bed.store.reset_password(KeyHash::of(text), text.to_owned()).await.unwrap();
        assert_eq!(is_reset, session.is_some(), "{text}");
        session
    };
    offer("replaced").await;
    offer("used").await;
    assert!(reset("replaced").await.is_none());
    assert!(is_open(&bed, "session").await);
    let session = reset("used").await.unwrap();
    assert_eq!((&session.person, session.projects.len()), (&ann, 1));
    assert!(!is_open(&bed, "session").await);
    assert!(reset("used").await.is_none());
    offer("late").await;
    bed.step(LIFE_MILLIS);
    assert!(reset("late").await.is_none());
    let account = bed.store.account("ann@acme.test".to_owned()).await.unwrap().unwrap();
    assert_eq!(account.password.as_deref(), Some("used"));
}

pub(super) async fn the_last_admin_of_a_project_stays(bed: Bed) {
    let ann = member(&bed, "ann@acme.test", Role::Admin).await;
    let bob = member(&bed, "bob@acme.test", Role::Editor).await;
    let set = async |person: &Person, role| {
        bed.store.set_member(bed.id(), person.id, Roles::of(role)).await.unwrap()
    };
    assert_eq!(set(&ann, Role::Publisher).await, MemberChange::LastAdmin);
    assert_eq!(bed.store.remove_member(bed.id(), ann.id).await.unwrap(), MemberChange::LastAdmin);
    assert_eq!(bed.store.delete_person(ann.id).await.unwrap(), Departure::LastAdmin(bed.id()));
    assert_eq!(set(&bob, Role::Admin).await, MemberChange::Done(Vec::new()));
    assert_eq!(set(&ann, Role::Publisher).await, MemberChange::Done(Vec::new()));
    let members = bed.other_handle().members(bed.id()).await.unwrap();
    let roles: Vec<_> = members.iter().map(|member| (&*member.person.email, member.roles.project)).collect();
    assert_eq!(roles, [("ann@acme.test", Role::Publisher), ("bob@acme.test", Role::Admin)], "by e-mail");
    assert_eq!(bed.store.remove_member(bed.id(), ann.id).await.unwrap(), MemberChange::Done(Vec::new()));
    assert_eq!(bed.store.remove_member(bed.id(), ann.id).await.unwrap(), MemberChange::Unknown);
}

pub(super) async fn a_removed_member_loses_their_tokens_in_that_project(bed: Bed) {
    let second = bed.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    let ann = member(&bed, "ann@acme.test", Role::Editor).await;
    bed.store.set_member(second.id, ann.id, Roles::of(Role::Editor)).await.unwrap();
    let here = token(&bed, bed.id(), "here", Some(&ann)).await;
    token(&bed, second.id, "there", Some(&ann)).await;
    token(&bed, bed.id(), "of a key", None).await;
    let removed = bed.store.remove_member(bed.id(), ann.id).await.unwrap();
    assert!(matches!(&removed, MemberChange::Done(ended) if numbers(ended) == [here]), "{removed:?}");
    assert!(find(&bed, "here").await.is_none());
    assert!(find(&bed, "there").await.is_some() && find(&bed, "of a key").await.is_some());
    assert_eq!(bed.store.members(bed.id()).await.unwrap(), []);
}

pub(super) async fn a_deleted_user_is_gone_with_sessions_and_tokens(bed: Bed) {
    let ann = member(&bed, "ann@acme.test", Role::Editor).await;
    start(&bed, &ann, "session").await;
    let id = token(&bed, bed.id(), "token", Some(&ann)).await;
    let gone = bed.store.delete_person(ann.id).await.unwrap();
    assert!(matches!(&gone, Departure::Done(ended) if numbers(ended) == [id]), "{gone:?}");
    assert!(!is_open(&bed, "session").await && find(&bed, "token").await.is_none());
    assert!(bed.store.account("ann@acme.test".to_owned()).await.unwrap().is_none());
    assert_eq!(bed.store.tokens(bed.id()).await.unwrap()[0].revoked_at_millis, Some(bed.now()));
    bed.step(1_000);
    let again = member(&bed, "ann@acme.test", Role::Editor).await;
    assert_eq!(bed.store.members(bed.id()).await.unwrap()[0].person, again);
}

pub(super) async fn a_token_allows_no_more_than_its_owner(bed: Bed) {
    let ann = member(&bed, "ann@acme.test", Role::Admin).await;
    member(&bed, "bob@acme.test", Role::Admin).await;
    token(&bed, bed.id(), "token", Some(&ann)).await;
    assert_eq!(find(&bed, "token").await.unwrap().roles, Roles::of(Role::Publisher));
    let roles = Roles { environments: [(bed.production(), Role::Viewer)].into(), ..Roles::of(Role::Editor) };
    bed.store.set_member(bed.id(), ann.id, roles.clone()).await.unwrap();
    assert_eq!(find(&bed, "token").await.unwrap().roles, roles);
    assert_eq!(bed.store.tokens(bed.id()).await.unwrap()[0].roles, Roles::of(Role::Publisher));
}

pub(super) async fn a_token_ends_at_its_time_or_when_it_is_revoked(bed: Bed) {
    let revoked = token(&bed, bed.id(), "revoked", None).await;
    let late = token(&bed, bed.id(), "late", None).await;
    let revoke = async |project, id| bed.store.revoke_token(project, id).await.unwrap();
    assert!(!revoke(ProjectId(bed.id().0 + 100), revoked).await);
    assert!(revoke(bed.id(), revoked).await && !revoke(bed.id(), revoked).await);
    assert!(find(&bed, "revoked").await.is_none());
    let used = bed.store.token(KeyHash::of("late"), true).await.unwrap().unwrap();
    assert_eq!((used.id, used.name.as_str(), used.owner), (late, "late", None));
    assert_eq!(bed.store.tokens(bed.id()).await.unwrap()[1].last_used_at_millis, Some(bed.now()));
    bed.step(LIFE_MILLIS);
    assert!(find(&bed, "late").await.is_none() && !revoke(bed.id(), late).await);
    assert_eq!(numbers(&bed.other_handle().tokens(bed.id()).await.unwrap()), [revoked, late]);
}
