//! The document: its form, what it omits, and what a change costs.

use std::sync::atomic::Ordering;

use prefab_core::{Config, ids::ProjectId};
use serde_json::{Value as Json, json};

use super::*;
use crate::{Channel, Protocol, Snapshot, for_sdk};

const FIRST: i64 = 1_760_000_000_000_000;

fn config(id: i64, fields: Json) -> Config {
    let mut json = fields;
    json["id"] = id.to_string().into();
    let read = prefab_core::datafile::config_from_json(&json).unwrap();
    for_sdk(&read, EnvironmentId(5), |key| key == "pros")
}

fn constant(value: &Json) -> Json {
    json!({"key": "k", "configType": "CONFIG", "rows": [{"values": [{"value": value}]}]})
}

fn snapshot(configs: &[Config]) -> Snapshot {
    let last_id = configs.last().map_or(FIRST, |config| config.id);
    Snapshot::empty(ProjectId(1), EnvironmentId(5), FIRST, 1 << 20).with(configs, &[], last_id)
}

fn document(envelope: &Envelope) -> Json {
    serde_json::from_slice(&envelope.response.plain).unwrap()
}

#[test]
fn a_project_without_configs_has_a_document() {
    let envelope = snapshot(&[]).envelope();
    let meta = json!({"version": FIRST.to_string(), "environment": "5"});
    assert_eq!(document(&envelope), json!({"configs": [], "meta": meta}));
}

#[test]
fn a_config_has_the_form_of_the_quonfig_sdks() {
    let flag = json!({"key": "beta", "configType": "FEATURE_FLAG", "valueType": "BOOL", "sendToClientSdk": true, "rows": [
        {"values": [{"criteria": [
            {"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF", "valueToMatch": {"stringList": {"values": ["pro"]}}},
            {"operator": "IN_SEG", "valueToMatch": {"string": "pros"}}], "value": {"bool": true}}]},
        {"projectEnvId": "5", "values": [{"value": {"weightedValues": {"hashByPropertyName": "user.key", "weightedValues": [
            {"weight": 1, "value": {"bool": true}}, {"weight": 99, "value": {"bool": false}}]}}}]},
        {"projectEnvId": "6", "values": [{"value": {"bool": true}}]}]});
    let envelope = snapshot(&[config(FIRST + 41, flag)]).envelope();
    let always = json!([{"operator": "ALWAYS_TRUE"}]);
    assert_eq!(
        document(&envelope),
        json!({"configs": [{
            "id": (FIRST + 41).to_string(), "key": "beta", "type": "feature_flag", "valueType": "bool", "sendToClientSdk": true,
            "default": {"rules": [{"criteria": [
                {"operator": "PROP_IS_ONE_OF", "propertyName": "user.plan",
                 "valueToMatch": {"type": "string_list", "value": ["pro"]}},
                {"operator": "IN_SEG", "valueToMatch": {"type": "string", "value": "pros"}}],
                "value": {"type": "bool", "value": true}}]},
            "environment": {"id": "5", "rules": [{"criteria": always, "value": {"type": "weighted_values", "value": {
                "weightedValues": [{"weight": 1, "value": {"type": "bool", "value": true}},
                                   {"weight": 99, "value": {"type": "bool", "value": false}}],
                "hashByPropertyName": "user.key"}}}]}}],
            "meta": {"version": (FIRST + 41).to_string(), "environment": "5"}})
    );
    assert!(!envelope.response.plain.contains(&b'\n'), "it is one line of an event");
    assert_eq!(envelope.response.etag, format!("5-{:x}-quonfig", FIRST + 41));
}

#[test]
fn every_type_of_value_has_its_form() {
    let check = |value: Json, kind: &str, expected: Json| {
        let document = document(&snapshot(&[config(FIRST + 1, constant(&value))]).envelope());
        assert_eq!(document["configs"][0]["default"]["rules"][0]["value"], expected, "{document}");
        assert_eq!(document["configs"][0]["valueType"], kind);
    };
    let plain = |kind: &str, value: Json| json!({"type": kind, "value": value});
    check(json!({"int": "-3"}), "int", plain("int", json!(-3)));
    check(json!({"int": "9007199254740993"}), "int", plain("int", json!("9007199254740993")));
    check(json!({"double": 1.0}), "double", plain("double", json!(1.0)));
    check(json!({"double": "-Infinity"}), "double", plain("double", json!("-Infinity")));
    check(json!({"bool": false}), "bool", plain("bool", json!(false)));
    check(json!({"string": "a\"\n"}), "string", plain("string", json!("a\"\n")));
    check(json!({"logLevel": "WARN"}), "log_level", plain("log_level", json!("WARN")));
    check(
        json!({"stringList": {"values": ["a", "b"]}}),
        "string_list",
        plain("string_list", json!(["a", "b"])),
    );
    check(json!({"stringList": {}}), "string_list", plain("string_list", json!([])));
    check(json!({"json": {"json": "{ \"a\": [1] }"}}), "json", plain("json", json!({"a": [1]})));
    check(json!({"duration": {"definition": "PT90S"}}), "duration", plain("duration", json!("PT1M30S")));
    check(json!({"duration": {"definition": "P1WT0.5H"}}), "duration", plain("duration", json!("P7DT30M")));
    check(
        json!({"provided": {"source": "ENV_VAR", "lookup": "PORT"}, "confidential": true}),
        "string",
        json!({"type": "provided", "value": {"source": "ENV_VAR", "lookup": "PORT"}, "confidential": true}),
    );
    check(
        json!({"string": "ab--cd--ef", "decryptWith": "secret.key"}),
        "string",
        json!({"type": "string", "value": "ab--cd--ef", "confidential": true, "decryptWith": "secret.key"}),
    );
}

