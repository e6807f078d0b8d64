//! The state of a scenario.

use std::{
    convert::Infallible,
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
};

use futures_util::FutureExt as _;
use open_feature::{
    EvaluationContext, EvaluationDetails, EvaluationError, EvaluationOptions, HookHints, HookWrapper,
    OpenFeature, StructValue, Value, provider::FeatureProvider as _,
};
use prefab_openfeature::Metadata;

use crate::{
    flags,
    hooks::{AddFields, Calls, Recorder},
    providers::{self, Recording, Started},
    values,
};

static FLAGS: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();

/// Sets the flags of all scenarios.
pub(crate) fn set_flags(path: &Path) {
    let flags = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    FLAGS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("datafile.json");
        fs::write(&path, flags::datafile(&flags).to_string()).unwrap();
        (folder, path)
    });
}

/// A flag and the value that the scenario expects without one.
#[derive(Clone, Debug)]
pub(crate) struct Flag {
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) fallback: Value,
}

/// The result of an evaluation. The SDK has no default argument, so the fallback is applied here.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) value: Value,
    pub(crate) details: Result<EvaluationDetails<Value>, EvaluationError>,
    /// Whether the evaluation finished when it was polled for the first time.
    pub(crate) is_immediate: bool,
}

impl Outcome {
    pub(crate) fn reason(&self) -> String {
        match &self.details {
            Ok(details) => details.reason.clone().unwrap().to_string(),
            Err(_) => "ERROR".to_owned(),
        }
    }
}

/// The state of a scenario.
pub(crate) struct World {
    api: OpenFeature,
    started: Option<Started>,
    metadata: Metadata,
    pub(crate) flag: Option<Flag>,
    /// The context of the invocation.
    pub(crate) context: EvaluationContext,
    client_context: EvaluationContext,
    before_hooks: EvaluationContext,
    pub(crate) calls: Calls,
    /// The names of the recording hooks, in order.
    pub(crate) hooks: Vec<&'static str>,
    pub(crate) levels: Vec<String>,
    pub(crate) outcome: Option<Outcome>,
    contexts: Arc<Mutex<Vec<EvaluationContext>>>,
}

impl World {
    pub(crate) fn omit_metadata(&mut self) {
        self.metadata = Metadata::None;
    }

    pub(crate) async fn start(&mut self, status: &str) {
        let (_, flags) = FLAGS.get().unwrap();
        let started = providers::start(status, flags, self.metadata).await;
        let recording =
            Recording { inner: Arc::clone(&started.provider), contexts: Arc::clone(&self.contexts) };
        self.api.set_provider(recording).await;
        self.started = Some(started);
    }

    pub(crate) fn status(&self) -> String {
        let status = self.started.as_ref().unwrap().provider.status();
        let name = format!("{status:?}");
        if name == "NotReady" { "NOT_READY".to_owned() } else { name.to_uppercase() }
    }

    pub(crate) fn set_flag(&mut self, kind: &str, key: &str, fallback: &str) {
        let fallback = values::parse(kind, fallback);
        self.flag = Some(Flag { kind: kind.to_lowercase(), key: key.to_owned(), fallback });
    }

    /// Adds a field to a level of contexts.
    pub(crate) async fn add_field(&mut self, level: &str, name: &str, value: &str) {
        match level {
            "API" => {
                self.api
                    .set_evaluation_context(EvaluationContext::default().with_custom_field(name, value))
                    .await;
            }
            "Client" => self.client_context.add_custom_field(name, value),
            "Invocation" => self.context.add_custom_field(name, value),
            "Before Hooks" => self.before_hooks.add_custom_field(name, value),
            other => panic!("unknown level {other}"),
        }
    }

    /// Returns the evaluation context that the provider has received.
    pub(crate) fn merged_context(&self) -> EvaluationContext {
        self.contexts.lock().unwrap().last().unwrap().clone()
    }

    /// Evaluates the flag.
    pub(crate) async fn evaluate(&mut self) {
        let flag = self.flag.clone().unwrap();
        let mut client = self.api.create_client();
        client.set_evaluation_context(self.client_context.clone());
        let recorders =
            self.hooks.iter().map(|name| HookWrapper::new(Recorder { name, calls: self.calls.clone() }));
        let hooks = recorders.chain([HookWrapper::new(AddFields(self.before_hooks.clone()))]).collect();
        let options = EvaluationOptions { hints: HookHints::default(), hooks };
        let (key, context, options) = (flag.key.as_str(), Some(&self.context), Some(&options));
        let evaluation = async {
            match flag.kind.as_str() {
                "boolean" => {
                    client.get_bool_details(key, context, options).await.map(EvaluationDetails::into_value)
                }
                "string" => {
                    client.get_string_details(key, context, options).await.map(EvaluationDetails::into_value)
                }
                "integer" => {
                    client.get_int_details(key, context, options).await.map(EvaluationDetails::into_value)
                }
                "float" => {
                    client.get_float_details(key, context, options).await.map(EvaluationDetails::into_value)
                }
                _ => client
                    .get_struct_details::<StructValue>(key, context, options)
                    .await
                    .map(EvaluationDetails::into_value),
            }
        };
        let mut evaluation = std::pin::pin!(evaluation);
        let immediate = evaluation.as_mut().now_or_never();
        let is_immediate = immediate.is_some();
        let details = match immediate {
            Some(details) => details,
            None => evaluation.await,
        };
        let value = details.as_ref().map_or(flag.fallback, |details| details.value.clone());
        self.outcome = Some(Outcome { value, details, is_immediate });
    }

    pub(crate) fn outcome(&self) -> &Outcome {
        self.outcome.as_ref().unwrap()
    }
}

impl cucumber::World for World {
    type Error = Infallible;

    async fn new() -> Result<Self, Infallible> {
        Ok(Self {
            api: OpenFeature::default(),
            started: None,
            metadata: Metadata::Standard,
            flag: None,
            context: EvaluationContext::default(),
            client_context: EvaluationContext::default(),
            before_hooks: EvaluationContext::default(),
            calls: Calls::default(),
            hooks: Vec::new(),
            levels: Vec::new(),
            outcome: None,
            contexts: Arc::default(),
        })
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("flag", &self.flag)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}
