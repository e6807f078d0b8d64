//! Usage counts and events, as the management API returns them.

use crate::common::{
    Stream, TestServer, answer,
    project::{self, PROJECT, ask, read},
};
use prefab_server::{KeyKind, Options, serve};
use serde_json::{Value as Json, json};

async fn report(server: &TestServer, environment: &str, events: Json) {
    let key = server.key(environment, KeyKind::Backend);
    assert_eq!(project::report(server, &key, events).await, 200);
}

fn evaluated(key: &str, version: i64, value: &Json, count: i64) -> Json {
    json!({"summaries": {"start": 1, "end": 2, "summaries": [{"key": key, "type": "CONFIG", "counters": [
        {"configId": version.to_string(), "count": count, "selectedValue": value}]}]}})
}

/// Returns the next event of this name: its id, and its data.
async fn event(stream: &mut Stream, name: &str) -> (Option<String>, Json) {
    loop {
        let block = stream.block().await.unwrap();
        let field = |field: &str| block.lines().find_map(|line| line.strip_prefix(&format!("{field}: ")));
        if field("event") == Some(name) {
            return (field("id").map(Into::into), serde_json::from_str(field("data").unwrap()).unwrap());
        }
    }
}

#[tokio::test]
async fn evaluations_are_counted_by_key_version_value_environment_and_hour() {
    let server = TestServer::new().await;
    let id = server.create("k", "a").await;
    report(&server, "Development", json!([evaluated("k", id, &json!({"string": "a"}), 3)])).await;
    report(&server, "Development", json!([evaluated("k", id, &json!({"string": "a"}), 4)])).await;
    report(&server, "Production", json!([evaluated("k", id, &json!({"string": "b"}), 5)])).await;
    let counted = read(&server, "/evaluations?key=k").await;
    assert_eq!(counted["total"], 12);
    let [development, production] = counted["environments"].as_array().unwrap().as_slice() else {
        panic!("{counted}")
    };
    assert_eq!(development["counts"], json!([{"value": {"string": "a"}, "version": null, "count": 7}]));
    assert_eq!(production["buckets"][0]["counts"][0]["version"], id.to_string());
    let only = read(&server, "/evaluations?key=k&environment=production&by=day").await;
    assert_eq!((&only["total"], only["environments"].as_array().unwrap().len()), (&json!(5), 1));
    assert_eq!(only["start"].as_i64().unwrap() % 86_400_000, 0);
    assert_eq!(read(&server, "/evaluations").await["total"], 12);
    assert_eq!(read(&server, "/evaluations?key=k&from=1&to=2").await["total"], 0);
    assert_eq!(ask(&server, "GET", "/evaluations?key=k&from=5&to=2", Json::Null).await.0, 400);
    let item = &read(&server, "/items").await["items"][0];
    assert_eq!(item["evaluations24h"], 12);
    let hours = item["sparkline"].as_array().unwrap();
    // The hour may have turned in between.
    assert_eq!((hours.len(), hours[22].as_i64().unwrap() + hours[23].as_i64().unwrap()), (24, 12));
    assert!(item["lastEvaluatedAt"].as_i64().unwrap() > 1_700_000_000_000);
}

#[tokio::test]
async fn counts_survive_a_restart() {
    let server = TestServer::new().await;
    let id = server.create("k", "a").await;
    report(&server, "Development", json!([evaluated("k", id, &json!({"string": "a"}), 3)])).await;
    let key = server.key("Development", KeyKind::Admin);
    server.running.shutdown().await;
    let again = serve(Options::local(server.dir.path().join("data"))).await.unwrap();
    let path = format!("{}{PROJECT}/evaluations?key=k", again.url);
    let counted = answer(server.http.get(path).bearer_auth(key).send().await.unwrap()).await.1;
    assert_eq!(counted["total"], 3);
}

