//! Items: configs, flags, segments, log levels and schemas.

mod state;
mod usage;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode};
use prefab_core::Config;

use crate::api::management::{
    access::{self, Access, JsonBody, OptionalJsonBody, PathParams, QueryParams},
    compression, confidential,
    views::who,
};
use crate::api::{error::ApiError, state::App};
use prefab_service::{
    Error,
    actor::Actor,
    change::{ChangeRequest, Edit},
    describe, item,
    project::Project,
    references,
};
use prefab_store::{Environment, Expected, KeyRange, Role, Version};

use prefab_management_api::{
    ChangeComment, ChangeResponse, ErrorResponse, Item, ItemPage, ItemRequest, ItemSummary, ListItemsQuery,
    RevealQuery,
};
pub(super) use usage::{__path_used, used};

/// The maximum number of items in a page.
const MAX_PAGE_ITEMS: usize = 10_000;

/// Lists items, sorted by config key.
#[utoipa::path(
    get, path = "/projects/{project}/items", tag = "items", params(("project" = i64, Path), ListItemsQuery),
    responses((status = 200, body = ItemPage), (status = 304, description = "Not modified: the `If-None-Match` header contains the current ETag"),
              (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(query): QueryParams<ListItemsQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let is_used = query.usage.unwrap_or(true);
    let tag = (!is_used).then(|| etag(&app, &actor));
    if tag.as_ref().is_some_and(|tag| compression::etag_matches(&headers, tag)) {
        return Ok(compression::with_etag(StatusCode::NOT_MODIFIED.into_response(), tag));
    }
    let project = Arc::clone(&actor.project);
    let environments = selected(&project, query.environments.as_deref())?;
    let mut page = app.work(project.id, move |_| Ok(page(&project, query, &environments))).await?;
    if let (Some(first), Some(last)) = (page.items.first(), page.items.last()) {
        let range = KeyRange { first: first.key.clone(), last: last.key.clone() };
        let comments = app.project_cache.store().comments(actor.project.id, range.clone()).await?;
        let mut comments: HashMap<i64, String> = comments.into_iter().collect();
        let mut used = if is_used { usage::of(&app, actor.project.id, range).await? } else { HashMap::new() };
        for item in &mut page.items {
            item.comment = item.id.parse().ok().and_then(|id| comments.remove(&id));
            if is_used {
                let usage = used.remove(&item.key).unwrap_or_else(|| usage::unused(&item.key));
                item.last_evaluated_at = usage.last_evaluated_at;
                item.evaluations_24h = Some(usage.evaluations_24h);
                item.sparkline = Some(usage.sparkline);
            }
        }
    }
    Ok(compression::with_etag(
        compression::compressed_json(&app, actor.project.id, page, &headers).await?,
        tag,
    ))
}

/// Returns the `ETag` of a list without usage.
fn etag(app: &App, actor: &Actor) -> String {
    let environments = actor.project.environments();
    let ids: Vec<String> = environments.iter().map(|environment| environment.id.to_string()).collect();
    format!("{}-{}-{}", app.started_millis, *actor.project.published().borrow(), ids.join("."))
}

/// Returns the environments with these numbers, or all of them.
fn selected(project: &Project, numbers: Option<&str>) -> Result<Vec<Environment>, ApiError> {
    let environments = project.environments();
    let Some(numbers) = numbers else { return Ok(environments.to_vec()) };
    let all: HashSet<&str> = numbers.split(',').filter(|number| !number.is_empty()).collect();
    let selected: Vec<Environment> = environments
        .iter()
        .filter(|environment| all.contains(&*environment.id.to_string()))
        .cloned()
        .collect();
    if selected.len() < all.len() {
        let problem =
            "`environments`: expected the numbers of environments, separated by commas, such as 1,3";
        return Err(Error::invalid(problem).into());
    }
    Ok(selected)
}

fn page(project: &Project, query: ListItemsQuery, environments: &[Environment]) -> ItemPage {
    let limit = query.limit.unwrap_or(100).clamp(1, MAX_PAGE_ITEMS);
    let search = query.search.unwrap_or_default().to_lowercase();
    let mut items: Vec<ItemSummary> = Vec::new();
    let mut next = None;
    for (key, version) in project.configs().iter() {
        let Some(config) = &version.config else { continue };
        let is_selected = query.after.as_ref().is_none_or(|after| key > after)
            && query.item_type.is_none_or(|item_type| item_type == item::item_type(config))
            && query.tag.as_ref().is_none_or(|tag| config.tags.contains(tag))
            && key.to_lowercase().contains(&search);
        if !is_selected {
            continue;
        }
        if items.len() == limit {
            next = items.last().map(|item| item.key.clone());
            break;
        }
        items.push(summary(version, config, environments));
    }
    ItemPage { items, next }
}

fn summary(version: &Version, config: &Config, environments: &[Environment]) -> ItemSummary {
    ItemSummary {
        id: version.id.to_string(),
        key: version.key.clone(),
        item_type: item::item_type(config),
        kind: describe::kind(config),
        changed_at: version.changed_at_millis,
        changed_by: who(&version.changed_by),
        comment: None,
        tags: config.tags.clone(),
        last_evaluated_at: None,
        evaluations_24h: None,
        sparkline: None,
        is_secret: prefab_service::confidential::is_secret(config),
        states: state::of(config, environments),
    }
}

/// Creates an item.
#[utoipa::path(
    post, path = "/projects/{project}/items", tag = "items", params(("project" = i64, Path)),
    request_body = ItemRequest,
    responses((status = 200, body = ChangeResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "The key is in use", body = ErrorResponse))
)]
pub(super) async fn create(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(ItemRequest { item, comment }): JsonBody<ItemRequest>,
) -> Result<Json<ChangeResponse>, ApiError> {
    let actor = access.require_role(project, Role::Publisher)?.with_comment(comment);
    let config = config(&app, &actor, item).await?;
    put(&app, &actor, Config { id: 0, ..config }).await
}

