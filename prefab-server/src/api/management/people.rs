//! The people of a project, and what they may do there.

use super::role_text::in_words;
use std::collections::BTreeMap;

use axum::{Json, extract::State};

use crate::api::management::views::{exceptional_roles, role_response, store_role};
use crate::api::management::{
    access::{self, Access, JsonBody, PathParams},
    session::checks::validate_email,
    tokens,
};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    AddMemberRequest, EnvironmentRoleRequest, ErrorResponse, MemberResponse, UpdateMemberRequest,
};
use prefab_service::{Conflict, actor::Author};
use prefab_store::{
    AuditEntry, Role, Roles,
    accounts::{Member, MemberChange, Token},
};

fn member_response(member: Member, author: &Author) -> MemberResponse {
    let Member { person, roles, joined_at_millis } = member;
    MemberResponse {
        id: person.id.to_string(),
        email: person.email,
        name: person.name,
        environments: exceptional_roles(&author.project.environments(), &roles),
        role: role_response(roles.project),
        joined_at: joined_at_millis,
    }
}

/// Lists the people of a project by e-mail.
#[utoipa::path(
    get, path = "/projects/{project}/people", tag = "people", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<MemberResponse>), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Json<Vec<MemberResponse>>, ApiError> {
    let author = access.authorize(project)?;
    let members = app.hub.store().members(author.project.id).await?;
    Ok(Json(members.into_iter().map(|member| member_response(member, &author)).collect()))
}

/// Adds somebody who has an account to a project.
#[utoipa::path(
    post, path = "/projects/{project}/people", tag = "people", params(("project" = i64, Path)),
    request_body = AddMemberRequest,
    responses((status = 200, body = MemberResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "They are in it already", body = ErrorResponse))
)]
pub(super) async fn add(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(AddMemberRequest { email, role, environments }): JsonBody<AddMemberRequest>,
) -> Result<Json<MemberResponse>, ApiError> {
    let author = access.authorize(project)?;
    let roles = roles(&author, store_role(role), &environments)?;
    let email = validate_email(&email)?;
    let account = app.hub.store().account(email.clone()).await?;
    let account = account
        .ok_or_else(|| ApiError::invalid(format!("`email`: {email} has no account yet; invite them")))?;
    if account.projects.contains(&author.project.id) {
        return Err(Conflict::AlreadyMember(email).into());
    }
    change(&app, &author, account.person.id, Some(roles.clone())).await?;
    let member = find(&app, &author, account.person.id).await?;
    let deed = format!("added {} as {}", named(&member), in_words(&author, &roles));
    note(&app, &author, member.person.id, "person.added", &deed).await?;
    Ok(Json(member_response(member, &author)))
}

/// Gives somebody another role.
#[utoipa::path(
    patch, path = "/projects/{project}/people/{person}", tag = "people",
    params(("project" = i64, Path), ("person" = i64, Path, description = "Their number")),
    request_body = UpdateMemberRequest,
    responses((status = 200, body = MemberResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "Nobody would be left to manage the project", body = ErrorResponse))
)]
pub(super) async fn update(
    State(app): State<App>,
    access: Access,
    PathParams((project, person)): PathParams<(i64, i64)>,
    JsonBody(UpdateMemberRequest { role, environments }): JsonBody<UpdateMemberRequest>,
) -> Result<Json<MemberResponse>, ApiError> {
    let author = access.authorize(project)?;
    let before = find(&app, &author, person).await?;
    let role = role.map_or(before.roles.project, store_role);
    let after = match environments {
        Some(environments) => roles(&author, role, &environments)?,
        None => Roles { project: role, ..before.roles.clone() },
    };
    change(&app, &author, person, Some(after.clone())).await?;
    let deed = format!(
        "made {} {}, who was {}",
        named(&before),
        in_words(&author, &after),
        in_words(&author, &before.roles)
    );
    note(&app, &author, person, "person.role", &deed).await?;
    Ok(Json(member_response(Member { roles: after, ..before }, &author)))
}

/// Takes somebody out of a project, and ends the management tokens that act for them there. Their account stays.
#[utoipa::path(
    delete, path = "/projects/{project}/people/{person}", tag = "people",
    params(("project" = i64, Path), ("person" = i64, Path, description = "Their number")),
    responses((status = 200, body = MemberResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "Nobody would be left to manage the project", body = ErrorResponse))
)]
pub(super) async fn remove(
    State(app): State<App>,
    access: Access,
    PathParams((project, person)): PathParams<(i64, i64)>,
) -> Result<Json<MemberResponse>, ApiError> {
    let author = access.authorize(project)?;
    let member = find(&app, &author, person).await?;
    let ended = change(&app, &author, person, None).await?;
    tokens::note_ended(&app, &author, &ended, &named(&member)).await?;
    let deed = format!("took {} out of the project", named(&member));
    note(&app, &author, person, "person.removed", &deed).await?;
    Ok(Json(member_response(member, &author)))
}

/// Reads roles as they were sent.
pub(super) fn roles(
    author: &Author,
    project: Role,
    exceptions: &[EnvironmentRoleRequest],
) -> Result<Roles, ApiError> {
    let mut environments = BTreeMap::new();
    for (at, EnvironmentRoleRequest { environment, role }) in exceptions.iter().enumerate() {
        let field = format!("environments[{at}].environment");
        environments.insert(access::environment(author, environment, &field)?.id, store_role(*role));
    }
    Ok(Roles { project, environments })
}

/// Returns which tokens ended with it.
async fn change(
    app: &App,
    author: &Author,
    person: i64,
    roles: Option<Roles>,
) -> Result<Vec<Token>, ApiError> {
    let (store, project) = (app.hub.store(), author.project.id);
    let change = match roles {
        Some(roles) => store.set_member(project, person, roles).await?,
        None => store.remove_member(project, person).await?,
    };
    match change {
        MemberChange::Done(ended) => Ok(ended),
        MemberChange::Unknown => Err(ApiError::NotFound),
        MemberChange::LastAdmin => {
            Err(Conflict::LastAdmin("this is the last admin of the project".to_owned()).into())
        }
    }
}

pub(super) async fn find(app: &App, author: &Author, person: i64) -> Result<Member, ApiError> {
    let members = app.hub.store().members(author.project.id).await?;
    members.into_iter().find(|member| member.person.id == person).ok_or(ApiError::NotFound)
}

pub(super) fn named(member: &Member) -> String {
    format!("{} ({})", member.person.name, member.person.email)
}

async fn note(app: &App, author: &Author, person: i64, action: &str, deed: &str) -> Result<(), ApiError> {
    let entry = AuditEntry {
        project: Some(author.project.id),
        action: action.to_owned(),
        subject: person.to_string(),
        ..AuditEntry::of(author.note(deed))
    };
    Ok(app.hub.store().note(vec![entry]).await?)
}
