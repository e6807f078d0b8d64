//! `FeatBit`: the client, offline, started from a document.

use anyhow::{Result, anyhow};
use featbit_server_sdk::{FbClient, FbOptions, FbUser};
use prefab_bench::{Contestant, Entry, Part, Rule, User, Work, first_letter, host};
use serde_json::{Value, json};

fn main() -> Result<()> {
    host(&[Entry::of::<Offline>()])
}

/// Users with a hash between the two bounds get the variation.
fn share(variation: &str, from: f64, to: f64) -> Value {
    json!({"id": variation, "rollout": [from, to], "exptRollout": 0})
}

fn all_users(variation: &str) -> Value {
    json!({"includedInExpt": false, "variations": [share(variation, 0.0, 1.0)]})
}

fn rule(name: &str, property: &str, operator: &str, value: &str) -> Value {
    json!({
        "name": name, "conditions": [{"property": property, "op": operator, "value": value}],
        "includedInExpt": false, "variations": [share("on", 0.0, 1.0)],
    })
}

fn shares(texts: &[(&str, u32)]) -> Value {
    let mut from = 0.0;
    let mut shares = Vec::new();
    for (text, size) in texts {
        let to = from + f64::from(*size) / 1e3;
        shares.push(share(text, from, to));
        from = to;
    }
    json!({"includedInExpt": false, "variations": shares})
}

struct Offline(FbClient);

impl Contestant for Offline {
    const NAME: &'static str = "featbit-client";
    const CRATE: &'static str = "featbit-server-sdk";
    const PART: Part = Part::Client;
    const NOTE: &'static str = "offline, without events; the message is kept beside the prepared rules";
    type Subject = FbUser;

    fn write(work: &Work) -> Result<Vec<u8>> {
        let updated = format!("2025-01-0{}T00:00:00Z", work.version());
        let segments: Vec<Value> = work
            .segments
            .iter()
            .map(|segment| {
                json!({
                    "id": segment.key, "updatedAt": updated, "included": segment.members, "excluded": [],
                    "rules": [], "isArchived": false,
                })
            })
            .collect();
        let flags: Vec<Value> = work
            .flags
            .iter()
            .map(|flag| {
                let mut written = json!({
                    "id": flag.key, "key": flag.key, "updatedAt": updated, "variationType": "boolean",
                    "variations": [{"id": "on", "value": "true"}, {"id": "off", "value": "false"}],
                    "targetUsers": [], "rules": [], "isEnabled": true, "disabledVariationId": "off",
                    "fallthrough": all_users("off"), "exptIncludeAllTargets": false, "isArchived": false,
                });
                match &flag.rule {
                    Rule::Constant(value) => {
                        written["fallthrough"] = all_users(if *value { "on" } else { "off" });
                    }
                    Rule::EndsWith(name, suffix) => {
                        written["rules"] = json!([rule("ends", name, "EndsWith", suffix)]);
                    }
                    Rule::OneOf(name, lists) => {
                        let each = (0..).zip(lists).map(|(at, list): (u32, _)| {
                            rule(&at.to_string(), name, "IsOneOf", &json!(list).to_string())
                        });
                        written["rules"] = each.collect();
                    }
                    Rule::Member(segment) => {
                        let segments = json!([work.segments[*segment].key]).to_string();
                        written["rules"] = json!([rule("member", "User is in segment", "", &segments)]);
                    }
                    Rule::Split(texts) => {
                        written["variationType"] = json!("string");
                        let variation = |(text, _): &(&str, u32)| json!({"id": text, "value": text});
                        written["variations"] = texts.iter().map(variation).collect();
                        written["fallthrough"] = shares(texts);
                    }
                }
                written
            })
            .collect();
        let data = json!({"eventType": "full", "featureFlags": flags, "segments": segments});
        Ok(serde_json::to_vec(&json!({"messageType": "data-sync", "data": data}))?)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let options = FbOptions::builder("bench")
            .offline(true)
            .disable_events(true, false)
            .bootstrap_json(str::from_utf8(document)?)
            .build()
            .map_err(|error| anyhow!("{error}"))?;
        Ok(Self(FbClient::with_options(options)))
    }

    fn subject(user: &User) -> FbUser {
        let builder = FbUser::builder(user.key.as_str());
        let properties = user.properties().into_iter();
        properties.fold(builder, |builder, (name, value)| builder.custom(name, value)).build()
    }

    fn enabled(&self, key: &str, subject: &FbUser) -> bool {
        self.0.bool_variation(key, subject, false)
    }

    fn letter(&self, key: &str, subject: &FbUser) -> u8 {
        first_letter(&self.0.string_variation(key, subject, ""))
    }
}
