//! Small protections of the server: headers, cookies, log-in limits, certificates, leftovers and damaged databases.

use std::{
    fs::{File, FileTimes},
    time::{Duration, SystemTime},
};

use prefab_server::{KeyKind, Options, serve};
use serde_json::{Value as Json, json};

use crate::common::{
    TestServer,
    people::{LoggedIn, PASSWORD},
};

#[tokio::test]
async fn no_cache_stores_responses_of_the_management_api() {
    let server = TestServer::new().await;
    let owner = LoggedIn::first(&server).await;
    server.create("k", "1").await;
    for path in [
        "/session",
        "/projects/1",
        "/projects/1/keys",
        "/projects/1/people",
        "/projects/1/items/k",
        "/projects/1/items",
        "/projects/1/export",
        "/projects/1/audit.jsonl",
        "/projects/1/events",
        "/unknown",
        "/openapi.json",
    ] {
        let response = owner.request(&server, "GET", path).send().await.unwrap();
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
        assert_eq!(header("cache-control").as_deref(), Some("no-store"), "{path}");
        assert_eq!(header("access-control-allow-origin"), None, "{path}");
        assert_eq!(header("strict-transport-security"), None, "http: {path}");
    }
    let list = owner.request(&server, "GET", "/projects/1/items?usage=false").send().await.unwrap();
    assert_eq!(list.headers()["cache-control"], "private, no-cache", "the browser revalidates it");
    let preflight =
        server.http.request("OPTIONS".parse().unwrap(), server.url("/api/manage/v1/projects/1/items"));
    let preflight = preflight.header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(preflight.headers().get("access-control-allow-origin"), None);
}

#[tokio::test]
async fn cookies_over_https_belong_to_the_host() {
    let url = "https://prefab.example.com".parse().unwrap();
    let server = TestServer::with(|options| options.public_url = Some(url)).await;
    let owner = LoggedIn::first(&server).await;
    assert!(owner.cookie.starts_with("__Host-prefab_session="), "{}", owner.cookie);
    owner.done(&server, "GET", "/session", Json::Null).await;
    let tossed = owner.cookie.replace("__Host-", "");
    let request = server.http.get(server.url("/api/manage/v1/session")).header("cookie", tossed);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 401, "another host of the domain can set this name");
    assert_eq!(response.headers()["strict-transport-security"], "max-age=31536000");
}

#[tokio::test]
async fn a_stranger_cannot_lock_a_person_out() {
    let proxy = "127.0.0.1".parse().unwrap();
    let server = TestServer::with(|options| options.trusted_proxies = vec![proxy]).await;
    LoggedIn::first(&server).await;
    let log_in = async |address: &str, password: &str, cookie: Option<&str>| {
        let body = json!({"email": "owner@example.com", "password": password}).to_string();
        let request =
            server.http.post(server.url("/api/manage/v1/session")).header("x-forwarded-for", address);
        let request = if let Some(cookie) = cookie { request.header("cookie", cookie) } else { request };
        request.body(body).send().await.unwrap()
    };
    let first = log_in("192.0.2.1", PASSWORD, None).await;
    let cookies = first.headers().get_all("set-cookie").iter();
    let browser =
        cookies.map(|set| set.to_str().unwrap()).find(|set| set.starts_with("prefab_browser=")).unwrap();
    assert!(browser.contains("HttpOnly") && browser.contains("SameSite=Strict"), "{browser}");
    let browser = browser.split(';').next().unwrap();
    for _ in 0..10 {
        assert_eq!(log_in("198.51.100.1", "wrong horse", None).await.status(), 401);
    }
    assert_eq!(log_in("198.51.100.1", "wrong horse", None).await.status(), 429);
    assert_eq!(log_in("192.0.2.2", PASSWORD, None).await.status(), 200, "another address");
    // Many addresses together: only a known browser is still allowed.
    for at in 0..12 {
        for _ in 0..9 {
            log_in(&format!("203.0.113.{at}"), "wrong horse", None).await;
        }
    }
    assert_eq!(log_in("192.0.2.3", PASSWORD, None).await.status(), 429);
    assert_eq!(log_in("192.0.2.3", PASSWORD, Some("prefab_browser=guessed")).await.status(), 429);
    assert_eq!(log_in("192.0.2.3", PASSWORD, Some(browser)).await.status(), 200);
}

#[tokio::test]
async fn refused_streams_are_held() {
    let server = TestServer::new().await;
    let started = std::time::Instant::now();
    let stream = server.http.get(server.url("/api/v1/sse/config")).basic_auth("u", Some("1-none"));
    assert_eq!(stream.send().await.unwrap().status(), 401);
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    let started = std::time::Instant::now();
    let checkpoint = server.http.get(server.url("/api/v1/configs/0")).basic_auth("u", Some("1-none"));
    assert_eq!(checkpoint.send().await.unwrap().status(), 401);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[tokio::test]
async fn interrupted_backups_are_removed_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options::local(dir.path().join("data"));
    serve(options()).await.unwrap().shutdown().await;
    let file = |name: &str| dir.path().join("data").join(name);
    let old = SystemTime::now() - Duration::from_secs(3_600);
    for (name, time) in [
        ("backup-1-a.db", old),
        ("backup-1-a.db-journal", old),
        ("backup-2-b.db", SystemTime::now()),
        ("mine.db", old),
    ] {
        let made = File::create(file(name)).unwrap();
        made.set_times(FileTimes::new().set_modified(time)).unwrap();
    }
    serve(options()).await.unwrap().shutdown().await;
    let left = ["backup-1-a.db", "backup-1-a.db-journal", "backup-2-b.db", "mine.db"]
        .map(|name| file(name).exists());
    assert_eq!(left, [false, false, true, true], "another server may be writing a new one");
}

#[tokio::test]
async fn a_damaged_database_is_refused_unless_it_is_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options::local(dir.path().join("data"));
    let running = serve(options()).await.unwrap();
    let key = |kind| running.keys.iter().find(|key| key.kind == kind).unwrap().key.clone();
    let (admin, backend) = (key(KeyKind::Admin), key(KeyKind::Backend));
    let http = reqwest::Client::new();
    for name in ["a", "b"] {
        let config = crate::common::text_config(name, "1").to_string();
        let request = http.post(format!("{}/api/v1/config/", running.url)).basic_auth("u", Some(&admin));
        assert_eq!(request.body(config).send().await.unwrap().status(), 200);
    }
    running.shutdown().await;
    damage(&dir.path().join("data/prefab.db"));
    let error = serve(options()).await.unwrap_err();
    assert!(format!("{error:?}").contains("config `b` cannot be decoded"), "{error:?}");
    assert!(error.hint().unwrap().contains("--allow-damaged"));
    let running = serve(Options { allow_damaged: true, ..options() }).await.unwrap();
    let ready = http.get(format!("{}/readyz", running.url)).send().await.unwrap();
    assert_eq!(
        (ready.status().as_u16(), ready.text().await.unwrap().as_str()),
        (503, "the database is damaged")
    );
    let configs = http.get(format!("{}/api/v1/configs/0", running.url)).basic_auth("u", Some(&backend));
    assert_eq!(configs.send().await.unwrap().status(), 200);
    running.shutdown().await;
}

/// Overwrites the stored form of config `b`.
fn damage(file: &std::path::Path) {
    let sql = "UPDATE config_version SET body = x'ffffffff' WHERE key = 'b'";
    rusqlite::Connection::open(file).unwrap().execute_batch(sql).unwrap();
}
