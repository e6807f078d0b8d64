//! `PostHog`: the local evaluator of its client.

use std::collections::HashMap;

use anyhow::Result;
use posthog_rs::{FlagCache, FlagValue, LocalEvaluator};
use prefab_bench::{Contestant, Entry, Part, Rule, User, Work, first_letter, host};
use serde_json::{Map, Value, json};

fn main() -> Result<()> {
    host(&[Entry::of::<Local>()])
}

fn property(key: &str, operator: &str, value: &Value) -> Value {
    json!({"type": "person", "key": key, "operator": operator, "value": value})
}

fn group(properties: &[Value]) -> Value {
    json!({"properties": properties, "rollout_percentage": 100})
}

fn filters(rule: &Rule) -> Value {
    match rule {
        Rule::Constant(value) => {
            json!({"groups": [{"properties": [], "rollout_percentage": if *value { 100 } else { 0 }}]})
        }
        Rule::EndsWith(name, suffix) => {
            json!({"groups": [group(&[property(name, "ends_with", &json!(suffix))])]})
        }
        Rule::OneOf(name, lists) => {
            let groups: Vec<Value> =
                lists.iter().map(|list| group(&[property(name, "exact", &json!(list))])).collect();
            json!({"groups": groups})
        }
        Rule::Member(segment) => {
            let cohort = json!({"type": "cohort", "key": "id", "operator": "in", "value": segment + 1});
            json!({"groups": [group(&[cohort])]})
        }
        Rule::Split(texts) => {
            let variant = |(text, share): &(&str, u32)| json!({"key": text, "rollout_percentage": f64::from(*share) / 10.0});
            let variants: Vec<Value> = texts.iter().map(variant).collect();
            json!({"groups": [group(&[])], "multivariate": {"variants": variants}})
        }
    }
}

struct Local {
    evaluator: LocalEvaluator,
    no_groups: HashMap<String, String>,
    no_group_properties: HashMap<String, HashMap<String, Value>>,
}

struct Subject {
    key: String,
    properties: HashMap<String, Value>,
}

impl Local {
    fn ask(&self, key: &str, subject: &Subject) -> Option<FlagValue> {
        let Self { evaluator, no_groups, no_group_properties } = self;
        let answer =
            evaluator.evaluate_flag(key, &subject.key, &subject.properties, no_groups, no_group_properties);
        answer.ok().flatten()
    }
}

impl Contestant for Local {
    const NAME: &'static str = "posthog-local";
    const CRATE: &'static str = "posthog-rs";
    const PART: Part = Part::Engine;
    const NOTE: &'static str = "reads the rules as JSON behind a lock, and copies all cohorts on each call";
    const RENEWS: bool = true;
    type Subject = Subject;

    fn write(work: &Work) -> Result<Vec<u8>> {
        let cohorts: Map<String, Value> = (1..)
            .zip(&work.segments)
            .map(|(id, segment): (u32, _)| {
                let members = property("user_key", "exact", &json!(segment.members));
                (id.to_string(), json!({"type": "OR", "values": [members]}))
            })
            .collect();
        let flags: Vec<Value> = work
            .flags
            .iter()
            .map(|flag| {
                let mut filters = filters(&flag.rule);
                filters["payloads"] = json!({});
                json!({"key": flag.key, "active": true, "filters": filters})
            })
            .collect();
        let document = json!({
            "flags": flags, "cohorts": cohorts, "group_type_mapping": {}, "property_matching_version": 2,
        });
        Ok(serde_json::to_vec(&document)?)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let local = Self {
            evaluator: LocalEvaluator::new(FlagCache::new()),
            no_groups: HashMap::new(),
            no_group_properties: HashMap::new(),
        };
        local.renew(document)?;
        Ok(local)
    }

    fn renew(&self, document: &[u8]) -> Result<()> {
        self.evaluator.cache().update(serde_json::from_slice(document)?);
        Ok(())
    }

    fn subject(user: &User) -> Subject {
        let properties = user.properties().map(|(name, value)| (name.to_owned(), json!(value)));
        let key = ("user_key".to_owned(), json!(user.key));
        Subject { key: user.key.clone(), properties: properties.into_iter().chain([key]).collect() }
    }

    fn enabled(&self, key: &str, subject: &Subject) -> bool {
        matches!(self.ask(key, subject), Some(FlagValue::Boolean(true)))
    }

    fn letter(&self, key: &str, subject: &Subject) -> u8 {
        match self.ask(key, subject) {
            Some(FlagValue::String(text)) => first_letter(&text),
            _ => 0,
        }
    }
}
