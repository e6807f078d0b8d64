//! The members of a project and their roles.

use super::role_text::in_words;
use std::collections::BTreeMap;

use axum::{Json, extract::State};

use crate::api::management::audit_entry;
use crate::api::management::views::{exceptional_roles, role_response, store_role};
use crate::api::management::{
    access::{self, Access, JsonBody, PathParams, QueryParams},
    issued_credentials,
    reset_rights::ResetRights,
    session::checks::validate_email,
    tokens,
};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    AccountQuery, AccountResponse, AddMemberRequest, EnvironmentRoleRequest, ErrorResponse,
    IssuedCredentials, MemberResponse, RemovedMember, UpdateMemberRequest,
};
use prefab_service::{Conflict, actor::Actor};
use prefab_store::{
    Role, Roles,
    accounts::{Member, MemberChange, MembershipOffer, OfferOutcome, Person, Token},
};

fn pending_response(offer: MembershipOffer, actor: &Actor) -> MemberResponse {
    let MembershipOffer { project: _, person, roles, offered_by: _, offered_at_millis } = offer;
    let member = Member { person, roles, joined_at_millis: offered_at_millis };
    MemberResponse { is_pending: true, ..member_response(member, actor) }
}

fn member_response(member: Member, actor: &Actor) -> MemberResponse {
    let Member { person, roles, joined_at_millis } = member;
    MemberResponse {
        id: person.id.to_string(),
        email: person.email,
        name: person.name,
        environments: exceptional_roles(&actor.project.environments(), &roles),
        role: role_response(roles.project),
        joined_at: joined_at_millis,
        is_pending: false,
        may_reset_password: false,
    }
}

/// Lists the members of a project, sorted by e-mail address, then the pending ones.
#[utoipa::path(
    get, path = "/projects/{project}/people", tag = "people", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<MemberResponse>), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Json<Vec<MemberResponse>>, ApiError> {
    let rights = ResetRights::of(&app, &access).await?;
    let actor = access.authorize(project)?;
    let members = app.project_cache.store().members(actor.project.id).await?;
    let offers = app.project_cache.store().membership_offers(actor.project.id).await?;
    let mut people = Vec::with_capacity(members.len() + offers.len());
    for member in members {
        let may_reset_password = rights.allow(&app, &actor, &member).await?;
        people.push(MemberResponse { may_reset_password, ..member_response(member, &actor) });
    }
    people.extend(offers.into_iter().map(|offer| pending_response(offer, &actor)));
    Ok(Json(people))
}

/// Returns who invited an account, and when it was created, so that you can check it before you add it.
#[utoipa::path(
    get, path = "/projects/{project}/account", tag = "people", params(("project" = i64, Path), AccountQuery),
    responses((status = 200, body = AccountResponse),
              (status = 404, description = "No account has this e-mail address", body = ErrorResponse))
)]
pub(super) async fn account(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(AccountQuery { email }): QueryParams<AccountQuery>,
) -> Result<Json<AccountResponse>, ApiError> {
    access.require_role(project, Role::Admin)?;
    let account = app.project_cache.store().account(validate_email(&email)?).await?;
    let account = account.ok_or(ApiError::NotFound)?;
    Ok(Json(AccountResponse {
        email: account.person.email,
        name: account.person.name,
        invited_by: account.invited_by,
        created_at: account.created_at_millis,
    }))
}

/// Offers a person with an account membership in a project. The person has no access until they accept it.
#[utoipa::path(
    post, path = "/projects/{project}/people", tag = "people", params(("project" = i64, Path)),
    request_body = AddMemberRequest,
    responses((status = 200, body = MemberResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "The person is already a member", body = ErrorResponse))
)]
pub(super) async fn add(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(AddMemberRequest { email, role, environments }): JsonBody<AddMemberRequest>,
) -> Result<Json<MemberResponse>, ApiError> {
    let actor = access.authorize(project)?;
    let roles = roles(&actor, store_role(role), &environments)?;
    let email = validate_email(&email)?;
    let account = app.project_cache.store().account(email.clone()).await?;
    let account = account.ok_or_else(|| {
        ApiError::invalid(format!("`email`: {email} has no account; create an invitation instead"))
    })?;
    if account.projects.contains(&actor.project.id) {
        return Err(Conflict::AlreadyMember(email).into());
    }
    let offer = MembershipOffer {
        project: actor.project.id,
        person: account.person,
        roles,
        offered_by: actor.label.clone(),
        offered_at_millis: app.clock.now_millis(),
    };
    match app.project_cache.store().offer_membership(offer.clone()).await? {
        OfferOutcome::Done => {}
        // Joined, or deleted their account, a moment ago.
        OfferOutcome::AlreadyMember => return Err(Conflict::AlreadyMember(email).into()),
        OfferOutcome::UnknownPerson => return Err(ApiError::NotFound),
    }
    let (name, role) = (person_label(&offer.person), in_words(&actor, &offer.roles));
    let sentence = format!("offered {name} membership as {role}");
    audit_entry::record(&app, &actor, "person.added", offer.person.id, None, &sentence).await?;
    Ok(Json(pending_response(offer, &actor)))
}

