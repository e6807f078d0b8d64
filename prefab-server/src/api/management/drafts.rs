//! Drafts: changes that are seen, and where it is wanted approved, before they are made.

use axum::{Json, extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::management::{
    access::{Access, At, MaybeSent, Sent},
    items,
    views::{Changed, Problem},
};
use crate::api::{error::ApiError, state::App};
use prefab_core::Config;
use prefab_service::{
    Conflict,
    actor::Actor,
    change::{ChangeRequest, Edit, Policy, diff, environment_needing_approval},
    item::Item,
    workers,
};
use prefab_store::{AuditEntry, Draft, Expected, Role};

/// A draft.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DraftView {
    key: String,
    /// What it is to be; nothing archives it.
    item: Option<Item>,
    /// The version it is meant for; nothing where the key is new.
    base: Option<String>,
    comment: String,
    saved_by: String,
    /// In milliseconds since 1970.
    saved_at: i64,
    approved_by: Option<String>,
    /// Whether another version stands by now; such a draft has to be saved again.
    is_stale: bool,
    /// Whether an environment that it touches takes a second person's approval.
    needs_approval: bool,
    /// What it changes, one sentence each.
    differences: Vec<String>,
}

impl DraftView {
    fn of(draft: Draft, actor: &Actor) -> Self {
        let standing = actor.project.config(&draft.key);
        let before = standing.as_ref().and_then(|version| version.config.as_ref());
        let differences = diff::describe(before, draft.config.as_ref(), &actor.project.environments());
        let change = Edit::of_draft(draft.clone()).prepare(&actor.project.configs());
        let needs_approval = environment_needing_approval(&change, &actor.project.environments()).is_some();
        Self {
            is_stale: standing.as_ref().map(|version| version.id).unwrap_or_default() != draft.base_id,
            needs_approval,
            differences,
            item: draft.config.as_ref().map(Item::of),
            base: (draft.base_id != 0).then(|| draft.base_id.to_string()),
            comment: draft.comment,
            saved_by: draft.saved_by,
            saved_at: draft.saved_at_millis,
            approved_by: draft.approved_by,
            key: draft.key,
        }
    }
}

async fn view(app: &App, actor: &Actor, draft: Draft) -> Result<Response, ApiError> {
    let actor = actor.clone();
    app.json(actor.project.id, move |_| Ok(DraftView::of(draft, &actor))).await
}

/// Lists drafts by key.
#[utoipa::path(
    get, path = "/projects/{project}/drafts", tag = "drafts", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<DraftView>), (status = 404, body = Problem))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    At(project): At<i64>,
) -> Result<Response, ApiError> {
    let actor = access.to(project)?;
    let drafts = app.project_cache.store().drafts(actor.project.id).await?;
    app.json(actor.project.id, move |deadline| {
        let view = |draft| {
            workers::check(deadline)?;
            Ok(DraftView::of(draft, &actor))
        };
        drafts.into_iter().map(view).collect::<Result<Vec<_>, ApiError>>()
    })
    .await
}

