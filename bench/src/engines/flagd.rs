//! flagd: the evaluation crate, and its provider with a file, behind an `OpenFeature` client.

use std::{collections::HashMap, fs};

use anyhow::{Result, anyhow};
use flagd_evaluation_engine::{FlagParser, Operator, model::FeatureFlag};
use open_feature::{Client, EvaluationContext, OpenFeature};
use open_feature_flagd::{FlagdOptions, FlagdProvider, ResolverType};
use prefab_bench::{
    Contestant, Entry, Part, Rule, User, Work, block_on_ready, first_letter, host, runtime, scratch_file,
};
use serde_json::{Map, Value, json};

fn main() -> Result<()> {
    host(&[Entry::of::<Engine>(), Entry::of::<Provider>()])
}

fn write(work: &Work) -> Result<Vec<u8>> {
    let evaluators: Map<String, Value> = work
        .segments
        .iter()
        .map(|segment| (segment.key.clone(), json!({"in": [{"var": "targetingKey"}, segment.members]})))
        .collect();
    let on_if = |condition: Value| json!({"if": [condition, "on", "off"]});
    let flags: Map<String, Value> = work
        .flags
        .iter()
        .map(|flag| {
            let mut written =
                json!({"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"});
            match &flag.rule {
                Rule::Constant(true) => written["defaultVariant"] = json!("on"),
                Rule::Constant(false) => {}
                Rule::EndsWith(name, suffix) => {
                    written["targeting"] = on_if(json!({"ends_with": [{"var": name}, suffix]}));
                }
                Rule::OneOf(name, lists) => {
                    let branches =
                        lists.iter().flat_map(|list| [json!({"in": [{"var": name}, list]}), json!("on")]);
                    let branches: Vec<Value> = branches.chain([json!("off")]).collect();
                    written["targeting"] = json!({"if": branches});
                }
                Rule::Member(segment) => {
                    written["targeting"] = on_if(json!({"$ref": work.segments[*segment].key}));
                }
                Rule::Split(texts) => {
                    let variants = texts.iter().map(|(text, _)| ((*text).to_owned(), json!(text)));
                    written["variants"] = Value::Object(variants.collect());
                    written["defaultVariant"] = json!(texts[0].0);
                    let hashed = json!({"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]});
                    let shares = texts.iter().map(|(text, share)| json!([text, share]));
                    let parts: Vec<Value> = std::iter::once(hashed).chain(shares).collect();
                    written["targeting"] = json!({"fractional": parts});
                }
            }
            (flag.key.clone(), written)
        })
        .collect();
    Ok(serde_json::to_vec(&json!({"flags": flags, "$evaluators": evaluators}))?)
}

fn context(user: &User) -> EvaluationContext {
    let context = EvaluationContext::default().with_targeting_key(user.key.as_str());
    user.properties()
        .into_iter()
        .fold(context, |context, (name, value)| context.with_custom_field(name, value))
}

struct Engine {
    flags: HashMap<String, FeatureFlag>,
    operator: Operator,
}

impl Engine {
    fn value(&self, key: &str, context: &EvaluationContext) -> Option<&Value> {
        let flag = self.flags.get(key)?;
        let chosen = match &flag.targeting {
            Some(_) => self.operator.apply(key, &flag.get_targeting(), context).ok()?,
            None => None,
        };
        flag.variants.get(chosen.as_ref().unwrap_or(&flag.default_variant))
    }
}

impl Contestant for Engine {
    const NAME: &'static str = "flagd-engine";
    const CRATE: &'static str = "flagd-evaluation-engine";
    const PART: Part = Part::Engine;
    const NOTE: &'static str = "parses and compiles the rule from text on each call";
    type Subject = EvaluationContext;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let parsed =
            FlagParser::parse_string(str::from_utf8(document)?).map_err(|error| anyhow!("{error}"))?;
        Ok(Self { flags: parsed.flags, operator: Operator::new() })
    }

    fn subject(user: &User) -> EvaluationContext {
        context(user)
    }

    fn enabled(&self, key: &str, subject: &EvaluationContext) -> bool {
        self.value(key, subject).and_then(Value::as_bool).unwrap_or_default()
    }

    fn letter(&self, key: &str, subject: &EvaluationContext) -> u8 {
        self.value(key, subject).and_then(Value::as_str).map_or(0, first_letter)
    }
}

struct Provider(Client);

impl Contestant for Provider {
    const NAME: &'static str = "flagd-openfeature";
    const CRATE: &'static str = "open-feature-flagd";
    const PART: Part = Part::Client;
    const NOTE: &'static str =
        "from a file, without its cache; loaded flags stay in the global registry permanently";
    type Subject = EvaluationContext;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        // A separate directory for each, because the provider reloads its file on any change in the directory.
        let folder = scratch_file("flagd");
        fs::create_dir_all(&folder)?;
        let path = folder.join("flags.json");
        fs::write(&path, document)?;
        let options = FlagdOptions {
            resolver_type: ResolverType::File,
            source_configuration: Some(path.to_string_lossy().into_owned()),
            cache_settings: None,
            ..FlagdOptions::default()
        };
        let client = runtime().block_on(async {
            let provider = FlagdProvider::new(options).await.map_err(|error| anyhow!("{error}"))?;
            let domain = folder.to_string_lossy().into_owned();
            let mut api = OpenFeature::singleton_mut().await;
            api.set_named_provider(&domain, provider).await;
            anyhow::Ok(api.create_named_client(&domain))
        });
        Ok(Self(client?))
    }

    fn subject(user: &User) -> EvaluationContext {
        context(user)
    }

    fn enabled(&self, key: &str, subject: &EvaluationContext) -> bool {
        block_on_ready(self.0.get_bool_value(key, Some(subject), None)).unwrap_or_default()
    }

    fn letter(&self, key: &str, subject: &EvaluationContext) -> u8 {
        block_on_ready(self.0.get_string_value(key, Some(subject), None))
            .map_or(0, |text| first_letter(&text))
    }
}
