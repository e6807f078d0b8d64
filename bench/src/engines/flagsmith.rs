//! Flagsmith: the engine, called as its client does: it evaluates all flags for a user in a copy of the environment.

use anyhow::Result;
use flagsmith_flag_engine::{
    engine::get_evaluation_result,
    engine_eval::{EngineEvaluationContext, FlagResult, add_identity_to_context},
    identities::Trait,
    types::{FlagsmithValue, FlagsmithValueType},
};
use prefab_bench::{Contestant, Entry, Fit, Item, Part, Rule, User, Work, first_letter, host};
use serde_json::{Map, Value, json};

fn main() -> Result<()> {
    host(&[Entry::of::<Engine>()])
}

fn text(value: &str) -> FlagsmithValue {
    FlagsmithValue { value: value.to_owned(), value_type: FlagsmithValueType::String }
}

fn feature(key: &str, enabled: bool) -> Value {
    json!({
        "key": key, "name": key, "enabled": enabled, "value": text(""),
        "metadata": {"feature_id": 1, "feature_type": "STANDARD"},
    })
}

/// Rules belong to segments, so each list is a segment with an override of the flag.
fn segment(key: &str, flag: &str, operator: &str, property: &str, value: &Value) -> Value {
    let condition = json!({"operator": operator, "property": property, "value": value});
    json!({
        "key": key, "name": key, "metadata": {"segment_id": 1, "source": "api"},
        "rules": [{"type": "ALL", "rules": [], "conditions": [condition]}], "overrides": [feature(flag, true)],
    })
}

struct Engine(EngineEvaluationContext);

impl Engine {
    fn read<R>(&self, key: &str, subject: &Subject, read: impl FnOnce(&FlagResult) -> R) -> Option<R> {
        let context = add_identity_to_context(&self.0, &subject.key, &subject.traits);
        get_evaluation_result(&context).flags.get(key).map(read)
    }
}

struct Subject {
    key: String,
    traits: Vec<Trait>,
}

impl Contestant for Engine {
    const NAME: &'static str = "flagsmith-engine";
    const CRATE: &'static str = "flagsmith-flag-engine";
    const PART: Part = Part::Engine;
    const NOTE: &'static str = "evaluating one flag costs as much as evaluating all";
    type Subject = Subject;

    fn write(work: &Work) -> Result<Vec<u8>> {
        let (mut features, mut segments) = (Map::new(), Map::new());
        for flag in &work.flags {
            let key = flag.key.as_str();
            let mut own = feature(key, matches!(flag.rule, Rule::Constant(true) | Rule::Split(_)));
            let mut on_if = |operator: &str, property: &str, value: &Value| {
                let name = segments.len().to_string();
                segments.insert(name.clone(), segment(&name, key, operator, property, value));
            };
            match &flag.rule {
                Rule::Constant(_) => {}
                Rule::EndsWith(name, suffix) => {
                    on_if("REGEX", name, &json!(format!("{}$", suffix.replace('.', r"\."))));
                }
                Rule::OneOf(name, lists) => lists.iter().for_each(|list| on_if("IN", name, &json!(list))),
                Rule::Member(segment) => {
                    on_if("IN", "$.identity.identifier", &json!(work.segments[*segment].members));
                }
                Rule::Split(texts) => {
                    let variant = |(name, share): &(&str, u32)| json!({"key": name, "value": text(name), "weight": f64::from(*share) / 10.0});
                    own["variants"] = texts.iter().map(variant).collect();
                }
            }
            features.insert(key.to_owned(), own);
        }
        let environment = json!({"key": "bench", "name": "bench"});
        let document = json!({"environment": environment, "features": features, "segments": segments});
        Ok(serde_json::to_vec(&document)?)
    }

    fn load(document: &[u8]) -> Result<Self> {
        Ok(Self(serde_json::from_slice(document)?))
    }

    fn subject(user: &User) -> Subject {
        let one =
            |(name, value): (&str, &str)| Trait { trait_key: name.to_owned(), trait_value: text(value) };
        Subject { key: user.key.clone(), traits: user.properties().map(one).into() }
    }

    fn enabled(&self, key: &str, subject: &Subject) -> bool {
        self.read(key, subject, |flag| flag.enabled).unwrap_or_default()
    }

    fn letter(&self, key: &str, subject: &Subject) -> u8 {
        self.read(key, subject, |flag| first_letter(&flag.value.value)).unwrap_or_default()
    }

    fn fit(item: Item) -> Fit {
        match item {
            Item::EndsWith => Fit::Instead("a regular expression, and all five flags"),
            _ => Fit::Instead("all five flags"),
        }
    }
}
