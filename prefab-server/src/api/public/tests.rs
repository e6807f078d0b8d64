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
