//! Scheduled removals: they survive restarts, run once, and are in the audit log.

use std::time::Duration;

use crate::common::{
    TestServer, answer,
    project::{PROJECT, ask, done, read},
};
use prefab_server::{KeyKind, Options, serve};
use prefab_store::clock;
use prefab_testing::{eventually_async, eventually_some};
use serde_json::{Value as Json, json};

/// Sends a request until its response matches.
async fn wait_for(server: &TestServer, path: &str, is_wanted: impl Fn(&Json) -> bool) -> Json {
    eventually_some(path, async || Some(read(server, path).await).filter(&is_wanted)).await
}

#[tokio::test]
async fn a_level_for_one_user_can_be_set_and_removed() {
    let server = TestServer::new().await;
    let level = json!({"level": "debug", "environment": "Production", "expiresIn": "1s",
                       "for": {"property": "user.key", "values": ["123"]}});
    let set = done(&server, "PUT", "/log-levels/app.db", level).await;
    assert_eq!(set["key"], "log-level.app.db");
    let shown = done(&server, "GET", "/log-levels", Json::Null).await;
    assert_eq!((&shown[0]["path"], &shown[0]["id"]), (&json!("app.db"), &set["id"]));
    assert_eq!(
        shown[0]["levels"],
        json!([{"environment": "3", "level": "DEBUG", "for": {"property": "user.key", "values": ["123"]},
                "when": "user.key is one of [123]", "expiresAt": set["expiresAt"]}])
    );
    let item = done(&server, "GET", "/items/log-level.app.db", Json::Null).await;
    assert_eq!(item["type"], "log_level_v2");
    wait_for(&server, "/log-levels", |levels| *levels == json!([])).await;
    let reply = done(&server, "GET", "/audit?who=expiry", Json::Null).await;
    assert_eq!((reply.as_array().unwrap().len(), &reply[0]["action"]), (1, &json!("config.deleted")));
    assert_eq!(reply[0]["comment"], "the level that key 3 set has expired");
    assert_eq!(done(&server, "GET", "/archived", Json::Null).await[0]["key"], "log-level.app.db");
}

