//! JSON Schemas whose validation takes twice as long with each definition.

use serde_json::{Value as Json, json};

use crate::{
    attack::{
        Attack,
        Caller::{Admin, Editor, Publisher, Viewer},
    },
    payload::{Names, item_of_schema, manage, read, schema, schema_item},
};

type Twice = fn(Json) -> Json;

/// Every way to refer to a schema twice.
const WAYS: [(&str, Twice, Names); 11] = [
    ("allOf", |next| json!({"allOf": [next, next]}), Names::Pointer),
    ("anyOf", |next| json!({"anyOf": [next, next]}), Names::Pointer),
    ("oneOf", |next| json!({"oneOf": [next, next]}), Names::Pointer),
    ("not", |next| json!({"not": {"allOf": [next, next]}}), Names::Pointer),
    ("if", |next| json!({"if": next, "then": next}), Names::Pointer),
    ("properties", |next| json!({"properties": {"a": next, "b": next}}), Names::Pointer),
    ("prefixItems", |next| json!({"prefixItems": [next, next]}), Names::Pointer),
    ("dependentSchemas", |next| json!({"dependentSchemas": {"a": next, "b": next}}), Names::Pointer),
    ("$anchor", |next| json!({"allOf": [next, next]}), Names::Anchor),
    ("$dynamicRef", |next| json!({"allOf": [next, next]}), Names::DynamicAnchor),
    ("$id", |next| json!({"allOf": [next, next]}), Names::Id),
];

pub(crate) fn attacks() -> Vec<Attack> {
    let mut attacks: Vec<Attack> =
        WAYS.iter().map(|(name, twice, names)| too_deep(name, &schema(40, *twice, *names))).collect();
    attacks.push(within_the_limit());
    attacks.push(a_schema_that_refers_to_itself());
    attacks
}

/// The schema is rejected at every endpoint that accepts schemas.
fn too_deep(name: &'static str, schema: &str) -> Attack {
    let item = schema_item("sx", schema);
    let value = item["item"]["default"]["rules"][0]["value"].clone();
    let import = json!({"configs": [{"key": "sx", "configType": "SCHEMA", "rows": [{"values": [
        {"value": {"schema": {"schemaType": "JSON_SCHEMA", "schema": schema}}}]}]}]});
    let validate = json!({"schemaKey": "sx", "value": {"type": "json", "value": r#"{"a": {"a": {}}}"#}});
    Attack::new(name)
        .send(Publisher, vec![manage("POST", "/items", &item)], &[400])
        .send(Editor, vec![manage("PUT", "/items/sx/draft", &item)], &[400])
        .send(Publisher, vec![manage("POST", "/import?dryRun=false", &import)], &[400])
        .response(Admin, read("/items/sx"), 404, |_| true)
        .send(Viewer, vec![manage("POST", "/validate", &json!({ "value": value }))], &[200, 400])
        .send_concurrently(2, Viewer, vec![manage("POST", "/validate", &validate); 2], &[200, 503])
}

/// The largest schema that is stored is validated by many at a time.
fn within_the_limit() -> Attack {
    let schema = schema(10, |next| json!({"allOf": [next, next]}), Names::Pointer);
    let validate = json!({"schemaKey": "small", "value": {"type": "json", "value": "{}"}});
    let item = item_of_schema("follows", "small", &json!({}));
    Attack::new("a schema within the limit")
        .send(Publisher, vec![manage("POST", "/items", &schema_item("small", &schema))], &[200])
        .send_concurrently(16, Viewer, vec![manage("POST", "/validate", &validate); 32], &[200, 503])
        .send(Editor, vec![manage("PUT", "/items/follows/draft", &item)], &[200])
        .send(Publisher, vec![manage("POST", "/items", &item)], &[200])
}

/// A recursive schema is legitimate; the nesting of the value multiplies its cost.
fn a_schema_that_refers_to_itself() -> Attack {
    let schema = json!({"anyOf": [{"properties": {"a": {"$ref": "#"}}, "required": ["z"]},
                                  {"properties": {"a": {"$ref": "#"}}, "required": ["y"]}]});
    let value = (0..60).fold(json!({}), |value, _| json!({ "a": value }));
    let validate = json!({"schemaKey": "tree", "value": {"type": "json", "value": value.to_string()}});
    let item = item_of_schema("branch", "tree", &value);
    Attack::new("a schema that refers to itself twice, and a deep value")
        .send(
            Publisher,
            vec![manage("POST", "/items", &schema_item("tree", &schema.to_string()))],
            &[200, 400],
        )
        .send_concurrently(4, Viewer, vec![manage("POST", "/validate", &validate); 4], &[200, 400, 503])
        .send(Editor, vec![manage("PUT", "/items/branch/draft", &item)], &[400, 503])
        .send(Publisher, vec![manage("POST", "/items", &item)], &[400, 503])
}
