//! Unleash: Yggdrasil, the engine of its SDKs, alone and with the counting that they add; and the client.

use anyhow::{Result, anyhow, ensure};
use async_trait::async_trait;
use prefab_bench::{Contestant, Entry, Part, Rule, User, Work, first_letter, host};
use serde_json::{Value, json};
use std::sync::Arc;
use unleash_api_client::{
    client::{Client, ClientBuilder, FeatureKey},
    context::Context as ClientContext,
    http::{Request, Response, Transport},
};
use unleash_types::client_features::ClientFeatures;
use unleash_yggdrasil::{Context, EngineState, UpdateMessage};

fn main() -> Result<()> {
    host(&[Entry::of::<Yggdrasil>(), Entry::of::<Counting>(), Entry::of::<Sdk>()])
}

fn write(work: &Work) -> Result<Vec<u8>> {
    let segments: Vec<Value> = (0..)
        .zip(&work.segments)
        .map(|(id, segment): (u32, _)| {
            json!({"id": id, "constraints": [constraint("userId", "IN", &segment.members)]})
        })
        .collect();
    let features: Vec<Value> = work
        .flags
        .iter()
        .map(|flag| {
            let mut feature = json!({
                "name": flag.key, "type": "release", "project": "default", "enabled": true, "stale": false,
                "strategies": [strategy(json!([]))], "variants": [],
            });
            match &flag.rule {
                Rule::Constant(value) => feature["enabled"] = json!(value),
                Rule::EndsWith(name, suffix) => {
                    let ends = constraint(name, "STR_ENDS_WITH", std::slice::from_ref(suffix));
                    feature["strategies"] = json!([strategy(json!([ends]))]);
                }
                Rule::OneOf(name, lists) => {
                    let each = lists.iter().map(|list| strategy(json!([constraint(name, "IN", list)])));
                    feature["strategies"] = each.collect();
                }
                Rule::Member(segment) => feature["strategies"][0]["segments"] = json!([segment]),
                Rule::Split(texts) => {
                    let variant = |(text, share): &(&str, u32)| {
                        json!({"name": text, "weight": share, "weightType": "variable", "stickiness": "userId"})
                    };
                    feature["variants"] = texts.iter().map(variant).collect();
                }
            }
            feature
        })
        .collect();
    Ok(serde_json::to_vec(&json!({"version": 2, "features": features, "segments": segments}))?)
}

#[allow(clippy::needless_pass_by_value, reason = "the constraints are written where the strategy is")]
fn strategy(constraints: Value) -> Value {
    json!({"name": "default", "parameters": {}, "constraints": constraints})
}

fn constraint(name: &str, operator: &str, values: &[String]) -> Value {
    json!({
        "contextName": name, "operator": operator, "values": values, "inverted": false, "caseInsensitive": false,
    })
}

fn context(user: &User) -> Context {
    let properties = user.properties().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Context { user_id: Some(user.key.clone()), properties: Some(properties.into()), ..Context::default() }
}

fn state(document: &[u8]) -> Result<EngineState> {
    let state = EngineState::default();
    take(&state, document)?;
    Ok(state)
}

fn take(state: &EngineState, document: &[u8]) -> Result<()> {
    let warnings = state.take_state(UpdateMessage::FullResponse(serde_json::from_slice(document)?));
    ensure!(warnings.is_none(), "Yggdrasil warns: {warnings:?}");
    Ok(())
}

struct Yggdrasil(EngineState);

struct Counting(EngineState);

impl Contestant for Yggdrasil {
    const NAME: &'static str = "unleash-yggdrasil";
    const CRATE: &'static str = "unleash-yggdrasil";
    const PART: Part = Part::Engine;
    const NOTE: &'static str = "rules are compiled to closures; the message is kept too";
    const RENEWS: bool = true;
    type Subject = Context;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        state(document).map(Self)
    }

    fn renew(&self, document: &[u8]) -> Result<()> {
        take(&self.0, document)
    }

    fn subject(user: &User) -> Context {
        context(user)
    }

    fn enabled(&self, key: &str, subject: &Context) -> bool {
        self.0.is_enabled(key, subject, &None)
    }

    fn letter(&self, key: &str, subject: &Context) -> u8 {
        first_letter(&self.0.get_variant(key, subject, &None).name)
    }
}

impl Contestant for Counting {
    const NAME: &'static str = "unleash-yggdrasil-counting";
    const CRATE: &'static str = "unleash-yggdrasil";
    const PART: Part = Part::Client;
    const NOTE: &'static str = "includes the counting that every Unleash SDK does per call";
    const RENEWS: bool = true;
    type Subject = Context;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        state(document).map(Self)
    }

    fn renew(&self, document: &[u8]) -> Result<()> {
        take(&self.0, document)
    }

    fn subject(user: &User) -> Context {
        context(user)
    }

    fn enabled(&self, key: &str, subject: &Context) -> bool {
        let on = self.0.is_enabled(key, subject, &None);
        self.0.count_toggle(key, on);
        on
    }

    fn letter(&self, key: &str, subject: &Context) -> u8 {
        let variant = self.0.get_variant(key, subject, &None);
        self.0.count_toggle(key, variant.feature_enabled);
        self.0.count_variant(key, &variant.name);
        first_letter(&variant.name)
    }
}

/// The client identifies features by an enum or, as here, by a string.
#[derive(Clone, Copy, Debug)]
struct ByText;

impl FeatureKey for ByText {
    fn name(self) -> &'static str {
        ""
    }
}

/// There is no server.
struct Unplugged;

#[async_trait]
impl Transport for Unplugged {
    async fn execute(&self, _: Request) -> Result<Response> {
        Err(anyhow!("there is no server"))
    }
}

struct Sdk(Client<ByText>);

impl Contestant for Sdk {
    const NAME: &'static str = "unleash-client";
    const CRATE: &'static str = "unleash-api-client";
    const PART: Part = Part::Client;
    const NOTE: &'static str = "one lock around the engine; every call is counted";
    const RENEWS: bool = true;
    type Subject = ClientContext;

    fn write(work: &Work) -> Result<Vec<u8>> {
        write(work)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let client = ClientBuilder::default()
            .enable_string_features()
            .disable_metric_submission()
            .into_client_with_transport("http://127.0.0.1:9", "bench", "bench", None, Arc::new(Unplugged))
            .map_err(|error| anyhow!("{error}"))?;
        let sdk = Self(client);
        sdk.renew(document)?;
        Ok(sdk)
    }

    fn renew(&self, document: &[u8]) -> Result<()> {
        let features: ClientFeatures = serde_json::from_slice(document)?;
        self.0.memoize(features).map(drop).map_err(|error| anyhow!("{error}"))
    }

    fn subject(user: &User) -> ClientContext {
        let properties = user.properties().map(|(name, value)| (name.to_owned(), value.to_owned()));
        ClientContext {
            user_id: Some(user.key.clone()),
            properties: properties.into(),
            ..ClientContext::default()
        }
    }

    fn enabled(&self, key: &str, subject: &ClientContext) -> bool {
        self.0.is_enabled_str(key, Some(subject), false)
    }

    fn letter(&self, key: &str, subject: &ClientContext) -> u8 {
        first_letter(&self.0.get_variant_str(key, subject).name)
    }
}