#[tokio::test]
async fn unused_keys_are_found() {
    let server = TestServer::new().await;
    server.create("used", "a").await;
    server.create("unused", "a").await;
    report(&server, "Development", json!([evaluated("used", 0, &json!({"string": "a"}), 3)])).await;
    assert_eq!(read(&server, "/unused").await["items"], json!([]), "both are new");
    let found = read(&server, "/unused?days=0").await;
    let found: Vec<_> = found["items"].as_array().unwrap().iter().map(|item| &item["key"]).collect();
    assert!(found.contains(&&json!("unused")), "{found:?}");
    let reason = read(&server, "/unused?days=0").await["items"][0]["reason"].clone();
    assert_eq!(reason, "never evaluated");
}

#[tokio::test]
async fn contexts_can_be_listed_unless_collection_is_off() {
    let seen = json!([
        {"contextShapes": {"shapes": [{"name": "user", "fieldTypes": {"email": 2, "age": 1}}]}},
        {"exampleContexts": {"examples": [{"timestamp": 1_700_000_000_000_i64, "contextSet": {"contexts": [
            {"type": "user", "values": {"email": {"string": "ann@acme.test"}, "age": {"int": "41"}}}]}}]}}]);
    let server = TestServer::new().await;
    report(&server, "Development", seen.clone()).await;
    report(&server, "Development", seen.clone()).await;
    let all = read(&server, "/contexts?environment=Development").await;
    assert_eq!(all["shapes"][0]["context"], "user");
    assert_eq!(all["shapes"][0]["properties"][1]["types"], json!(["string"]));
    assert_eq!(
        all["examples"],
        json!([{"environment": "1", "at": 1_700_000_000_000_i64,
                "contexts": {"user": {"age": 41, "email": "ann@acme.test"}}}])
    );
    let found = read(&server, "/contexts?search=EMAIL").await;
    assert_eq!(found["shapes"][0]["properties"].as_array().unwrap().len(), 1);
    assert_eq!(read(&server, "/contexts?environment=Staging").await["examples"], json!([]));

    let server = TestServer::with(|options| options.collect_contexts = false).await;
    report(&server, "Development", seen).await;
    assert_eq!(
        read(&server, "/contexts").await,
        json!({"isCollecting": false, "shapes": [], "examples": []})
    );
}

