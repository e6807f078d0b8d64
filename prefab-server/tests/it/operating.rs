//! Operation of a server: failed starts, private files, links and trusted proxies.

use std::{net::TcpListener, path::Path};

use crate::common::TestServer;
use prefab_server::{Error, Options, serve};
use prefab_testing::eventually_some;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn keys_are_not_issued_before_the_server_can_listen() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = Options::local(dir.path().join("data"));
    let refused = Options { listen: taken.local_addr().unwrap(), ..options.clone() };
    let error = serve(refused).await.unwrap_err();
    assert!(error.hint().unwrap().contains("--listen selects another one"), "{error}");
    assert_eq!(serve(options).await.unwrap().keys.len(), 7, "they are shown once, so they were not lost");
}

#[cfg(unix)]
#[tokio::test]
async fn data_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let server = TestServer::new().await;
    server.create("a", "1").await;
    let data = server.dir.path().join("data");
    assert_eq!(mode(&data), 0o700);
    for name in ["prefab.db", "prefab.db-wal", "prefab.db-shm"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
    let (backup, restored) = (server.dir.path().join("backup.db"), server.dir.path().join("restored"));
    let bytes = server.admin("GET", "/api/manage/v1/backup").send().await.unwrap().bytes().await.unwrap();
    std::fs::write(&backup, bytes).unwrap();
    prefab_server::restore(&backup, &restored, None, prefab_server::Overwrite::Refused).await.unwrap();
    assert_eq!((mode(&restored), mode(&restored.join("prefab.db"))), (0o700, 0o600));
}

#[tokio::test]
async fn an_unusable_database_is_named_with_a_hint() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("prefab.db"), "not a database, but long enough to be looked at").unwrap();
    let error = serve(Options::local(dir.path())).await.unwrap_err();
    assert!(error.to_string().contains("prefab.db"), "{error}");
    assert!(error.hint().unwrap().contains("prefab restore"), "{error}");

    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = serve(Options::local(&file)).await.unwrap_err();
    assert!(matches!(error, Error::DataDir { .. }) && error.hint().unwrap().contains("is a file"), "{error}");
}

#[tokio::test]
async fn links_begin_with_the_public_url() {
    let url = "https://prefab.example.com";
    let server = TestServer::with(|options| options.public_url = Some(url.parse().unwrap())).await;
    let link = server.running.sign_up.clone().unwrap();
    let token = link.strip_prefix(&format!("{url}/sign-up#token=")).unwrap();
    let answer = server
        .http
        .post(server.url("/api/manage/v1/sign-up"))
        .body(
            json!({"token": token, "email": "ann@example.com", "name": "Ann", "password": "correct horse"})
                .to_string(),
        )
        .send()
        .await
        .unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; Secure"), "browsers come by https: {cookie}");
    let invitation = json!({"email": "bea@example.com", "role": "viewer"});
    let (_, answer) = server.post("/api/manage/v1/projects/1/invitations", invitation).await;
    assert!(answer["link"].as_str().unwrap().starts_with(&format!("{url}/sign-up#")), "{answer}");
}

#[tokio::test]
async fn an_address_that_cannot_be_opened_is_not_shown() {
    let server = TestServer::with(|options| options.listen = "0.0.0.0:0".parse().unwrap()).await;
    assert!(
        server.running.sign_up.clone().unwrap().starts_with("http://127.0.0.1:"),
        "{}",
        server.running.url
    );
}

#[tokio::test]
async fn a_trusted_proxy_names_the_address_of_a_rejected_request() {
    let server =
        TestServer::with(|options| options.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    let log_in = async |from: &str, email: String| {
        let body = json!({"email": email, "password": "wrong wrong"}).to_string();
        let request = server.http.post(server.url("/api/manage/v1/session")).body(body);
        request.header("x-forwarded-for", from).send().await.unwrap().status().as_u16()
    };
    assert_eq!(log_in("1.2.3.4, 203.0.113.9", "unknown@example.com".to_owned()).await, 401);
    let (_, audit) = {
        let answer =
            server.admin("GET", "/api/manage/v1/projects/1/audit?action=session.refused").send().await;
        crate::common::answer(answer.unwrap()).await
    };
    let from: Vec<&Json> = audit.as_array().unwrap().iter().map(|entry| &entry["from"]).collect();
    assert_eq!(from, ["203.0.113.9"]);
}

#[tokio::test]
async fn a_key_that_no_url_can_name_is_rejected() {
    let server = TestServer::new().await;
    for key in [".", "..", "a\u{1b}[31m", "a\0b", "a\nb"] {
        let (status, answer) = server.post("/api/v1/config/", crate::common::text_config(key, "1")).await;
        assert_eq!(status, 400, "{key:?}: {answer}");
    }
    for key in ["...", "a..b", "ключ.🎉", "a/b?c#d e"] {
        let (status, answer) = server.post("/api/v1/config/", crate::common::text_config(key, "1")).await;
        assert_eq!(status, 200, "{key:?}: {answer}");
    }
}

#[tokio::test]
async fn recover_issues_a_new_admin_key() {
    let server = TestServer::new().await;
    let data = server.dir.path().join("data");
    let recovered = prefab_server::recover(&data, None).await.unwrap();
    let [only] = &*recovered else { panic!("{recovered:?}") };
    let audit = eventually_some("the running server accepts the key", async || {
        let request = server.http.get(server.url("/api/manage/v1/projects/1/audit?limit=1"));
        let request = request.basic_auth("u", Some(&only.key.key));
        let (status, audit) = crate::common::answer(request.send().await.unwrap()).await;
        (status == 200).then_some(audit)
    });
    let audit = audit.await;
    assert!(audit[0]["sentence"].as_str().unwrap().contains("with `prefab recover`"), "{audit}");
    let error = prefab_server::recover(server.dir.path(), None).await.unwrap_err();
    assert!(matches!(error, Error::NoDatabase { .. }), "{error}");
    assert!(!server.dir.path().join("prefab.db").exists());
}