/// Shows the draft of a key.
#[utoipa::path(
    get, path = "/projects/{project}/items/{key}/draft", tag = "drafts",
    params(("project" = i64, Path), ("key" = String, Path)),
    responses((status = 200, body = DraftView), (status = 404, body = Problem))
)]
pub(super) async fn show(
    State(app): State<App>,
    access: Access,
    At((project, key)): At<(i64, String)>,
) -> Result<Response, ApiError> {
    let actor = access.to(project)?;
    let draft = find(&app, &actor, &key).await?;
    view(&app, &actor, draft).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDraft {
    /// What it is to be; without, it is to be archived.
    item: Option<Item>,
    /// Why, for the audit log.
    #[serde(default)]
    comment: String,
}

/// Saves a draft in place of an earlier one. It is meant for the version that stands now.
#[utoipa::path(
    put, path = "/projects/{project}/items/{key}/draft", tag = "drafts",
    params(("project" = i64, Path), ("key" = String, Path)), request_body = NewDraft,
    responses((status = 200, body = DraftView), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn save(
    State(app): State<App>,
    access: Access,
    At((project, key)): At<(i64, String)>,
    Sent(NewDraft { item, comment }): Sent<NewDraft>,
) -> Result<Response, ApiError> {
    let actor = access.holding(project, Role::Editor)?.with_comment(comment);
    if item.as_ref().is_some_and(|item| item.key != key) {
        return Err(ApiError::invalid(format!("`item.key`: expected \"{key}\", as in the path; keys stay")));
    }
    let standing = actor.project.config(&key);
    if item.is_none() && standing.is_none() {
        return Err(ApiError::NotFound);
    }
    let base_id = standing.map(|version| version.id).unwrap_or_default();
    let edit = match item {
        Some(item) => Edit::put(Config { id: base_id, ..items::config(&app, &actor, item).await? }),
        None => Edit::archive(key, Expected::Version(base_id)),
    };
    let saved = app.apply(&actor, ChangeRequest::new(edit).as_draft()).await?;
    view(&app, &actor, saved.draft.ok_or(ApiError::NotFound)?).await
}

/// Throws a draft away.
#[utoipa::path(
    delete, path = "/projects/{project}/items/{key}/draft", tag = "drafts",
    params(("project" = i64, Path), ("key" = String, Path)),
    responses((status = 200, body = DraftView), (status = 404, body = Problem))
)]
pub(super) async fn discard(
    State(app): State<App>,
    access: Access,
    At((project, key)): At<(i64, String)>,
) -> Result<Response, ApiError> {
    let actor = access.holding(project, Role::Editor)?;
    let draft = find(&app, &actor, &key).await?;
    let answer = view(&app, &actor, draft.clone()).await?;
    app.project_cache.store().discard_draft(actor.project.id, key).await?;
    note(&app, &actor, &draft, "draft.discarded", "discarded the draft of").await?;
    Ok(answer)
}

/// Approves a draft. Whoever saved it cannot.
#[utoipa::path(
    post, path = "/projects/{project}/items/{key}/draft/approve", tag = "drafts",
    params(("project" = i64, Path), ("key" = String, Path)),
    responses((status = 200, body = DraftView), (status = 404, body = Problem),
              (status = 409, description = "It is your own, or another one by now", body = Problem))
)]
pub(super) async fn approve(
    State(app): State<App>,
    access: Access,
    At((project, key)): At<(i64, String)>,
) -> Result<Response, ApiError> {
    let actor = access.holding(project, Role::Publisher)?;
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
    let answer = view(&app, &actor, approved).await?;
    if !app.project_cache.store().approve_draft(actor.project.id, draft.clone(), actor.label.clone()).await? {
        return Err(Conflict::DraftChanged(key).into());
    }
    note(&app, &actor, &draft, "draft.approved", "approved the draft of").await?;
    Ok(answer)
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Publish {
    /// Why, if it is not what the draft says.
    comment: Option<String>,
}

/// Makes the change that a draft is.
#[utoipa::path(
    post, path = "/projects/{project}/items/{key}/draft/publish", tag = "drafts",
    params(("project" = i64, Path), ("key" = String, Path)), request_body = Option<Publish>,
    responses((status = 200, body = Changed), (status = 400, body = Problem), (status = 404, body = Problem),
              (status = 409, description = "It waits for approval, or another version stands", body = Problem))
)]
pub(super) async fn publish(
    State(app): State<App>,
    access: Access,
    At((project, key)): At<(i64, String)>,
    MaybeSent(Publish { comment }): MaybeSent<Publish>,
) -> Result<Json<Changed>, ApiError> {
    let actor = access.holding(project, Role::Publisher)?;
    let draft = find(&app, &actor, &key).await?;
    let actor = actor.with_comment(comment.unwrap_or_else(|| draft.comment.clone()));
    let id = app.apply(&actor, ChangeRequest::publish_draft(draft)).await?.id()?;
    app.project_cache.store().discard_draft(actor.project.id, key.clone()).await?;
    Ok(Json(Changed { id: id.to_string(), key }))
}

pub(super) async fn find(app: &App, actor: &Actor, key: &str) -> Result<Draft, ApiError> {
    let drafts = app.project_cache.store().drafts(actor.project.id).await?;
    drafts.into_iter().find(|draft| draft.key == key).ok_or(ApiError::NotFound)
}

async fn note(app: &App, actor: &Actor, draft: &Draft, action: &str, deed: &str) -> Result<(), ApiError> {
    let Draft { key, comment, .. } = draft;
    let actor = actor.clone().with_comment(comment.clone());
    let entry = AuditEntry {
        project: Some(actor.project.id),
        action: action.to_owned(),
        subject: key.clone(),
        ..AuditEntry::of(actor.audit_note(&format!("{deed} `{key}`")))
    };
    Ok(app.project_cache.store().record_audit(vec![entry]).await?)
}
