//! Evaluation counts that clients report.

use std::collections::BTreeMap;

use axum::{extract::State, response::Response};
use serde_json::Value as Json_;

use crate::api::management::access::{self, Access, PathParams, QueryParams};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    BucketLength, EnvironmentCounts, ErrorResponse, EvaluationBucket, EvaluationsQuery, EvaluationsResponse,
    ValueCount,
};
use prefab_store::{EvaluationCount, EvaluationFilter, HOUR_MILLIS, add_counts};

/// The maximum number of buckets.
const MAX_BUCKETS: i64 = 2_400;
/// The end of the year 9999, in milliseconds since 1970, the latest time of a count.
const LATEST_MILLIS: i64 = 253_402_300_799_999;

/// Returns evaluation counts by environment, value and time.
#[utoipa::path(
    get, path = "/projects/{project}/evaluations", tag = "evaluation",
    params(("project" = i64, Path), EvaluationsQuery),
    responses((status = 200, body = EvaluationsResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn counts(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(query): QueryParams<EvaluationsQuery>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let EvaluationsQuery { key, environment, from, to, by } = query;
    let environment = access::optional_environment(&actor, environment.as_deref(), "environment")?;
    let end = to.unwrap_or_else(|| app.clock.now_millis()).clamp(0, LATEST_MILLIS);
    let start = from.unwrap_or(end - 24 * HOUR_MILLIS).clamp(0, LATEST_MILLIS);
    let hours = match by.unwrap_or_default() {
        BucketLength::Hour => 1,
        BucketLength::Day => 24,
    };
    let length = hours * HOUR_MILLIS;
    if start >= end || (end - start) / length > MAX_BUCKETS {
        return Err(ApiError::invalid(format!(
            "`from`: expected a time before `to`, with at most {MAX_BUCKETS} buckets between them"
        )));
    }
    app.telemetry.flush(app.project_cache.store()).await;
    let filter = EvaluationFilter {
        project: actor.project.id,
        key: key.clone(),
        environment,
        from_millis: start,
        to_millis: end,
        hours,
    };
    let counts = app.project_cache.store().evaluation_counts(filter).await?;
    let project = actor.project;
    app.json(project.id, move |_| {
        let environments = project.environments();
        let environments: Vec<EnvironmentCounts> = environments
            .iter()
            .filter_map(|environment| {
                let own = counts.iter().filter(|count| count.environment == environment.id);
                of(environment.id.to_string(), environment.name.clone(), own.collect())
            })
            .collect();
        let total = environments.iter().map(|environment| environment.total).fold(0, add_counts);
        Ok(EvaluationsResponse { key, start: start.div_euclid(length) * length, end, total, environments })
    })
    .await
}

fn of(id: String, name: String, counts: Vec<&EvaluationCount>) -> Option<EnvironmentCounts> {
    if counts.is_empty() {
        return None;
    }
    let mut values: BTreeMap<&str, i64> = BTreeMap::new();
    let mut buckets: Vec<EvaluationBucket> = Vec::new();
    for EvaluationCount { at_millis, config_id, value, count, .. } in counts {
        let known = values.entry(value).or_default();
        *known = add_counts(*known, *count);
        let shown = ValueCount {
            value: json(value),
            version: (*config_id != 0).then(|| config_id.to_string()),
            count: *count,
        };
        match buckets.last_mut().filter(|bucket| bucket.at == *at_millis) {
            Some(bucket) => {
                bucket.total = add_counts(bucket.total, *count);
                bucket.counts.push(shown);
            }
            None => buckets.push(EvaluationBucket { at: *at_millis, total: *count, counts: vec![shown] }),
        }
    }
    let values = values.into_iter();
    let counts: Vec<ValueCount> =
        values.map(|(value, count)| ValueCount { value: json(value), version: None, count }).collect();
    let total = counts.iter().map(|count| count.count).fold(0, add_counts);
    Some(EnvironmentCounts { id, name, total, counts, buckets })
}

/// Parses a stored value, which is JSON or empty.
fn json(value: &str) -> Json_ {
    serde_json::from_str(value).unwrap_or_default()
}
