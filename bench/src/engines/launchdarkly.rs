//! `LaunchDarkly`: the evaluation crate, and the server-side client with its data source for tests.

use std::{collections::HashMap, thread};

use anyhow::{Context as _, Result, anyhow};
use launchdarkly_server_sdk as sdk;
use launchdarkly_server_sdk_evaluation::{
    Context, ContextBuilder, Flag as Compiled, FlagValue, Segment as Members, Store, evaluate,
};
use prefab_bench::{Contestant, Entry, Part, Rule, User, Work, first_letter, host, runtime};
use serde::Deserialize;
use serde_json::{Map, Value, json};

fn main() -> Result<()> {
    host(&[Entry::of::<Evaluation>(), Entry::of::<Client>()])
}

fn write(work: &Work) -> Result<Vec<u8>> {
    let version = work.version();
    let segments = work.segments.iter().map(|segment| {
        let members = json!({
            "key": segment.key, "version": version, "salt": "s", "included": segment.members, "excluded": [],
            "rules": [],
        });
        (segment.key.clone(), members)
    });
    let flags = work.flags.iter().map(|flag| {
        let mut written = json!({
            "key": flag.key, "version": version, "on": true, "salt": "s", "targets": [], "contextTargets": [],
            "prerequisites": [], "rules": [], "fallthrough": {"variation": 1}, "offVariation": 1,
            "variations": [true, false], "trackEvents": false,
            "clientSideAvailability": {"usingMobileKey": false, "usingEnvironmentId": false},
        });
        match &flag.rule {
            Rule::Constant(value) => written["fallthrough"] = json!({"variation": i32::from(!value)}),
            Rule::EndsWith(name, suffix) => written["rules"] = rules([clause(name, "endsWith", json!([suffix]))]),
            Rule::OneOf(name, lists) => {
                written["rules"] = rules(lists.iter().map(|list| clause(name, "in", json!(list))));
            }
            Rule::Member(segment) => {
                let segment = json!([work.segments[*segment].key]);
                written["rules"] = rules([clause("key", "segmentMatch", segment)]);
            }
            Rule::Split(texts) => {
                written["variations"] = texts.iter().map(|(text, _)| *text).collect();
                let share = |(variation, (_, share)): (usize, &(&str, u32))| {
                    json!({"variation": variation, "weight": share * 100})
                };
                let shares: Vec<Value> = texts.iter().enumerate().map(share).collect();
                written["fallthrough"] = json!({"rollout": {"contextKind": "user", "variations": shares}});
            }
        }
        (flag.key.clone(), written)
    });
    let (flags, segments): (Map<_, _>, Map<_, _>) = (flags.collect(), segments.collect());
    Ok(serde_json::to_vec(&json!({"flags": flags, "segments": segments}))?)
}

fn rules(clauses: impl IntoIterator<Item = Value>) -> Value {
    (0..)
        .zip(clauses)
        .map(|(at, clause): (u32, _)| json!({"id": at.to_string(), "variation": 0, "clauses": [clause], "trackEvents": false}))
        .collect()
}

#[allow(clippy::needless_pass_by_value, reason = "the values are written where the clause is")]
fn clause(name: &str, operator: &str, values: Value) -> Value {
    json!({"contextKind": "user", "attribute": name, "op": operator, "values": values, "negate": false})
}

#[derive(Deserialize)]
struct Document {
    flags: HashMap<String, Compiled>,
    segments: HashMap<String, Members>,
}

fn context(user: &User) -> Context {
    let mut builder = ContextBuilder::new(user.key.as_str());
    for (name, value) in user.properties() {
        builder.set_string(name, value);
    }
    builder.build().expect("a user has a key")
}

struct Evaluation(Document);

/// The trait returns owned values.
impl Store for Evaluation {
    fn flag(&self, key: &str) -> Option<Compiled> {
        self.0.flags.get(key).cloned()
    }

    fn segment(&self, key: &str) -> Option<Members> {
        self.0.segments.get(key).cloned()
    }
}

impl Contestant for Evaluation {
    const NAME: &'static str = "launchdarkly-evaluation";
    const CRATE: &'static str = "launchdarkly-server-sdk-evaluation";
    const PART: Part = Part::Engine;
    const NOTE: &'static str = "the flag is borrowed; the store returns segments as copies";
    type Subject = Context;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        Ok(Self(serde_json::from_slice(document)?))
    }

    fn subject(user: &User) -> Context {
        context(user)
    }

    fn enabled(&self, key: &str, subject: &Context) -> bool {
        let Some(flag) = self.0.flags.get(key) else { return false };
        matches!(evaluate(self, flag, subject, None).value, Some(FlagValue::Bool(true)))
    }

    fn letter(&self, key: &str, subject: &Context) -> u8 {
        let Some(flag) = self.0.flags.get(key) else { return 0 };
        match evaluate(self, flag, subject, None).value {
            Some(FlagValue::Str(text)) => first_letter(text),
            _ => 0,
        }
    }
}

struct Client {
    client: sdk::Client,
    source: sdk::TestData,
}

fn feed(source: &sdk::TestData, document: &[u8]) -> Result<()> {
    let Document { flags, segments } = serde_json::from_slice(document)?;
    for segment in segments.into_values() {
        source.use_preconfigured_segment(segment);
    }
    for flag in flags.into_values() {
        source.use_preconfigured_flag(flag);
    }
    Ok(())
}

impl Contestant for Client {
    const NAME: &'static str = "launchdarkly-client";
    const CRATE: &'static str = "launchdarkly-server-sdk";
    const PART: Part = Part::Client;
    const NOTE: &'static str = "with its data source for tests, which keeps a copy of everything; without events; a reload replaces flag by flag";
    const RENEWS: bool = true;
    type Subject = Context;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let _runtime = runtime().enter();
        let source = sdk::TestData::new();
        feed(&source, document)?;
        let config = sdk::ConfigBuilder::new("sdk-bench")
            .data_source(&source)
            .event_processor(&sdk::NullEventProcessorBuilder::new())
            .build()
            .map_err(|error| anyhow!("{error}"))?;
        let client = sdk::Client::build(config).context("a LaunchDarkly client")?;
        client.start_with_default_executor();
        while !client.initialized() {
            thread::yield_now();
        }
        Ok(Self { client, source })
    }

    fn renew(&self, document: &[u8]) -> Result<()> {
        feed(&self.source, document)
    }

    fn subject(user: &User) -> Context {
        context(user)
    }

    fn enabled(&self, key: &str, subject: &Context) -> bool {
        self.client.bool_variation(subject, key, false)
    }

    fn letter(&self, key: &str, subject: &Context) -> u8 {
        first_letter(&self.client.str_variation(subject, key, String::new()))
    }
}
