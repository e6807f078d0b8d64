use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

/// Checks a value with [`within`]. Returns the number of deviations, or the reason for a refusal.
fn check(schema: &Json, value: &Json) -> Result<usize, String> {
    let checker = Checker::new(schema, &Limits::default()).map_err(|deviation| deviation.message)?;
    let found = within(value, &checker);
    match found.iter().find(|deviation| deviation.message.contains("too large for its schema")) {
        Some(refused) => Err(refused.message.clone()),
        None => Ok(found.len()),
    }
}

fn chain(levels: usize, link: impl Fn(Json) -> Json) -> Json {
    let mut defs = json!({});
    for level in 0..levels {
        defs[format!("d{level}")] = link(json!({ "$ref": format!("#/$defs/d{}", level + 1) }));
    }
    defs[format!("d{levels}")] = json!({ "type": "object" });
    json!({ "$ref": "#/$defs/d0", "$defs": defs })
}

fn nested(levels: usize, name: &str) -> Json {
    (0..levels).fold(json!({}), |within, _| json!({ name: within }))
}

#[test]
fn a_schema_that_is_not_an_object_is_checked_or_refused() {
    assert_eq!(check(&json!(true), &json!({"a": 1})), Ok(0));
    assert_eq!(check(&json!(false), &json!(1)), Ok(1));
    for schema in [json!("text"), json!(3), json!(null), json!([])] {
        let refused = check(&schema, &json!(1)).unwrap_err();
        assert!(refused.contains("not JSON Schema"), "{schema}: {refused}");
    }
}

#[test]
fn a_schema_with_exponential_cost_is_refused() {
    type Link = fn(Json) -> Json;
    let attacks: [(&str, Link); 14] = [
        ("allOf", |next| json!({"allOf": [next.clone(), next]})),
        ("anyOf", |next| json!({"anyOf": [next.clone(), next]})),
        ("oneOf", |next| json!({"oneOf": [next.clone(), next]})),
        ("not", |next| json!({"not": next.clone(), "allOf": [next]})),
        ("if", |next| json!({"if": next.clone(), "then": next.clone(), "else": next})),
        ("properties", |next| json!({"properties": {"a": next.clone()}, "additionalProperties": next})),
        ("patternProperties", |next| json!({"patternProperties": {"a": next.clone(), "^a": next}})),
        ("items", |next| json!({"items": next.clone(), "contains": next})),
        ("prefixItems", |next| json!({"prefixItems": [next.clone(), next]})),
        ("dependentSchemas", |next| json!({"dependentSchemas": {"a": next.clone(), "b": next}})),
        ("dependencies", |next| json!({"dependencies": {"a": next.clone(), "b": next}})),
        ("propertyNames", |next| json!({"propertyNames": next.clone(), "properties": {"a": next}})),
        ("unevaluatedProperties", |next| json!({"allOf": [next.clone()], "unevaluatedProperties": next})),
        ("unevaluatedItems", |next| json!({"allOf": [next.clone()], "unevaluatedItems": next})),
    ];
    for (name, link) in attacks {
        let begun = Instant::now();
        let refused = check(&chain(40, link), &nested(40, "a")).unwrap_err();
        assert!(refused.contains("more than 10000 nodes"), "{name}: {refused}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{name}");
    }
}

#[test]
fn recursion_is_bounded_by_the_value() {
    let attacks = [
        json!({"properties": {"a": {"$ref": "#"}}, "patternProperties": {"a": {"$ref": "#"}}}),
        json!({"properties": {"a": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}}),
        json!({"properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}, "required": ["b"]}),
        json!({"$dynamicAnchor": "x", "properties": {"a": {"oneOf": [{"$dynamicRef": "#x"}, {"$dynamicRef": "#x"}]}}}),
        json!({"$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveAnchor": true,
               "additionalProperties": {"allOf": [{"$recursiveRef": "#"}, {"$recursiveRef": "#"}]}}),
        json!({"$id": "http://x.test/s.json", "$defs": {"n": {"$anchor": "n", "additionalProperties":
               {"allOf": [{"$ref": "s.json#n"}, {"$ref": "http://x.test/s.json#/$defs/%6e"}]}}}, "$ref": "#n"}),
    ];
    for schema in attacks {
        let begun = Instant::now();
        let refused = check(&schema, &nested(100, "a"));
        assert!(refused.unwrap_err().contains("steps"), "{schema}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{schema}");
        assert!(check(&schema, &nested(3, "a")).is_ok(), "{schema}");
    }
}

#[test]
fn unresolvable_references_are_refused() {
    let check = |schema: Json, cause: &str| {
        let refused = check(&schema, &json!({})).unwrap_err();
        assert!(refused.contains(cause), "{schema}: {refused}");
    };
    check(json!({"$ref": "#"}), "refers back to itself");
    check(json!({"anyOf": [{"$ref": "#"}, {"type": "object"}]}), "refers back to itself");
    check(chain(2_000, |next| next), "nested too deeply");
    check(chain(2_000, |next| json!({"properties": {"a": next}})), "nested too deeply");
    check(json!({"$ref": "http://elsewhere.test/x.json"}), "does not contain");
    check(json!({"$ref": "#/$defs/none"}), "does not contain");
    let patterns: Vec<Json> = (0..1_001).map(|at| json!({"pattern": at.to_string()})).collect();
    check(json!({ "allOf": patterns }), "1001 patterns");
}

/// The longest allowed chains fit the stack of a thread.
#[test]
fn the_deepest_allowed_schema_fits_the_stack() {
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let deepest = || {
        let mut checked = 0;
        for levels in [100, 115, 124] {
            checked += usize::from(check(&chain(levels, |next| json!({"anyOf": [next]})), &json!(1)).is_ok());
            checked += usize::from(check(&chain(2 * levels, |next| next), &json!(1)).is_ok());
        }
        let tree = json!({"properties": {"a": {"anyOf": [{"$ref": "#"}]}}});
        checked + usize::from(check(&tree, &nested(60, "a")).is_ok())
    };
    assert!(thread.spawn(deepest).unwrap().join().unwrap() == 7);
}

#[test]
fn ordinary_schemas_work_as_before() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "limit": {"type": "integer", "minimum": 0},
            "tree": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
                     "name": {"type": "string", "pattern": "^[a-z]+$"}}, "required": ["name"],
                     "unevaluatedProperties": false}
        },
        "properties": {"limits": {"type": "array", "items": {"$ref": "#/$defs/limit"}, "uniqueItems": true},
                       "tree": {"$ref": "#/$defs/tree"}},
        "additionalProperties": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/limit"}]}
    });
    let leaf = json!({"name": "a", "children": []});
    let wide = json!({"name": "b", "children": vec![leaf; 1_000]});
    let value =
        json!({"limits": (0..20_000).collect::<Vec<_>>(), "tree": {"name": "c", "children": [wide]}, "x": 3});
    assert_eq!(check(&schema, &value), Ok(0));
    assert_eq!(check(&schema, &json!({"limits": ["a"], "tree": {"name": "A", "more": 1}, "x": true})), Ok(4));
}
