//! Files, standard input and request bodies: a byte order mark, other line ends, invalid UTF-8, duplicate fields.

use std::fs;

use prefab_server::{KeyKind, Options};
use serde_json::{Value as Json, json};

use crate::management::Workspace;

const DATAFILE: &str = r#"{"configs": [{"id": "1", "key": "max-jobs", "configType": "CONFIG",
    "valueType": "INT", "rows": [{"values": [{"value": {"int": "30"}}]}]}]}"#;

/// Returns a text as another system may write it.
fn marked(text: &str) -> String {
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reader_accepts_a_byte_order_mark_and_crlf() {
    let workspace = Workspace::new().await;
    fs::write(workspace.path("data.json"), marked(DATAFILE)).unwrap();
    fs::write(workspace.path("more.yaml"), marked("threads: 4\nname: x\n")).unwrap();
    fs::write(workspace.path("secret"), marked("hush\n")).unwrap();
    workspace.run(&["import", &workspace.path("data.json"), "--yes"]);
    workspace.run(&["import", &workspace.path("more.yaml"), "--yes"]);
    assert!(workspace.run(&["info", "threads"]).contains("Default: 4"));

    let stored = |key: &str| -> Json {
        let item: Json = serde_json::from_str(&workspace.run(&["info", key, "--json"])).unwrap();
        item["default"]["rules"][0]["value"]["value"].clone()
    };
    workspace.run(&["create", "a", "--type", "string", "--value-from", &workspace.path("secret")]);
    let mut piped = workspace.command(&["create", "b", "--type", "string", "--value-from", "-"]);
    piped.write_stdin(marked("hush\n")).assert().success();
    assert_eq!((stored("a"), stored("b")), (json!("hush"), json!("hush")));

    let mut eval = workspace.command(&["eval", "--datafile", &workspace.path("data.json")]);
    let output = eval.write_stdin(marked("{\"id\": 1, \"key\": \"max-jobs\"}\n")).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "{\"id\":1,\"value\":30}\n");

    let item = json!({"item": {"key": "c", "type": "config", "valueType": "bool",
        "default": {"rules": [{"value": {"type": "bool", "value": true}}]}}});
    let url = format!("{}/api/manage/v1/projects/1/items", workspace.server.url);
    let post = |url: &str, body: Vec<u8>| {
        reqwest::Client::new()
            .post(url)
            .basic_auth("x", Some(workspace.key(KeyKind::Admin)))
            .body(body)
            .send()
    };
    assert_eq!(post(&url, marked(&item.to_string()).into_bytes()).await.unwrap().status(), 200);

    let seed = Options {
        seed_from: Some(workspace.path("data.json").into()),
        ..Options::local(workspace.path("seeded"))
    };
    let seeded = prefab_server::serve(seed).await.unwrap();
    seeded.shutdown().await;
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reader_reports_invalid_utf8_and_duplicate_fields() {
    let workspace = Workspace::new().await;
    fs::write(workspace.path("latin1"), b"caf\xe9").unwrap();
    let not_utf8 = "byte 3 (line 1, column 4) is not UTF-8";
    for args in [
        &["create", "a", "--type", "string", "--value-from", "latin1"][..],
        &["import", "latin1", "--yes"],
        &["eval", "--datafile", "latin1"],
    ] {
        let (_, error) = workspace.fails(args);
        assert!(error.contains(not_utf8), "{args:?}: {error}");
    }
    let mut piped = workspace.command(&["create", "a", "--type", "string", "--value-from", "-"]);
    let output = piped.write_stdin(b"caf\xe9".to_vec()).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains(not_utf8));

    fs::write(workspace.path("twice.json"), DATAFILE.replace("\"id\"", "\"key\": \"x\", \"id\"")).unwrap();
    let twice = "`configs[0].key` is given twice";
    let (_, error) = workspace.fails(&["import", "twice.json", "--yes"]);
    assert!(error.contains(twice), "{error}");
    let (_, error) =
        workspace.fails(&["create", "a", "--type", "json", "--value", r#"{"b": {"c": 1, "c": 2}}"#]);
    assert!(error.contains("`b.c` is given twice"), "{error}");
    let context = r#"{"user": {"key": 1, "key": 2}}"#;
    let (_, error) = workspace.fails(&["get", "a", "--context", context]);
    assert!(error.contains("`user.key` is given twice"), "{error}");

    let url = format!("{}/api/manage/v1/projects/1/items", workspace.server.url);
    let post = |body: &'static [u8]| {
        reqwest::Client::new()
            .post(&url)
            .basic_auth("x", Some(workspace.key(KeyKind::Admin)))
            .body(body)
            .send()
    };
    let answer = post(br#"{"item": {"key": "a", "tags": [], "tags": []}}"#).await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("`item.tags` is given twice"));
    let answer = post(b"{\"item\": \"\xe9\"}").await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("is not UTF-8"));
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_reports_a_key_that_is_listed_twice() {
    let workspace = Workspace::new().await;
    let mut file: Json = serde_json::from_str(DATAFILE).unwrap();
    let mut second = file["configs"][0].clone();
    second["rows"][0]["values"][0]["value"]["int"] = "40".into();
    file["configs"].as_array_mut().unwrap().push(second);
    fs::write(workspace.path("twice.json"), file.to_string()).unwrap();
    let plan = workspace.run(&["import", "twice.json", "--dry-run", "--skip-broken"]);
    assert!(plan.contains("config `max-jobs`: it is listed 2 times; the last entry applies"), "{plan}");
    assert_eq!(workspace.fails(&["import", "twice.json", "--yes"]).0, 3);
    workspace.run(&["import", "twice.json", "--yes", "--skip-broken"]);
    assert!(workspace.run(&["info", "max-jobs"]).contains("Default: 40"));
    workspace.server.shutdown().await;
}
