//! Drafts: changes that are reviewed before they are published.

use axum::{Json, extract::State, response::Response};

use crate::api::management::audit_entry;
use crate::api::management::{
    access::{Access, JsonBody, OptionalJsonBody, PathParams},
    items,
};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    ChangeResponse, DraftResponse, ErrorResponse, PublishDraftRequest, SaveDraftRequest,
};
use prefab_service::{
    Conflict,
    actor::Author,
    change::{self, Prepared, diff, policy},
    item,
    limits::Limits,
    workers,
};
use prefab_store::{Draft, Role, clock};

fn draft_response(draft: Draft, author: &Author, limits: &Limits) -> DraftResponse {
    let current = author.project.config(&draft.key);
    let before = current.as_ref().and_then(|version| version.config.as_ref());
    let differences = diff::in_words(before, draft.config.as_ref(), &author.project.environments());
    let change = change::drafted(author, draft.clone(), limits);
    DraftResponse {
        is_stale: current.as_ref().map(|version| version.id).unwrap_or_default() != draft.base_id,
        needs_approval: change.is_ok_and(|change| policy::needs_approval(author, &change).is_some()),
        differences,
        item: draft.config.as_ref().map(item::from_config),
        base: (draft.base_id != 0).then(|| draft.base_id.to_string()),
        comment: draft.comment,
        saved_by: draft.saved_by,
        saved_at: draft.saved_at_millis,
        approved_by: draft.approved_by,
        key: draft.key,
    }
}

async fn view(app: &App, author: &Author, draft: Draft) -> Result<Response, ApiError> {
    let (author, limits) = (author.clone(), app.limits.clone());
    app.json(author.project.id, move |_| Ok(draft_response(draft, &author, limits.limits()))).await
}

/// Validates a draft and returns its change.
async fn check(app: &App, author: &Author, draft: &Draft) -> Result<Prepared, ApiError> {
    let (author, draft, limits) = (author.clone(), draft.clone(), app.limits.clone());
    app.work(author.project.id, move |_| Ok(change::drafted(&author, draft, limits.limits())?)).await
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
    let author = access.authorize(project)?;
    let drafts = app.hub.store().drafts(author.project.id).await?;
    let limits = app.limits.clone();
    app.json(author.project.id, move |deadline| {
        let view = |draft| {
            workers::check(deadline)?;
            Ok(draft_response(draft, &author, limits.limits()))
        };
        drafts.into_iter().map(view).collect::<Result<Vec<_>, ApiError>>()
    })
    .await
}

/// Returns the draft of an item.
#[utoipa::path(
    get, path = "/projects/{project}/items/{key}/draft", tag = "drafts",
    params(("project" = i64, Path), ("key" = String, Path)),
    responses((status = 200, body = DraftResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn show(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
) -> Result<Response, ApiError> {
    let author = access.authorize(project)?;
    let draft = find(&app, &author, &key).await?;
    view(&app, &author, draft).await
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
    let author = access.require_role(project, Role::Editor)?;
    if item.as_ref().is_some_and(|item| item.key != key) {
        return Err(ApiError::invalid(format!(
            "`item.key`: expected \"{key}\", as in the path; a config key cannot be changed"
        )));
    }
    let current = author.project.config(&key);
    if item.is_none() && current.is_none() {
        return Err(ApiError::NotFound);
    }
    let draft = Draft {
        config: match item {
            Some(item) => Some(items::config(&app, &author, item).await?),
            None => None,
        },
        base_id: current.map(|version| version.id).unwrap_or_default(),
        comment,
        saved_by: author.who.clone(),
        saved_by_person: author.person(),
        saved_at_millis: clock::now_millis(),
        approved_by: None,
        key,
    };
    check(&app, &author, &draft).await?;
    let answer = view(&app, &author, draft.clone()).await?;
    app.hub.store().save_draft(author.project.id, draft.clone()).await?;
    record(&app, &author, &draft, "draft.saved", "saved a draft of").await?;
    Ok(answer)
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
    let author = access.require_role(project, Role::Editor)?;
    let draft = find(&app, &author, &key).await?;
    let answer = view(&app, &author, draft.clone()).await?;
    app.hub.store().drop_draft(author.project.id, key).await?;
    record(&app, &author, &draft, "draft.discarded", "discarded the draft of").await?;
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
    let author = access.require_role(project, Role::Publisher)?;
    let draft = find(&app, &author, &key).await?;
    if draft.saved_by_person == author.person() {
        let (saved_by, person) = (&draft.saved_by, &draft.saved_by_person);
        let whose = if *saved_by == author.who {
            "is your own".to_owned()
        } else {
            format!("was saved by {saved_by}, who is {person} as you are")
        };
        return Err(Conflict::OwnDraft { key, whose }.into());
    }
    policy::check_role(&author, &check(&app, &author, &draft).await?, Role::Publisher)?;
    let approved = Draft { approved_by: Some(author.who.clone()), ..draft.clone() };
    let answer = view(&app, &author, approved).await?;
    if !app.hub.store().approve_draft(author.project.id, draft.clone(), author.who.clone()).await? {
        return Err(Conflict::DraftChanged(key).into());
    }
    record(&app, &author, &draft, "draft.approved", "approved the draft of").await?;
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
    let author = access.require_role(project, Role::Publisher)?;
    let draft = find(&app, &author, &key).await?;
    let author = author.because(comment.unwrap_or_else(|| draft.comment.clone()));
    let id = change::publish(&app, &author, draft).await?;
    app.hub.store().drop_draft(author.project.id, key.clone()).await?;
    Ok(Json(ChangeResponse { id: id.to_string(), key }))
}

pub(super) async fn find(app: &App, author: &Author, key: &str) -> Result<Draft, ApiError> {
    let drafts = app.hub.store().drafts(author.project.id).await?;
    drafts.into_iter().find(|draft| draft.key == key).ok_or(ApiError::NotFound)
}

async fn record(
    app: &App,
    author: &Author,
    draft: &Draft,
    action: &str,
    sentence: &str,
) -> Result<(), ApiError> {
    let author = author.clone().because(draft.comment.clone());
    audit_entry::record(app, &author, action, &draft.key, None, &format!("{sentence} `{}`", draft.key)).await
}
