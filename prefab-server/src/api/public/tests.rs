//! The document that describes the endpoints changes only on purpose.

#[test]
fn the_document_is_as_it_was() {
    let document = super::described().into_openapi();
    assert!(serde_json::to_value(&document).unwrap()["openapi"].as_str().unwrap().starts_with("3.1"));
    insta::assert_json_snapshot!("openapi", document, { ".info.version" => "[version]" });
}
