use prefab_core::ids::ProjectId;

use super::fixture::Fixture;
use crate::{
    Role, Roles, StoreError,
    accounts::{
        DeletePersonOutcome, Inviters, MAX_KNOWN_BROWSERS, MemberChange, MembershipOffer, NewInvitation,
        NewPerson, NewReset, NewToken, OfferOutcome, OwnerChange, Person, SESSION_IDLE_MILLIS,
        SESSION_MILLIS, SignUpOutcome, Token,
    },
    key::KeyHash,
};

/// The lifetime of invitations, password resets and tokens in the tests.
const LIFE_MILLIS: i64 = 60_000;

fn invitation(fixture: &Fixture, text: &str, to: Option<(&str, Role)>) -> NewInvitation {
    NewInvitation {
        hash: KeyHash::of(text),
        to: to.map(|(email, role)| (fixture.id(), email.to_owned(), Roles::of(role))),
        created_by: "ann".to_owned(),
        expires_at_millis: fixture.now() + LIFE_MILLIS,
    }
}

fn new_person(email: &str) -> NewPerson {
    NewPerson { email: email.to_owned(), name: "A Name".to_owned(), password: "hash".to_owned() }
}

async fn sign_up(fixture: &Fixture, invitation: &str, email: &str) -> SignUpOutcome {
    fixture.store.sign_up(KeyHash::of(invitation), new_person(email)).await.unwrap()
}

/// Signs up a user with a role in the project.
async fn member(fixture: &Fixture, email: &str, role: Role) -> Person {
    let text = format!("{email} {}", fixture.now());
    fixture.store.invite(invitation(fixture, &text, Some((email, role)))).await.unwrap();
    match sign_up(fixture, &text, email).await {
        SignUpOutcome::Created(person, projects) if projects == [fixture.id()] => person,
        other => panic!("{other:?}"),
    }
}

async fn start(fixture: &Fixture, person: &Person, session: &str) {
    fixture.store.start_session(person.id, KeyHash::of(session)).await.unwrap();
}

/// Returns whether a session has not ended, without recording a use.
async fn is_open(fixture: &Fixture, session: &str) -> bool {
    fixture.store.session(KeyHash::of(session), false).await.unwrap().is_some()
}

async fn token(fixture: &Fixture, project: ProjectId, text: &str, owner: Option<&Person>) -> i64 {
    let token = NewToken {
        project,
        hash: KeyHash::of(text),
        name: text.to_owned(),
        roles: Roles::of(Role::Publisher),
        created_by: "ann".to_owned(),
        created_by_person: owner.map_or(0, |person| person.id),
        owner: owner.map(|person| person.id),
        expires_at_millis: Some(fixture.now() + LIFE_MILLIS),
    };
    fixture.store.create_token(token).await.unwrap()
}

async fn find(fixture: &Fixture, token: &str) -> Option<Token> {
    fixture.store.token(KeyHash::of(token), false).await.unwrap()
}

fn numbers(tokens: &[Token]) -> Vec<i64> {
    tokens.iter().map(|token| token.id).collect()
}

pub(super) async fn the_first_user_manages_every_project(fixture: Fixture) {
    let second = fixture.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    for text in ["first", "late"] {
        fixture.store.invite(invitation(&fixture, text, None)).await.unwrap();
    }
    assert!(!fixture.store.has_accounts().await.unwrap());
    assert!(fixture.store.is_invited(KeyHash::of("first"), "any@acme.test".to_owned()).await.unwrap());
    let signed_up = sign_up(&fixture, "first", "ann@acme.test").await;
    assert!(
        matches!(&signed_up, SignUpOutcome::Created(_, projects) if *projects == [fixture.id(), second.id])
    );
    assert!(fixture.other_handle().has_accounts().await.unwrap());
    for project in [fixture.id(), second.id] {
        assert_eq!(fixture.store.members(project).await.unwrap()[0].roles, Roles::of(Role::Admin));
    }
    assert_eq!(sign_up(&fixture, "late", "bob@acme.test").await, SignUpOutcome::NotInvited);
}

