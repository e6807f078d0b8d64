//! `OpenFeature`: the overhead of its client. The provider is a map of constants, because the crate contains none.

use std::collections::HashMap;

use anyhow::Result;
use async_trait::async_trait;
use open_feature::{
    Client, EvaluationContext, EvaluationError, EvaluationErrorCode, EvaluationResult, OpenFeature,
    StructValue,
    provider::{FeatureProvider, ProviderMetadata, ResolutionDetails},
};
use prefab_bench::{
    Contestant, Entry, Fit, Item, Part, Rule, User, Work, block_on_ready, host, runtime, scratch_file,
};

fn main() -> Result<()> {
    host(&[Entry::of::<InMemory>()])
}

struct Constants {
    metadata: ProviderMetadata,
    values: HashMap<String, bool>,
}

type Resolved<T> = EvaluationResult<ResolutionDetails<T>>;

fn not_found<T>() -> Resolved<T> {
    Err(EvaluationError { code: EvaluationErrorCode::FlagNotFound, message: None })
}

#[async_trait]
impl FeatureProvider for Constants {
    fn metadata(&self) -> &ProviderMetadata {
        &self.metadata
    }

    async fn resolve_bool_value(&self, key: &str, _: &EvaluationContext) -> Resolved<bool> {
        self.values.get(key).map_or_else(not_found, |value| Ok(ResolutionDetails::new(*value)))
    }

    async fn resolve_int_value(&self, _: &str, _: &EvaluationContext) -> Resolved<i64> {
        not_found()
    }

    async fn resolve_float_value(&self, _: &str, _: &EvaluationContext) -> Resolved<f64> {
        not_found()
    }

    async fn resolve_string_value(&self, _: &str, _: &EvaluationContext) -> Resolved<String> {
        not_found()
    }

    async fn resolve_struct_value(&self, _: &str, _: &EvaluationContext) -> Resolved<StructValue> {
        not_found()
    }
}

struct InMemory(Client);

impl Contestant for InMemory {
    const NAME: &'static str = "openfeature-in-memory";
    const CRATE: &'static str = "open-feature";
    const PART: Part = Part::Client;
    const NOTE: &'static str = "constants only, so this is the cost of the vendor-neutral interface";
    type Subject = EvaluationContext;

    fn write(work: &Work) -> Result<Vec<u8>> {
        let value = |rule: &Rule| matches!(rule, Rule::Constant(true));
        let values: HashMap<&str, bool> =
            work.flags.iter().map(|flag| (flag.key.as_str(), value(&flag.rule))).collect();
        Ok(serde_json::to_vec(&values)?)
    }

    fn load(document: &[u8]) -> Result<Self> {
        let metadata = ProviderMetadata::new("constants");
        let provider = Constants { metadata, values: serde_json::from_slice(document)? };
        // A name that is unique per load.
        let domain = scratch_file("constants").to_string_lossy().into_owned();
        Ok(Self(runtime().block_on(async {
            let mut api = OpenFeature::singleton_mut().await;
            api.set_named_provider(&domain, provider).await;
            api.create_named_client(&domain)
        })))
    }

    fn subject(user: &User) -> EvaluationContext {
        let context = EvaluationContext::default().with_targeting_key(user.key.as_str());
        user.properties()
            .into_iter()
            .fold(context, |context, (name, value)| context.with_custom_field(name, value))
    }

    fn enabled(&self, key: &str, subject: &EvaluationContext) -> bool {
        block_on_ready(self.0.get_bool_value(key, Some(subject), None)).unwrap_or_default()
    }

    fn letter(&self, _key: &str, _subject: &EvaluationContext) -> u8 {
        0
    }

    fn fit(item: Item) -> Fit {
        if item == Item::Static { Fit::Same } else { Fit::Never }
    }
}
