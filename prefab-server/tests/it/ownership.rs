//! The owner of the installation, memberships that are accepted, and credentials of removed people.

use prefab_server::Role;
use serde_json::{Value as Json, json};

use crate::common::{TestServer, people::LoggedIn};

#[tokio::test]
async fn a_project_admin_takes_nothing_from_the_owner() {
    let server = TestServer::new().await;
    let owner = LoggedIn::first(&server).await;
    let session = owner.done(&server, "GET", "/session", Json::Null).await;
    assert_eq!(session["isOwner"], true);
    owner.done(&server, "POST", "/projects", json!({"name": "Two"})).await;
    let admin = LoggedIn::invited(&server, "Mel", Role::Admin, json!([])).await;
    for (who, expected) in [(&owner, 200), (&admin, 403)] {
        let made = who.ask(&server, "POST", "/projects", json!({"name": "More"})).await;
        assert_eq!(made.0, expected, "{}", made.1);
        let backup = who.request(&server, "GET", "/backup").send().await.unwrap();
        assert_eq!(backup.status(), expected);
        assert_eq!(who.ask(&server, "GET", "/installation", Json::Null).await.0, expected);
    }
    // A script of the owner takes backups; a script of the admin does not.
    for (who, expected) in [(&owner, 200), (&admin, 403)] {
        let token = json!({"name": format!("backup {expected}"), "role": "admin"});
        let token = who.done(&server, "POST", "/projects/1/tokens", token).await;
        let request = server.http.get(server.url("/api/manage/v1/backup"));
        let backup = request.bearer_auth(token["token"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(backup.status(), expected);
    }
    // The owner's account cannot be taken over, neither by an admin nor by an admin key.
    let path = format!("/projects/1/people/{}/password-reset", owner.id);
    assert_eq!(admin.ask(&server, "POST", &path, Json::Null).await.0, 403);
    let key = server.admin("POST", &format!("/api/manage/v1{path}")).send().await.unwrap();
    assert_eq!(key.status(), 403);
    let owners = format!("/installation/owners/{}", admin.id);
    assert_eq!(admin.ask(&server, "PUT", &owners, Json::Null).await.0, 403);
    let last = owner.ask(&server, "DELETE", &format!("/installation/owners/{}", owner.id), Json::Null).await;
    assert_eq!((last.0.as_u16(), &last.1["code"]), (409, &json!("last_admin")));
    owner.done(&server, "PUT", &owners, Json::Null).await;
    admin.done(&server, "GET", "/installation", Json::Null).await;
    admin.done(&server, "POST", &path, Json::Null).await;
    assert_eq!(owner.ask(&server, "PUT", "/installation/owners/99", Json::Null).await.0, 404);
}

#[tokio::test]
async fn adding_a_person_takes_their_consent_and_no_password_reset_away() {
    let server = TestServer::new().await;
    let owner = LoggedIn::first(&server).await;
    owner.done(&server, "POST", "/projects", json!({"name": "Two"})).await;
    let admin = LoggedIn::invited(&server, "Ann", Role::Admin, json!([])).await;
    let mel = LoggedIn::invited(&server, "Mel", Role::Admin, json!([])).await;
    mel.join(&server, &owner, "2", Role::Admin).await;
    owner.done(&server, "DELETE", &format!("/projects/1/people/{}", mel.id), Json::Null).await;
    let vic = LoggedIn::invited(&server, "Vic", Role::Viewer, json!([])).await;

    let account = mel.done(&server, "GET", "/projects/2/account?email=vic@example.com", Json::Null).await;
    assert!(account["invitedBy"].as_str().unwrap().starts_with("key "), "{account}");
    assert!(account["createdAt"].is_i64());
    let none = mel.ask(&server, "GET", "/projects/2/account?email=unknown@example.com", Json::Null).await;
    assert_eq!(none.0, 404);
    let add = json!({"email": "vic@example.com", "role": "admin"});
    let pending = mel.done(&server, "POST", "/projects/2/people", add).await;
    assert_eq!(pending["isPending"], true);
    assert_eq!(vic.ask(&server, "GET", "/projects/2", Json::Null).await.0, 404);
    let reset = format!("/projects/1/people/{}/password-reset", vic.id);
    admin.done(&server, "POST", &reset, Json::Null).await;

    let session = vic.done(&server, "GET", "/session", Json::Null).await;
    let offer = &session["offers"][0];
    assert_eq!((&offer["project"], &offer["role"]), (&json!("2"), &json!("admin")));
    assert_eq!(offer["offeredBy"], "Mel (mel@example.com)");
    assert_eq!(vic.ask(&server, "POST", "/session/offers/1", Json::Null).await.0, 404);
    vic.done(&server, "DELETE", "/session/offers/2", Json::Null).await;
    assert_eq!(vic.ask(&server, "POST", "/session/offers/2", Json::Null).await.0, 404);
    vic.join(&server, &mel, "2", Role::Viewer).await;
    let people = mel.done(&server, "GET", "/projects/2/people", Json::Null).await;
    let pending: Vec<_> = people.as_array().unwrap().iter().filter(|one| one["isPending"] == true).collect();
    assert!(pending.is_empty(), "{people}");
    assert_eq!(admin.ask(&server, "POST", &reset, Json::Null).await.0, 403, "now a member of both");
    owner.done(&server, "POST", &reset, Json::Null).await;
    let may_reset = async |who: &LoggedIn| {
        let people = who.done(&server, "GET", "/projects/1/people", Json::Null).await;
        let people = people.as_array().unwrap().clone();
        people
            .into_iter()
            .map(|one| (one["name"].as_str().unwrap().to_owned(), one["mayResetPassword"].as_bool().unwrap()))
            .collect::<Vec<_>>()
    };
    let names = |rights: [bool; 3]| {
        ["Ann", "Owner", "Vic"].map(str::to_owned).into_iter().zip(rights).collect::<Vec<_>>()
    };
    assert_eq!(may_reset(&owner).await, names([true, true, true]));
    assert_eq!(may_reset(&admin).await, names([true, false, false]));
    assert_eq!(may_reset(&vic).await, names([false, false, false]));
}

#[tokio::test]
async fn owners_decide_who_may_invite() {
    let server = TestServer::new().await;
    let owner = LoggedIn::first(&server).await;
    let admin = LoggedIn::invited(&server, "Ann", Role::Admin, json!([])).await;
    let invite = async |who: &LoggedIn, email: &str| {
        let wish = json!({"email": email, "role": "viewer"});
        who.ask(&server, "POST", "/projects/1/invitations", wish).await.0.as_u16()
    };
    assert_eq!(invite(&admin, "a@example.com").await, 200);
    owner.done(&server, "PATCH", "/installation", json!({"inviters": "owners"})).await;
    assert_eq!((invite(&admin, "b@example.com").await, invite(&owner, "b@example.com").await), (403, 200));
    let wish = json!({"email": "c@example.com", "role": "viewer"});
    assert_eq!(server.post("/api/manage/v1/projects/1/invitations", wish).await.0, 403);
    owner.done(&server, "PATCH", "/installation", json!({"inviters": "admins"})).await;
    assert_eq!(invite(&admin, "b@example.com").await, 200);
}

#[tokio::test]
async fn the_credentials_of_a_removed_person_are_listed_and_revoked_together() {
    let server = TestServer::new().await;
    let owner = LoggedIn::first(&server).await;
    let eve = LoggedIn::invited(&server, "Eve", Role::Admin, json!([])).await;
    let key = json!({"name": "eve's", "environment": "Staging", "kind": "admin"});
    let key = eve.done(&server, "POST", "/projects/1/keys", key).await["key"].as_str().unwrap().to_owned();
    let ask = async |secret: &str, method: &str, path: &str, body: Json| {
        let url = server.url(&format!("/api/manage/v1{path}"));
        let request = server.http.request(method.parse().unwrap(), url).bearer_auth(secret);
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        crate::common::answer(request.send().await.unwrap()).await
    };
    // Credentials that she issues with the key count as hers.
    let backend = json!({"name": "of the key", "environment": "Staging"});
    assert_eq!(ask(&key, "POST", "/projects/1/keys", backend).await.0, 200);
    let token = json!({"name": "of the key", "role": "viewer"});
    let (_, token) = ask(&key, "POST", "/projects/1/tokens", token).await;
    let token = token["token"].as_str().unwrap();
    eve.done(&server, "POST", "/projects/1/tokens", json!({"name": "own", "role": "admin"})).await;

    let path = format!("/projects/1/people/{}", eve.id);
    let removed = owner.done(&server, "DELETE", &path, Json::Null).await;
    let names = |credentials: &Json| {
        let names = |list: &Json| -> Vec<String> {
            list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
        };
        (names(&credentials["keys"]), names(&credentials["tokens"]))
    };
    let expected = (vec!["eve's".to_owned(), "of the key".to_owned()], vec!["of the key".to_owned()]);
    assert_eq!(names(&removed["credentials"]), expected, "her own token is revoked");
    assert_eq!(ask(&key, "GET", "/projects/1", Json::Null).await.0, 200);
    let revoked = owner.done(&server, "DELETE", &format!("{path}/credentials"), Json::Null).await;
    assert_eq!(names(&revoked), expected);
    assert_eq!(ask(&key, "GET", "/projects/1", Json::Null).await.0, 401);
    assert_eq!(ask(token, "GET", "/projects/1", Json::Null).await.0, 401);
    let left = owner.done(&server, "GET", &format!("{path}/credentials"), Json::Null).await;
    assert_eq!(names(&left), (vec![], vec![]));
}

#[tokio::test]
async fn recovery_makes_a_person_an_owner_with_a_new_password() {
    let server = TestServer::new().await;
    LoggedIn::first(&server).await;
    LoggedIn::invited(&server, "Bea", Role::Viewer, json!([])).await;
    let data = server.dir.path().join("data");
    let token = prefab_server::recover_owner(&data, None, "Bea@Example.com").await.unwrap().unwrap();
    let body = json!({"token": token, "password": "a new password"}).to_string();
    let reset =
        server.http.post(server.url("/api/manage/v1/password-reset")).body(body).send().await.unwrap();
    let bea = LoggedIn { ..LoggedIn::of(reset).await };
    bea.done(&server, "GET", "/installation", Json::Null).await;
    let none = prefab_server::recover_owner(&data, None, "unknown@example.com").await.unwrap();
    assert_eq!(none, None);
}
