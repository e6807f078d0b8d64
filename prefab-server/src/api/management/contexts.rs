//! The contexts that clients report: their properties, and examples.

use std::collections::BTreeMap;

use axum::{extract::State, response::Response};

use crate::api::management::access::{self, Access, PathParams, QueryParams};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    ContextExample, ContextProperty, ContextShape, ContextsQuery, ContextsResponse, ErrorResponse,
};
use prefab_store::{Example, Property};

/// Lists the properties of reported contexts, and recent examples.
#[utoipa::path(
    get, path = "/projects/{project}/contexts", tag = "evaluation", params(("project" = i64, Path), ContextsQuery),
    responses((status = 200, body = ContextsResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(ContextsQuery { environment, search }): QueryParams<ContextsQuery>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let environment = access::optional_environment(&actor, environment.as_deref(), "environment")?;
    let store = app.project_cache.store();
    app.telemetry.flush(store).await;
    let search = search.unwrap_or_default().to_lowercase();
    let examples = store.examples(actor.project.id, environment).await?.into_iter();
    let properties = store.properties(actor.project.id, environment).await?;
    let is_collecting = app.telemetry.settings().collect_contexts;
    app.json(actor.project.id, move |_| {
        let examples = examples.filter(|example| example.contexts.to_lowercase().contains(&search));
        let view = |example: Example| ContextExample {
            environment: example.environment.to_string(),
            at: example.at_millis,
            contexts: serde_json::from_str(&example.contexts).unwrap_or_default(),
        };
        let examples = examples.map(view).collect();
        Ok(ContextsResponse { is_collecting, shapes: shapes(properties, &search), examples })
    })
    .await
}

fn shapes(properties: Vec<Property>, search: &str) -> Vec<ContextShape> {
    let mut shapes: BTreeMap<String, BTreeMap<String, ContextProperty>> = BTreeMap::new();
    for Property { environment: _, context, name, kind, last_at_millis } in properties {
        if !format!("{context}.{name}").to_lowercase().contains(search) {
            continue;
        }
        let Some(kind) = kind_name(kind) else { continue };
        let view = shapes.entry(context).or_default().entry(name.clone());
        let view = view.or_insert(ContextProperty { name, types: Vec::new(), last_at: last_at_millis });
        view.last_at = view.last_at.max(last_at_millis);
        if !view.types.iter().any(|known| known == kind) {
            view.types.push(kind.to_owned());
        }
    }
    let shapes = shapes.into_iter();
    shapes
        .map(|(context, properties)| ContextShape { context, properties: properties.into_values().collect() })
        .collect()
}

fn kind_name(number: i32) -> Option<&'static str> {
    Some(match number {
        1 => "int",
        2 => "string",
        4 => "double",
        5 => "bool",
        10 => "string_list",
        _ => return None,
    })
}
