//! Evaluates one flag.

use std::time::Instant;

use axum::{
    body::{Body, Bytes},
    extract::State,
    response::Response,
};
use http::{StatusCode, Uri};
use prefab_proto::wire;
use prefab_service::{
    ofrep::{EvaluationRequest, Evaluator, FlagOutcome, MAX_BODY_BYTES, PublishedVersion, report},
    project_cache::Caller,
    workers::Kind,
};
use prefab_store::key::KeyKind;

use super::{
    caller::{OfrepCaller, flag_key},
    json,
    refusal::{Refusal, TOO_MANY_EVALUATIONS},
};
use crate::api::{body, state::App};

/// Handles `evaluate/flags/{key}`.
pub(super) async fn evaluate(
    State(app): State<App>,
    OfrepCaller(caller): OfrepCaller,
    uri: Uri,
    body: Body,
) -> Result<Response, Refusal> {
    let key = flag_key(uri.path()).unwrap_or_default();
    let bytes = body::read(body, MAX_BODY_BYTES).await.map_err(|error| Refusal::body(Some(&key), &error))?;
    // Front-end keys are public.
    if caller.kind == KeyKind::Frontend && !app.limits.evaluation(caller.key_id, Instant::now()) {
        app.metrics.evaluations_refused.inc();
        return Err(Refusal::too_many(Some(&key), TOO_MANY_EVALUATIONS));
    }
    // On a worker thread, because a flag may search for patterns in long texts.
    let work = app.workers.run(Kind::Evaluate, Some(caller.project.id), {
        let (app, caller, key) = (app.clone(), caller.clone(), key.clone());
        move |_| Answer::new(&app, &caller, &key, &bytes)
    });
    let answer = work.await.map_err(|busy| Refusal::busy(Some(&key), busy))??;
    if let Some(report) = answer.report {
        app.telemetry.record(&caller, report);
    }
    let mut response = json(answer.body);
    *response.status_mut() = answer.status;
    Ok(response)
}

/// The response, and the telemetry of the evaluation.
struct Answer {
    status: StatusCode,
    body: String,
    report: Option<wire::TelemetryEvents>,
}

impl Answer {
    fn new(app: &App, caller: &Caller, key: &str, body: &Bytes) -> Result<Self, Refusal> {
        let request =
            EvaluationRequest::parse(body).map_err(|failure| Refusal::invalid(Some(key), failure))?;
        let (ruleset, last_id) = caller.channel.ruleset_with_id();
        let now_millis = app.clock.now_millis();
        app.telemetry.record_contexts(caller, &request.contexts, true);
        let published = PublishedVersion { ruleset: &ruleset, last_id };
        let evaluator = Evaluator::new(published, &request, caller, now_millis);
        let mut outcome = evaluator.flag(key);
        // Clients may append a slash to the path.
        if let (FlagOutcome::NotFound(_), Some(shorter)) = (&outcome, key.strip_suffix('/')) {
            let of_shorter = evaluator.flag(shorter);
            if !matches!(of_shorter, FlagOutcome::NotFound(_)) {
                outcome = of_shorter;
            }
        }
        Ok(match outcome {
            FlagOutcome::Resolved(body, evaluation) => {
                let report =
                    evaluation.map(|evaluation| report(evaluation.entry().key(), &evaluation, now_millis));
                Self { status: StatusCode::OK, body, report }
            }
            FlagOutcome::Failed(body) => Self { status: StatusCode::BAD_REQUEST, body, report: None },
            FlagOutcome::NotFound(body) => Self { status: StatusCode::NOT_FOUND, body, report: None },
        })
    }
}
