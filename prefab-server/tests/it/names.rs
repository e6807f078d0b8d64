//! Names that people type: a name that looks like another one is refused, and a look-up never picks the wrong thing.

use crate::common::{
    TestServer,
    project::{ask, done, read, refused, text_item},
};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn a_name_that_looks_like_another_one_is_refused() {
    let server = TestServer::new().await;
    let check = async |method: &str, path: &str, body: Json, existing: &str| {
        let (status, problem) = refused(&server, method, path, body.clone()).await;
        let is_named = problem.contains("already in use") && problem.contains(existing);
        assert!(status == 409 && is_named, "{path} {body}: {status} {problem}");
    };
    for name in ["production", "Production\u{200b}", "\u{202e}Production", "PRODUCTION", "Production"] {
        check("POST", "/environments", json!({"name": name}), "Production").await;
        check("PATCH", "/environments/Staging", json!({"name": name}), "Production").await;
    }
    done(&server, "POST", "/tokens", json!({"name": "ci", "role": "viewer"})).await;
    check("POST", "/tokens", json!({"name": "CI", "role": "viewer"}), "ci").await;
    done(&server, "POST", "/items", text_item("caf\u{e9}", "1")).await;
    done(&server, "POST", "/items", text_item("lead", "1")).await;
    for (key, existing) in
        [("cafe\u{301}", "caf\u{e9}"), (" lead", "lead"), ("lead\u{feff}", "lead"), ("le\u{200d}ad", "lead")]
    {
        check("POST", "/items", text_item(key, "2"), existing).await;
        let export = json!({"configs": [{"key": key, "configType": "CONFIG", "valueType": "STRING",
            "rows": [{"values": [{"value": {"string": "x"}}]}]}]});
        let (status, problem) = refused(&server, "POST", "/import?dryRun=false", export).await;
        assert!(status == 400 && problem.contains(existing), "{key}: {status} {problem}");
    }
    done(&server, "POST", "/items", text_item("LEAD", "the case of keys differs")).await;
}

#[tokio::test]
async fn a_name_that_could_be_an_id_is_refused() {
    let server = TestServer::new().await;
    for (path, body) in [
        ("/environments", json!({"name": "3"})),
        ("/environments", json!({"name": " 12\u{200b}"})),
        ("/tokens", json!({"name": "7", "role": "viewer"})),
    ] {
        let (status, problem) = refused(&server, "POST", path, body).await;
        assert!(status == 400 && problem.contains("could be an id"), "{path}: {status} {problem}");
    }
}

#[tokio::test]
async fn tags_that_look_the_same_are_refused_when_they_are_new() {
    let server = TestServer::new().await;
    let tagged = |key: &str, tags: &[&str]| {
        let mut item = text_item(key, "1");
        item["item"]["tags"] = json!(tags);
        item
    };
    done(&server, "POST", "/items", tagged("a", &["caf\u{e9}"])).await;
    let (status, problem) = refused(&server, "POST", "/items", tagged("b", &["cafe\u{301}"])).await;
    assert!(status == 400 && problem.contains("already in use"), "{status} {problem}");
    done(&server, "POST", "/items", tagged("b", &["caf\u{e9}", "CAF\u{c9}"])).await;
}

#[tokio::test]
async fn an_environment_is_found_by_number_then_exactly_then_by_looks() {
    let server = TestServer::new().await;
    // An environment from before the rule for names.
    let database = rusqlite::Connection::open(server.dir.path().join("data/prefab.db")).unwrap();
    let insert = "INSERT INTO environment (project_id, name) VALUES (1, ?1)";
    database.execute(insert, ["production"]).unwrap();
    // Another environment makes the server read the list again.
    done(&server, "POST", "/environments", json!({"name": "Canary"})).await;
    done(&server, "POST", "/items", text_item("k", "0")).await;
    let set = async |environment: &str, value: &str| {
        let value = json!({"type": "string", "value": value});
        let body = json!({"environment": environment, "value": value});
        ask(&server, "PUT", "/items/k/value", body).await
    };
    for (environment, value) in [("production", "exact"), ("3", "number"), ("PRODUCTION", "ambiguous")] {
        let (status, reply) = set(environment, value).await;
        let expected = if value == "ambiguous" { 400 } else { 200 };
        assert_eq!(status, expected, "{reply}");
    }
    let item = read(&server, "/items/k").await;
    let rules = |id: &str| {
        let all = item["environments"].as_array().unwrap();
        all.iter().find(|own| own["id"] == id).unwrap()["rules"][0]["value"]["value"].clone()
    };
    assert_eq!((rules("3"), rules("4")), (json!("number"), json!("exact")));
    let body = json!({"environment": "PRODUCTION", "value": {"type": "string", "value": "x"}});
    let (_, problem) = refused(&server, "PUT", "/items/k/value", body).await;
    let expected = "`environment`: environment \"PRODUCTION\" could be one of Production (3), production (4); \
                    use the exact name or the number";
    assert_eq!(problem, expected);
    assert_eq!(refused(&server, "PATCH", "/environments/PRODUCTION", json!({"name": "x"})).await.0, 400);
    let health = read(&server, "/health").await;
    assert_eq!(health["confusingNames"], json!(["environments look the same: `Production`, `production`"]));
}

#[tokio::test]
async fn a_key_is_found_as_it_looks() {
    let server = TestServer::new().await;
    done(&server, "POST", "/items", text_item("caf\u{e9}", "1")).await;
    let item = read(&server, "/items/cafe%CC%81").await;
    assert_eq!(item["key"], "caf\u{e9}");
    let value = json!({"value": {"type": "string", "value": "2"}});
    let changed = done(&server, "PUT", "/items/cafe%CC%81/value", value).await;
    assert_eq!(changed["key"], "caf\u{e9}");
}
