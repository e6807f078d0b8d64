//! Management requests as large as the limits allow.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use crate::{
    attack::{
        Attack,
        Caller::{Editor, Publisher, Viewer},
        Request,
    },
    payload::manage,
};

pub(crate) fn attacks() -> Vec<Attack> {
    vec![
        Attack::new("an explanation for 50,000 properties").send_concurrently(
            2,
            Viewer,
            vec![explain(50_000); 4],
            &[200, 400, 503],
        ),
        Attack::new("a YAML file with 20,000 keys").send_concurrently(
            2,
            Publisher,
            vec![yaml(20_000); 2],
            &[200, 400, 503],
        ),
        Attack::new("an import of 10,000 configs, dry").send_concurrently(
            2,
            Publisher,
            vec![json_import(10_000); 2],
            &[200, 400, 503],
        ),
        Attack::new("a draft with a list of 100,000 texts").send_concurrently(
            2,
            Editor,
            vec![one_of(100_000); 2],
            &[200, 400, 503],
        ),
        Attack::new("JSON with 100,000 brackets").send(
            Editor,
            vec![Request::new("PUT", "/api/manage/v1/projects/1/items/deep/draft", "[".repeat(100_000))],
            &[400],
        ),
    ]
}

fn explain(properties: usize) -> Request {
    let user: Map<String, Json> = (0..properties).map(|at| (format!("property{at}"), json!(at))).collect();
    let body = json!({"key": "known", "environment": "Development", "contexts": { "user": user }});
    manage("POST", "/explain", &body)
}

fn yaml(keys: usize) -> Request {
    let mut text = String::new();
    for at in 0..keys {
        writeln!(text, "key{at}: {at}").unwrap();
    }
    Request::new("POST", "/api/manage/v1/projects/1/import?format=yaml", text)
}

fn json_import(configs: usize) -> Request {
    let config = |at: usize| {
        json!({"key": format!("config.{at}"), "configType": "CONFIG", "valueType": "INT",
               "rows": [{"values": [{"value": {"int": at.to_string()}}]}]})
    };
    manage("POST", "/import", &json!({"configs": (0..configs).map(config).collect::<Vec<_>>()}))
}

fn one_of(texts: usize) -> Request {
    let texts: Vec<String> = (0..texts).map(|at| format!("text-{at}")).collect();
    let criterion = json!({"propertyName": "user.key", "operator": "PROP_IS_ONE_OF",
                           "valueToMatch": {"type": "string_list", "value": texts}});
    let rules = json!([{"criteria": [criterion], "value": {"type": "bool", "value": true}},
                       {"value": {"type": "bool", "value": false}}]);
    let item = json!({"item": {"key": "list", "type": "feature_flag", "default": { "rules": rules }}});
    manage("PUT", "/items/list/draft", &item)
}
