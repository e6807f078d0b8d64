//! The document that describes the endpoints changes only on purpose.

use std::collections::BTreeSet;

#[test]
fn the_document_is_as_it_was() {
    let document = super::described().into_openapi();
    assert!(serde_json::to_value(&document).unwrap()["openapi"].as_str().unwrap().starts_with("3.1"));
    insta::assert_json_snapshot!("openapi", document, { ".info.version" => "[version]" });
}

#[test]
fn everything_that_is_referred_to_is_described() {
    let document = serde_json::to_string(&super::described().into_openapi()).unwrap();
    let refers = document.split("\"#/components/schemas/").skip(1);
    let names: BTreeSet<&str> = refers.filter_map(|rest| rest.split('"').next()).collect();
    let json: serde_json::Value = serde_json::from_str(&document).unwrap();
    let described = json["components"]["schemas"].as_object().unwrap();
    let missing: Vec<_> = names.into_iter().filter(|name| !described.contains_key(*name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn whatever_asks_who_somebody_is_says_that_it_may_refuse() {
    let document = serde_json::to_value(super::described().into_openapi()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let is_for_everybody = operation["security"] == serde_json::json!([{}]);
            for status in ["401", "403"] {
                let says = operation["responses"].get(status).is_some();
                assert!(says || is_for_everybody, "{method} {path}: {status}");
            }
        }
    }
}
