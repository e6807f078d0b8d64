//! Drafts: changes that are reviewed before they are published.

use axum::{Json, extract::State, response::Response};

use crate::api::management::audit_entry;
use crate::api::management::{
    access::{self, Access, JsonBody, OptionalJsonBody, PathParams, QueryParams},
    confidential::{self, Form},
    items,
};
use crate::api::{error::ApiError, state::App};
use prefab_core::Config;
use prefab_management_api::{
    ChangeResponse, DraftResponse, ErrorResponse, PublishDraftRequest, RevealQuery, SaveDraftRequest,
};
use prefab_service::{
    Conflict,
    actor::Actor,
    change::{ChangeRequest, Edit, Policy, diff, environment_needing_approval},
    item, workers,
};
use prefab_store::{Draft, Expected, Role};

fn draft_response(draft: Draft, actor: &Actor, form: Form) -> DraftResponse {
    let current = actor.project.config(&draft.key);
    let before = current.as_ref().and_then(|version| version.config.as_ref());
    let differences = diff::describe(before, draft.config.as_ref(), &actor.project.environments());
    let change = Edit::of_draft(draft.clone()).prepare(&actor.project.configs());
    DraftResponse {
        is_stale: current.as_ref().map(|version| version.id).unwrap_or_default() != draft.base_id,
        needs_approval: environment_needing_approval(&change, &actor.project.environments()).is_some(),
        differences,
        item: draft.config.as_ref().map(|config| item::from_config(&form.of(config))),
        base: (draft.base_id != 0).then(|| draft.base_id.to_string()),
        comment: draft.comment,
        saved_by: draft.saved_by,
        saved_at: draft.saved_at_millis,
        approved_by: draft.approved_by,
        key: draft.key,
    }
}

async fn view(app: &App, actor: &Actor, draft: Draft, form: Form) -> Result<Response, ApiError> {
    let actor = actor.clone();
    app.json(actor.project.id, move |_| Ok(draft_response(draft, &actor, form))).await
}

/// Lists drafts, sorted by config key.
#[utoipa::path(
    get, path = "/projects/{project}/drafts", tag = "drafts", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<DraftResponse>), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let drafts = app.project_cache.store().drafts(actor.project.id).await?;
    app.json(actor.project.id, move |deadline| {
        let view = |draft| {
            workers::check(deadline)?;
            Ok(draft_response(draft, &actor, Form::Redacted))
        };
        drafts.into_iter().map(view).collect::<Result<Vec<_>, ApiError>>()
    })
    .await
}

/// Returns the draft of an item.
#[utoipa::path(
    get, path = "/projects/{project}/items/{key}/draft", tag = "drafts",
    params(("project" = i64, Path), ("key" = String, Path), RevealQuery),
    responses((status = 200, body = DraftResponse),
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
    let draft = find(&app, &actor, &key).await?;
    let form = confidential::form(&app, &actor, reveal, &format!("`{key}`"), &draft.config).await?;
    view(&app, &actor, draft, form).await
}

