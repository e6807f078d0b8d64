//! A hook that emits an event for each evaluation, with the names of OpenTelemetry.

use std::{sync::Arc, time::Instant};

use open_feature::{
    EvaluationContext, EvaluationDetails, EvaluationError, EvaluationErrorCode, EvaluationReason,
    FlagMetadata, FlagMetadataValue, Hook, HookContext, HookHints, Value, async_trait,
};
use tracing::{Level, Span};

use crate::{
    provider,
    recent_events::{EventKey, RecentEvents},
};

/// A hook that emits `tracing` events of evaluations.
///
/// Evaluations with the same flag and variant, or the same flag and error code, emit one event per span. Outside a span, they
/// emit one per minute. The hook remembers at most 10,000 events; beyond that, events may repeat.
///
/// The event has the name `feature_flag.evaluation`, the target `prefab_openfeature` and the level `INFO`. Its fields are
/// attributes of the semantic conventions of OpenTelemetry:
///
/// | field | value |
/// | --- | --- |
/// | `feature_flag.key` | the key |
/// | `feature_flag.provider.name` | `Prefab`, or the name of another provider |
/// | `feature_flag.result.variant` | the variant |
/// | `feature_flag.result.reason` | the reason in lower case, for example `targeting_match`; `error` after an error |
/// | `feature_flag.set.id` | the project and the environment, if they are known |
/// | `feature_flag.version` | the id of the config |
/// | `feature_flag.result.value` | the value, with [`with_value`](Self::with_value) and unless it is confidential |
/// | `feature_flag.context.id` | the targeting key, with [`with_context_id`](Self::with_context_id) |
/// | `error.type` | the error code in lower case, for example `flag_not_found` |
/// | `feature_flag.error.message` | the error message |
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use open_feature::OpenFeature;
/// use prefab_openfeature::TracingHook;
///
/// OpenFeature::singleton_mut().await.add_hook(TracingHook::new()).await;
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct TracingHook {
    has_value: bool,
    has_context_id: bool,
    /// All clones share them.
    recent_events: Arc<RecentEvents>,
}

impl TracingHook {
    /// Creates a hook whose events contain neither the value nor the targeting key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the events contain the value. Confidential values are always omitted.
    #[must_use]
    pub fn with_value(mut self, has_value: bool) -> Self {
        self.has_value = has_value;
        self
    }

    /// Sets whether the events contain the targeting key, which may be personal data.
    #[must_use]
    pub fn with_context_id(mut self, has_context_id: bool) -> Self {
        self.has_context_id = has_context_id;
        self
    }

    /// Returns whether the event of an evaluation is not a repetition.
    fn is_first(&self, flag: &str, variant: Option<&str>, error_type: Option<&str>) -> bool {
        let span = Span::current().id().map(|id| id.into_u64());
        self.recent_events.is_first(EventKey { span, flag, variant, error_type }, Instant::now())
    }

    fn emit(&self, context: &HookContext<'_>, outcome: &Outcome<'_>) {
        let provider = match context.provider_metadata.name.as_str() {
            provider::NAME => "Prefab",
            other => other,
        };
        let context_id = context.evaluation_context.targeting_key.as_deref();
        tracing::event!(
            name: "feature_flag.evaluation",
            target: "prefab_openfeature",
            Level::INFO,
            feature_flag.key = context.flag_key,
            feature_flag.provider.name = provider,
            feature_flag.result.variant = outcome.variant,
            feature_flag.result.reason = outcome.reason.as_str(),
            feature_flag.result.value = outcome.value.as_deref(),
            feature_flag.set.id = outcome.text("flagSetId"),
            feature_flag.version = outcome.text("version"),
            feature_flag.context.id = context_id.filter(|_| self.has_context_id),
            error.r#type = outcome.error_type.as_deref(),
            feature_flag.error.message = outcome.error_message,
        );
    }
}

/// The parts of an event that depend on the result.
struct Outcome<'d> {
    reason: String,
    variant: Option<&'d str>,
    value: Option<String>,
    metadata: Option<&'d FlagMetadata>,
    error_type: Option<String>,
    error_message: Option<&'d str>,
}

impl Outcome<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        match self.metadata?.values.get(name)? {
            FlagMetadataValue::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Returns whether a value must not be logged. Without metadata that is not known.
fn is_confidential(metadata: &FlagMetadata) -> bool {
    metadata.values.get("confidential") != Some(&FlagMetadataValue::Bool(false))
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Bool(bool) => bool.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Float(float) => float.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Struct(_) => format!("{value:?}"),
    }
}

#[async_trait]
impl Hook for TracingHook {
    async fn before<'a>(
        &self,
        _: &HookContext<'a>,
        _: Option<&'a HookHints>,
    ) -> Result<Option<EvaluationContext>, EvaluationError> {
        Ok(None)
    }

    async fn after<'a>(
        &self,
        _: &HookContext<'a>,
        _: &EvaluationDetails<Value>,
        _: Option<&'a HookHints>,
    ) -> Result<(), EvaluationError> {
        Ok(())
    }

    /// Emits the event of a failed evaluation, because only this method receives the error.
    async fn error<'a>(&self, context: &HookContext<'a>, error: &EvaluationError, _: Option<&'a HookHints>) {
        let code = match &error.code {
            EvaluationErrorCode::General(_) => "general".to_owned(),
            code => code.to_string().to_lowercase(),
        };
        if !self.is_first(context.flag_key, None, Some(&code)) {
            return;
        }
        let outcome = Outcome {
            reason: "error".to_owned(),
            variant: None,
            value: None,
            metadata: None,
            error_type: Some(code),
            error_message: error.message.as_deref(),
        };
        self.emit(context, &outcome);
    }

    /// Emits the event of a successful evaluation, after all other hooks have had the chance to fail.
    async fn finally<'a>(
        &self,
        context: &HookContext<'a>,
        details: &EvaluationDetails<Value>,
        _: Option<&'a HookHints>,
    ) {
        let reason = match &details.reason {
            // The method `error` has emitted the event.
            Some(EvaluationReason::Error) => return,
            Some(reason) => reason.to_string().to_lowercase(),
            None => "unknown".to_owned(),
        };
        if !self.is_first(context.flag_key, details.variant.as_deref(), None) {
            return;
        }
        let is_shown = self.has_value && !is_confidential(&details.flag_metadata);
        let outcome = Outcome {
            reason,
            variant: details.variant.as_deref(),
            value: is_shown.then(|| text_of(&details.value)),
            metadata: Some(&details.flag_metadata),
            error_type: None,
            error_message: None,
        };
        self.emit(context, &outcome);
    }
}
