//! The provider: the only file that implements the trait of the SDK.

use std::fmt;

use futures_util::FutureExt as _;
use open_feature::{
    EvaluationContext, EvaluationError, EvaluationErrorCode, EvaluationReason, EvaluationResult,
    FlagMetadata, FlagMetadataValue, StructValue, async_trait,
    provider::{FeatureProvider, ProviderMetadata, ProviderStatus, ResolutionDetails},
};
use prefab_client::{Client, ClientStatus, EvalError, Reason, Subscription};
use prefab_core::ids::ProjectId;
use prefab_eval::{EvaluatedValue, Evaluation};
use prefab_openfeature_mapping::{
    ErrorCode, Failure, FlagSet, MetadataValue, Resolution,
    value::{self, TypeMismatch},
};

use crate::{
    cache::{Cache, Description},
    context,
    metadata::Metadata,
    structure,
};

/// The name of the provider in the metadata of the SDK.
pub(crate) const NAME: &str = "prefab";

/// The metadata field with the targeting key.
const CONTEXT_ID: &str = "contextId";

/// An OpenFeature provider that evaluates with a Prefab client.
///
/// Dropping the provider drops its clone of the client. `OpenFeature::shutdown` drops the provider, but does not wait for the
/// last telemetry report; [`Client::close_async`] does.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), prefab_client::Error> {
/// use open_feature::OpenFeature;
/// use prefab_client::Client;
/// use prefab_openfeature::PrefabProvider;
///
/// let prefab = Client::in_memory().value("max-jobs", 30).build()?;
/// OpenFeature::singleton_mut().await.set_provider(PrefabProvider::new(prefab.clone())).await;
/// let client = OpenFeature::singleton().await.create_client();
///
/// let details = client.get_int_details("max-jobs", None, None).await.map_err(|error| error.code);
/// assert_eq!(details.map(|details| details.value), Ok(30));
/// let error = client.get_bool_value("max-jobs", None, None).await.unwrap_err();
/// assert_eq!(error.message.as_deref(), Some("`max-jobs`: expected a boolean, found int"));
///
/// OpenFeature::singleton_mut().await.shutdown().await;
/// prefab.close_async().await;
/// # Ok(()) }
/// ```
pub struct PrefabProvider {
    client: Client,
    targeting_property: String,
    metadata: Metadata,
    cache: Cache,
    provider_metadata: ProviderMetadata,
    /// Clears the cache when a config changes.
    _changes: Subscription,
}

impl PrefabProvider {
    pub(crate) fn from_options(client: Client, targeting_property: String, metadata: Metadata) -> Self {
        let cache = Cache::default();
        let changes = client.on_change({
            let cache = cache.clone();
            move |_| cache.forget()
        });
        Self {
            client,
            targeting_property,
            metadata,
            cache,
            provider_metadata: ProviderMetadata::new(NAME),
            _changes: changes,
        }
    }

    /// Returns the Prefab client, for what OpenFeature does not have: live handles, log levels, listeners, `explain`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    /// use prefab_openfeature::PrefabProvider;
    ///
    /// let provider = PrefabProvider::new(Client::in_memory().value("max-jobs", 30).build()?);
    /// let _subscription = provider.client().on_change(|change| println!("changed: {:?}", change.keys));
    /// assert_eq!(provider.client().live::<i64>("max-jobs")?.get(), 30);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn resolve<T>(
        &self,
        key: &str,
        context: &EvaluationContext,
        read: impl Fn(&EvaluatedValue<'_>) -> Result<T, TypeMismatch>,
    ) -> EvaluationResult<ResolutionDetails<T>> {
        // Never waits: while the client has no configs, `ready` is pending.
        match self.client.ready().now_or_never() {
            Some(Ok(())) => {}
            Some(Err(error)) => return Err(not_ready(error.to_string())),
            None => {
                let why = format!("`{key}`: the Prefab client has not received its configs yet");
                return Err(not_ready(why));
            }
        }
        let contexts = context::contexts(context, &self.targeting_property, |name| self.report_field(name))
            .map_err(|limit| {
            failed(Failure { code: ErrorCode::InvalidContext, message: limit.to_string() })
        })?;
        let targeting_key = context.targeting_key.as_deref();
        self.client.with(&contexts).evaluate(key, |evaluation| match evaluation {
            Ok(evaluation) => {
                if let Some(failure) = Failure::of_config_type(key, evaluation.entry().stored().config_type())
                {
                    return Err(failed(failure));
                }
                let value = value::of_evaluation(evaluation, read)
                    .map_err(|mismatch| failed(Failure::of_type(key, &mismatch)))?;
                Ok(self.details(value, evaluation, targeting_key))
            }
            Err(error) => Err(failed(self.failure(key, error))),
        })
    }

    fn details<T>(
        &self,
        value: T,
        evaluation: &Evaluation<'_>,
        targeting_key: Option<&str>,
    ) -> ResolutionDetails<T> {
        // A value that is computed at each evaluation may have another variant each time.
        let description = if evaluation.is_precomputed() {
            self.cache.description(evaluation.id(), || self.describe(evaluation))
        } else {
            self.describe(evaluation).into()
        };
        let mut metadata = description.metadata.clone();
        if let (Some(metadata), Some(key)) = (&mut metadata, targeting_key) {
            metadata.add_value(CONTEXT_ID, key);
        }
        ResolutionDetails {
            value,
            variant: Some(description.variant.clone()),
            reason: Some(description.reason.clone()),
            flag_metadata: metadata,
        }
    }

