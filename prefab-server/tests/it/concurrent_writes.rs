//! Concurrent writes: of two writers of a key exactly one succeeds, and of two servers on an empty file exactly one
//! creates the first project.

use crate::common::{
    TestServer, answer,
    project::{ask, done, read, text_item},
    text_config,
};
use prefab_server::{Options, serve};
use serde_json::json;

const ROUNDS: usize = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_concurrent_writers_one_receives_a_conflict() {
    let server = TestServer::new().await;
    let mut current = server.create("contested", "0").await.to_string();
    let mut won = vec![current.clone()];
    for round in 0..ROUNDS {
        let write = async |who: &str| {
            let mut config = text_config("contested", &format!("{who}{round}"));
            config["id"] = current.clone().into();
            server.post("/api/v1/config/", config).await
        };
        let ((left, left_reply), (right, right_reply)) = tokio::join!(write("left"), write("right"));
        let reply = match (left.as_u16(), right.as_u16()) {
            (200, 409) => left_reply,
            (409, 200) => right_reply,
            other => panic!("round {round}: {other:?}: {left_reply} {right_reply}"),
        };
        current = reply["newId"].as_str().unwrap().to_owned();
        won.push(current.clone());
    }
    let path = "/api/v1/change-history?limit=500";
    let mut reply: Vec<serde_json::Value> = Vec::new();
    let mut cursor = json!("");
    while let Some(from) = cursor.as_str() {
        let page = server.admin("GET", &format!("{path}&cursor={from}")).send().await.unwrap();
        let mut page = answer(page).await.1;
        reply.append(page["changes"].as_array_mut().unwrap());
        cursor = page["cursor"].take();
    }
    reply.reverse();
    let ids: Vec<&str> = reply.iter().map(|change| change["newConfigId"].as_str().unwrap()).collect();
    assert_eq!(ids, won);
    let replaced = reply.iter().skip(1).map(|change| change["previousConfigId"].as_str().unwrap());
    assert!(replaced.eq(won.iter().map(String::as_str).take(ROUNDS)), "each version names the one before it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_at_an_empty_file_make_one_project() {
    for round in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        let start = || tokio::spawn(serve(Options::local(dir.path())));
        let (left, right) = (start(), start());
        let (left, right) = (left.await.unwrap().unwrap(), right.await.unwrap().unwrap());
        let mut made = [left.keys.len(), right.keys.len()];
        made.sort_unstable();
        assert_eq!(made, [0, 7], "round {round}");
        let admin = left.keys.iter().chain(&right.keys).find(|key| key.key.contains("ADMIN")).unwrap();
        let http = reqwest::Client::new();
        for server in [&left, &right] {
            let url = format!("{}/api/manage/v1/projects/1/keys", server.url);
            let response = http.get(&url).bearer_auth(&admin.key).send().await.unwrap();
            let (status, keys) = answer(response).await;
            assert_eq!((status.as_u16(), keys.as_array().unwrap().len()), (200, 7), "round {round}");
            let projects = http.get(server.url.clone() + "/api/manage/v1/projects/2/keys");
            assert_eq!(projects.bearer_auth(&admin.key).send().await.unwrap().status(), 404);
        }
        left.shutdown().await;
        right.shutdown().await;
    }
}

/// Two writers of the same item, in two environments, who name no version.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_two_environments_do_not_conflict() {
    let server = TestServer::new().await;
    done(&server, "POST", "/items", text_item("k", "0")).await;
    let mut draft = text_item("k", "draft");
    draft["item"]["id"] = read(&server, "/items/k").await["id"].clone();
    let write = async |environment: &str| {
        for round in 0..40 {
            let value = json!({"type": "string", "value": format!("{environment}{round}")});
            let set = json!({"environment": environment, "value": value});
            let assign = json!({"environment": environment, "user": "ann", "value": value});
            let level = json!({"environment": environment, "level": "DEBUG"});
            let remove = format!("/items/k/override?environment={environment}&user=ann");
            for (method, path, body) in [
                ("PUT", "/items/k/value", set),
                ("PUT", "/items/k/override", assign),
                ("PUT", "/log-levels/app", level),
                ("PUT", "/items/k/draft", draft.clone()),
                ("DELETE", &remove, json!(null)),
            ] {
                let (status, reply) = ask(&server, method, path, body).await;
                assert_eq!(status, 200, "{environment} {round} {method} {path}: {reply}");
            }
        }
    };
    tokio::join!(write("Development"), write("Staging"), write("Production"));
    let item = read(&server, "/items/k").await;
    let values: Vec<_> = item["environments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| &own["rules"][0]["value"]["value"])
        .collect();
    assert_eq!(values.len(), 3);
    for environment in ["Development", "Staging", "Production"] {
        let last = json!(format!("{environment}39"));
        assert!(values.contains(&&last), "{values:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_who_names_a_version_still_receives_the_conflict() {
    let server = TestServer::new().await;
    let first = done(&server, "POST", "/items", text_item("k", "0")).await;
    let write = async |value: &str| {
        let value = json!({"type": "string", "value": value});
        let body = json!({"value": value, "version": first["id"]});
        ask(&server, "PUT", "/items/k/value", body).await.0.as_u16()
    };
    let (left, right) = tokio::join!(write("left"), write("right"));
    assert!(matches!((left, right), (200, 409) | (409, 200)), "{left} {right}");
}
