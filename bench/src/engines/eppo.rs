//! Eppo: the core of its SDKs, as the evaluation function and as the evaluator with a store that the SDK uses.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use chrono::{DateTime, Utc};
use eppo_core::{
    AttributeValue, Attributes, Configuration, SdkMetadata, Str,
    configuration_store::ConfigurationStore,
    eval::{Evaluator, EvaluatorConfig, get_assignment},
    ufc::{Assignment, AssignmentValue, UniversalFlagConfig, VariationType},
};
use prefab_bench::{Contestant, Entry, Fit, Item, Part, Rule, User, Work, first_letter, host};
use serde_json::{Map, Value, json};

fn main() -> Result<()> {
    host(&[Entry::of::<Core>(), Entry::of::<Store>()])
}

const SDK: SdkMetadata = SdkMetadata { name: "bench", version: "0" };

fn write(work: &Work) -> Result<Vec<u8>> {
    let flags: Map<String, Value> = work
        .flags
        .iter()
        .map(|flag| {
            let mut written = json!({
                "key": flag.key, "enabled": true, "variationType": "BOOLEAN", "totalShards": 1_000,
                "variations": {"on": {"key": "on", "value": true}, "off": {"key": "off", "value": false}},
            });
            let rest = allocation("rest", None, whole("off"));
            written["allocations"] = match &flag.rule {
                Rule::Constant(value) => {
                    json!([allocation("all", None, whole(if *value { "on" } else { "off" }))])
                }
                Rule::EndsWith(name, suffix) => {
                    let pattern = json!(format!("{}$", suffix.replace('.', r"\.")));
                    json!([allocation("ends", Some(condition(name, "MATCHES", &pattern)), whole("on")), rest])
                }
                Rule::OneOf(name, lists) => (0..)
                    .zip(lists)
                    .map(|(at, list): (u32, _)| {
                        let one_of = condition(name, "ONE_OF", &json!(list));
                        allocation(&format!("list-{at}"), Some(one_of), whole("on"))
                    })
                    .chain([rest])
                    .collect(),
                Rule::Member(segment) => {
                    let members = condition("id", "ONE_OF", &json!(work.segments[*segment].members));
                    json!([allocation("members", Some(members), whole("on")), rest])
                }
                Rule::Split(texts) => {
                    written["variationType"] = json!("STRING");
                    let variation =
                        |(text, _): &(&str, u32)| ((*text).to_owned(), json!({"key": text, "value": text}));
                    written["variations"] = Value::Object(texts.iter().map(variation).collect());
                    json!([allocation("split", None, shares(&flag.key, texts))])
                }
            };
            (flag.key.clone(), written)
        })
        .collect();
    let document = json!({
        "createdAt": "2025-01-01T00:00:00Z", "format": "SERVER", "environment": {"name": "bench"}, "flags": flags,
    });
    Ok(serde_json::to_vec(&document)?)
}

fn condition(name: &str, operator: &str, value: &Value) -> Value {
    json!({"attribute": name, "operator": operator, "value": value})
}

#[allow(clippy::needless_pass_by_value, reason = "the splits are written where the allocation is")]
fn allocation(key: &str, condition: Option<Value>, splits: Value) -> Value {
    let rules: Vec<Value> =
        condition.into_iter().map(|condition| json!({"conditions": [condition]})).collect();
    json!({"key": key, "rules": rules, "splits": splits, "doLog": false})
}

fn whole(variation: &str) -> Value {
    json!([{"variationKey": variation, "shards": []}])
}

fn shares(salt: &str, texts: &[(&str, u32)]) -> Value {
    let mut start = 0;
    texts
        .iter()
        .map(|(text, share)| {
            let range = json!({"start": start, "end": start + share});
            start += share;
            json!({"variationKey": text, "shards": [{"salt": salt, "ranges": [range]}]})
        })
        .collect()
}

