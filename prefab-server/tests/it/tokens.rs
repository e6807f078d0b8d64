//! Whom a management token acts for: it may no more than they may, and goes when they go.

use crate::common::{
    TestServer, answer,
    people::{LoggedIn, PASSWORD},
};
use prefab_server::Role;
use serde_json::{Value as Json, json};

const TOKENS: &str = "/projects/1/tokens";

async fn token(server: &TestServer, who: &LoggedIn, name: &str) -> String {
    let made = who.done(server, "POST", TOKENS, json!({"name": name, "role": "admin"})).await;
    made["token"].as_str().unwrap().to_owned()
}

async fn ask(server: &TestServer, token: &str, method: &str, path: &str, body: Json) -> (u16, Json) {
    let url = server.url(&format!("/api/manage/v1{path}"));
    let request = server.http.request(method.parse().unwrap(), url).bearer_auth(token);
    let request = if body.is_null() { request } else { request.body(body.to_string()) };
    let (status, answer) = answer(request.send().await.unwrap()).await;
    (status.as_u16(), answer)
}

async fn looks(server: &TestServer, token: &str) -> u16 {
    ask(server, token, "GET", "/projects/1", Json::Null).await.0
}

async fn revoked(server: &TestServer) -> Vec<String> {
    let path = "/api/manage/v1/projects/1/audit?action=token.revoked";
    let (_, entries) = answer(server.admin("GET", path).send().await.unwrap()).await;
    entries.as_array().unwrap().iter().map(|entry| entry["sentence"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn deleting_an_account_revokes_only_its_tokens() {
    let server = TestServer::new().await;
    let owner = LoggedIn::first(&server).await;
    let bea = LoggedIn::invited(&server, "Bea", Role::Admin, json!([])).await;
    let others = token(&server, &owner, "others").await;
    let own = token(&server, &bea, "own").await;
    // What a token makes acts for the same person.
    let made = ask(&server, &own, "POST", TOKENS, json!({"name": "made by own", "role": "viewer"})).await.1;
    let child = made["token"].as_str().unwrap();
    // The admin key's user has the number of a person by chance, and belongs to no account.
    let wish = json!({"name": "of the key", "role": "admin"});
    let (_, made) = server.post("/api/manage/v1/projects/1/tokens", wish).await;
    let of_key = made["token"].as_str().unwrap();

    bea.done(&server, "DELETE", "/account", json!({"password": PASSWORD})).await;
    assert_eq!((looks(&server, &own).await, looks(&server, child).await), (401, 401));
    assert_eq!((looks(&server, &others).await, looks(&server, of_key).await), (200, 200));
    let listed = owner.done(&server, "GET", TOKENS, Json::Null).await;
    let ended = listed.as_array().unwrap().iter().filter(|token| token["revokedAt"].is_i64());
    assert_eq!(
        ended.map(|token| token["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["own", "made by own"]
    );
    assert_eq!(
        revoked(&server).await,
        [
            "Bea (bea@example.com) revoked token 3 (made by own), which acted for Bea (bea@example.com)",
            "Bea (bea@example.com) revoked token 2 (own), which acted for Bea (bea@example.com)",
        ]
    );

    let cleo = LoggedIn::invited(&server, "Cleo", Role::Admin, json!([])).await;
    let last = owner.ask(&server, "DELETE", "/account", json!({"password": PASSWORD})).await;
    assert_eq!(last.0, 409, "the last owner of the installation stays");
    owner.done(&server, "PUT", &format!("/installation/owners/{}", cleo.id), Json::Null).await;
    owner.done(&server, "DELETE", "/account", json!({"password": PASSWORD})).await;
    assert_eq!((looks(&server, &others).await, looks(&server, of_key).await), (401, 200));
    cleo.done(&server, "GET", "/projects/1", Json::Null).await;
}

#[tokio::test]
async fn removed_members_lose_their_tokens_permanently() {
    let server = TestServer::new().await;
    let owner = LoggedIn::first(&server).await;
    let bea = LoggedIn::invited(&server, "Bea", Role::Admin, json!([])).await;
    let made =
        owner.done(&server, "POST", "/projects", json!({"name": "Shop", "environments": ["Live"]})).await;
    let shop = format!("/projects/{}", made["id"].as_str().unwrap());
    bea.join(&server, &owner, made["id"].as_str().unwrap(), Role::Admin).await;
    let here = token(&server, &bea, "here").await;
    let made =
        bea.done(&server, "POST", &format!("{shop}/tokens"), json!({"name": "s", "role": "viewer"})).await;
    let there = made["token"].as_str().unwrap();

    owner.done(&server, "DELETE", &format!("/projects/1/people/{}", bea.id), Json::Null).await;
    bea.join(&server, &owner, "1", Role::Admin).await;
    assert_eq!(looks(&server, &here).await, 401, "coming back brings no token back");
    assert_eq!(
        ask(&server, there, "GET", &shop, Json::Null).await.0,
        200,
        "another project is another matter"
    );
    assert_eq!(
        revoked(&server).await,
        ["Owner (owner@example.com) revoked token 1 (here), which acted for Bea (bea@example.com)"]
    );
}

#[tokio::test]
async fn a_token_has_no_more_rights_than_its_owner() {
    let server = TestServer::new().await;
    let owner = LoggedIn::first(&server).await;
    server.create("k", "1").await;
    let bea = LoggedIn::invited(&server, "Bea", Role::Admin, json!([])).await;
    let token = token(&server, &bea, "release").await;
    let set = async |environment: &str, value: &str| {
        let body = json!({"value": {"type": "string", "value": value}, "environment": environment});
        ask(&server, &token, "PUT", "/projects/1/items/k/value", body).await.0
    };
    assert_eq!((set("Staging", "2").await, set("Production", "2").await), (200, 200));
    let less =
        json!({"role": "publisher", "environments": [{"environment": "Production", "role": "viewer"}]});
    owner.done(&server, "PATCH", &format!("/projects/1/people/{}", bea.id), less).await;
    assert_eq!((set("Staging", "3").await, set("Production", "3").await), (200, 403));
    assert_eq!(ask(&server, &token, "GET", TOKENS, Json::Null).await.0, 403, "no admin any more");
}
