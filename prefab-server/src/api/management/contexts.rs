//! Which contexts do clients evaluate with? What they look like, and some that were met.

use std::collections::BTreeMap;

use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use utoipa::{IntoParams, ToSchema};

use crate::api::management::{
    access::{self, Access, PathParams, QueryParams},
    views::Problem,
};
use crate::api::{error::ApiError, state::App};
use prefab_store::{Example, Property};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only this environment, by number or name.
    environment: Option<String>,
    /// Only properties and examples with this in them.
    search: Option<String>,
}

/// Contexts as clients report them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contexts {
    /// Whether the server keeps contexts at all.
    is_collecting: bool,
    shapes: Vec<Shape>,
    /// Contexts that were met, newest first.
    examples: Vec<ExampleView>,
}

/// What contexts of one name look like.
#[derive(Serialize, ToSchema)]
pub(super) struct Shape {
    #[schema(example = "user")]
    context: String,
    properties: Vec<PropertyView>,
}

/// A property that contexts had.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PropertyView {
    #[schema(example = "email")]
    name: String,
    /// The kinds of values it had: `string`, `int`, `double`, `bool`, `string_list`.
    types: Vec<&'static str>,
    /// When it was met last, in milliseconds since 1970.
    last_at: i64,
}

/// Contexts that were met.
#[derive(Serialize, ToSchema)]
pub(super) struct ExampleView {
    /// The environment's number, as a text.
    environment: String,
    /// When, in milliseconds since 1970.
    at: i64,
    /// By name.
    #[schema(value_type = Object, example = json!({"user": {"key": "u-1", "plan": "pro"}}))]
    contexts: Json_,
}

/// Shows what contexts look like and some that were met lately.
#[utoipa::path(
    get, path = "/projects/{project}/contexts", tag = "evaluation", params(("project" = i64, Path), Wanted),
    responses((status = 200, body = Contexts), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(Wanted { environment, search }): QueryParams<Wanted>,
) -> Result<Response, ApiError> {
    let author = access.authorize(project)?;
    let environment = access::optional_environment(&author, environment.as_deref(), "environment")?;
    let store = app.hub.store();
    app.telemetry.flush(store).await;
    let search = search.unwrap_or_default().to_lowercase();
    let examples = store.examples(author.project.id, environment).await?.into_iter();
    let properties = store.properties(author.project.id, environment).await?;
    let is_collecting = app.telemetry.settings().collect_contexts;
    app.json(author.project.id, move |_| {
        let examples = examples.filter(|example| example.contexts.to_lowercase().contains(&search));
        let view = |example: Example| ExampleView {
            environment: example.environment.to_string(),
            at: example.at_millis,
            contexts: serde_json::from_str(&example.contexts).unwrap_or_default(),
        };
        let examples = examples.map(view).collect();
        Ok(Contexts { is_collecting, shapes: shapes(properties, &search), examples })
    })
    .await
}

fn shapes(properties: Vec<Property>, search: &str) -> Vec<Shape> {
    let mut shapes: BTreeMap<String, BTreeMap<String, PropertyView>> = BTreeMap::new();
    for Property { environment: _, context, name, kind, last_at_millis } in properties {
        if !format!("{context}.{name}").to_lowercase().contains(search) {
            continue;
        }
        let Some(kind) = kind_name(kind) else { continue };
        let view = shapes.entry(context).or_default().entry(name.clone());
        let view = view.or_insert(PropertyView { name, types: Vec::new(), last_at: last_at_millis });
        view.last_at = view.last_at.max(last_at_millis);
        if !view.types.contains(&kind) {
            view.types.push(kind);
        }
    }
    let shapes = shapes.into_iter();
    shapes
        .map(|(context, properties)| Shape { context, properties: properties.into_values().collect() })
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