fn parse(document: &[u8]) -> Result<Configuration> {
    let flags = UniversalFlagConfig::from_json(SDK, document.to_vec()).map_err(|error| anyhow!("{error}"))?;
    Ok(Configuration::from_server_response(flags, None))
}

struct Subject {
    key: Str,
    attributes: Arc<Attributes>,
    now: DateTime<Utc>,
}

fn subject(user: &User) -> Subject {
    let attribute = |(name, value): (&'static str, &str)| (Str::from(name), AttributeValue::from(value));
    Subject {
        key: user.key.as_str().into(),
        attributes: Arc::new(user.properties().map(attribute).into_iter().collect()),
        now: Utc::now(),
    }
}

fn is_true(answer: Option<Assignment>) -> bool {
    answer.is_some_and(|answer| matches!(answer.value, AssignmentValue::Boolean(true)))
}

fn letter_of(answer: Option<Assignment>) -> u8 {
    match answer.map(|answer| answer.value) {
        Some(AssignmentValue::String(text)) => first_letter(&text),
        _ => 0,
    }
}

fn fit(item: Item) -> Fit {
    match item {
        Item::EndsWith => Fit::Instead("a regular expression"),
        Item::Segment1000 => Fit::Instead("the keys are listed in the flag"),
        _ => Fit::Same,
    }
}

struct Core(Configuration);

impl Core {
    fn ask(&self, key: &str, subject: &Subject, kind: VariationType) -> Option<Assignment> {
        get_assignment(Some(&self.0), key, &subject.key, &subject.attributes, Some(kind), subject.now)
            .unwrap_or_default()
    }
}

impl Contestant for Core {
    const NAME: &'static str = "eppo-core";
    const CRATE: &'static str = "eppo_core";
    const PART: Part = Part::Engine;
    const NOTE: &'static str = "the caller passes the time, which is read once; the message is kept";
    type Subject = Subject;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        parse(document).map(Self)
    }

    fn subject(user: &User) -> Subject {
        subject(user)
    }

    fn enabled(&self, key: &str, subject: &Subject) -> bool {
        is_true(self.ask(key, subject, VariationType::Boolean))
    }

    fn letter(&self, key: &str, subject: &Subject) -> u8 {
        letter_of(self.ask(key, subject, VariationType::String))
    }

    fn fit(item: Item) -> Fit {
        fit(item)
    }
}

struct Store {
    store: Arc<ConfigurationStore>,
    evaluator: Evaluator,
}

impl Store {
    fn ask(&self, key: &str, subject: &Subject, kind: VariationType) -> Option<Assignment> {
        self.evaluator.get_assignment(key, &subject.key, &subject.attributes, Some(kind)).unwrap_or_default()
    }
}

impl Contestant for Store {
    const NAME: &'static str = "eppo-core-evaluator";
    const CRATE: &'static str = "eppo_core";
    const PART: Part = Part::Client;
    const NOTE: &'static str =
        "the function that the SDK calls; it reads the clock and locks the configuration";
    const RENEWS: bool = true;
    type Subject = Subject;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let store = Arc::new(ConfigurationStore::new());
        store.set_configuration(Arc::new(parse(document)?));
        let configuration_store = Arc::clone(&store);
        let evaluator = Evaluator::new(EvaluatorConfig { configuration_store, sdk_metadata: SDK });
        Ok(Self { store, evaluator })
    }

    fn renew(&self, document: &[u8]) -> Result<()> {
        self.store.set_configuration(Arc::new(parse(document)?));
        Ok(())
    }

    fn subject(user: &User) -> Subject {
        subject(user)
    }

    fn enabled(&self, key: &str, subject: &Subject) -> bool {
        is_true(self.ask(key, subject, VariationType::Boolean))
    }

    fn letter(&self, key: &str, subject: &Subject) -> u8 {
        letter_of(self.ask(key, subject, VariationType::String))
    }

    fn fit(item: Item) -> Fit {
        fit(item)
    }
}
