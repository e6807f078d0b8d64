//! People: invitations, sessions, roles and their audit log.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::common::{
    TestServer, answer,
    people::{LoggedIn, PASSWORD, log_in, sign_up},
    project::text_item,
};
use prefab_server::{Options, Role, serve};
use prefab_testing::{eventually_async, eventually_some};
use serde_json::{Value as Json, json};

fn in_millis(from_now: i64) -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap() + from_now
}

/// Returns the newest entries of the audit log as sentences.
pub(crate) async fn audit_sentences(server: &TestServer, action: &str) -> Vec<String> {
    let path = format!("/api/manage/v1/projects/1/audit?action={action}");
    let (_, entries) = answer(server.admin("GET", &path).send().await.unwrap()).await;
    let entries = entries.as_array().unwrap().iter();
    entries.map(|entry| entry["sentence"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_first_sign_up_link_works_once() {
    let server = TestServer::new().await;
    let link = server.running.sign_up.clone().unwrap();
    let token = link.strip_prefix(&format!("{}/sign-up#token=", server.running.url)).unwrap();
    let options = || Options::local(server.dir.path().join("data"));
    // As long as there is unknown, every start shows a link, and all of them hold.
    let other = serve(options()).await.unwrap();
    assert!(other.sign_up.is_some() && other.sign_up != server.running.sign_up);
    other.shutdown().await;
    let short = json!({"token": token, "email": "ann@example.com", "name": "Ann", "password": "short"});
    let request = server.http.post(server.url("/api/manage/v1/sign-up")).body(short.to_string());
    assert_eq!(request.send().await.unwrap().status(), 400);
    let response = sign_up(&server, token, " Ann@Example.com", "Ann").await;
    let set = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.starts_with("prefab_session="), "{set}");
    assert!(set.ends_with("; HttpOnly; SameSite=Strict; Path=/; Max-Age=1209600"), "{set}");
    let ann = LoggedIn::of(response).await;
    let session = ann.done(&server, "GET", "/session", Json::Null).await;
    assert_eq!(session["person"], json!({"id": "1", "email": "ann@example.com", "name": "Ann"}));
    assert_eq!(session["projects"][0]["role"], "admin");
    assert_eq!(
        session["projects"][0]["environments"][2],
        json!({"id": "3", "name": "Production", "role": "admin"})
    );
    assert_eq!(sign_up(&server, token, "eve@example.com", "Eve").await.status(), 403);
    let later = serve(options()).await.unwrap();
    assert_eq!(later.sign_up, None);
    later.shutdown().await;
    assert_eq!(audit_sentences(&server, "person").await, ["Ann (ann@example.com) signed up"]);
}

#[tokio::test]
async fn an_invitation_works_once_for_one_person() {
    let server = TestServer::new().await;
    let ann = LoggedIn::first(&server).await;
    let path = "/projects/1/invitations";
    let wish = json!({"email": "bea@example.com", "role": "editor",
                      "environments": [{"environment": "Production", "role": "viewer"}]});
    let made = ann.done(&server, "POST", path, wish.clone()).await;
    let token = made["token"].as_str().unwrap();
    assert_eq!(made["link"], format!("{}/sign-up#token={token}", server.running.url));
    let listed = ann.done(&server, "GET", path, Json::Null).await;
    assert_eq!((&listed[0]["email"], &listed[0]["role"]), (&json!("bea@example.com"), &json!("editor")));
    assert!(!listed.to_string().contains(token));
    assert_eq!(sign_up(&server, token, "eve@example.com", "Eve").await.status(), 403);
    let bea = LoggedIn::of(sign_up(&server, token, "bea@example.com", "Bea").await).await;
    assert_eq!(sign_up(&server, token, "bea@example.com", "Bea").await.status(), 403);
    let session = bea.done(&server, "GET", "/session", Json::Null).await;
    let roles = &session["projects"][0];
    assert_eq!((&roles["role"], &roles["environments"][2]["role"]), (&json!("editor"), &json!("viewer")));
    assert_eq!(ann.ask(&server, "POST", path, wish).await.0, 409, "there is an account");
    let taken_back = json!({"email": "cleo@example.com", "role": "viewer"});
    let made = ann.done(&server, "POST", path, taken_back).await;
    ann.done(&server, "DELETE", &format!("{path}/{}", made["id"].as_str().unwrap()), Json::Null).await;
    let token = made["token"].as_str().unwrap();
    assert_eq!(sign_up(&server, token, "cleo@example.com", "Cleo").await.status(), 403);
    let brief = json!({"email": "dora@example.com", "role": "viewer", "expiresInSeconds": 1});
    let made = ann.done(&server, "POST", path, brief).await;
    let expires_at = made["expiresAt"].as_i64().unwrap();
    eventually_async("the invitation expires", || in_millis(0) > expires_at).await;
    let token = made["token"].as_str().unwrap();
    assert_eq!(sign_up(&server, token, "dora@example.com", "Dora").await.status(), 403);
    assert_eq!(
        audit_sentences(&server, "invitation").await.last().unwrap(),
        "Owner (owner@example.com) invited bea@example.com as editor, viewer in Production"
    );
}

#[tokio::test]
async fn a_password_reset_link_requires_an_admin_of_every_project() {
    let server = TestServer::new().await;
    let owner = LoggedIn::first(&server).await;
    let bea = LoggedIn::invited(&server, "Bea", Role::Admin, json!([])).await;
    let cleo = LoggedIn::invited(&server, "Cleo", Role::Editor, json!([])).await;
    let path = format!("/projects/1/people/{}/password-reset", cleo.id);
    let first = bea.done(&server, "POST", &path, Json::Null).await;
    let second = bea.done(&server, "POST", &path, Json::Null).await;
    let token = second["token"].as_str().unwrap();
    assert_eq!(second["link"], format!("{}/reset#token={token}", server.running.url));
    let reset = async |token: &Json, password: &str| {
        let body = json!({"token": token, "password": password}).to_string();
        server.http.post(server.url("/api/manage/v1/password-reset")).body(body).send().await.unwrap()
    };
    assert_eq!(reset(&first["token"], "a new one of Cleo").await.status(), 403, "another one came after it");
    assert_eq!(reset(&second["token"], "short").await.status(), 400);
    let again = LoggedIn::of(reset(&second["token"], "a new one of Cleo").await).await;
    assert_eq!(again.done(&server, "GET", "/session", Json::Null).await["person"]["name"], "Cleo");
    assert_eq!(cleo.ask(&server, "GET", "/session", Json::Null).await.0, 401, "other sessions end");
    assert_eq!(reset(&second["token"], "once more, please").await.status(), 403, "it works once");
    assert_eq!(log_in(&server, &cleo.email, PASSWORD).await.status(), 401);
    assert_eq!(log_in(&server, &cleo.email, "a new one of Cleo").await.status(), 200);
    // The owner has a project that Bea does not manage: who took their account over would have it, too.
    owner.done(&server, "POST", "/projects", json!({"name": "Other"})).await;
    let path = format!("/projects/1/people/{}/password-reset", owner.id);
    assert_eq!(bea.ask(&server, "POST", &path, Json::Null).await.0, 403);
    assert_eq!(
        audit_sentences(&server, "person").await[..3],
        [
            "Cleo (cleo@example.com) set a new password with a link",
            "Bea (bea@example.com) created a password reset link for Cleo (cleo@example.com)",
            "Bea (bea@example.com) created a password reset link for Cleo (cleo@example.com)",
        ]
    );
}

#[tokio::test]
async fn deleting_an_account_keeps_its_audit_entries() {
    let server = TestServer::new().await;
    let owner = LoggedIn::first(&server).await;
    let bea = LoggedIn::invited(&server, "Bea", Role::Publisher, json!([])).await;
    bea.done(&server, "POST", "/projects/1/items", text_item("of-bea", "1")).await;
    let farewell = json!({"password": PASSWORD});
    assert_eq!(
        owner.ask(&server, "DELETE", "/account", farewell.clone()).await.0,
        409,
        "the last admin stays"
    );
    let wrong = json!({"password": "wrong horse"});
    assert_eq!(bea.ask(&server, "DELETE", "/account", wrong).await.0, 403);
    bea.done(&server, "DELETE", "/account", farewell).await;
    assert_eq!(bea.ask(&server, "GET", "/session", Json::Null).await.0, 401);
    assert_eq!(log_in(&server, &bea.email, PASSWORD).await.status(), 401);
    let people = owner.done(&server, "GET", "/projects/1/people", Json::Null).await;
    assert_eq!(people.as_array().unwrap().len(), 1);
    let versions = owner.done(&server, "GET", "/projects/1/items/of-bea/versions", Json::Null).await;
    assert_eq!(versions[0]["changedBy"], "Bea (bea@example.com)");
    assert_eq!(audit_sentences(&server, "person").await[0], "Bea (bea@example.com) deleted their account");
    let other = LoggedIn::invited(&server, "Bea", Role::Viewer, json!([])).await;
    assert_ne!(other.id, bea.id, "a new account has a new number");
}

#[tokio::test]
async fn a_role_in_an_environment_applies_there() {
    let server = TestServer::new().await;
    server.create("k", "1").await;
    let only = json!([{"environment": "Development", "role": "publisher"}]);
    let bea = LoggedIn::invited(&server, "Bea", Role::Viewer, only).await;
    let except = json!([{"environment": "Production", "role": "viewer"}]);
    let cleo = LoggedIn::invited(&server, "Cleo", Role::Publisher, except).await;
    let set = async |who: &LoggedIn, environment: Json| {
        let body = json!({"value": {"type": "string", "value": "2"}, "environment": environment});
        who.ask(&server, "PUT", "/projects/1/items/k/value", body).await.0.as_u16()
    };
    assert_eq!(set(&bea, json!("Development")).await, 200);
    assert_eq!(set(&bea, json!("Production")).await, 403);
    assert_eq!(set(&bea, Json::Null).await, 403, "the default shows everywhere");
    assert_eq!(set(&cleo, json!("Staging")).await, 200);
    assert_eq!(set(&cleo, json!("Production")).await, 403);
    assert_eq!(set(&cleo, Json::Null).await, 403);
    let path = "/projects/1/items/k/draft";
    bea.done(&server, "PUT", path, text_item("k", "3")).await;
    for who in [&bea, &cleo] {
        assert_eq!(who.ask(&server, "POST", &format!("{path}/publish"), Json::Null).await.0, 403);
    }
    assert_eq!(cleo.ask(&server, "POST", &format!("{path}/approve"), Json::Null).await.0, 403);
    let import = json!({"configs": [{"key": "new", "configType": "CONFIG", "valueType": "STRING",
                                     "rows": [{"values": [{"value": {"string": "x"}}]}]}]});
    assert_eq!(cleo.ask(&server, "POST", "/projects/1/import?dryRun=false", import).await.0, 403);
    let own = |environment: &str| json!({"environment": environment, "user": bea.id, "value": {"type": "string", "value": "mine"}});
    let path = "/projects/1/items/k/override";
    assert_eq!(bea.ask(&server, "PUT", path, own("Development")).await.0, 200);
    assert_eq!(bea.ask(&server, "PUT", path, own("Production")).await.0, 403);
    // A role that is taken back is gone with the next request.
    let body = json!({"environments": []});
    let (status, _) = patch(&server, &format!("/projects/1/people/{}", bea.id), body).await;
    assert_eq!(status, 200);
    assert_eq!(set(&bea, json!("Development")).await, 403);
    assert_eq!(
        audit_sentences(&server, "person.role").await,
        ["key 3 changed the role of Bea (bea@example.com) from viewer, publisher in Development to viewer"]
    );
}

async fn patch(server: &TestServer, path: &str, body: Json) -> (reqwest::StatusCode, Json) {
    let request = server.admin("PATCH", &format!("/api/manage/v1{path}")).body(body.to_string());
    answer(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_change_names_the_person_who_made_it() {
    let server = TestServer::new().await;
    let ann = LoggedIn::first(&server).await;
    ann.done(&server, "POST", "/projects/1/items", text_item("k", "1")).await;
    let versions = ann.done(&server, "GET", "/projects/1/items/k/versions", Json::Null).await;
    assert_eq!(versions[0]["changedBy"], "Owner (owner@example.com)");
    assert_eq!(
        audit_sentences(&server, "config").await,
        ["Owner (owner@example.com) changed `k`: created the string config; default: \"1\""]
    );
    let shown = answer(server.admin("GET", "/api/v1/config/key/k").send().await.unwrap()).await.1;
    assert_eq!(
        (&shown["changedBy"]["userId"], &shown["changedBy"]["email"]),
        (&json!("1"), &json!("owner@example.com"))
    );
}

#[tokio::test]
async fn a_project_is_visible_to_its_members_only() {
    let server = TestServer::new().await;
    let ann = LoggedIn::first(&server).await;
    let bea = LoggedIn::invited(&server, "Bea", Role::Viewer, json!([])).await;
    let made =
        ann.done(&server, "POST", "/projects", json!({"name": "Shop", "environments": ["Live"]})).await;
    let path = format!("/projects/{}", made["id"].as_str().unwrap());
    assert_eq!(bea.ask(&server, "GET", &path, Json::Null).await.0, 404);
    let backup = async |who: &LoggedIn| who.request(&server, "GET", "/backup").send().await.unwrap().status();
    assert_eq!((backup(&ann).await.as_u16(), backup(&bea).await.as_u16()), (200, 403));
    let listed = bea.done(&server, "GET", "/projects", Json::Null).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let add = json!({"email": bea.email, "role": "admin"});
    ann.done(&server, "POST", &format!("{path}/people"), add.clone()).await;
    assert_eq!(bea.ask(&server, "GET", &path, Json::Null).await.0, 404, "she has not accepted it");
    bea.done(&server, "POST", &format!("/session/offers/{}", made["id"].as_str().unwrap()), Json::Null).await;
    assert_eq!(ann.ask(&server, "POST", &format!("{path}/people"), add).await.0, 409);
    assert_eq!(bea.done(&server, "GET", "/projects", Json::Null).await.as_array().unwrap().len(), 2);
    ann.done(&server, "DELETE", &format!("{path}/people/{}", ann.id), Json::Null).await;
    assert_eq!(ann.ask(&server, "GET", &path, Json::Null).await.0, 404);
    let demote = json!({"role": "publisher"});
    assert_eq!(bea.ask(&server, "PATCH", &format!("{path}/people/{}", bea.id), demote).await.0, 409);
    let last = bea.ask(&server, "DELETE", &format!("{path}/people/{}", bea.id), Json::Null).await;
    assert_eq!(last.0, 409, "{}", last.1);
}

#[tokio::test]
async fn a_token_has_its_role_until_it_expires() {
    let server = TestServer::new().await;
    let ann = LoggedIn::first(&server).await;
    server.create("k", "1").await;
    let path = "/projects/1/tokens";
    let wish = json!({"name": "release", "role": "publisher", "environments": ["Development"]});
    let made = ann.done(&server, "POST", path, wish).await;
    let (id, text) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let set = async |token: &str, environment: &str| {
        let body = json!({"value": {"type": "string", "value": "2"}, "environment": environment});
        let request = server.http.put(server.url("/api/manage/v1/projects/1/items/k/value"));
        request.basic_auth("any", Some(token)).body(body.to_string()).send().await.unwrap().status().as_u16()
    };
    assert_eq!(set(text, "Development").await, 200);
    assert_eq!(set(text, "Production").await, 403);
    assert_eq!(set(&format!("{text}0"), "Development").await, 401);
    assert!(audit_sentences(&server, "config").await[0].starts_with("token 1 (release) changed `k`"));
    let listed = ann.done(&server, "GET", path, Json::Null).await;
    assert!(listed[0]["lastUsedAt"].is_i64() && !listed.to_string().contains(text), "{listed}");
    // The creator of a token cannot approve their own draft with it.
    ann.done(&server, "PUT", "/projects/1/items/k/draft", text_item("k", "3")).await;
    let all = ann.done(&server, "POST", path, json!({"name": "all", "role": "admin"})).await;
    let approve = server.http.post(server.url("/api/manage/v1/projects/1/items/k/draft/approve"));
    let approve = approve.bearer_auth(all["token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(approve.status(), 409);
    ann.done(&server, "DELETE", &format!("{path}/{id}"), Json::Null).await;
    assert_eq!(set(text, "Development").await, 401);
    let brief = json!({"name": "brief", "role": "admin", "expiresAt": in_millis(1_500)});
    let made = ann.done(&server, "POST", path, brief).await;
    let text = made["token"].as_str().unwrap();
    eventually_some("the token expires", async || (set(text, "Production").await == 401).then_some(())).await;
}

#[tokio::test]
async fn secrets_are_stored_hashed_only() {
    let server = TestServer::new().await;
    let ann = LoggedIn::first(&server).await;
    let wish = json!({"email": "bea@example.com", "role": "editor"});
    let invitation = ann.done(&server, "POST", "/projects/1/invitations", wish).await;
    let token = ann.done(&server, "POST", "/projects/1/tokens", json!({"name": "t", "role": "viewer"})).await;
    let first = server.running.sign_up.clone().unwrap();
    let session = ann.cookie.split_once('=').unwrap().1;
    let secrets = [
        PASSWORD,
        first.split_once("token=").unwrap().1,
        session,
        &ann.csrf,
        invitation["token"].as_str().unwrap(),
        token["token"].as_str().unwrap(),
    ];
    assert!(!format!("{:?}", server.running).contains(secrets[1]));
    for file in std::fs::read_dir(server.dir.path().join("data")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for secret in secrets {
            assert!(secret.len() > 20 && !text.contains(secret));
        }
    }
}
