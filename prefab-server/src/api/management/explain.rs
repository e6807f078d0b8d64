//! Explanations of evaluations.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use prefab_core::{Config, Context, ContextSet};
use prefab_eval::{Contexts, Explanation, FixedHost};
use serde_json::Value as Json_;

use crate::api::management::{
    access::{self, Access, JsonBody, PathParams},
    drafts, history,
};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    ErrorResponse, ExplainRequest, ExplainResponse, ExplainedStep, namespace_problem,
};
use prefab_service::actor::Actor;
use prefab_store::Role;

/// Evaluates a config key like a client of an environment, and returns every step.
///
/// The server does not have the environment variables of clients, so values from them are absent.
#[utoipa::path(
    post, path = "/projects/{project}/explain", tag = "evaluation", params(("project" = i64, Path)),
    request_body = ExplainRequest,
    responses((status = 200, body = ExplainResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn explain(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(question): JsonBody<ExplainRequest>,
) -> Result<Response, ApiError> {
    let actor = access.require_role(project, Role::Viewer)?;
    let ExplainRequest { key, environment, contexts, namespace, user, version, at } = question;
    if let Some(problem) = namespace.as_deref().and_then(namespace_problem) {
        return Err(ApiError::invalid(problem));
    }
    let environment = access::environment(&actor, &environment, "environment")?.id;
    let key = access::item_key(&actor, &key)?;
    let instead = match version {
        Some(version) => Some(find(&app, &actor, &key, &version).await?),
        None => None,
    };
    let contexts = match contexts {
        Json_::Null => ContextSet::new(),
        json => {
            bound(&json, app.limits.limits().explain_properties)?;
            ContextSet::from_json(&json).map_err(|error| ApiError::invalid(format!("`contexts`: {error}")))?
        }
    };
    let person = user.map(|user| ContextSet::from(Context::new("prefab-api-key").with("user-id", user)));
    let person = person.unwrap_or_default();
    let project = actor.project;
    let now_millis = at.unwrap_or_else(|| app.clock.now_millis());
    app.json(project.id, move |_| {
        let ruleset = project.ruleset(environment, instead.as_ref()).ok_or(ApiError::NotFound)?;
        let ruleset = match &namespace {
            Some(namespace) => Arc::new(ruleset.with_namespace(namespace)),
            None => ruleset,
        };
        let host = FixedHost::default().with_now_millis(now_millis).with_random(chance());
        let stack = Contexts { global: &person, ..Contexts::of(&contexts) };
        let explanation = ruleset.explain(&key, &stack, &host);
        Ok(answer(key, explanation))
    })
    .await
}

/// Rejects contexts with too many properties.
fn bound(contexts: &Json_, most: usize) -> Result<(), ApiError> {
    let properties = |context: &Json_| context.as_object().map_or(1, serde_json::Map::len);
    let count: usize =
        contexts.as_object().into_iter().flat_map(serde_json::Map::values).map(properties).sum();
    if count > most {
        let cause = format!("`contexts`: expected at most {most} properties, not {count}");
        return Err(ApiError::invalid(cause));
    }
    Ok(())
}

fn answer(key: String, explanation: Explanation<'_>) -> ExplainResponse {
    let text = explanation.to_string();
    let steps = explanation.steps.into_iter();
    let steps = steps.map(|step| ExplainedStep { depth: step.depth, text: step.text }).collect();
    match &explanation.outcome {
        Ok(answer) => ExplainResponse {
            key,
            value: Some(if answer.is_confidential() {
                answer.display_value().into()
            } else {
                answer.value.to_json().unwrap_or_else(|| answer.value.to_string().into())
            }),
            kind: Some(answer.value.kind().to_owned()),
            reason: Some(answer.reason.name().to_owned()),
            namespace: answer.namespace().map(str::to_owned),
            version: Some(answer.config().id).filter(|id| *id != 0).map(|id| id.to_string()),
            error: None,
            steps,
            text,
        },
        Err(error) => ExplainResponse {
            key,
            value: None,
            kind: None,
            reason: None,
            namespace: None,
            version: None,
            error: Some(error.to_string()),
            steps,
            text,
        },
    }
}

/// Returns a version of an item, or its draft.
async fn find(app: &App, actor: &Actor, key: &str, version: &str) -> Result<Config, ApiError> {
    let config = if version == "draft" {
        drafts::find(app, actor, key).await.map(|draft| draft.config.map(|config| Config { id: 0, ..config }))
    } else {
        let id = version.parse();
        let id = id.map_err(|_| {
            ApiError::invalid("`version`: expected the number of a version, as a string, or draft")
        })?;
        history::find(app, actor, key, id).await.map(|version| version.and_then(|version| version.config))
    };
    match config {
        Ok(Some(config)) => Ok(config),
        Ok(None) | Err(ApiError::NotFound) => {
            Err(ApiError::invalid(format!("`version`: `{key}` has no version {version} with values")))
        }
        Err(error) => Err(error),
    }
}

fn chance() -> f64 {
    f64::from(getrandom::u32().unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}
