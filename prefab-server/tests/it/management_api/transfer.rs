//! Exports, imports, datafiles and histories that move a project.

use crate::common::{
    TestServer, answer,
    project::{done, refused, text_item},
};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn an_export_can_be_imported_unchanged() {
    let (from, to) = (TestServer::new().await, TestServer::new().await);
    let plan = json!({"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF", "valueToMatch": {"type": "string_list", "value": ["pro"]}});
    let segment = |key: &str, criterion: Json| {
        json!({"item": {"key": key, "type": "segment", "default": {"rules": [
            {"criteria": [criterion], "value": {"type": "bool", "value": true}}]}}})
    };
    done(&from, "POST", "/items", segment("z-inner", plan)).await;
    let within = json!({"operator": "IN_SEG", "valueToMatch": {"type": "string", "value": "z-inner"}});
    done(&from, "POST", "/items", segment("a-outer", within)).await;
    done(&from, "POST", "/items", text_item("k", "1")).await;
    assert_eq!(done(&from, "GET", "/items/z-inner/used-by", Json::Null).await, json!(["a-outer"]));
    let export = done(&from, "GET", "/export", Json::Null).await;
    let plan = done(&to, "POST", "/import", export.clone()).await;
    assert_eq!((&plan["isDone"], &plan["created"]), (&json!(false), &json!(3)));
    assert_eq!(done(&to, "GET", "/items", Json::Null).await["items"], json!([]));
    done(&to, "POST", "/import?dryRun=false", export.clone()).await;
    assert_eq!(done(&to, "GET", "/export", Json::Null).await.to_string(), export.to_string());
    let again = done(&to, "POST", "/import?dryRun=false", export).await;
    assert_eq!((&again["same"], &again["changed"]), (&json!(3), &json!(0)));
}

/// An export of which two things cannot be taken: a pattern, and rules for an environment that is nowhere. Others
/// refer to the pattern's segment, one through another.
fn broken_export() -> Json {
    let text = |key: &str, rows: Json| json!({"key": key, "configType": "CONFIG", "valueType": "STRING", "rows": rows});
    let plain = json!({"values": [{"value": {"string": "x"}}]});
    let when = |criterion: Json| json!([{"values": [{"criteria": [criterion], "value": {"bool": true}}, {"value": {"bool": false}}]}]);
    let segment = |key: &str, criterion: Json| json!({"key": key, "configType": "SEGMENT", "valueType": "BOOL", "rows": when(criterion)});
    let within = |key: &str| json!({"operator": "IN_SEG", "valueToMatch": {"string": key}});
    let pattern =
        json!({"propertyName": "user.email", "operator": "PROP_MATCHES", "valueToMatch": {"string": "(["}});
    let flag = json!({"key": "flag", "configType": "FEATURE_FLAG", "valueType": "BOOL", "rows": when(within("outer")),
                      "allowableValues": [{"bool": true}, {"bool": false}]});
    json!({"configs": [
        text("good", json!([plain])),
        text("elsewhere", json!([{"projectEnvId": "99", "values": plain["values"]}])),
        segment("pattern", pattern), segment("outer", within("pattern")), flag]})
}

#[tokio::test]
async fn an_import_can_skip_invalid_items() {
    let server = TestServer::new().await;
    let (status, problems) = refused(&server, "POST", "/import?dryRun=false", broken_export()).await;
    assert_eq!((status, problems.contains("config `elsewhere`")), (400, true), "{problems}");
    assert_eq!(done(&server, "GET", "/items", Json::Null).await["items"], json!([]), "all or nothing");
    let plan = done(&server, "POST", "/import?skipBroken=true", broken_export()).await;
    assert_eq!((&plan["isDone"], &plan["created"]), (&json!(false), &json!(1)), "{plan}");
    let taken = done(&server, "POST", "/import?skipBroken=true&dryRun=false", broken_export()).await;
    assert_eq!((&taken["isDone"], &taken["created"]), (&json!(true), &json!(1)), "{taken}");
    let reply = taken["problems"].to_string();
    for key in ["elsewhere", "pattern", "outer", "flag"] {
        assert!(reply.contains(&format!("config `{key}`: ")), "`{key}` is missing: {reply}");
    }
    let items = done(&server, "GET", "/items", Json::Null).await;
    let keys: Vec<&Json> = items["items"].as_array().unwrap().iter().map(|item| &item["key"]).collect();
    assert_eq!(keys, ["good"]);
}