#[tokio::test]
async fn examples_are_bounded() {
    let server = TestServer::new().await;
    for round in 0..3 {
        let examples: Vec<Json> = (0..90)
            .map(|at| {
                let key = format!("u-{round}-{at}");
                json!({"timestamp": 1_700_000_000_000_i64, "contextSet": {"contexts": [
                    {"type": "user", "values": {"key": {"string": key}}}]}})
            })
            .collect();
        report(&server, "Development", json!([{ "exampleContexts": { "examples": examples } }])).await;
        read(&server, "/contexts").await;
    }
    assert_eq!(read(&server, "/contexts").await["examples"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn loggers_are_listed_with_their_levels() {
    let server = TestServer::new().await;
    let logged = json!([{"loggers": {"loggers": [{"loggerName": "app.db", "debugs": 2, "errors": "3"}]}}]);
    report(&server, "Development", logged.clone()).await;
    report(&server, "Development", logged).await;
    let loggers = read(&server, "/loggers?search=app").await;
    assert_eq!(loggers[0]["name"], "app.db");
    assert_eq!((&loggers[0]["counts"]["debug"], &loggers[0]["counts"]["error"]), (&json!(4), &json!(6)));
    assert_eq!(loggers[0]["total"], 10);
}

#[tokio::test]
async fn events_report_changes_clients_and_counts() {
    let server = TestServer::new().await;
    let first = server.create("k", "a").await;
    let mut events = Stream::open(server.admin("GET", &format!("{PROJECT}/events"))).await;
    let (_, clients) = event(&mut events, "clients").await;
    assert_eq!(clients, json!({"environment": "1", "connected": 0, "elsewhere": 0, "received": []}));
    let mut sdk = Stream::open(server.get("/api/v1/sse/config")).await;
    sdk.data().await.unwrap();
    let received = json!({"environment": "1", "connected": 1, "elsewhere": 0,
                          "received": [{"version": first.to_string(), "clients": 1}]});
    while event(&mut events, "clients").await.1 != received {}
    let second = server.set("k", "b").await;
    let (id, change) = event(&mut events, "change").await;
    assert_eq!(id.unwrap(), second.to_string());
    assert_eq!(
        (&change["key"], &change["type"], &change["version"], &change["deleted"]),
        (&json!("k"), &json!("config"), &json!(second.to_string()), &json!(false))
    );
    assert_eq!(change["environments"], json!(["1", "2", "3"]));
    assert_eq!(change["who"], "key 3");
    sdk.data().await.unwrap();
    let received = json!({"environment": "1", "connected": 1, "elsewhere": 0,
                          "received": [{"version": second.to_string(), "clients": 1}]});
    while event(&mut events, "clients").await.1 != received {}
    report(&server, "Development", json!([evaluated("k", second, &json!({"string": "b"}), 3)])).await;
    let (_, counts) = event(&mut events, "evaluations").await;
    assert_eq!(counts, json!({"environment": "1", "keys": ["k"]}));

    let health = read(&server, "/health").await;
    let development = &health["environments"][0];
    assert_eq!(development["kinds"], json!([{"kind": "sse", "clients": 1}]));
    assert_eq!(development["propagation"]["deliveries"], 1);
    assert!(development["propagation"]["p99Micros"].as_u64().is_some());
    assert!(development["payload"]["plain"].as_u64().unwrap() > 0);
    assert!(health["databaseBytes"].as_i64().unwrap() > 0);
    assert_eq!(health["newest"], second.to_string());
}

#[tokio::test]
async fn events_report_drafts_of_every_server() {
    let server = TestServer::new().await;
    let there = serve(Options::local(server.dir.path().join("data"))).await.unwrap();
    let mut here = Stream::open(server.admin("GET", &format!("{PROJECT}/events"))).await;
    let elsewhere = server.http.get(format!("{}{PROJECT}/events", there.url));
    let mut elsewhere = Stream::open(elsewhere.bearer_auth(server.key("Production", KeyKind::Admin))).await;
    let item = json!({"item": {"key": "new", "type": "config", "valueType": "string",
                               "default": {"rules": [{"value": {"type": "string", "value": "a"}}]}}});
    let path = format!("{PROJECT}/items/new/draft");
    let saved = server.admin("PUT", &path).body(item.to_string()).send().await.unwrap();
    let saved = answer(saved).await.1;
    let expected = json!({"key": "new", "savedBy": "key 3", "savedAt": saved["savedAt"], "approvedBy": null});
    for events in [&mut here, &mut elsewhere] {
        assert_eq!(event(events, "draft").await, (None, expected.clone()));
    }
    assert_eq!(server.admin("DELETE", &path).send().await.unwrap().status(), 200);
    let expected = json!({"key": "new", "savedBy": null, "savedAt": null, "approvedBy": null});
    for events in [&mut here, &mut elsewhere] {
        assert_eq!(event(events, "draft").await, (None, expected.clone()));
    }
    drop((here, elsewhere));
    there.shutdown().await;
}

#[tokio::test]
async fn events_continue_after_the_last_one_that_was_read() {
    let server = TestServer::new().await;
    let first = server.create("k", "a").await;
    let second = server.set("k", "b").await;
    server.delete("k").await;
    let request =
        server.admin("GET", &format!("{PROJECT}/events")).header("last-event-id", first.to_string());
    let mut events = Stream::open(request).await;
    let (id, change) = event(&mut events, "change").await;
    assert_eq!((id, &change["deleted"]), (Some(second.to_string()), &json!(false)));
    let (_, change) = event(&mut events, "change").await;
    assert_eq!((&change["deleted"], &change["type"]), (&json!(true), &json!("config")));
}
