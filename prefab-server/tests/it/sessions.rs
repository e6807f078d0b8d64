//! Sessions: CSRF tokens, limits on password guessing, known browsers, and their end.

use std::time::Duration;

use crate::common::{
    Stream, TestServer, answer,
    people::{LoggedIn, PASSWORD, log_in},
    project::text_item,
};
use crate::people::audit_sentences;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn a_session_needs_a_csrf_token_for_changes() {
    let server = TestServer::new().await;
    let ann = LoggedIn::first(&server).await;
    let url = server.url("/api/manage/v1/projects/1/items");
    let request = |csrf: &str| {
        let request = server.http.post(&url).header("cookie", &ann.cookie).header("x-prefab-csrf", csrf);
        request.body(text_item("k", "1").to_string())
    };
    let without = server.http.post(&url).header("cookie", &ann.cookie).body(text_item("k", "1").to_string());
    assert_eq!(without.send().await.unwrap().status(), 403);
    assert_eq!(request("").send().await.unwrap().status(), 403);
    assert_eq!(request(&ann.csrf.replace(['0', '1'], "2")).send().await.unwrap().status(), 403);
    assert_eq!(request(&ann.csrf).send().await.unwrap().status(), 200);
    let login = server.http.post(server.url("/api/manage/v1/session")).header("sec-fetch-site", "cross-site");
    let body = json!({"email": "owner@example.com", "password": PASSWORD}).to_string();
    assert_eq!(login.body(body.clone()).send().await.unwrap().status(), 403);
    let login = server.http.post(server.url("/api/manage/v1/session")).header("x-forwarded-proto", "https");
    let response = login.body(body).send().await.unwrap();
    assert!(response.headers()["set-cookie"].to_str().unwrap().contains("; Secure"));
    let (status, _) = ann.ask(&server, "DELETE", "/session", Json::Null).await;
    assert_eq!(status, 200);
    assert_eq!(ann.ask(&server, "GET", "/session", Json::Null).await.0, 401);
    assert_eq!(audit_sentences(&server, "session").await[0], "Owner (owner@example.com) logged out");
}

#[tokio::test]
async fn password_guessing_is_limited_and_audited() {
    let server = TestServer::new().await;
    let ann = LoggedIn::first(&server).await;
    assert_eq!(log_in(&server, "OWNER@example.com", PASSWORD).await.status(), 200);
    for _ in 0..10 {
        assert_eq!(log_in(&server, &ann.email, "wrong horse").await.status(), 401);
    }
    let response = log_in(&server, &ann.email, PASSWORD).await;
    assert_eq!(response.status(), 429);
    let after: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=300).contains(&after), "{after}");
    let current = json!({"current": PASSWORD, "password": PASSWORD});
    assert_eq!(ann.ask(&server, "PUT", "/session/password", current).await.0, 429, "no way around it");
    assert_eq!(
        log_in(&server, "unknown@example.com", "wrong horse").await.status(),
        401,
        "other accounts are not limited"
    );
    let entries = server.admin("GET", "/api/manage/v1/projects/1/audit?action=session.refused");
    let entries = answer(entries.send().await.unwrap()).await.1;
    let entries: Vec<(&str, i64)> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["sentence"].as_str().unwrap(), entry["count"].as_i64().unwrap()))
        .collect();
    let unknown = "log-in of unknown@example.com was rejected: wrong e-mail address or password";
    let stopped = "log-in of owner@example.com was rejected: too many attempts";
    // Equal ones of an hour are one entry; the hour may have turned in between.
    assert_eq!((entries[0], entries[1]), ((unknown, 1), (stopped, 1)));
    assert_eq!(entries[2..].iter().map(|(_, count)| count).sum::<i64>(), 10);
    assert!(entries.len() <= 4, "{entries:?}");
    // Attempts with many e-mail addresses are limited too.
    for at in 0..200 {
        let status = log_in(&server, &format!("{at}@example.com"), "wrong horse").await.status();
        if status == 429 {
            return;
        }
    }
    panic!("the attempts were not limited");
}

#[tokio::test]
async fn changing_the_password_ends_other_sessions() {
    let server = TestServer::new().await;
    let ann = LoggedIn::first(&server).await;
    let elsewhere = LoggedIn::of(log_in(&server, &ann.email, PASSWORD).await).await;
    let body = |current: &str| json!({"current": current, "password": "a quite different thing"});
    assert_eq!(ann.ask(&server, "PUT", "/session/password", body("wrong horse")).await.0, 403);
    ann.done(&server, "PUT", "/session/password", body(PASSWORD)).await;
    assert_eq!(ann.ask(&server, "GET", "/session", Json::Null).await.0, 200);
    assert_eq!(elsewhere.ask(&server, "GET", "/session", Json::Null).await.0, 401);
    assert_eq!(log_in(&server, &ann.email, PASSWORD).await.status(), 401);
    assert_eq!(log_in(&server, &ann.email, "a quite different thing").await.status(), 200);
}

#[tokio::test]
async fn an_event_stream_ends_with_its_session() {
    let server = TestServer::new().await;
    let ann = LoggedIn::first(&server).await;
    let request = ann.request(&server, "GET", "/projects/1/events");
    let mut stream = Stream::open(request).await;
    assert_eq!(stream.block().await.unwrap(), ": connected");
    ann.done(&server, "DELETE", "/session", Json::Null).await;
    let ended = async { while stream.block().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("before the next keep-alive");
}

#[tokio::test]
async fn a_known_browser_can_prove_its_password_while_strangers_guess() {
    let proxy = "127.0.0.1".parse().unwrap();
    let server = TestServer::with(|options| options.trusted_proxies = vec![proxy]).await;
    let owner = LoggedIn::first(&server).await;
    let response = log_in(&server, &owner.email, PASSWORD).await;
    let cookies = response.headers().get_all("set-cookie").iter().map(|set| set.to_str().unwrap());
    let cookies: Vec<String> = cookies.map(|set| set.split(';').next().unwrap().to_owned()).collect();
    let (_, session) = answer(response).await;
    // The guesses of strangers from many addresses use up the attempts for this person.
    for at in 0..12 {
        for _ in 0..9 {
            let body = json!({"email": owner.email, "password": "wrong horse"}).to_string();
            let guess = server.http.post(server.url("/api/manage/v1/session"));
            guess.header("x-forwarded-for", format!("203.0.113.{at}")).body(body).send().await.unwrap();
        }
    }
    let change = async |cookie: &str, current: &str, password: &str| {
        let request = server.http.put(server.url("/api/manage/v1/session/password"));
        let request =
            request.header("cookie", cookie).header("x-prefab-csrf", session["csrf"].as_str().unwrap());
        request.body(json!({"current": current, "password": password}).to_string()).send().await.unwrap()
    };
    let of_session = cookies.iter().find(|cookie| cookie.starts_with("prefab_session=")).unwrap();
    assert_eq!(change(of_session, PASSWORD, "a new long password").await.status(), 429);
    let changed = change(&cookies.join("; "), PASSWORD, "a new long password").await;
    assert_eq!(changed.status(), 200);
    let renewed = changed.headers().get_all("set-cookie").iter().map(|set| set.to_str().unwrap());
    let renewed: Vec<&str> = renewed.filter(|set| set.starts_with("prefab_browser=")).collect();
    assert_eq!(renewed.len(), 1, "the browser stays known after the change");
}