#[tokio::test]
async fn a_change_history_can_be_imported() {
    let (from, to) = (TestServer::new().await, TestServer::new().await);
    let pro = json!({"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF", "valueToMatch": {"type": "string_list", "value": ["pro"]}});
    let flag = json!({"item": {"key": "beta", "type": "feature_flag", "valueType": "bool",
        "variants": [{"value": {"type": "bool", "value": true}}, {"value": {"type": "bool", "value": false}}],
        "default": {"rules": [{"value": {"type": "bool", "value": false}}]},
        "environments": [{"id": "Production", "rules": [
            {"criteria": [pro], "value": {"type": "bool", "value": true}},
            {"value": {"type": "weighted_values", "hashByPropertyName": "user.key", "value": [
                {"weight": 1, "value": {"type": "bool", "value": true}},
                {"weight": 9, "value": {"type": "bool", "value": false}}]}}]}]}});
    done(&from, "POST", "/items", flag).await;
    done(&from, "POST", "/items", text_item("k", "1")).await;
    done(&from, "POST", "/items", text_item("gone", "1")).await;
    from.set("k", "2").await;
    from.delete("gone").await;
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/change-history?includeNewVersion=true&limit=2&cursor={cursor}");
        let page = answer(from.admin("GET", &path).send().await.unwrap()).await.1;
        cursor = page["cursor"].as_str().unwrap_or_default().to_owned();
        pages.push(page);
        if cursor.is_empty() {
            break;
        }
    }
    assert!(pages.len() > 2);
    let plan = done(&to, "POST", "/import?dryRun=false", pages.into()).await;
    assert_eq!((&plan["created"], &plan["isDone"]), (&json!(2), &json!(true)));
    assert!(
        plan["text"].as_str().unwrap().contains("+ k: created the string config; default: \"2\""),
        "{plan}"
    );
    let export = async |server: &TestServer| done(server, "GET", "/export", Json::Null).await.to_string();
    assert_eq!(export(&from).await, export(&to).await);
}

#[tokio::test]
async fn importing_a_datafile_leaves_other_environments_unchanged() {
    let server = TestServer::new().await;
    done(&server, "POST", "/items", text_item("k", "1")).await;
    for environment in ["Staging", "Production"] {
        let value = json!({"value": {"type": "string", "value": environment}, "environment": environment});
        done(&server, "PUT", "/items/k/value", value).await;
    }
    let datafile = done(&server, "GET", "/export?environment=Staging", Json::Null).await;
    let value = json!({"value": {"type": "string", "value": "2"}, "environment": "Staging"});
    done(&server, "PUT", "/items/k/value", value).await;
    let plan = done(&server, "POST", "/import?dryRun=false", datafile).await;
    assert_eq!(plan["steps"][0]["differences"], json!(["Staging: from \"2\" to \"Staging\""]));
    let item = done(&server, "GET", "/items/k", Json::Null).await;
    assert_eq!(item["environments"].as_array().unwrap().len(), 2, "{item}");
}

#[tokio::test]
async fn change_history_is_listed_newest_first() {
    let server = TestServer::new().await;
    server.create("k", "1").await;
    server.set("k", "2").await;
    server.delete("k").await;
    let page = async |cursor: &str| {
        let path = format!("/api/v1/change-history?expands=changedBy&includeNewVersion=true&limit=2{cursor}");
        answer(server.admin("GET", &path).send().await.unwrap()).await.1
    };
    let first = page("").await;
    assert_eq!(first["changes"][0]["deleted"], true);
    assert_eq!(first["changes"][1]["summary"], "`k`: default: from \"1\" to \"2\"");
    assert_eq!(
        first["changes"][1]["newConfig"]["default"]["rules"][0]["value"],
        json!({"type": "string", "value": "2"})
    );
    let second = page(&format!("&cursor={}", first["cursor"].as_str().unwrap())).await;
    assert_eq!(second["changes"].as_array().unwrap().len(), 1);
    assert!(second["cursor"].is_null());
}