/// Saves a draft, based on the current version. It replaces an existing draft of the item.
#[utoipa::path(
    put, path = "/projects/{project}/items/{key}/draft", tag = "drafts",
    params(("project" = i64, Path), ("key" = String, Path)), request_body = SaveDraftRequest,
    responses((status = 200, body = DraftResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn save(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    JsonBody(SaveDraftRequest { item, comment }): JsonBody<SaveDraftRequest>,
) -> Result<Response, ApiError> {
    let actor = access.require_role(project, Role::Editor)?.with_comment(comment);
    let key = access::item_key(&actor, &key)?;
    if item.as_ref().is_some_and(|item| item.key != key) {
        return Err(ApiError::invalid(format!(
            "`item.key`: expected \"{key}\", as in the path; a config key cannot be changed"
        )));
    }
    let current = actor.project.config(&key);
    if item.is_none() && current.is_none() {
        return Err(ApiError::NotFound);
    }
    let base_id = current.map(|version| version.id).unwrap_or_default();
    let edit = match item {
        Some(item) => {
            let config = Config { id: base_id, ..items::config(&app, &actor, item).await? };
            Edit::put(config)
        }
        None => Edit::archive(key, Expected::Version(base_id)),
    };
    let saved = app.apply(&actor, ChangeRequest::new(edit).as_draft()).await?;
    view(&app, &actor, saved.draft.ok_or(ApiError::NotFound)?, Form::Redacted).await
}

/// Discards a draft.
#[utoipa::path(
    delete, path = "/projects/{project}/items/{key}/draft", tag = "drafts",
    params(("project" = i64, Path), ("key" = String, Path)),
    responses((status = 200, body = DraftResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn discard(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
) -> Result<Response, ApiError> {
    let actor = access.require_role(project, Role::Editor)?;
    let key = access::item_key(&actor, &key)?;
    let draft = find(&app, &actor, &key).await?;
    let answer = view(&app, &actor, draft.clone(), Form::Redacted).await?;
    app.project_cache.store().discard_draft(actor.project.id, key).await?;
    record(&app, &actor, &draft, "draft.discarded", "discarded the draft of").await?;
    Ok(answer)
}

/// Approves a draft. The person who saved it cannot approve it.
#[utoipa::path(
    post, path = "/projects/{project}/items/{key}/draft/approve", tag = "drafts",
    params(("project" = i64, Path), ("key" = String, Path)),
    responses((status = 200, body = DraftResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "You saved the draft, or it was saved again", body = ErrorResponse))
)]
pub(super) async fn approve(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
) -> Result<Response, ApiError> {
    let actor = access.require_role(project, Role::Publisher)?;
    let key = access::item_key(&actor, &key)?;
    let draft = find(&app, &actor, &key).await?;
    if draft.saved_by_person == actor.identity() {
        let (saved_by, person) = (&draft.saved_by, &draft.saved_by_person);
        let whose = if *saved_by == actor.label {
            "is your own".to_owned()
        } else {
            format!("was saved by {saved_by}, who is {person} as you are")
        };
        return Err(Conflict::OwnDraft { key, whose }.into());
    }
    let approval =
        ChangeRequest::new(Edit::of_draft(draft.clone())).with_policy(Policy::APPROVE_DRAFT).dry_run();
    app.apply(&actor, approval).await?;
    let approved = Draft { approved_by: Some(actor.label.clone()), ..draft.clone() };
    let answer = view(&app, &actor, approved, Form::Redacted).await?;
    if !app.project_cache.store().approve_draft(actor.project.id, draft.clone(), actor.label.clone()).await? {
        return Err(Conflict::DraftChanged(key).into());
    }
    record(&app, &actor, &draft, "draft.approved", "approved the draft of").await?;
    Ok(answer)
}

/// Publishes a draft.
#[utoipa::path(
    post, path = "/projects/{project}/items/{key}/draft/publish", tag = "drafts",
    params(("project" = i64, Path), ("key" = String, Path)), request_body = Option<PublishDraftRequest>,
    responses((status = 200, body = ChangeResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "The draft requires approval, or another version is current", body = ErrorResponse))
)]
pub(super) async fn publish(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    OptionalJsonBody(PublishDraftRequest { comment }): OptionalJsonBody<PublishDraftRequest>,
) -> Result<Json<ChangeResponse>, ApiError> {
    let actor = access.require_role(project, Role::Publisher)?;
    let key = access::item_key(&actor, &key)?;
    let draft = find(&app, &actor, &key).await?;
    let actor = actor.with_comment(comment.unwrap_or_else(|| draft.comment.clone()));
    let id = app.apply(&actor, ChangeRequest::publish_draft(draft)).await?.id()?;
    app.project_cache.store().discard_draft(actor.project.id, key.clone()).await?;
    Ok(Json(ChangeResponse { id: id.to_string(), key }))
}

pub(super) async fn find(app: &App, actor: &Actor, key: &str) -> Result<Draft, ApiError> {
    let drafts = app.project_cache.store().drafts(actor.project.id).await?;
    drafts.into_iter().find(|draft| draft.key == key).ok_or(ApiError::NotFound)
}

async fn record(
    app: &App,
    actor: &Actor,
    draft: &Draft,
    action: &str,
    sentence: &str,
) -> Result<(), ApiError> {
    let actor = actor.clone().with_comment(draft.comment.clone());
    audit_entry::record(app, &actor, action, &draft.key, None, &format!("{sentence} `{}`", draft.key)).await
}