pub(super) async fn an_invitation_is_for_one_user_once(fixture: Fixture) {
    let invited = invitation(&fixture, "text", Some(("ann@acme.test", Role::Editor)));
    fixture.store.invite(invited).await.unwrap();
    let is_invited =
        async |email: &str| fixture.store.is_invited(KeyHash::of("text"), email.to_owned()).await.unwrap();
    assert!(is_invited("ann@acme.test").await && !is_invited("bob@acme.test").await);
    assert_eq!(sign_up(&fixture, "text", "bob@acme.test").await, SignUpOutcome::NotInvited);
    let listed = fixture.other_handle().invitations(fixture.id()).await.unwrap();
    assert_eq!(
        (listed.len(), &*listed[0].email, &listed[0].roles),
        (1, "ann@acme.test", &Roles::of(Role::Editor))
    );
    assert_eq!(
        (listed[0].created_at_millis, listed[0].expires_at_millis),
        (fixture.now(), fixture.now() + LIFE_MILLIS)
    );
    assert!(matches!(sign_up(&fixture, "text", "ann@acme.test").await, SignUpOutcome::Created(..)));
    assert_eq!(fixture.store.invitations(fixture.id()).await.unwrap(), []);
    assert_eq!(sign_up(&fixture, "text", "ann@acme.test").await, SignUpOutcome::NotInvited);
    let account = fixture.other_handle().account("ann@acme.test".to_owned()).await.unwrap().unwrap();
    assert_eq!((account.password.as_deref(), account.projects), (Some("hash"), vec![fixture.id()]));
}

pub(super) async fn an_invitation_ends_at_its_time_or_when_it_is_revoked(fixture: Fixture) {
    let ids = [
        fixture
            .store
            .invite(invitation(&fixture, "one", Some(("one@acme.test", Role::Viewer))))
            .await
            .unwrap(),
        fixture
            .store
            .invite(invitation(&fixture, "two", Some(("two@acme.test", Role::Viewer))))
            .await
            .unwrap(),
    ];
    let revoke = async |project, id| fixture.store.revoke_invitation(project, id).await.unwrap();
    assert!(!revoke(ProjectId(fixture.id().0 + 100), ids[0]).await);
    assert!(revoke(fixture.id(), ids[0]).await && !revoke(fixture.id(), ids[0]).await);
    assert_eq!(sign_up(&fixture, "one", "one@acme.test").await, SignUpOutcome::NotInvited);
    fixture.step(LIFE_MILLIS);
    assert!(!revoke(fixture.id(), ids[1]).await);
    assert_eq!(fixture.store.invitations(fixture.id()).await.unwrap(), []);
    assert_eq!(sign_up(&fixture, "two", "two@acme.test").await, SignUpOutcome::NotInvited);
}

pub(super) async fn an_email_has_one_account(fixture: Fixture) {
    member(&fixture, "ann@acme.test", Role::Viewer).await;
    fixture.store.invite(invitation(&fixture, "again", Some(("ann@acme.test", Role::Admin)))).await.unwrap();
    assert_eq!(sign_up(&fixture, "again", "ann@acme.test").await, SignUpOutcome::EmailTaken);
    let members = fixture.store.members(fixture.id()).await.unwrap();
    assert_eq!((members.len(), &members[0].roles), (1, &Roles::of(Role::Viewer)));
    assert!(fixture.store.account("bob@acme.test".to_owned()).await.unwrap().is_none());
}

pub(super) async fn a_session_ends_when_it_is_not_used(fixture: Fixture) {
    let ann = member(&fixture, "ann@acme.test", Role::Editor).await;
    for session in ["used", "unused", "ended"] {
        start(&fixture, &ann, session).await;
    }
    fixture.store.end_session(KeyHash::of("ended")).await.unwrap();
    assert!(!is_open(&fixture, "ended").await && !is_open(&fixture, "unknown").await);
    fixture.step(SESSION_IDLE_MILLIS);
    let session = fixture.other_handle().session(KeyHash::of("used"), true).await.unwrap().unwrap();
    assert_eq!((session.person, session.projects), (ann, [(fixture.id(), Roles::of(Role::Editor))].into()));
    assert!(is_open(&fixture, "unused").await);
    fixture.step(1);
    assert!(is_open(&fixture, "used").await && !is_open(&fixture, "unused").await);
}

pub(super) async fn a_session_ends_after_its_longest_time(fixture: Fixture) {
    let ann = member(&fixture, "ann@acme.test", Role::Editor).await;
    start(&fixture, &ann, "session").await;
    let end = fixture.now() + SESSION_MILLIS;
    while fixture.now() < end {
        fixture.step(SESSION_IDLE_MILLIS.min(end - fixture.now()));
        assert!(fixture.store.session(KeyHash::of("session"), true).await.unwrap().is_some());
    }
    fixture.step(1);
    assert!(!is_open(&fixture, "session").await);
}