#[test]
fn every_operator_that_is_sent_has_its_name_and_value() {
    for operator in prefab_core::Operator::ALL {
        let criterion =
            json!({"propertyName": "user.age", "operator": operator.name(), "valueToMatch": {"int": "7"}});
        let sent = config(
            FIRST + 1,
            json!({"key": "k", "configType": "CONFIG", "rows": [{"values": [
                {"criteria": [criterion], "value": {"bool": true}}, {"value": {"bool": false}}]}]}),
        );
        let envelope = snapshot(std::slice::from_ref(&sent)).envelope();
        assert_eq!(envelope.omitted, [], "{operator:?}");
        let names: Vec<String> = sent.rows[0].values[0]
            .criteria
            .iter()
            .map(|criterion| criterion.operator.name().to_owned())
            .collect();
        let document = document(&envelope);
        let criteria = document["configs"][0]["default"]["rules"][0]["criteria"].as_array().unwrap();
        let in_document: Vec<&str> =
            criteria.iter().map(|criterion| criterion["operator"].as_str().unwrap()).collect();
        let expected = if names.is_empty() { vec!["ALWAYS_TRUE".to_owned()] } else { names };
        assert_eq!(in_document, expected, "{operator:?}");
    }
}

#[test]
fn what_the_sdks_cannot_read_is_omitted_and_counted() {
    let check = |value: Json, reason: &str| {
        let other = Config { id: FIRST + 2, ..Config::constant("other", 1) };
        let envelope = snapshot(&[config(FIRST + 1, constant(&value)), other]).envelope();
        assert_eq!(*envelope.omitted[0].key, *"k");
        assert!(envelope.omitted[0].reason.contains(reason), "{:?}", envelope.omitted);
        assert_eq!(document(&envelope)["configs"][0]["key"], "other");
        assert_eq!(
            (envelope.omitted.len(), document(&envelope)["configs"].as_array().unwrap().len()),
            (1, 1)
        );
    };
    check(json!({"bytes": "AAAA"}), "bytes");
    check(json!({"intRange": {"start": "1"}}), "range");
    check(json!({"json": {"json": "\"text\""}}), "string");
    check(json!({"json": {"json": "{"}}), "not valid");
    check(json!({"duration": {"definition": "30s"}}), "ISO 8601");
    check(json!({"duration": {"definition": "P36500D"}}), "36,500");
    check(json!({"limitDefinition": {"limit": 3}}), "limit");
    check(json!({}), "without a value");
    let nested = json!({"weightedValues": {"weightedValues": [{"weight": 1, "value": {"bool": true}}]}});
    check(
        json!({"weightedValues": {"weightedValues": [{"weight": 1, "value": nested}]}}),
        "within a rollout",
    );
}

#[test]
fn a_change_encodes_only_what_it_changes() {
    let channel = Channel::new(ProjectId(1), EnvironmentId(5), FIRST, 1 << 20);
    let pointer = prefab_core::Pointer::default();
    let all: Vec<Config> =
        (1..=500).map(|id| Config { id: FIRST + id, ..Config::constant(format!("k{id}"), id) }).collect();
    channel.publish(all, FIRST + 500, pointer);
    let encodings = || channel.snapshot().fragments().encodings.load(Ordering::Relaxed);
    assert!(channel.snapshot().cached_envelope().is_none());
    assert_eq!(encodings(), 0, "nothing is encoded without a Quonfig SDK");
    channel.snapshot().envelope();
    assert_eq!(encodings(), 500);
    let changed = Config { id: FIRST + 501, ..Config::constant("k7", "changed") };
    channel.publish(vec![changed], FIRST + 501, pointer);
    assert_eq!(encodings(), 500, "no stream is open");
    let (first, second) = (channel.snapshot().envelope(), channel.snapshot().envelope());
    assert_eq!(encodings(), 501);
    assert!(Arc::ptr_eq(&first, &second), "clients share the document");
    assert_eq!(document(&first)["configs"].as_array().unwrap().len(), 500);

    let _open = channel.subscribers.add(Protocol::Quonfig, FIRST + 501);
    let deleted = crate::tombstone(FIRST + 502, 1, "k7");
    channel.publish(vec![deleted], FIRST + 502, pointer);
    let published = channel.snapshot().cached_envelope().unwrap();
    assert_eq!((encodings(), document(&published)["configs"].as_array().unwrap().len()), (501, 499));
    assert_eq!(
        channel.snapshot().fragments().encoded.lock().unwrap().len(),
        499,
        "the deleted one is forgotten"
    );
}