#[tokio::test]
async fn a_level_for_a_segment_can_be_set_and_removed() {
    let server = TestServer::new().await;
    let ours = |matches: bool| json!({"type": "bool", "value": matches});
    let acme = json!([{"propertyName": "user.email", "operator": "PROP_ENDS_WITH_ONE_OF",
                       "valueToMatch": {"type": "string_list", "value": ["@acme.test"]}}]);
    let rules = json!([{"criteria": acme, "value": ours(true)}, {"criteria": [], "value": ours(false)}]);
    let segment = json!({"key": "ours", "type": "segment", "default": {"rules": rules}, "environments": []});
    done(&server, "POST", "/items", json!({"item": segment})).await;
    done(&server, "PUT", "/log-levels/app", json!({"level": "INFO"})).await;
    let ask_for = |email: &str| {
        json!({"key": "log-level.app", "environment": "Production",
                                       "contexts": {"user": {"email": email}}})
    };
    let level = |expires: Json| json!({"level": "DEBUG", "for": {"segment": "ours"}, "expiresIn": expires});
    done(&server, "PUT", "/log-levels/app", level(json!("1s"))).await;
    let shown = done(&server, "GET", "/log-levels", Json::Null).await;
    assert_eq!(shown[0]["levels"][0]["for"], json!({"segment": "ours"}));
    assert_eq!(done(&server, "POST", "/explain", ask_for("ann@acme.test")).await["value"], "DEBUG");
    assert_eq!(done(&server, "POST", "/explain", ask_for("bob@other.test")).await["value"], "INFO");
    wait_for(&server, "/log-levels", |levels| levels[0]["levels"].as_array().unwrap().len() == 1).await;
    done(&server, "PUT", "/log-levels/app", level(Json::Null)).await;
    assert_eq!(ask(&server, "DELETE", "/log-levels/app?segment=theirs", Json::Null).await.0, 404);
    done(&server, "DELETE", "/log-levels/app?segment=ours", Json::Null).await;
    let both = json!({"level": "DEBUG", "for": {"segment": "ours", "property": "user.key", "values": ["1"]}});
    let unknown = json!({"level": "DEBUG", "for": {"segment": "theirs"}});
    for wrong in [both, unknown, json!({"level": "DEBUG", "for": {}})] {
        assert_eq!(ask(&server, "PUT", "/log-levels/app", wrong.clone()).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn permanent_levels_are_not_changed_by_temporary_ones() {
    let server = TestServer::new().await;
    done(&server, "PUT", "/log-levels/app", json!({"level": "INFO"})).await;
    done(&server, "PUT", "/log-levels/app", json!({"level": "WARN", "environment": "Production"})).await;
    let before = done(&server, "GET", "/items/log-level.app", Json::Null).await;
    let debug = json!({"level": "DEBUG", "environment": "Production", "expires_in": 1});
    done(&server, "PUT", "/log-levels/app", debug).await;
    let during = done(&server, "GET", "/log-levels", Json::Null).await;
    let levels: Vec<&Json> =
        during[0]["levels"].as_array().unwrap().iter().map(|level| &level["level"]).collect();
    assert_eq!(levels, ["INFO", "DEBUG", "WARN"]);
    assert!(during[0]["levels"][1]["expiresAt"].is_i64() && during[0]["levels"][2]["expiresAt"].is_null());
    let question = json!({"key": "log-level.app", "environment": "Production"});
    assert_eq!(done(&server, "POST", "/explain", question).await["value"], "DEBUG");
    wait_for(&server, "/log-levels", |levels| levels[0]["levels"].as_array().unwrap().len() == 2).await;
    let mut after = done(&server, "GET", "/items/log-level.app", Json::Null).await;
    after["id"] = before["id"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_level_can_be_removed_and_set_permanently() {
    let server = TestServer::new().await;
    let mut level = json!({"level": "DEBUG", "environment": "Staging", "expiresIn": "1h"});
    done(&server, "PUT", "/log-levels/app", level.clone()).await;
    level["for"] = json!({"property": "user.key", "values": ["1", "2"]});
    done(&server, "PUT", "/log-levels/app", level).await;
    done(&server, "DELETE", "/log-levels/app?environment=Staging", Json::Null).await;
    let path = "/log-levels/app?environment=Staging&property=user.key&values=";
    assert_eq!(ask(&server, "DELETE", &format!("{path}1"), Json::Null).await.0, 404);
    done(&server, "DELETE", &format!("{path}1,2"), Json::Null).await;
    assert_eq!(done(&server, "GET", "/log-levels", Json::Null).await, json!([]));
    assert_eq!(ask(&server, "DELETE", "/log-levels/app?environment=Staging", Json::Null).await.0, 404);
    for wrong in [
        json!({"level": "LOUD"}),
        json!({"level": "DEBUG", "expiresIn": "soon"}),
        json!({"level": "DEBUG", "expiresAt": 5}),
        json!({"level": "DEBUG", "for": {"property": "user.key", "values": []}}),
    ] {
        assert_eq!(ask(&server, "PUT", "/log-levels/app", wrong.clone()).await.0, 400, "{wrong}");
    }
    server.create("log-level.text", "x").await;
    assert_eq!(ask(&server, "PUT", "/log-levels/text", json!({"level": "DEBUG"})).await.0, 409);
    assert_eq!(done(&server, "GET", "/log-levels", Json::Null).await, json!([]));
}

#[tokio::test]
async fn an_override_expires_unless_it_is_permanent() {
    let server = TestServer::new().await;
    server.create("k", "a").await;
    server.create("l", "a").await;
    let mut own = json!({"environment": "Production", "user": "7", "expiresIn": "1s",
                         "value": {"type": "string", "value": "b"}});
    for key in ["k", "l"] {
        done(&server, "PUT", &format!("/items/{key}/override"), own.clone()).await;
    }
    assert!(done(&server, "GET", "/overrides", Json::Null).await[0]["expiresAt"].is_i64());
    own.as_object_mut().unwrap().remove("expiresIn");
    done(&server, "PUT", "/items/l/override", own).await;
    let left = wait_for(&server, "/overrides", |found| found.as_array().unwrap().len() == 1).await;
    assert_eq!((&left[0]["key"], &left[0]["expiresAt"]), (&json!("l"), &Json::Null));
}

#[tokio::test]
async fn one_of_several_servers_runs_a_removal_once() {
    let server = TestServer::new().await;
    let mut expires_at = 0;
    for round in 0..5 {
        let level = json!({"level": "DEBUG", "environment": "Production", "expiresIn": "1s"});
        let set = done(&server, "PUT", &format!("/log-levels/app{round}"), level).await;
        expires_at = set["expiresAt"].as_i64().unwrap();
    }
    let key = server.key("Development", KeyKind::Admin);
    let TestServer { running, http, dir } = server;
    running.shutdown().await;
    eventually_async("the levels expire", || clock::now_millis() > expires_at).await;
    let options = || Options::local(dir.path().join("data"));
    let (first, second) = tokio::join!(serve(options()), serve(options()));
    let (first, second) = (first.unwrap(), second.unwrap());
    let get = async |path: &str| {
        let request = http.get(format!("{}{PROJECT}{path}", second.url)).bearer_auth(&key);
        answer(request.send().await.unwrap()).await.1
    };
    eventually_some("the levels end", async || (get("/log-levels").await == json!([])).then_some(())).await;
    // A second removal must not happen, so the test waits until both servers have polled again.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(get("/audit?who=expiry").await.as_array().unwrap().len(), 5);
    first.shutdown().await;
    second.shutdown().await;
}
