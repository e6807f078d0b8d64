//! `GrowthBook`: the evaluation struct, and the client without a server.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Result, anyhow};
use growthbook_rust::{
    client::{GrowthBookClient, GrowthBookClientBuilder, GrowthBookClientTrait as _},
    growthbook::GrowthBook,
    model_public::{GrowthBookAttribute, SavedGroup},
};
use prefab_bench::{
    Contestant, Entry, Fit, Item, Part, Rule, User, Work, block_on_ready, first_letter, host,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

fn main() -> Result<()> {
    host(&[Entry::of::<Engine>(), Entry::of::<Client>()])
}

fn write(work: &Work) -> Result<Vec<u8>> {
    let groups = work.segments.iter().map(|segment| (segment.key.clone(), json!(segment.members)));
    let groups: Map<String, Value> = groups.collect();
    let feature = |rule: &Rule, key: &str| match rule {
        Rule::Constant(value) => json!({"defaultValue": value}),
        Rule::EndsWith(name, suffix) => {
            let pattern = format!("{}$", suffix.replace('.', r"\."));
            on_if([json!({*name: {"$regex": pattern}})])
        }
        Rule::OneOf(name, lists) => on_if(lists.iter().map(|list| json!({*name: {"$in": list}}))),
        Rule::Member(segment) => on_if([json!({"id": {"$inGroup": work.segments[*segment].key}})]),
        Rule::Split(texts) => {
            let (variations, weights): (Vec<_>, Vec<_>) =
                texts.iter().map(|(text, share)| (*text, f64::from(*share) / 1e3)).unzip();
            let split = json!({
                "key": key, "variations": variations, "weights": weights, "hashAttribute": "id",
                "hashVersion": 2, "coverage": 1.0,
            });
            json!({"defaultValue": variations[0], "rules": [split]})
        }
    };
    let features: Map<String, Value> =
        work.flags.iter().map(|flag| (flag.key.clone(), feature(&flag.rule, &flag.key))).collect();
    Ok(serde_json::to_vec(&json!({"features": features, "groups": groups}))?)
}

fn on_if(conditions: impl IntoIterator<Item = Value>) -> Value {
    let rules: Vec<Value> =
        conditions.into_iter().map(|condition| json!({"condition": condition, "force": true})).collect();
    json!({"defaultValue": false, "rules": rules})
}

#[derive(Deserialize)]
struct Document {
    features: Value,
    groups: Map<String, Value>,
}

type Attributes = Option<Vec<GrowthBookAttribute>>;

fn attributes(user: &User) -> Attributes {
    let mut attributes = json!({"id": user.key});
    for (name, value) in user.properties() {
        attributes[name] = json!(value);
    }
    GrowthBookAttribute::from(attributes).ok()
}

fn fit(item: Item) -> Fit {
    if item == Item::EndsWith { Fit::Instead("a regular expression") } else { Fit::Same }
}

struct Engine(GrowthBook);

impl Contestant for Engine {
    const NAME: &'static str = "growthbook-engine";
    const CRATE: &'static str = "growthbook-rust";
    const PART: Part = Part::Engine;
    const NOTE: &'static str = "reads the rules as JSON and compiles patterns on each call";
    type Subject = Attributes;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let Document { features, groups } = serde_json::from_slice(document)?;
        let saved_groups: HashMap<String, SavedGroup> =
            groups.iter().map(|(key, members)| (key.clone(), SavedGroup::from(members))).collect();
        Ok(Self(GrowthBook {
            forced_variations: None,
            features: serde_json::from_value(features)?,
            attributes: None,
            sticky_bucket_service: None,
            saved_groups,
        }))
    }

    fn subject(user: &User) -> Attributes {
        attributes(user)
    }

    fn enabled(&self, key: &str, subject: &Attributes) -> bool {
        self.0.check(key, subject).on
    }

    fn letter(&self, key: &str, subject: &Attributes) -> u8 {
        self.0.check(key, subject).value.as_str().map_or(0, first_letter)
    }

    fn fit(item: Item) -> Fit {
        fit(item)
    }
}

struct Client(Arc<GrowthBookClient>);

impl Contestant for Client {
    const NAME: &'static str = "growthbook-client";
    const CRATE: &'static str = "growthbook-rust";
    const PART: Part = Part::Client;
    const NOTE: &'static str =
        "takes the attributes by value, and copies the map of all features on each call";
    type Subject = Attributes;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let Document { features, groups } = serde_json::from_slice(document)?;
        let builder = GrowthBookClientBuilder::new()
            .features_json(features)
            .map_err(|error| anyhow!("{error}"))?
            .saved_groups(Value::Object(groups));
        let client = block_on_ready(builder.build()).map_err(|error| anyhow!("{error}"))?;
        Ok(Self(Arc::new(client)))
    }

    fn subject(user: &User) -> Attributes {
        attributes(user)
    }

    fn enabled(&self, key: &str, subject: &Attributes) -> bool {
        self.0.is_on(key, subject.clone())
    }

    fn letter(&self, key: &str, subject: &Attributes) -> u8 {
        self.0.feature_result(key, subject.clone()).value.as_str().map_or(0, first_letter)
    }

    fn fit(item: Item) -> Fit {
        fit(item)
    }
}
