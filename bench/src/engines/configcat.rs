//! `ConfigCat`: the client, with a file instead of a server. Its engine is not public.

use std::fs;

use anyhow::{Context as _, Result, anyhow};
use configcat::{Client, FileDataSource, OverrideBehavior, PollingMode, User as Person};
use prefab_bench::{
    Contestant, Entry, Part, Rule, User, Work, block_on_ready, first_letter, host, runtime, scratch_file,
};
use serde_json::{Map, Value, json};

fn main() -> Result<()> {
    host(&[Entry::of::<Local>()])
}

/// A valid SDK key of a project that does not exist.
const KEY: &str = "configcat-sdk-1/0000000000000000000000/0000000000000000000000";

/// The numbers of comparators in the format.
const IS_ONE_OF: u8 = 0;
const ENDS_WITH_ANY_OF: u8 = 32;

/// The predefined properties of a user.
fn attribute(name: &str) -> &str {
    match name {
        "email" => "Email",
        "country" => "Country",
        other => other,
    }
}

fn setting(rule: &Rule) -> Value {
    let on_if = |conditions: Vec<Value>| {
        let rules: Vec<Value> = conditions
            .into_iter()
            .map(|condition| json!({"c": [condition], "s": {"v": {"b": true}, "i": "on"}}))
            .collect();
        json!({"t": 0, "v": {"b": false}, "i": "off", "r": rules})
    };
    let user = |name: &str, comparator: u8, list: &[String]| json!({"u": {"a": attribute(name), "c": comparator, "l": list}});
    match rule {
        Rule::Constant(value) => json!({"t": 0, "v": {"b": value}, "i": "all"}),
        Rule::EndsWith(name, suffix) => {
            on_if(vec![user(name, ENDS_WITH_ANY_OF, std::slice::from_ref(suffix))])
        }
        Rule::OneOf(name, lists) => on_if(lists.iter().map(|list| user(name, IS_ONE_OF, list)).collect()),
        Rule::Member(segment) => on_if(vec![json!({"s": {"s": segment, "c": 0}})]),
        Rule::Split(texts) => {
            // The format has whole percents only. The first value gets the rest.
            let rest = 100 - texts.iter().map(|(_, share)| share / 10).sum::<u32>();
            let options: Vec<Value> = (0..)
                .zip(texts)
                .map(|(at, (text, share)): (u32, _)| {
                    let percent = share / 10 + if at == 0 { rest } else { 0 };
                    json!({"p": percent, "v": {"s": text}, "i": text})
                })
                .collect();
            json!({"t": 1, "v": {"s": "alpha"}, "i": "alpha", "p": options})
        }
    }
}

struct Local(Client);

impl Contestant for Local {
    const NAME: &'static str = "configcat-client";
    const CRATE: &'static str = "configcat";
    const PART: Part = Part::Client;
    const NOTE: &'static str = "overrides from a file; the time to load includes writing and reading it; takes the user by value; creates an HTTP client per load";
    type Subject = Person;

    fn write(work: &Work) -> Result<Vec<u8>> {
        let segments: Vec<Value> = work
            .segments
            .iter()
            .map(|segment| {
                json!({"n": segment.key, "r": [{"a": "Identifier", "c": IS_ONE_OF, "l": segment.members}]})
            })
            .collect();
        let settings: Map<String, Value> =
            work.flags.iter().map(|flag| (flag.key.clone(), setting(&flag.rule))).collect();
        Ok(serde_json::to_vec(&json!({"p": {"u": "", "r": 0, "s": "s"}, "s": segments, "f": settings}))?)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let _runtime = runtime().enter();
        let path = scratch_file("configcat.json");
        fs::write(&path, document)?;
        let source = FileDataSource::new(path.to_str().context("a path of text")?);
        fs::remove_file(&path)?;
        let client = Client::builder(KEY)
            .polling_mode(PollingMode::Manual)
            .overrides(Box::new(source.map_err(|error| anyhow!("{error}"))?), OverrideBehavior::LocalOnly)
            .build()
            .map_err(|error| anyhow!("{error}"))?;
        // The first evaluation loads the file.
        block_on_ready(client.get_value("item-static", false, None));
        Ok(Self(client))
    }

    fn subject(user: &User) -> Person {
        user.properties().into_iter().fold(Person::new(&user.key), |person, (name, value)| match name {
            "email" => person.email(value),
            "country" => person.country(value),
            other => person.custom(other, value),
        })
    }

    fn enabled(&self, key: &str, subject: &Person) -> bool {
        block_on_ready(self.0.get_value(key, false, Some(subject.clone())))
    }

    fn letter(&self, key: &str, subject: &Person) -> u8 {
        first_letter(&block_on_ready(self.0.get_value(key, String::new(), Some(subject.clone()))))
    }
}
