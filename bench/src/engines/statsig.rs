//! Statsig: the server core, started from a document, without a network. Gates are flags, and a dynamic config is the
//! rollout.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Result, anyhow};
use prefab_bench::{Contestant, Entry, Part, Rule, User, Work, first_letter, host, runtime};
use serde_json::{Map, Value, json};
use statsig_rust::{
    DynamicConfigEvaluationOptions, FeatureGateEvaluationOptions, Statsig, StatsigBootstrapSpecsAdapter,
    StatsigOptions, StatsigUser, StatsigUserBuilder,
};

fn main() -> Result<()> {
    host(&[Entry::of::<Quiet>(), Entry::of::<Exposing>()])
}

/// Conditions are defined separately, by name.
#[derive(Default)]
struct Conditions(Map<String, Value>);

impl Conditions {
    fn add(&mut self, kind: &str, operator: &str, field: &str, target: &Value) -> String {
        self.add_salted(kind, operator, field, target, &json!({}))
    }

    fn add_salted(
        &mut self,
        kind: &str,
        operator: &str,
        field: &str,
        target: &Value,
        more: &Value,
    ) -> String {
        let name = self.0.len().to_string();
        let condition = json!({
            "type": kind, "operator": operator, "field": field, "targetValue": target, "additionalValues": more,
            "idType": "userID", "isDeviceBased": false,
        });
        self.0.insert(name.clone(), condition);
        name
    }
}

fn rule(name: &str, condition: &str, value: &Value) -> Value {
    json!({
        "name": name, "groupName": name, "id": name, "salt": name, "passPercentage": 100,
        "conditions": [condition], "returnValue": value, "idType": "userID", "isDeviceBased": false,
    })
}

fn spec(kind: &str, entity: &str, name: &str, rest: &Value, rules: &[Value], version: u32) -> Value {
    json!({
        "name": name, "type": kind, "entity": entity, "salt": name, "enabled": true, "defaultValue": rest,
        "rules": rules, "idType": "userID", "isDeviceBased": false, "version": version,
    })
}

fn write(work: &Work) -> Result<Vec<u8>> {
    let version = work.version();
    let (mut gates, mut configs) = (Map::new(), Map::new());
    let mut conditions = Conditions::default();
    let all_users = conditions.add("public", "", "", &Value::Null);
    let (yes, no) = (json!(true), json!(false));
    for segment in &work.segments {
        let name = format!("segment:{}", segment.key);
        let members = conditions.add("unit_id", "any_case_sensitive", "userID", &json!(segment.members));
        let rules = [rule("members", &members, &yes)];
        gates.insert(name.clone(), spec("feature_gate", "segment", &name, &no, &rules, version));
    }
    for flag in &work.flags {
        let rules: Vec<Value> = match &flag.rule {
            Rule::Constant(true) => vec![rule("all", &all_users, &yes)],
            Rule::Constant(false) => Vec::new(),
            Rule::EndsWith(name, suffix) => {
                let ends = conditions.add("user_field", "str_ends_with_any", name, &json!([suffix]));
                vec![rule("ends", &ends, &yes)]
            }
            Rule::OneOf(name, lists) => lists
                .iter()
                .map(|list| {
                    let one_of = conditions.add("user_field", "any_case_sensitive", name, &json!(list));
                    rule(&format!("list-{one_of}"), &one_of, &yes)
                })
                .collect(),
            Rule::Member(segment) => {
                let target = json!(format!("segment:{}", work.segments[*segment].key));
                vec![rule("member", &conditions.add("pass_gate", "", "", &target), &yes)]
            }
            Rule::Split(texts) => {
                let rules = split(&mut conditions, &all_users, &flag.key, texts);
                let config = spec("dynamic_config", "dynamic_config", &flag.key, &json!({}), &rules, version);
                configs.insert(flag.key.clone(), config);
                continue;
            }
        };
        let gate = spec("feature_gate", "feature_gate", &flag.key, &no, &rules, version);
        gates.insert(flag.key.clone(), gate);
    }
    let document = json!({
        "feature_gates": gates, "dynamic_configs": configs, "condition_map": conditions.0, "layer_configs": {},
        "layers": {}, "experiment_to_layer": {}, "id_lists": {}, "diagnostics": {}, "sdk_flags": {},
        "sdk_configs": {}, "has_updates": true, "time": version, "company_id": "bench",
        "response_format": "dcs-v2",
    });
    Ok(serde_json::to_vec(&document)?)
}