/// Returns an item with its rules. Confidential values are redacted, unless `reveal` is true.
#[utoipa::path(
    get, path = "/projects/{project}/items/{key}", tag = "items",
    params(("project" = i64, Path), ("key" = String, Path), RevealQuery),
    responses((status = 200, body = Item),
              (status = 403, description = "You may not reveal the confidential values", body = ErrorResponse),
              (status = 404, body = ErrorResponse))
)]
pub(super) async fn show(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    QueryParams(RevealQuery { reveal }): QueryParams<RevealQuery>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let key = access::item_key(&actor, &key)?;
    let (_, config) = current_item(&actor, &key)?;
    let form = confidential::form(&app, &actor, reveal, &format!("`{key}`"), [&config]).await?;
    app.json(actor.project.id, move |_| Ok(item::from_config(&form.of(&config)))).await
}

/// Replaces an item. `item.id` must be the current version.
#[utoipa::path(
    put, path = "/projects/{project}/items/{key}", tag = "items",
    params(("project" = i64, Path), ("key" = String, Path)), request_body = ItemRequest,
    responses((status = 200, body = ChangeResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "Another version is current", body = ErrorResponse))
)]
pub(super) async fn replace(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    JsonBody(ItemRequest { item, comment }): JsonBody<ItemRequest>,
) -> Result<Json<ChangeResponse>, ApiError> {
    let actor = access.require_role(project, Role::Publisher)?.with_comment(comment);
    let key = access::item_key(&actor, &key)?;
    current_item(&actor, &key)?;
    if item.key != key {
        return Err(ApiError::invalid(format!(
            "`item.key`: expected \"{key}\", as in the path; a config key cannot be changed"
        )));
    }
    let config = config(&app, &actor, item).await?;
    if config.id == 0 {
        return Err(ApiError::invalid("`item.id`: expected the current version"));
    }
    put(&app, &actor, config).await
}

/// Archives an item. Clients no longer receive it; it can be restored.
#[utoipa::path(
    delete, path = "/projects/{project}/items/{key}", tag = "items",
    params(("project" = i64, Path), ("key" = String, Path)), request_body = Option<ChangeComment>,
    responses((status = 200, body = ChangeResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "The item is in use, or another version is current", body = ErrorResponse))
)]
pub(super) async fn archive(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    OptionalJsonBody(why): OptionalJsonBody<ChangeComment>,
) -> Result<Json<ChangeResponse>, ApiError> {
    let actor = access.require_role(project, Role::Publisher)?.with_comment(why.comment.unwrap_or_default());
    let key = access::item_key(&actor, &key)?;
    let (version, _) = current_item(&actor, &key)?;
    let expected = match why.version.as_deref().map(str::parse) {
        None => Expected::Anything,
        Some(Ok(id)) => Expected::Version(id),
        Some(Err(_)) => {
            return Err(ApiError::invalid("`version`: expected the number of a version, as a string"));
        }
    };
    let request = ChangeRequest::new(Edit::archive(version.key.as_str(), expected));
    let id = app.apply(&actor, request).await?.id()?;
    Ok(Json(ChangeResponse { id: id.to_string(), key }))
}

/// Lists the config keys of the items that refer to this segment, schema or encryption key.
#[utoipa::path(
    get, path = "/projects/{project}/items/{key}/used-by", tag = "items",
    params(("project" = i64, Path), ("key" = String, Path)),
    responses((status = 200, body = Vec<String>), (status = 404, body = ErrorResponse))
)]
pub(super) async fn used_by(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let key = access::item_key(&actor, &key)?;
    current_item(&actor, &key)?;
    app.json(actor.project.id, move |_| Ok(references::find(&key, &actor.project.configs()))).await
}

/// Returns the current version of an item.
pub(super) fn current_item(actor: &Actor, key: &str) -> Result<(Arc<Version>, Config), ApiError> {
    let version = actor.project.config(key).ok_or(ApiError::NotFound)?;
    let config = version.config.clone().ok_or(ApiError::NotFound)?;
    Ok((version, config))
}

pub(super) async fn put(app: &App, actor: &Actor, config: Config) -> Result<Json<ChangeResponse>, ApiError> {
    let key = config.key.clone();
    let id = app.apply(actor, ChangeRequest::new(Edit::put(config))).await?.id()?;
    Ok(Json(ChangeResponse { id: id.to_string(), key }))
}

pub(super) async fn config(app: &App, actor: &Actor, item: Item) -> Result<Config, ApiError> {
    let project = Arc::clone(&actor.project);
    let read = move |_| {
        item::to_config(&item, &project.environments()).map_err(|problems| {
            // The places are relative to the item.
            let problems =
                problems.into_iter().map(|problem| prefab_service::Problem::from(problem).within("item"));
            ApiError::Invalid(problems.collect())
        })
    };
    let config = app.work(actor.project.id, read).await?;
    confidential::restored(app, actor, config).await
}
