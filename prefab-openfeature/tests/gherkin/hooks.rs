//! Hooks that record their calls, or that add to the context.

use std::sync::{Arc, Mutex};

use open_feature::{
    EvaluationContext, EvaluationDetails, EvaluationError, Hook, HookContext, HookHints, Value, async_trait,
};

/// A call of a hook.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) hook: &'static str,
    pub(crate) stage: &'static str,
    pub(crate) details: Option<EvaluationDetails<Value>>,
    pub(crate) error: Option<EvaluationError>,
}

/// The calls so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    /// Returns the calls of a stage.
    pub(crate) fn of_stage(&self, stage: &str) -> Vec<Call> {
        self.0.lock().unwrap().iter().filter(|call| call.stage == stage).cloned().collect()
    }
}

/// A hook that records its calls.
pub(crate) struct Recorder {
    pub(crate) name: &'static str,
    pub(crate) calls: Calls,
}

impl Recorder {
    fn record(
        &self,
        stage: &'static str,
        details: Option<&EvaluationDetails<Value>>,
        error: Option<&EvaluationError>,
    ) {
        let call = Call { hook: self.name, stage, details: details.cloned(), error: error.cloned() };
        self.calls.0.lock().unwrap().push(call);
    }
}

#[async_trait]
impl Hook for Recorder {
    async fn before<'a>(
        &self,
        _: &HookContext<'a>,
        _: Option<&'a HookHints>,
    ) -> Result<Option<EvaluationContext>, EvaluationError> {
        self.record("before", None, None);
        Ok(None)
    }

    async fn after<'a>(
        &self,
        _: &HookContext<'a>,
        details: &EvaluationDetails<Value>,
        _: Option<&'a HookHints>,
    ) -> Result<(), EvaluationError> {
        self.record("after", Some(details), None);
        Ok(())
    }

    async fn error<'a>(&self, _: &HookContext<'a>, error: &EvaluationError, _: Option<&'a HookHints>) {
        self.record("error", None, Some(error));
    }

    async fn finally<'a>(
        &self,
        _: &HookContext<'a>,
        details: &EvaluationDetails<Value>,
        _: Option<&'a HookHints>,
    ) {
        self.record("finally", Some(details), None);
    }
}

/// A hook that adds fields to the evaluation context.
pub(crate) struct AddFields(pub(crate) EvaluationContext);

#[async_trait]
impl Hook for AddFields {
    async fn before<'a>(
        &self,
        _: &HookContext<'a>,
        _: Option<&'a HookHints>,
    ) -> Result<Option<EvaluationContext>, EvaluationError> {
        Ok(Some(self.0.clone()))
    }

    async fn after<'a>(
        &self,
        _: &HookContext<'a>,
        _: &EvaluationDetails<Value>,
        _: Option<&'a HookHints>,
    ) -> Result<(), EvaluationError> {
        Ok(())
    }

    async fn error<'a>(&self, _: &HookContext<'a>, _: &EvaluationError, _: Option<&'a HookHints>) {}

    async fn finally<'a>(&self, _: &HookContext<'a>, _: &EvaluationDetails<Value>, _: Option<&'a HookHints>) {
    }
}
