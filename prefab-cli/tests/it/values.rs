//! Values on the command line arrive as they were written: negative numbers, long integers, JSON, durations.

use prefab_server::KeyKind;
use serde_json::Value as Json;

use crate::management::Workspace;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_closest_namespace_applies() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "max-jobs", "--type", "int", "--value", "30"]);
    for (value, namespace) in [("40", "services"), ("50", "services.users"), ("45", "services")] {
        workspace.run(&["set", "max-jobs", value, "--namespace", namespace, "-e", "Production"]);
    }
    for (namespace, value) in [
        ("services.users.web", "50"),
        ("services.users", "50"),
        ("services.cron", "45"),
        ("services2", "30"),
        ("x", "30"),
    ] {
        let read = ["get", "max-jobs", "-e", "Production", "--namespace", namespace];
        assert_eq!(workspace.run(&read).trim(), value, "{namespace}");
    }
    let explain = ["explain", "max-jobs", "-e", "Production", "--namespace", "services.users.web"];
    let explained = workspace.run(&explain);
    assert!(explained.contains("NAMESPACE is at or below \"services.users\""), "{explained}");
    assert!(explained.contains("of environment Production, for namespace `services.users`"), "{explained}");
    let info = workspace.run(&["info", "max-jobs"]);
    let deeper = info.find("50  if namespace services.users").unwrap_or_else(|| panic!("{info}"));
    assert!(deeper < info.find("45  if namespace services\n").unwrap_or_else(|| panic!("{info}")), "{info}");
    let (code, error) = workspace.fails(&["set", "max-jobs", "1", "--namespace", "services."]);
    assert!(code == 2 && error.contains("expected names separated by dots"), "{error}");

    // Every writer of rules gets the same order.
    let mut item: Json = serde_json::from_str(&workspace.run(&["info", "max-jobs", "--json"])).unwrap();
    item["environments"][0]["rules"].as_array_mut().unwrap().reverse();
    let url = format!("{}/api/manage/v1/projects/1/items/max-jobs", workspace.server.url);
    let request = reqwest::Client::new().put(url).bearer_auth(workspace.key(KeyKind::Admin));
    let answer = request.body(serde_json::json!({"item": item}).to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(workspace.run(&explain), explained);

    // A draft of a value for a namespace.
    let draft = ["set", "max-jobs", "60", "--namespace", "services.users.web", "-e", "Production", "--draft"];
    let saved = workspace.run(&draft);
    assert!(saved.contains("60 when NAMESPACE is at or below \"services.users.web\""), "{saved}");
    assert_eq!(workspace.run(&explain), explained);
    workspace.run(&["draft", "publish", "max-jobs"]);
    let explained = workspace.run(&explain);
    assert!(explained.contains("max-jobs = 60") && explained.contains("`services.users.web`"), "{explained}");
    let (_, error) = workspace.fails(&["set", "max-jobs", "1", "--namespace", "a b", "--draft"]);
    assert!(error.contains("expected names separated by dots"), "{error}");
    workspace.server.shutdown().await;
}

/// The second run reads the cache first, and the server confirms it. A problem of a file does not change that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirmed_values_are_from_the_server() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "max-jobs", "--type", "int", "--value", "30"]);
    std::fs::write(workspace.path(".prefab.default.config.yaml"), "broken: [").unwrap();
    let mut list = workspace.command(&["list", "--json", "--api-key", workspace.key(KeyKind::Backend)]);
    let mut listed = || String::from_utf8(list.output().unwrap().stdout).unwrap();
    // A short-lived command may end before its cache is written.
    let is_cached = || {
        let files = std::fs::read_dir(workspace.path(".cache")).into_iter().flatten().flatten();
        files.into_iter().any(|file| file.file_name().to_string_lossy().starts_with("prefab.cache."))
    };
    for run in 0..20 {
        let listed = listed();
        assert!(listed.contains("\"source\":\"remote_api\""), "{run}: {listed}");
        if run > 0 && is_cached() {
            break;
        }
    }
    workspace.server.shutdown().await;
    let listed = listed();
    assert!(listed.contains("\"source\":\"cache\""), "{listed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_are_stored_and_printed_as_written() {
    let workspace = Workspace::new().await;
    let get = |key: &str| {
        let mut command = workspace.command(&["get", key, "--api-key", workspace.key(KeyKind::Backend)]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let json = r#"{"big": 123456789012345678901234567890, "price": 1.10, "a": "😀", "id": 9007199254740993}"#;
    for (number, kind, value, printed) in [
        (0, "int", "-5", "-5"),
        (1, "int", "9007199254740993", "9007199254740993"),
        (2, "int", "-9223372036854775808", "-9223372036854775808"),
        (3, "double", "-0.5", "-0.5"),
        (4, "string", "-x", "-x"),
        (5, "string", "1.10", "1.10"),
        (6, "json", json, json),
        (7, "json", "-1.10", "-1.10"),
        (8, "duration", "30s", "PT30S"),
        (9, "duration", "1h30m", "PT1H30M"),
        (10, "string-list", "-1,-2", r#"["-1","-2"]"#),
    ] {
        let key = format!("key{number}");
        workspace.run(&["create", &key, "--type", kind, "--value", value]);
        assert_eq!(get(&key).trim_end(), printed, "{kind} {value}");
    }
    workspace.run(&["set", "key0", "-7"]);
    assert_eq!(get("key0"), "-7\n");
    workspace.run(&["set-default", "key0", "--value", "-8"]);
    assert_eq!(get("key0"), "-8\n");
    workspace.run(&["rollout", "key0", "100%", "--to", "-9", "--otherwise", "-10"]);
    assert_eq!(get("key0"), "-9\n");
    workspace.run(&["override", "key0", "-11", "--user", "ann"]);
    workspace.run(&["override", "key0", "--value", "-12", "--for", "user.balance=-5"]);
    let item: Json = serde_json::from_str(&workspace.run(&["info", "key0", "--json"])).unwrap();
    assert!(item.to_string().contains("-12"), "{item}");

    let (code, error) = workspace.fails(&["create", "wait", "--type", "duration", "--value", "30 parsecs"]);
    assert_eq!(code, 2);
    assert_eq!(error.matches("expected a duration").count(), 1, "{error}");
    workspace.server.shutdown().await;
}