pub(super) async fn a_new_password_ends_all_sessions_but_one(fixture: Fixture) {
    let ann = member(&fixture, "ann@acme.test", Role::Editor).await;
    let bob = member(&fixture, "bob@acme.test", Role::Editor).await;
    for (person, session) in [(&ann, "kept"), (&ann, "ended"), (&bob, "of bob")] {
        start(&fixture, person, session).await;
    }
    fixture.store.set_password(ann.id, "new".to_owned(), KeyHash::of("kept")).await.unwrap();
    assert!(
        is_open(&fixture, "kept").await
            && !is_open(&fixture, "ended").await
            && is_open(&fixture, "of bob").await
    );
    let account = fixture.store.account("ann@acme.test".to_owned()).await.unwrap().unwrap();
    assert_eq!(account.password.as_deref(), Some("new"));
}

pub(super) async fn a_reset_is_used_once_and_ends_all_sessions(fixture: Fixture) {
    let ann = member(&fixture, "ann@acme.test", Role::Editor).await;
    start(&fixture, &ann, "session").await;
    let offer = async |text: &str| {
        let expires_at_millis = fixture.now() + LIFE_MILLIS;
        let reset = NewReset { hash: KeyHash::of(text), person: ann.id, expires_at_millis };
        fixture.store.create_password_reset(reset).await.unwrap();
    };
    let reset = async |text: &str| {
        let is_reset = fixture.store.is_password_reset_valid(KeyHash::of(text)).await.unwrap();
        let session = fixture.store.reset_password(KeyHash::of(text), text.to_owned()).await.unwrap();
        assert_eq!(is_reset, session.is_some(), "{text}");
        session
    };
    offer("replaced").await;
    offer("used").await;
    assert!(reset("replaced").await.is_none());
    assert!(is_open(&fixture, "session").await);
    let session = reset("used").await.unwrap();
    assert_eq!((&session.person, session.projects.len()), (&ann, 1));
    assert!(!is_open(&fixture, "session").await);
    assert!(reset("used").await.is_none());
    // With more rights, the account is out of reach of the admin who may have created the link.
    offer("before ownership").await;
    fixture.store.set_owner(ann.id, true).await.unwrap();
    assert!(reset("before ownership").await.is_none());
    let second = fixture.store.create_project("second".to_owned(), Vec::new()).await.unwrap().id;
    let membership = MembershipOffer {
        project: second,
        person: ann.clone(),
        roles: Roles::of(Role::Admin),
        offered_by: "Bea".to_owned(),
        offered_at_millis: fixture.now(),
    };
    fixture.store.offer_membership(membership).await.unwrap();
    offer("before membership").await;
    assert!(fixture.store.accept_membership(second, ann.id).await.unwrap());
    assert!(reset("before membership").await.is_none());
    offer("late").await;
    fixture.step(LIFE_MILLIS);
    assert!(reset("late").await.is_none());
    let account = fixture.store.account("ann@acme.test".to_owned()).await.unwrap().unwrap();
    assert_eq!(account.password.as_deref(), Some("used"));
}

pub(super) async fn the_last_admin_of_a_project_stays(fixture: Fixture) {
    let ann = member(&fixture, "ann@acme.test", Role::Admin).await;
    let bob = member(&fixture, "bob@acme.test", Role::Editor).await;
    let set = async |person: &Person, role| {
        fixture.store.set_member(fixture.id(), person.id, Roles::of(role)).await.unwrap()
    };
    assert_eq!(set(&ann, Role::Publisher).await, MemberChange::LastAdmin);
    assert_eq!(fixture.store.remove_member(fixture.id(), ann.id).await.unwrap(), MemberChange::LastAdmin);
    assert_eq!(
        fixture.store.delete_person(ann.id).await.unwrap(),
        DeletePersonOutcome::LastAdmin(fixture.id())
    );
    assert_eq!(set(&bob, Role::Admin).await, MemberChange::Done(Vec::new()));
    assert_eq!(set(&ann, Role::Publisher).await, MemberChange::Done(Vec::new()));
    let members = fixture.other_handle().members(fixture.id()).await.unwrap();
    let roles: Vec<_> = members.iter().map(|member| (&*member.person.email, member.roles.project)).collect();
    assert_eq!(roles, [("ann@acme.test", Role::Publisher), ("bob@acme.test", Role::Admin)], "by e-mail");
    assert_eq!(
        fixture.store.remove_member(fixture.id(), ann.id).await.unwrap(),
        MemberChange::Done(Vec::new())
    );
    assert_eq!(fixture.store.remove_member(fixture.id(), ann.id).await.unwrap(), MemberChange::Unknown);
}

