//! API keys: made, listed without their secrets, ended.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::management::{
    access::{self, Access, JsonBody, PathParams},
    views::Problem,
};
use crate::api::{error::ApiError, state::App};
use prefab_service::actor::Author;
use prefab_store::{AuditEntry, KeyDetails, NewKey, Role, clock, key::KeyKind};

/// How long a rotated key goes on, at most.
const LONGEST_OVERLAP: i64 = 90 * 24 * 3_600;

/// What a key may do.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Fetches and streams configs, and reports. Changes nothing.
    Backend,
    /// Is given values that the server evaluated. Public.
    Frontend,
    /// Changes configs and manages the project.
    Admin,
}

impl Kind {
    fn of(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Backend => Self::Backend,
            KeyKind::Frontend => Self::Frontend,
            KeyKind::Admin => Self::Admin,
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Backend => KeyKind::Backend,
            Self::Frontend => KeyKind::Frontend,
            Self::Admin => KeyKind::Admin,
        }
    }
}

/// A key without its text, which is not kept.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyView {
    /// Its number, with which its text begins.
    id: String,
    name: String,
    kind: Kind,
    /// The environment's number, as a text.
    environment: String,
    /// The person it belongs to, whose overrides it sees.
    user: Option<String>,
    created_by: String,
    /// Times are in milliseconds since 1970.
    created_at: i64,
    /// Told with a delay of some seconds.
    last_used_at: Option<i64>,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl KeyView {
    fn of(key: KeyDetails) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            kind: Kind::of(key.kind),
            environment: key.environment.to_string(),
            user: key.user_id,
            created_by: key.created_by,
            created_at: key.created_at_millis,
            last_used_at: key.last_used_at_millis,
            expires_at: key.expires_at_millis,
            revoked_at: key.revoked_at_millis,
        }
    }
}

