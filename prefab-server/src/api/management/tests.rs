//! Tests of the `OpenAPI` document.

use std::collections::BTreeSet;

#[test]
fn the_document_is_as_reviewed() {
    let document = super::described().into_openapi();
    assert!(serde_json::to_value(&document).unwrap()["openapi"].as_str().unwrap().starts_with("3.1"));
    insta::assert_json_snapshot!("openapi", document, { ".info.version" => "[version]" });
}

#[test]
fn every_referenced_schema_exists() {
    let document = serde_json::to_string(&super::described().into_openapi()).unwrap();
    let refers = document.split("\"#/components/schemas/").skip(1);
    let names: BTreeSet<&str> = refers.filter_map(|rest| rest.split('"').next()).collect();
    let json: serde_json::Value = serde_json::from_str(&document).unwrap();
    let described = json["components"]["schemas"].as_object().unwrap();
    let missing: Vec<_> = names.into_iter().filter(|name| !described.contains_key(*name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn endpoints_with_credentials_describe_401_and_403() {
    let document = serde_json::to_value(super::described().into_openapi()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let is_public = operation["security"] == serde_json::json!([{}]);
            for status in ["401", "403"] {
                let is_described = operation["responses"].get(status).is_some();
                assert!(is_described || is_public, "{method} {path}: {status}");
            }
        }
    }
}
