//! Confidential values: evaluations of redacted configs, and changes that keep values confidential.

use prefab_server::KeyKind;
use serde_json::{Value as Json, json};

use crate::management::Workspace;

async fn create(workspace: &Workspace, item: Json) {
    let url = format!("{}/api/manage/v1/projects/1/items", workspace.server.url);
    let request = reqwest::Client::new().post(url).bearer_auth(workspace.key(KeyKind::Admin));
    let answer = request.body(json!({"item": item}).to_string()).send().await.unwrap();
    let status = answer.status();
    assert_eq!(status, 200, "{}", answer.text().await.unwrap());
}

/// An item that is `true` for one user, whose key is confidential.
fn for_one_user(key: &str, item_type: &str) -> Json {
    let secret = json!({"type": "string_list", "value": ["ann"], "confidential": true});
    let criterion = json!({"propertyName": "user.key", "operator": "PROP_IS_ONE_OF", "valueToMatch": secret});
    let value = |value: bool| json!({"type": "bool", "value": value});
    let rules = json!([{"criteria": [criterion], "value": value(true)}, {"value": value(false)}]);
    json!({"key": key, "type": item_type, "valueType": "bool", "default": {"rules": rules}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_that_depends_on_a_redacted_value_is_an_error() {
    let workspace = Workspace::new().await;
    create(&workspace, for_one_user("beta", "feature_flag")).await;
    create(&workspace, for_one_user("testers", "segment")).await;
    let in_segment = json!({"operator": "IN_SEG", "valueToMatch": {"type": "string", "value": "testers"}});
    let rule =
        |criteria: Json, value: i64| json!({"criteria": criteria, "value": {"type": "int", "value": value}});
    let rules = json!([rule(json!([in_segment]), 50), rule(json!([]), 30)]);
    create(
        &workspace,
        json!({"key": "max-jobs", "type": "config", "valueType": "int", "default": {"rules": rules}}),
    )
    .await;
    workspace.run(&["create", "pin", "--type", "int", "--value", "1234", "--confidential"]);

    let read = ["-e", "Production", "--context", "user.key=ann"];
    for (verb, key, owner) in
        [("get", "beta", "beta"), ("get", "max-jobs", "testers"), ("explain", "max-jobs", "testers")]
    {
        let (code, error) = workspace.fails(&[&[verb, key][..], &read].concat());
        let expected = format!("depends on a confidential value in `{owner}`");
        assert!(code == 1 && error.contains(&expected), "{verb} {key}: {error}");
    }
    let listed = workspace.run(&[&["list"][..], &read].concat());
    let has = |key: &str, text: &str| listed.lines().any(|line| line.starts_with(key) && line.contains(text));
    assert!(has("max-jobs", "(depends on a confidential value)") && has("pin", "int"), "{listed}");
    let fingerprint = workspace.run(&["get", "pin", "-e", "Production"]);
    assert!(fingerprint.starts_with("*****"), "{fingerprint}");
    assert!(has("pin", fingerprint.trim()), "{listed}");

    // A program receives every value.
    let sdk = workspace.key(KeyKind::Backend);
    let answer = workspace.run(&["get", "max-jobs", "--context", "user.key=ann", "--api-key", sdk]);
    assert_eq!(answer, "50\n");
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reveal_reveals_only_the_item() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "pin", "--type", "int", "--value", "1234", "--confidential"]);
    workspace.run(&["create", "other", "--type", "int", "--value", "5678", "--confidential"]);
    create(&workspace, for_one_user("beta", "feature_flag")).await;
    assert_eq!(workspace.run(&["get", "pin", "--reveal", "-e", "Production"]), "1234\n");
    let read = ["get", "beta", "--reveal", "-e", "Production", "--context", "user.key=ann"];
    assert_eq!(workspace.run(&read), "true\n");
    let url = format!("{}/api/manage/v1/projects/1/audit", workspace.server.url);
    let audit =
        reqwest::Client::new().get(url).bearer_auth(workspace.key(KeyKind::Admin)).send().await.unwrap();
    let audit = audit.text().await.unwrap();
    assert!(audit.contains("revealed the confidential values of `pin`"), "{audit}");
    assert!(!audit.contains("in an export") && !audit.contains("`other`\""), "{audit}");
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_replaces_a_confidential_one_is_confidential() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "pin", "--type", "int", "--value", "1234", "--confidential"]);
    let is_confidential = |read: &dyn Fn(&Json) -> Json| {
        let item: Json = serde_json::from_str(&workspace.run(&["info", "pin", "--json"])).unwrap();
        read(&item)["confidential"] == true
    };
    workspace.run(&["set", "pin", "5678"]);
    assert!(is_confidential(&|item| item["default"]["rules"][0]["value"].clone()));
    workspace.run(&["override", "pin", "1", "-e", "Production", "--for", "user.key=ann"]);
    assert!(is_confidential(&|item| item["environments"][0]["rules"][0]["value"].clone()));
    workspace.run(&["rollout", "pin", "10%", "--to", "9"]);
    for choice in [0, 1] {
        assert!(is_confidential(
            &|item| item["default"]["rules"][0]["value"]["value"][choice]["value"].clone()
        ));
    }
    workspace.run(&["set", "pin", "7"]);
    assert!(is_confidential(&|item| item["default"]["rules"][0]["value"].clone()));
    workspace.run(&["override", "pin", "2", "--user", "ann"]);
    let overrides: Json = serde_json::from_str(&workspace.run(&["override", "--json"])).unwrap();
    assert_eq!(overrides[0]["value"]["confidential"], true, "{overrides}");
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_members_of_a_segment_keep_its_tags_and_rules_of_environments() {
    let workspace = Workspace::new().await;
    let mut segment = for_one_user("testers", "segment");
    segment["tags"] = json!(["qa"]);
    let own = json!({"rules": [{"value": {"type": "bool", "value": true}}]});
    let environments: Json = serde_json::from_str(&workspace.run(&["env", "list", "--json"])).unwrap();
    segment["environments"] = json!([{"id": environments[0]["id"], "rules": own["rules"]}]);
    create(&workspace, segment).await;
    workspace.run(&["segment", "set", "testers", "user.plan=pro,team"]);
    let item: Json = serde_json::from_str(&workspace.run(&["info", "testers", "--json"])).unwrap();
    let members = item["default"]["rules"][0]["criteria"][0]["valueToMatch"]["value"].clone();
    assert_eq!((&item["tags"], &members), (&json!(["qa"]), &json!(["pro", "team"])), "{item}");
    assert_eq!(item["environments"].as_array().unwrap().len(), 1, "{item}");
    let (code, error) = workspace.fails(&["segment", "set", "testers", "user.plan"]);
    assert!(code == 2 && error.contains("expected a property and its values"), "{error}");
    workspace.server.shutdown().await;
}