/// Lists the keys of a project, ended ones too.
#[utoipa::path(
    get, path = "/projects/{project}/keys", tag = "keys", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<KeyView>), (status = 404, body = Problem))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Json<Vec<KeyView>>, ApiError> {
    let author = access.require_role(project, Role::Admin)?;
    let keys = app.hub.store().keys(author.project.id).await?;
    Ok(Json(keys.into_iter().map(KeyView::of).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wish {
    /// What people call it.
    #[schema(example = "checkout service")]
    name: String,
    /// The environment by number or name.
    environment: String,
    /// What it may do; a backend key if it is not said.
    #[serde(default = "backend")]
    kind: Kind,
    /// The person it belongs to, whose overrides it sees.
    user: Option<String>,
    /// When it ends by itself, in milliseconds since 1970.
    expires_at: Option<i64>,
}

/// An admin key that a person makes without saying for whom is theirs, so that it is no second person beside them.
fn owner(author: &Author, kind: Kind) -> Option<String> {
    let person = Some(author.changed_by.user_id).filter(|id| *id != 0);
    person.filter(|_| matches!(kind, Kind::Admin)).map(|id| id.to_string())
}

fn backend() -> Kind {
    Kind::Backend
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct NewKeyView {
    /// Its number, with which its text begins.
    id: String,
    /// Its text, shown this once.
    key: String,
}

/// Makes a key. Its text is in the answer and nowhere else.
#[utoipa::path(
    post, path = "/projects/{project}/keys", tag = "keys", params(("project" = i64, Path)),
    request_body = Wish,
    responses((status = 200, body = NewKeyView), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn issue(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<NewKeyView>, ApiError> {
    let author = access.authorize(project)?;
    let Wish { name, environment, kind, user, expires_at } = wish;
    let environment = access::environment(&author, &environment, "environment")?;
    if expires_at.is_some_and(|at| at <= clock::now_millis()) {
        return Err(ApiError::invalid("`expiresAt`: expected a time to come, in milliseconds since 1970"));
    }
    let request = NewKey {
        project: author.project.id,
        environment: environment.id,
        kind: kind.kind(),
        user_id: user.filter(|user| !user.is_empty()).or_else(|| owner(&author, kind)),
        name: super::projects::validate_name(&name)?,
        created_by: author.who.clone(),
        expires_at_millis: expires_at,
    };
    make(&app, &author, request).await
}

/// Ends a key at once and for good.
#[utoipa::path(
    delete, path = "/projects/{project}/keys/{key}", tag = "keys",
    params(("project" = i64, Path), ("key" = i64, Path, description = "Its number")),
    responses((status = 200, body = KeyView),
              (status = 404, description = "There is none that has not ended", body = Problem))
)]
pub(super) async fn revoke(
    State(app): State<App>,
    access: Access,
    PathParams((project, id)): PathParams<(i64, i64)>,
) -> Result<Json<KeyView>, ApiError> {
    let author = access.authorize(project)?;
    let key = find(&app, &author, id).await?;
    if !app.hub.store().revoke_key(id).await? {
        return Err(ApiError::NotFound);
    }
    note(&app, &author, &key, "key.revoked", "revoked").await?;
    app.hub.refresh().await?;
    Ok(Json(KeyView::of(find(&app, &author, id).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// When it ends, in milliseconds since 1970.
    at: i64,
}

/// Says when a key ends by itself.
#[utoipa::path(
    put, path = "/projects/{project}/keys/{key}/expiry", tag = "keys",
    params(("project" = i64, Path), ("key" = i64, Path, description = "Its number")), request_body = End,
    responses((status = 200, body = KeyView), (status = 400, body = Problem),
              (status = 404, description = "There is none that has not ended", body = Problem))
)]
pub(super) async fn expire(
    State(app): State<App>,
    access: Access,
    PathParams((project, id)): PathParams<(i64, i64)>,
    JsonBody(End { at }): JsonBody<End>,
) -> Result<Json<KeyView>, ApiError> {
    let author = access.authorize(project)?;
    let key = find(&app, &author, id).await?;
    if !app.hub.store().expire_key(id, at).await? {
        return Err(ApiError::NotFound);
    }
    note(&app, &author, &key, "key.expires", "set an end to").await?;
    app.hub.refresh().await?;
    Ok(Json(KeyView::of(find(&app, &author, id).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Overlap {
    /// For how many seconds the old key goes on; a day if it is not said.
    #[serde(default = "a_day")]
    overlap_seconds: i64,
}

fn a_day() -> i64 {
    24 * 3_600
}

/// Makes a key like another one, which goes on for a while and then ends.
#[utoipa::path(
    post, path = "/projects/{project}/keys/{key}/rotate", tag = "keys",
    params(("project" = i64, Path), ("key" = i64, Path, description = "Its number")), request_body = Overlap,
    responses((status = 200, body = NewKeyView), (status = 400, body = Problem),
              (status = 404, description = "There is none that has not ended", body = Problem))
)]
pub(super) async fn rotate(
    State(app): State<App>,
    access: Access,
    PathParams((project, id)): PathParams<(i64, i64)>,
    JsonBody(Overlap { overlap_seconds }): JsonBody<Overlap>,
) -> Result<Json<NewKeyView>, ApiError> {
    let author = access.authorize(project)?;
    if !(0..=LONGEST_OVERLAP).contains(&overlap_seconds) {
        return Err(ApiError::invalid(format!("`overlapSeconds`: expected 0 to {LONGEST_OVERLAP}")));
    }
    let key = find(&app, &author, id).await?;
    if !app.hub.store().expire_key(id, clock::now_millis() + 1_000 * overlap_seconds).await? {
        return Err(ApiError::NotFound);
    }
    note(&app, &author, &key, "key.rotated", "rotated").await?;
    let request = NewKey {
        project: author.project.id,
        environment: key.environment,
        kind: key.kind,
        user_id: key.user_id,
        name: key.name,
        created_by: author.who.clone(),
        expires_at_millis: None,
    };
    make(&app, &author, request).await
}

async fn make(app: &App, author: &Author, request: NewKey) -> Result<Json<NewKeyView>, ApiError> {
    let (environment, name, kind) = (request.environment, request.name.clone(), request.kind);
    let issued = app.hub.store().issue_named_key(request).await?;
    let deed = format!(
        "made {kind} {} for environment `{}`",
        prefab_service::labels::who(issued.id, &name),
        issued.environment
    );
    let entry = AuditEntry {
        project: Some(author.project.id),
        action: "key.created".to_owned(),
        subject: issued.id.to_string(),
        environment: Some(environment),
        ..AuditEntry::of(author.note(&deed))
    };
    app.hub.store().note(vec![entry]).await?;
    app.hub.refresh().await?;
    Ok(Json(NewKeyView { id: issued.id.to_string(), key: issued.key }))
}

async fn find(app: &App, author: &Author, id: i64) -> Result<KeyDetails, ApiError> {
    let keys = app.hub.store().keys(author.project.id).await?;
    keys.into_iter().find(|key| key.id == id).ok_or(ApiError::NotFound)
}

async fn note(
    app: &App,
    author: &Author,
    key: &KeyDetails,
    action: &str,
    verb: &str,
) -> Result<(), ApiError> {
    let entry = AuditEntry {
        project: Some(author.project.id),
        action: action.to_owned(),
        subject: key.id.to_string(),
        environment: Some(key.environment),
        ..AuditEntry::of(author.note(&format!("{verb} {}", prefab_service::labels::who(key.id, &key.name))))
    };
    Ok(app.hub.store().note(vec![entry]).await?)
}
