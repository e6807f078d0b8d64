//! Management tokens: for scripts that manage a project, with no more than they need.

use super::role_text::in_words;
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::management::{
    access::{self, Access, JsonBody, PathParams},
    projects::validate_name,
    views::{Problem, RoleIn},
};
use crate::api::{error::ApiError, state::App};
use prefab_service::{actor::Author, labels::token_name, sign_in::Secret};
use prefab_store::{
    AuditEntry, Role, Roles,
    accounts::{NewToken, Token},
    clock,
};

/// A management token without its text, which is not kept.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenView {
    /// Its number, as a text.
    id: String,
    name: String,
    /// What it may do where its environments say nothing else.
    role: Role,
    /// The environments with another role.
    environments: Vec<RoleIn>,
    created_by: String,
    /// Times are in milliseconds since 1970.
    created_at: i64,
    /// To the minute.
    last_used_at: Option<i64>,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl TokenView {
    fn of(token: Token, author: &Author) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name,
            role: token.roles.project,
            environments: RoleIn::exceptions(&author.project.environments(), &token.roles),
            created_by: token.created_by,
            created_at: token.created_at_millis,
            last_used_at: token.last_used_at_millis,
            expires_at: token.expires_at_millis,
            revoked_at: token.revoked_at_millis,
        }
    }
}

/// Lists the management tokens of a project, ended ones too.
#[utoipa::path(
    get, path = "/projects/{project}/tokens", tag = "people", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<TokenView>), (status = 404, body = Problem))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Json<Vec<TokenView>>, ApiError> {
    let author = access.require_role(project, Role::Admin)?;
    let tokens = app.hub.store().tokens(author.project.id).await?;
    Ok(Json(tokens.into_iter().map(|token| TokenView::of(token, &author)).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TokenWish {
    /// What people call it.
    #[schema(example = "release script")]
    name: String,
    role: Role,
    /// The environments, by number or name, in which it has that role; elsewhere it looks only. All without.
    environments: Option<Vec<String>>,
    /// When it ends by itself, in milliseconds since 1970.
    expires_at: Option<i64>,
}

/// A management token with its text, shown this once.
#[derive(Serialize, ToSchema)]
pub(super) struct NewTokenView {
    /// Its number, as a text.
    id: String,
    /// To be sent as the password of HTTP Basic, or as a bearer token.
    token: String,
}

/// Makes a management token. Its text is in the answer and nowhere else.
#[utoipa::path(
    post, path = "/projects/{project}/tokens", tag = "people", params(("project" = i64, Path)),
    request_body = TokenWish,
    responses((status = 200, body = NewTokenView), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn issue(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(TokenWish { name, role, environments, expires_at }): JsonBody<TokenWish>,
) -> Result<Json<NewTokenView>, ApiError> {
    let author = access.authorize(project)?;
    let (name, roles) = (validate_name(&name)?, roles(&author, role, environments.as_deref())?);
    if expires_at.is_some_and(|at| at <= clock::now_millis()) {
        return Err(ApiError::invalid("`expiresAt`: expected a time to come, in milliseconds since 1970"));
    }
    let secret = Secret::token()?;
    let said = in_words(&author, &roles);
    let token = NewToken {
        project: author.project.id,
        hash: secret.hash(),
        name: name.clone(),
        roles,
        created_by: author.who.clone(),
        created_by_person: author.changed_by.user_id,
        owner: author.owner,
        expires_at_millis: expires_at,
    };
    let id = app.hub.store().keep_token(token).await?;
    let deed = format!("made {} as {said}", token_name(id, &name));
    note(&app, &author, id, "token.created", &deed).await?;
    Ok(Json(NewTokenView { id: id.to_string(), token: secret.text().to_owned() }))
}

/// Ends a management token at once and for good.
#[utoipa::path(
    delete, path = "/projects/{project}/tokens/{token}", tag = "people",
    params(("project" = i64, Path), ("token" = i64, Path, description = "Its number")),
    responses((status = 200, body = TokenView),
              (status = 404, description = "There is none that has not ended", body = Problem))
)]
pub(super) async fn revoke(
    State(app): State<App>,
    access: Access,
    PathParams((project, id)): PathParams<(i64, i64)>,
) -> Result<Json<TokenView>, ApiError> {
    let author = access.authorize(project)?;
    if !app.hub.store().revoke_token(author.project.id, id).await? {
        return Err(ApiError::NotFound);
    }
    let tokens = app.hub.store().tokens(author.project.id).await?;
    let token = tokens.into_iter().find(|token| token.id == id).ok_or(ApiError::NotFound)?;
    note(&app, &author, id, "token.revoked", &format!("revoked {}", token_name(id, &token.name))).await?;
    Ok(Json(TokenView::of(token, &author)))
}

fn roles(author: &Author, role: Role, environments: Option<&[String]>) -> Result<Roles, ApiError> {
    let Some(environments) = environments else { return Ok(Roles::of(role)) };
    let mut roles = Roles::of(Role::Viewer);
    for (at, environment) in environments.iter().enumerate() {
        let environment = access::environment(author, environment, &format!("environments[{at}]"))?;
        roles.environments.insert(environment.id, role);
    }
    Ok(roles)
}

/// Writes down which tokens ended with somebody's place.
pub(super) async fn note_ended(
    app: &App,
    author: &Author,
    ended: &[Token],
    whose: &str,
) -> Result<(), ApiError> {
    for token in ended {
        let deed = format!("revoked {}, which acted for {whose}", token_name(token.id, &token.name));
        note(app, author, token.id, "token.revoked", &deed).await?;
    }
    Ok(())
}

async fn note(app: &App, author: &Author, id: i64, action: &str, deed: &str) -> Result<(), ApiError> {
    let entry = AuditEntry {
        project: Some(author.project.id),
        action: action.to_owned(),
        subject: id.to_string(),
        ..AuditEntry::of(author.note(deed))
    };
    Ok(app.hub.store().note(vec![entry]).await?)
}