/// Changes the role of a member.
#[utoipa::path(
    patch, path = "/projects/{project}/people/{person}", tag = "people",
    params(("project" = i64, Path), ("person" = i64, Path, description = "The number of the person")),
    request_body = UpdateMemberRequest,
    responses((status = 200, body = MemberResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "The project would have no admin", body = ErrorResponse))
)]
pub(super) async fn update(
    State(app): State<App>,
    access: Access,
    PathParams((project, person)): PathParams<(i64, i64)>,
    JsonBody(UpdateMemberRequest { role, environments }): JsonBody<UpdateMemberRequest>,
) -> Result<Json<MemberResponse>, ApiError> {
    let rights = ResetRights::of(&app, &access).await?;
    let actor = access.authorize(project)?;
    let before = find(&app, &actor, person).await?;
    let role = role.map_or(before.roles.project, store_role);
    let after = match environments {
        Some(environments) => roles(&actor, role, &environments)?,
        None => Roles { project: role, ..before.roles.clone() },
    };
    change(&app, &actor, person, Some(after.clone())).await?;
    let sentence = format!(
        "changed the role of {} from {} to {}",
        named(&before),
        in_words(&actor, &before.roles),
        in_words(&actor, &after)
    );
    audit_entry::record(&app, &actor, "person.role", person, None, &sentence).await?;
    let may_reset_password = rights.allow(&app, &actor, &before).await?;
    let member = member_response(Member { roles: after, ..before }, &actor);
    Ok(Json(MemberResponse { may_reset_password, ..member }))
}

/// Removes a member, and revokes the management tokens that act for them in the project. The account remains.
///
/// The response lists the credentials that the person has issued and that remain valid. For a pending member, this
/// withdraws the offer.
#[utoipa::path(
    delete, path = "/projects/{project}/people/{person}", tag = "people",
    params(("project" = i64, Path), ("person" = i64, Path, description = "The number of the person")),
    responses((status = 200, body = RemovedMember), (status = 404, body = ErrorResponse),
              (status = 409, description = "The project would have no admin", body = ErrorResponse))
)]
pub(super) async fn remove(
    State(app): State<App>,
    access: Access,
    PathParams((project, person)): PathParams<(i64, i64)>,
) -> Result<Json<RemovedMember>, ApiError> {
    let actor = access.authorize(project)?;
    let store = app.project_cache.store();
    let offers = store.membership_offers(actor.project.id).await?;
    if let Some(offer) = offers.into_iter().find(|offer| offer.person.id == person) {
        store.remove_offer(actor.project.id, person).await?;
        let sentence = format!("withdrew the membership of {}", person_label(&offer.person));
        audit_entry::record(&app, &actor, "person.removed", person, None, &sentence).await?;
        let member = pending_response(offer, &actor);
        return Ok(Json(RemovedMember { member, credentials: IssuedCredentials::default() }));
    }
    let member = find(&app, &actor, person).await?;
    let ended = change(&app, &actor, person, None).await?;
    tokens::record_revoked(&app, &actor, &ended, &named(&member)).await?;
    let sentence = format!("removed {} from the project", named(&member));
    audit_entry::record(&app, &actor, "person.removed", person, None, &sentence).await?;
    let credentials = issued_credentials::valid(&app, &actor, person).await?;
    Ok(Json(RemovedMember { member: member_response(member, &actor), credentials }))
}

/// Returns the roles of a request.
pub(super) fn roles(
    actor: &Actor,
    project: Role,
    exceptions: &[EnvironmentRoleRequest],
) -> Result<Roles, ApiError> {
    let mut environments = BTreeMap::new();
    for (at, EnvironmentRoleRequest { environment, role }) in exceptions.iter().enumerate() {
        let field = format!("environments[{at}].environment");
        environments.insert(access::environment(actor, environment, &field)?.id, store_role(*role));
    }
    Ok(Roles { project, environments })
}

/// Changes or removes a member. Returns the tokens that were revoked.
async fn change(app: &App, actor: &Actor, person: i64, roles: Option<Roles>) -> Result<Vec<Token>, ApiError> {
    let (store, project) = (app.project_cache.store(), actor.project.id);
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

pub(super) async fn find(app: &App, actor: &Actor, person: i64) -> Result<Member, ApiError> {
    let members = app.project_cache.store().members(actor.project.id).await?;
    members.into_iter().find(|member| member.person.id == person).ok_or(ApiError::NotFound)
}

pub(super) fn named(member: &Member) -> String {
    person_label(&member.person)
}

pub(super) fn person_label(person: &Person) -> String {
    format!("{} ({})", person.name, person.email)
}