/// Users below a limit get the string, unless an earlier rule matched. The last string gets the rest.
fn split(conditions: &mut Conditions, all_users: &str, salt: &str, texts: &[(&str, u32)]) -> Vec<Value> {
    let mut limit = 0;
    let mut rules = Vec::new();
    for (text, share) in texts {
        limit += share;
        let condition = if limit < 1_000 {
            conditions.add_salted("user_bucket", "lt", "", &json!(limit), &json!({"salt": salt}))
        } else {
            all_users.to_owned()
        };
        rules.push(rule(text, &condition, &json!({"text": text})));
    }
    rules
}

struct Core {
    client: Arc<Statsig>,
    adapter: Arc<StatsigBootstrapSpecsAdapter>,
}

impl Core {
    fn start(document: &[u8]) -> Result<Self> {
        let document = String::from_utf8(document.to_vec())?;
        let adapter = Arc::new(StatsigBootstrapSpecsAdapter::new(document));
        let options = StatsigOptions {
            specs_adapter: Some(adapter.clone()),
            disable_network: Some(true),
            disable_country_lookup: Some(true),
            ..StatsigOptions::default()
        };
        let client = runtime().block_on(async {
            let client = Arc::new(Statsig::new("secret-bench", Some(Arc::new(options))));
            client.initialize().await.map(|()| client)
        });
        Ok(Self { client: client.map_err(|error| anyhow!("{error}"))?, adapter })
    }

    fn renew(&self, document: &[u8]) -> Result<()> {
        let document = String::from_utf8(document.to_vec())?;
        self.adapter.set_data(document).map_err(|error| anyhow!("{error}"))
    }

    fn enabled(&self, key: &str, user: &StatsigUser, quiet: bool) -> bool {
        let options = FeatureGateEvaluationOptions { disable_exposure_logging: quiet };
        self.client.check_gate_with_options(user, key, options)
    }

    fn letter(&self, key: &str, user: &StatsigUser, quiet: bool) -> u8 {
        let options = DynamicConfigEvaluationOptions { disable_exposure_logging: quiet };
        let config = self.client.get_dynamic_config_with_options(user, key, options);
        config.value.get("text").and_then(Value::as_str).map_or(0, first_letter)
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // There is no server for its final report.
        let _ = runtime().block_on(self.client.shutdown());
    }
}

fn person(user: &User) -> StatsigUser {
    let custom = [("team", &user.team), ("plan", &user.plan)];
    let custom = custom.map(|(name, value)| (name.to_owned(), value.clone()));
    StatsigUserBuilder::new_with_user_id(user.key.clone())
        .email(Some(user.email.clone()))
        .country(Some(user.country.clone()))
        .custom_from_str_map(Some(HashMap::from(custom)))
        .build()
}

struct Quiet(Core);

struct Exposing(Core);

macro_rules! contestant {
    ($type:ident, $name:literal, $quiet:literal, $note:literal) => {
        impl Contestant for $type {
            const NAME: &'static str = $name;
            const CRATE: &'static str = "statsig-rust";
            const PART: Part = Part::Client;
            const NOTE: &'static str = $note;
            const RENEWS: bool = true;
            type Subject = StatsigUser;

            fn write(work: &Work) -> Result<Vec<u8>> {
                write(work)
            }

            fn load(document: &[u8]) -> Result<Self> {
                Core::start(document).map(Self)
            }

            fn renew(&self, document: &[u8]) -> Result<()> {
                self.0.renew(document)
            }

            fn subject(user: &User) -> StatsigUser {
                person(user)
            }

            fn enabled(&self, key: &str, subject: &StatsigUser) -> bool {
                self.0.enabled(key, subject, $quiet)
            }

            fn letter(&self, key: &str, subject: &StatsigUser) -> u8 {
                self.0.letter(key, subject, $quiet)
            }
        }
    };
}

contestant!(Quiet, "statsig-client", true, "exposures are not logged, but still counted");
contestant!(Exposing, "statsig-client-exposures", false, "exposures are logged and not sent");