pub(super) async fn a_removed_member_loses_their_tokens_in_that_project(fixture: Fixture) {
    let second = fixture.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    let ann = member(&fixture, "ann@acme.test", Role::Editor).await;
    fixture.store.set_member(second.id, ann.id, Roles::of(Role::Editor)).await.unwrap();
    let here = token(&fixture, fixture.id(), "here", Some(&ann)).await;
    token(&fixture, second.id, "there", Some(&ann)).await;
    token(&fixture, fixture.id(), "of a key", None).await;
    let removed = fixture.store.remove_member(fixture.id(), ann.id).await.unwrap();
    assert!(matches!(&removed, MemberChange::Done(ended) if numbers(ended) == [here]), "{removed:?}");
    assert!(find(&fixture, "here").await.is_none());
    assert!(find(&fixture, "there").await.is_some() && find(&fixture, "of a key").await.is_some());
    assert_eq!(fixture.store.members(fixture.id()).await.unwrap(), []);
}

pub(super) async fn a_deleted_user_is_gone_with_sessions_and_tokens(fixture: Fixture) {
    let ann = member(&fixture, "ann@acme.test", Role::Editor).await;
    start(&fixture, &ann, "session").await;
    let id = token(&fixture, fixture.id(), "token", Some(&ann)).await;
    let gone = fixture.store.delete_person(ann.id).await.unwrap();
    assert!(matches!(&gone, DeletePersonOutcome::Done(ended) if numbers(ended) == [id]), "{gone:?}");
    assert!(!is_open(&fixture, "session").await && find(&fixture, "token").await.is_none());
    assert!(fixture.store.account("ann@acme.test".to_owned()).await.unwrap().is_none());
    assert_eq!(fixture.store.tokens(fixture.id()).await.unwrap()[0].revoked_at_millis, Some(fixture.now()));
    fixture.step(1_000);
    let again = member(&fixture, "ann@acme.test", Role::Editor).await;
    assert_eq!(fixture.store.members(fixture.id()).await.unwrap()[0].person, again);
}

pub(super) async fn a_token_allows_no_more_than_its_owner(fixture: Fixture) {
    let ann = member(&fixture, "ann@acme.test", Role::Admin).await;
    member(&fixture, "bob@acme.test", Role::Admin).await;
    token(&fixture, fixture.id(), "token", Some(&ann)).await;
    assert_eq!(find(&fixture, "token").await.unwrap().roles, Roles::of(Role::Publisher));
    let roles =
        Roles { environments: [(fixture.production(), Role::Viewer)].into(), ..Roles::of(Role::Editor) };
    fixture.store.set_member(fixture.id(), ann.id, roles.clone()).await.unwrap();
    assert_eq!(find(&fixture, "token").await.unwrap().roles, roles);
    assert_eq!(fixture.store.tokens(fixture.id()).await.unwrap()[0].roles, Roles::of(Role::Publisher));
}

pub(super) async fn a_token_ends_at_its_time_or_when_it_is_revoked(fixture: Fixture) {
    let revoked = token(&fixture, fixture.id(), "revoked", None).await;
    let late = token(&fixture, fixture.id(), "late", None).await;
    let revoke = async |project, id| fixture.store.revoke_token(project, id).await.unwrap();
    assert!(!revoke(ProjectId(fixture.id().0 + 100), revoked).await);
    assert!(revoke(fixture.id(), revoked).await && !revoke(fixture.id(), revoked).await);
    assert!(find(&fixture, "revoked").await.is_none());
    let used = fixture.store.token(KeyHash::of("late"), true).await.unwrap().unwrap();
    assert_eq!((used.id, used.name.as_str(), used.owner), (late, "late", None));
    assert_eq!(fixture.store.tokens(fixture.id()).await.unwrap()[1].last_used_at_millis, Some(fixture.now()));
    fixture.step(LIFE_MILLIS);
    assert!(find(&fixture, "late").await.is_none() && !revoke(fixture.id(), late).await);
    assert_eq!(numbers(&fixture.other_handle().tokens(fixture.id()).await.unwrap()), [revoked, late]);
}