    fn describe(&self, evaluation: &Evaluation<'_>) -> Description {
        // Local configs belong to no project.
        let (project, environment) = (evaluation.config().project_id, self.client.ruleset().project_env_id());
        let flag_set = (project != 0 && environment != 0)
            .then_some(FlagSet { project: ProjectId(project), environment });
        let resolution = Resolution::new(evaluation, flag_set, None);
        let metadata = (self.metadata != Metadata::None).then(|| {
            resolution.metadata.into_iter().fold(FlagMetadata::default(), |metadata, (name, value)| {
                let value = match value {
                    MetadataValue::Bool(bool) => FlagMetadataValue::Bool(bool),
                    MetadataValue::Int(int) => FlagMetadataValue::Int(int),
                    MetadataValue::Text(text) => FlagMetadataValue::String(text),
                };
                metadata.with_value(name, value)
            })
        });
        let reason = match resolution.reason {
            Reason::Static => EvaluationReason::Static,
            Reason::TargetingMatch => EvaluationReason::TargetingMatch,
            Reason::Split => EvaluationReason::Split,
            Reason::Default => EvaluationReason::Default,
            Reason::Error => EvaluationReason::Error,
        };
        Description { reason, variant: resolution.variant, metadata }
    }

    fn failure(&self, key: &str, error: &EvalError) -> Failure {
        let failure = Failure::of_evaluation(key, error);
        if failure.code != ErrorCode::FlagNotFound {
            return failure;
        }
        let similar = self.cache.similar_key(key, || self.client.similar_key(key));
        failure.with_suggestion(similar.as_deref())
    }

    /// Adds a field that cannot be read to the problems of the client, once.
    #[cold]
    fn report_field(&self, name: &str) {
        if self.cache.is_first_report(name) {
            let problem = format!(
                "the field `{name}` of an evaluation context is ignored, because its structure has an unsupported type; \
                 use `StructValue`, `HashMap<String, Value>` or `serde_json::Map`"
            );
            self.client.report_problem("openfeature", problem);
        }
    }
}

fn not_ready(message: String) -> EvaluationError {
    EvaluationError { code: EvaluationErrorCode::ProviderNotReady, message: Some(message) }
}

fn failed(failure: Failure) -> EvaluationError {
    let Failure { code, message } = failure;
    let code = match code {
        ErrorCode::FlagNotFound => EvaluationErrorCode::FlagNotFound,
        ErrorCode::ParseError => EvaluationErrorCode::ParseError,
        ErrorCode::TypeMismatch => EvaluationErrorCode::TypeMismatch,
        ErrorCode::InvalidContext => EvaluationErrorCode::InvalidContext,
        ErrorCode::ProviderNotReady => EvaluationErrorCode::ProviderNotReady,
        _ => EvaluationErrorCode::General(message.clone()),
    };
    EvaluationError { code, message: Some(message) }
}

#[async_trait]
impl FeatureProvider for PrefabProvider {
    /// Waits until the client has received its configs, or until its
    /// [`init_timeout`](prefab_client::ClientBuilder::init_timeout) has passed. Blocks no thread.
    ///
    /// The result is visible in [`status`](Self::status), and in the error of each evaluation.
    async fn initialize(&mut self, _: &EvaluationContext) {
        // The SDK provides no way to return the error.
        let _ = self.client.ready().await;
    }

    /// Returns `Ready` while the values are current, `STALE` if changes may be missing, `NotReady` before the first response
    /// of the server, and `Error` if there was none within the initialization timeout or if the server rejects the API key.
    fn status(&self) -> ProviderStatus {
        match self.client.ready().now_or_never() {
            None => return ProviderStatus::NotReady,
            Some(Err(_)) => return ProviderStatus::Error,
            Some(Ok(())) => {}
        }
        match self.client.state().status {
            ClientStatus::Live | ClientStatus::Polling => ProviderStatus::Ready,
            ClientStatus::Refused => ProviderStatus::Error,
            // With `OnInitFailure::Return`, the local configs are in use before the first response.
            _ => ProviderStatus::STALE,
        }
    }

    fn metadata(&self) -> &ProviderMetadata {
        &self.provider_metadata
    }

    async fn resolve_bool_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        self.resolve(key, context, value::to_bool)
    }

    async fn resolve_int_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        self.resolve(key, context, value::to_int)
    }

    async fn resolve_float_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        self.resolve(key, context, value::to_float)
    }

    async fn resolve_string_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        self.resolve(key, context, value::to_text)
    }

    async fn resolve_struct_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        let details = self.resolve(key, context, value::to_structure)?;
        let ResolutionDetails { value, variant, reason, flag_metadata } = details;
        match structure::structure(value) {
            Some(value) => Ok(ResolutionDetails { value, variant, reason, flag_metadata }),
            None => Err(EvaluationError {
                code: EvaluationErrorCode::TypeMismatch,
                message: Some(format!(
                    "`{key}`: expected a structure, found json with null in a list: read it with `client.get::<Json<T>>`"
                )),
            }),
        }
    }
}

impl fmt::Debug for PrefabProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrefabProvider")
            .field("client", &self.client)
            .field("targeting_property", &self.targeting_property)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
