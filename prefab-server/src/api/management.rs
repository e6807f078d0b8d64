//! The management API under `/api/manage/v1`.
//!
//! Start with [`router`]. The `OpenAPI` document is generated from the mounted handlers and from the types of
//! `prefab_management_api`.

mod access;
mod account;
mod audit;
mod audit_entry;
mod backup;
mod compare;
mod compression;
mod confidential;
mod contexts;
mod credentials;
mod drafts;
mod environments;
mod error_responses;
mod evaluations;
mod events;
mod explain;
mod health;
mod history;
mod installation;
mod invitations;
mod issued_credentials;
mod items;
mod keys;
pub(super) mod last_id;
mod lifetime;
mod log_levels;
mod loggers;
mod offers;
mod overrides;
mod people;
mod projects;
mod reset;
mod reset_rights;
mod role_text;
mod secrets;
mod session;
mod stream_authorization;
mod tokens;
mod transfer;
mod unused;
mod values;
mod views;

use axum::{Json, Router, routing::get};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::state::App;
pub(crate) use backup::remove_leftovers;
pub(super) use stream_authorization::StreamAuthorizations;

/// The path under which the API is mounted.
const PREFIX: &str = "/api/manage/v1";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Prefab management",
        description = "Manages projects, environments, configs, feature flags, segments, log levels, schemas, secrets, API keys, \
                       people, history and the audit log. Authenticate with an admin key or a management token, as the \
                       password of HTTP Basic or as a bearer token. With a session, send its cookie; changes also \
                       require the header `x-prefab-csrf` with `csrf` of `GET /session`. Errors have a `code` for \
                       programs, and a message, a place and a code for each problem in `_embedded.errors`.",
        license(name = "MIT OR Apache-2.0")
    ),
    components(schemas(prefab_service::ProblemCode, prefab_service::ErrorCode, prefab_management_api::ChangeEvent, prefab_management_api::DraftEvent, prefab_management_api::ClientsEvent, prefab_management_api::EvaluationsEvent)),
    modifiers(&Security),
    security(("key" = []), ("bearer" = []), ("session" = []))
)]
struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
        let cookie = ApiKey::Cookie(ApiKeyValue::new(credentials::SESSION_COOKIE.of(false)));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// Returns the endpoints and their `OpenAPI` document.
pub(crate) fn router() -> Router<App> {
    let (router, document) = described().split_for_parts();
    // Encoded once, since it does not change while the process runs.
    let document = Json(serde_json::to_value(document).unwrap_or_default());
    router.route(&format!("{PREFIX}/openapi.json"), get(move || std::future::ready(document.clone())))
}

fn described() -> OpenApiRouter<App> {
    let routes = OpenApiRouter::new()
        .routes(routes!(account::sign_up))
        .routes(routes!(session::show, session::log_in, session::log_out))
        .routes(routes!(account::change_password))
        .routes(routes!(account::delete))
        .routes(routes!(reset::reset))
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(projects::show, projects::rename))
        .routes(routes!(environments::list, environments::create))
        .routes(routes!(environments::update))
        .routes(routes!(compare::compare))
        .routes(routes!(compare::copy))
        .routes(routes!(items::list, items::create))
        .routes(routes!(items::show, items::replace, items::archive))
        .routes(routes!(items::used_by))
        .routes(routes!(items::used))
        .routes(routes!(values::set))
        .routes(routes!(values::validate))
        .routes(routes!(history::versions))
        .routes(routes!(history::version))
        .routes(routes!(history::diff))
        .routes(routes!(history::revert))
        .routes(routes!(history::restore))
        .routes(routes!(history::archived))
        .routes(routes!(overrides::list))
        .routes(routes!(overrides::assign, overrides::remove))
        .routes(routes!(drafts::list))
        .routes(routes!(drafts::show, drafts::save, drafts::discard))
        .routes(routes!(drafts::approve))
        .routes(routes!(drafts::publish))
        .routes(routes!(explain::explain))
        .routes(routes!(evaluations::counts))
        .routes(routes!(unused::list))
        .routes(routes!(contexts::list))
        .routes(routes!(loggers::list))
        .routes(routes!(log_levels::list))
        .routes(routes!(log_levels::set, log_levels::remove))
        .routes(routes!(events::stream))
        .routes(routes!(health::show))
        .routes(routes!(backup::take))
        .routes(routes!(secrets::list, secrets::rotate))
        .routes(routes!(keys::list, keys::issue))
        .routes(routes!(keys::revoke))
        .routes(routes!(keys::expire))
        .routes(routes!(keys::rotate))
        .routes(routes!(people::list, people::add))
        .routes(routes!(people::update, people::remove))
        .routes(routes!(people::account))
        .routes(routes!(issued_credentials::list, issued_credentials::revoke))
        .routes(routes!(offers::accept, offers::decline))
        .routes(routes!(installation::show, installation::update))
        .routes(routes!(installation::add_owner, installation::remove_owner))
        .routes(routes!(reset::offer))
        .routes(routes!(invitations::list, invitations::create))
        .routes(routes!(invitations::revoke))
        .routes(routes!(tokens::list, tokens::issue))
        .routes(routes!(tokens::revoke))
        .routes(routes!(audit::list))
        .routes(routes!(audit::lines))
        .routes(routes!(transfer::export))
        .routes(routes!(transfer::import));
    let mut all = OpenApiRouter::with_openapi(Document::openapi()).nest(PREFIX, routes);
    error_responses::describe(all.get_openapi_mut());
    all
}

#[cfg(test)]
mod tests;