#[tokio::test]
async fn ten_thousand_configs_load_in_one_checkpoint() {
    let server = TestServer::new().await;
    let configs: Vec<Json> = (0..10_000)
        .map(|at| {
            json!({"key": format!("config.{at}"), "configType": "CONFIG", "valueType": "INT", "rows": [
                {"values": [{"value": {"int": at.to_string()}}]},
                {"projectEnvId": "3", "values": [
                    {"criteria": [{"propertyName": "user.key", "operator": "PROP_IS_ONE_OF",
                                   "valueToMatch": {"stringList": {"values": ["a", "b"]}}}],
                     "value": {"int": "1"}},
                    {"value": {"int": "2"}}]}]})
        })
        .collect();
    let started = std::time::Instant::now();
    let plan = done(&server, "POST", "/import?dryRun=false", json!({ "configs": configs })).await;
    eprintln!("imported in {:?}", started.elapsed());
    assert_eq!((&plan["created"], &plan["isDone"]), (&json!(10_000), &json!(true)));
    let page = done(&server, "GET", "/items?limit=1000&after=config.9", Json::Null).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1_000);
}

/// The project has an environment 2, but the file is of another service: it has 143, too.
#[tokio::test]
async fn equal_numbers_of_another_service_mean_nothing() {
    let server = TestServer::new().await;
    let mut file = unfiltered();
    file["configs"][0]["rows"][0]["projectEnvId"] = "2".into();
    let plan = done(&server, "POST", "/import?createEnvironments=true&dryRun=false", file.clone()).await;
    let to = |plan: &Json| -> Vec<String> {
        let all = plan["environments"].as_array().unwrap().iter();
        all.map(|environment| environment["to"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(to(&plan), ["Environment 2", "Environment 144"]);
    let again = done(&server, "POST", "/import?dryRun=false", file).await;
    assert_eq!((to(&again), &again["same"]), (to(&plan), &json!(1)));
}

/// An unfiltered download of another service: no names, and its own ids.
fn unfiltered() -> Json {
    let rows = json!([{"projectEnvId": "143", "values": [{"value": {"string": "x"}}]},
                      {"projectEnvId": "144", "values": [{"value": {"string": "y"}}]},
                      {"values": [{"value": {"string": "z"}}]}]);
    json!({"configs": [{"id": "1", "key": "a.b", "configType": "CONFIG", "valueType": "STRING", "rows": rows}]})
}

#[tokio::test]
async fn environments_are_mapped_by_a_table_and_created_on_request() {
    let server = TestServer::new().await;
    let plan = done(&server, "POST", "/import", unfiltered()).await;
    assert_eq!(plan["environments"][0], json!({"from": "143", "name": null, "to": null, "isNew": false}));
    let (status, problem) = refused(&server, "POST", "/import?dryRun=false", unfiltered()).await;
    assert!(status == 400 && problem.contains("environment 143"), "{problem}");
    // {"143": "production"}
    let map = "map=%7B%22143%22%3A%22production%22%7D";
    let path = format!("/import?{map}&createEnvironments=true&dryRun=false");
    let done_plan = done(&server, "POST", &path, unfiltered()).await;
    let becomes = json!([{"from": "143", "name": null, "to": "Production", "isNew": false},
                         {"from": "144", "name": null, "to": "Environment 144", "isNew": true}]);
    assert_eq!((&done_plan["environments"], &done_plan["isDone"]), (&becomes, &json!(true)));
    let text = done_plan["text"].as_str().unwrap();
    assert!(text.contains("environment 144 is the new environment Environment 144"), "{text}");
    let item = done(&server, "GET", "/items/a.b", Json::Null).await;
    let values: Vec<_> = item["environments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| (own["id"].as_str().unwrap(), own["rules"][0]["value"]["value"].as_str().unwrap()))
        .collect();
    assert_eq!(values, [("3", "x"), ("4", "y")]);
    let again = done(&server, "POST", &path, unfiltered()).await;
    assert_eq!((&again["same"], &again["environments"][1]["isNew"]), (&json!(1), &json!(false)), "{again}");
    let (status, problem) = refused(
        &server,
        "POST",
        "/import?map=%7B%22999%22%3A%22Staging%22%7D&dryRun=false",
        json!({"configs": []}),
    )
    .await;
    assert!(status == 400 && problem.contains("the file has no environment \"999\""), "{problem}");
    let (status, problem) = refused(&server, "POST", "/import?map=x", json!({"configs": []})).await;
    assert!(status == 400 && problem.starts_with("`map`: expected an object"), "{problem}");
}

#[tokio::test]
async fn an_unfiltered_download_of_the_official_service_is_imported_completely() {
    let Some(dir) = std::env::var_os("PREFAB_CONFORMANCE_DIR") else {
        eprintln!("SKIPPED: PREFAB_CONFORMANCE_DIR is not set, so no download was imported");
        return;
    };
    let text = std::fs::read_to_string(std::path::Path::new(&dir).join("configs.all-envs.json")).unwrap();
    let download: Json = serde_json::from_str(&text).unwrap();
    let count = download["configs"].as_array().unwrap().len();
    let server = TestServer::new().await;
    let plan = done(&server, "POST", "/import?createEnvironments=true&dryRun=false", download).await;
    assert_eq!((&plan["created"], &plan["problems"]), (&json!(count), &json!([])), "{}", plan["text"]);
}

#[tokio::test]
async fn an_import_beyond_the_number_of_environments_creates_none() {
    let limits = prefab_server::Limits { environments_per_project: 4, ..prefab_server::Limits::default() };
    let server = TestServer::limited(limits).await;
    let rows = |ids: &[i64]| -> Json {
        let rows =
            ids.iter().map(|id| json!({"projectEnvId": id.to_string(), "values": [{"value": {"int": "1"}}]}));
        rows.collect()
    };
    let file = |ids: &[i64]| json!({"configs": [{"key": "a", "configType": "CONFIG", "valueType": "INT", "rows": rows(ids)}]});
    let path = "/import?dryRun=false&skipBroken=true&createEnvironments=true";
    for ids in [&[143, 144][..], &[143, 144, 145, 146, 147]] {
        let (status, answer) = crate::common::project::ask(&server, "POST", path, file(ids)).await;
        assert!(status == 400 && answer.to_string().contains("maximum number"), "{ids:?}: {answer}");
        let environments = done(&server, "GET", "/environments", Json::Null).await;
        assert_eq!(environments.as_array().map(Vec::len), Some(3), "{environments}");
    }
    done(&server, "POST", path, file(&[143])).await;
}

#[tokio::test]
async fn an_import_orders_the_rules_of_namespaces() {
    let server = TestServer::new().await;
    let rule = |namespace: &str, value: &str| {
        json!({"criteria": [{"propertyName": "NAMESPACE", "operator": "HIERARCHICAL_MATCH",
                             "valueToMatch": {"string": namespace}}], "value": {"string": value}})
    };
    let values = json!([rule("a", "shallow"), rule("a.b", "deep"), {"value": {"string": "default"}}]);
    let config =
        json!({"key": "k", "configType": "CONFIG", "valueType": "STRING", "rows": [{"values": values}]});
    done(&server, "POST", "/import?dryRun=false", json!({ "configs": [config] })).await;
    let text = done(&server, "GET", "/items/k", Json::Null).await["default"].to_string();
    assert!(text.find("deep") < text.find("shallow"), "{text}");
}