pub(super) async fn a_token_name_is_taken_while_the_token_is_in_effect(fixture: Fixture) {
    let first = token(&fixture, fixture.id(), "deploy", None).await;
    let again = || NewToken {
        project: fixture.id(),
        hash: KeyHash::of("another text"),
        name: "De\u{200b}ploy ".to_owned(),
        roles: Roles::of(Role::Viewer),
        created_by: "ann".to_owned(),
        created_by_person: 0,
        owner: None,
        expires_at_millis: None,
    };
    let error = fixture.store.create_token(again()).await.unwrap_err();
    assert!(matches!(&error, StoreError::NameTaken { existing, .. } if existing == "deploy"), "{error:?}");
    assert!(fixture.store.revoke_token(fixture.id(), first).await.unwrap());
    fixture.store.create_token(again()).await.unwrap();
}

pub(super) async fn membership_starts_when_the_person_accepts_it(fixture: Fixture) {
    let ann = member(&fixture, "ann@acme.test", Role::Admin).await;
    let second = fixture.store.create_project("second".to_owned(), Vec::new()).await.unwrap().id;
    let offer = |role| MembershipOffer {
        project: second,
        person: ann.clone(),
        roles: Roles::of(role),
        offered_by: "bea".to_owned(),
        offered_at_millis: 7,
    };
    fixture.store.offer_membership(offer(Role::Admin)).await.unwrap();
    fixture.store.offer_membership(offer(Role::Editor)).await.unwrap();
    assert_eq!(fixture.store.membership_offers(second).await.unwrap(), [offer(Role::Editor)]);
    assert_eq!(fixture.store.offers_to(ann.id).await.unwrap(), [offer(Role::Editor)]);
    assert_eq!(fixture.store.members(second).await.unwrap(), []);
    assert!(!fixture.store.accept_membership(fixture.id(), ann.id).await.unwrap());
    assert!(fixture.store.accept_membership(second, ann.id).await.unwrap());
    assert!(!fixture.store.accept_membership(second, ann.id).await.unwrap(), "once");
    assert_eq!(fixture.store.members(second).await.unwrap()[0].roles, Roles::of(Role::Editor));
    assert_eq!(fixture.store.offers_to(ann.id).await.unwrap(), []);
    let offered = fixture.store.offer_membership(offer(Role::Admin)).await.unwrap();
    assert_eq!(offered, OfferOutcome::AlreadyMember);
    assert_eq!(fixture.store.offers_to(ann.id).await.unwrap(), []);
    fixture.store.set_member(second, ann.id, Roles::of(Role::Admin)).await.unwrap();
    let bea = member(&fixture, "bea@acme.test", Role::Admin).await;
    let to_bea = MembershipOffer { person: bea.clone(), ..offer(Role::Viewer) };
    fixture.store.offer_membership(to_bea.clone()).await.unwrap();
    assert!(fixture.store.remove_offer(second, bea.id).await.unwrap());
    assert!(!fixture.store.remove_offer(second, bea.id).await.unwrap());
    fixture.store.offer_membership(to_bea.clone()).await.unwrap();
    fixture.store.set_member(second, bea.id, Roles::of(Role::Editor)).await.unwrap();
    assert_eq!(fixture.store.offers_to(bea.id).await.unwrap(), [], "a member has no offer");
    let unknown = MembershipOffer { person: Person { id: 99, ..bea }, ..to_bea };
    assert_eq!(fixture.store.offer_membership(unknown).await.unwrap(), OfferOutcome::UnknownPerson);
}

pub(super) async fn a_person_is_not_both_a_member_and_offered_membership(fixture: Fixture) {
    let ann = member(&fixture, "ann@acme.test", Role::Admin).await;
    let store = &fixture.store;
    for round in 0..30 {
        let project = store.create_project(format!("project {round}"), Vec::new()).await.unwrap().id;
        let offer = |role| MembershipOffer {
            project,
            person: ann.clone(),
            roles: Roles::of(role),
            offered_by: "bea".to_owned(),
            offered_at_millis: 7,
        };
        store.offer_membership(offer(Role::Admin)).await.unwrap();
        let (accepted, offered) = tokio::join!(
            store.accept_membership(project, ann.id),
            store.offer_membership(offer(Role::Viewer))
        );
        assert!(accepted.unwrap());
        offered.unwrap();
        assert_eq!(store.membership_offers(project).await.unwrap(), [], "round {round}");
        assert_eq!(store.members(project).await.unwrap().len(), 1);
    }
}

pub(super) async fn the_last_owner_stays(fixture: Fixture) {
    fixture.store.invite(invitation(&fixture, "first", None)).await.unwrap();
    let SignUpOutcome::Created(ann, _) = sign_up(&fixture, "first", "ann@acme.test").await else { panic!() };
    let bea = member(&fixture, "bea@acme.test", Role::Admin).await;
    start(&fixture, &ann, "ann").await;
    start(&fixture, &bea, "bea").await;
    let is_owner = async |session: &str| {
        fixture.store.session(KeyHash::of(session), false).await.unwrap().unwrap().is_owner
    };
    assert_eq!((is_owner("ann").await, is_owner("bea").await), (true, false));
    let account = fixture.store.account("bea@acme.test".to_owned()).await.unwrap().unwrap();
    assert_eq!((account.is_owner, account.invited_by.as_deref()), (false, Some("ann")));
    assert_eq!(fixture.store.set_owner(ann.id, false).await.unwrap(), OwnerChange::LastOwner);
    assert_eq!(fixture.store.delete_person(ann.id).await.unwrap(), DeletePersonOutcome::LastOwner);
    assert_eq!(fixture.store.set_owner(99, true).await.unwrap(), OwnerChange::Unknown);
    assert_eq!(fixture.store.set_owner(bea.id, true).await.unwrap(), OwnerChange::Done);
    assert_eq!(fixture.store.owners().await.unwrap(), [ann.clone(), bea]);
    assert_eq!(fixture.store.set_owner(ann.id, false).await.unwrap(), OwnerChange::Done);
    assert_eq!(fixture.store.inviters().await.unwrap(), Inviters::Admins);
    fixture.store.set_inviters(Inviters::Owners).await.unwrap();
    assert_eq!(fixture.store.inviters().await.unwrap(), Inviters::Owners);
}

pub(super) async fn a_browser_is_known_until_the_password_changes(fixture: Fixture) {
    let ann = member(&fixture, "ann@acme.test", Role::Admin).await;
    let bea = member(&fixture, "bea@acme.test", Role::Admin).await;
    let (here, other) = (KeyHash::of("here"), KeyHash::of("other"));
    fixture.store.remember_browser(ann.id, here).await.unwrap();
    let known =
        async |person: &Person, browser| fixture.store.is_known_browser(person.id, browser).await.unwrap();
    assert!(known(&ann, here).await);
    assert!(!known(&ann, other).await && !known(&bea, here).await);
    fixture.store.remember_browser(bea.id, here).await.unwrap();
    assert!(known(&ann, here).await && known(&bea, here).await, "two people share a browser");
    fixture.store.set_password(ann.id, "new".to_owned(), other).await.unwrap();
    assert!(!known(&ann, here).await && known(&bea, here).await);
}

pub(super) async fn the_newest_browsers_of_a_person_are_known(fixture: Fixture) {
    let ann = member(&fixture, "ann@acme.test", Role::Admin).await;
    let bea = member(&fixture, "bea@acme.test", Role::Admin).await;
    let browser = |at: i64| KeyHash::of(&format!("browser {at}"));
    let remember = async |person: &Person, at| {
        fixture.step(1);
        fixture.store.remember_browser(person.id, browser(at)).await.unwrap();
    };
    let known =
        async |person: &Person, at| fixture.store.is_known_browser(person.id, browser(at)).await.unwrap();
    remember(&bea, 0).await;
    for at in 0..MAX_KNOWN_BROWSERS {
        remember(&ann, at).await;
    }
    remember(&ann, 0).await;
    assert!(known(&ann, 1).await);
    remember(&ann, MAX_KNOWN_BROWSERS).await;
    assert!(!known(&ann, 1).await, "the one that was used longest ago is forgotten");
    assert!(known(&ann, 0).await && known(&ann, 2).await && known(&ann, MAX_KNOWN_BROWSERS).await);
    assert!(known(&bea, 0).await, "the count is per person");
}
