//! Log levels: which logger prints what, for whom, until when.

use std::collections::HashMap;

use axum::{Json, extract::State, response::Response};
use prefab_core::{Config, LogLevel, Value};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::management::{
    access::{self, Access, JsonBody, PathParams, QueryParams},
    lifetime,
    lifetime::Lasting,
    views::{Changed, Problem, who},
};
use crate::api::{error::ApiError, state::App};
use prefab_core::ids::EnvironmentId;
use prefab_service::{Conflict, actor::Author, change, describe, expiry, log_level_rules, project::Project};
use prefab_store::{Expected, Expiry, Role, Target, TimedRule};

/// The level of a logger.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogLevelView {
    /// The logger: `my_app.checkout`.
    path: String,
    /// The key of its config: `log-level.my_app.checkout`.
    key: String,
    /// Its version, as a text.
    id: String,
    /// When it was changed, in milliseconds since 1970.
    changed_at: i64,
    changed_by: String,
    levels: Vec<LevelView>,
}

/// One level of a logger; the first that holds is taken, in the environment's own before those of all.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LevelView {
    /// The environment's number, as a text; null for all that have no level of their own.
    environment: Option<String>,
    /// `DEBUG`; null where a choice or a variable gives it.
    level: Option<&'static str>,
    /// For whom it holds; null for everybody, and where `when` says more than this form can.
    #[serde(rename = "for")]
    whose: Option<For>,
    /// When it holds, in words; null for everybody.
    when: Option<String>,
    /// When it ends by itself, in milliseconds since 1970.
    expires_at: Option<i64>,
}

/// For whom a level holds: where a property has one of some values, or for those in a segment.
#[derive(Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct For {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "user.key")]
    property: Option<String>,
    /// Of the property.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    /// The key of a segment, in place of a property.
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<String>,
}

impl For {
    fn of(target: Target) -> Option<Self> {
        match target {
            Target::Property(property, values) => {
                Some(Self { property: Some(property), values, segment: None })
            }
            Target::Segment(key) => Some(Self { segment: Some(key), ..Self::default() }),
            Target::Person(_) | Target::Everybody => None,
        }
    }

    fn target(self) -> Result<Target, ApiError> {
        let Self { property, values, segment } = self;
        let text =
            |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let values: Vec<String> = values.into_iter().filter(|value| !value.is_empty()).collect();
        match (text(property), text(segment)) {
            (Some(property), None) if !values.is_empty() => Ok(Target::Property(property, values)),
            (None, Some(key)) if values.is_empty() => Ok(Target::Segment(key)),
            _ => Err(ApiError::invalid(
                "`for`: expected a property such as `user.key` and at least one value, or a segment",
            )),
        }
    }
}

/// Lists log levels by key.
#[utoipa::path(
    get, path = "/projects/{project}/log-levels", tag = "log levels", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<LogLevelView>), (status = 404, body = Problem))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Response, ApiError> {
    let project = access.authorize(project)?.project;
    let expiries = app.hub.store().scheduled_removals(project.id).await?;
    app.json(project.id, move |_| Ok(views(&project, &expiries))).await
}

fn views(project: &Project, expiries: &[Expiry]) -> Vec<LogLevelView> {
    let mut by_key: HashMap<&str, Vec<&Expiry>> = HashMap::new();
    for expiry in expiries {
        by_key.entry(&expiry.rule.key).or_default().push(expiry);
    }
    let mut views = Vec::new();
    for (key, version) in project.configs() {
        let Some(config) = &version.config else { continue };
        let Some(path) = log_level_rules::path(config) else { continue };
        views.push(LogLevelView {
            path: path.to_owned(),
            id: version.id.to_string(),
            changed_at: version.changed_at_millis,
            changed_by: who(&version.changed_by),
            levels: of(config, by_key.get(&*key).map_or(&[], Vec::as_slice)),
            key,
        });
    }
    views
}

fn of(config: &Config, expiries: &[&Expiry]) -> Vec<LevelView> {
    let mut views = Vec::new();
    for row in &config.rows {
        let environment = row.project_env_id.filter(|id| *id != 0).map(EnvironmentId);
        for rule in &row.values {
            let target = log_level_rules::target(rule);
            // What stays for everybody has no criterion.
            let may_end = !rule.criteria.is_empty();
            let expiry = expiries.iter().find(|expiry| {
                let TimedRule { project: _, key, environment: place, target: wanted } = &expiry.rule;
                may_end && *key == config.key && *place == environment && Some(wanted) == target.as_ref()
            });
            views.push(LevelView {
                environment: environment.map(|id| id.to_string()),
                level: rule.value.as_ref().and_then(|value| match &value.value {
                    Value::LogLevel(level) => Some(level.name()),
                    _ => None,
                }),
                when: describe::criteria(rule).filter(|_| target != Some(Target::Everybody)),
                whose: target.and_then(For::of),
                expires_at: expiry.map(|expiry| expiry.at_millis),
            });
        }
    }
    views
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewLevel {
    /// TRACE, DEBUG, INFO, WARN, ERROR or FATAL.
    #[schema(example = "DEBUG")]
    level: String,
    /// The environment by number or name; without, all that have no level of their own.
    environment: Option<String>,
    /// For whom; for everybody without.
    #[serde(rename = "for")]
    whose: Option<For>,
    /// When it ends by itself, in milliseconds since 1970; without one of the two it stays.
    #[serde(alias = "expires_at")]
    expires_at: Option<i64>,
    /// After how long it ends by itself: seconds, or a text such as `30m`.
    #[serde(alias = "expires_in")]
    expires_in: Option<Lasting>,
    /// Why, for the audit log; some environments take no change without.
    #[serde(default)]
    comment: String,
}

/// What came of setting a level.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LevelSet {
    /// The new version's number, as a text.
    id: String,
    key: String,
    /// When it ends by itself, in milliseconds since 1970.
    expires_at: Option<i64>,
}

/// Sets the level of a logger, for everybody or for some, for good or for a time.
///
/// What holds for a time comes before what stays, and leaves it as it was. The log level is created if there
/// is none, and archived once nothing of it is left.
#[utoipa::path(
    put, path = "/projects/{project}/log-levels/{path}", tag = "log levels",
    params(("project" = i64, Path), ("path" = String, Path, description = "The logger: `my_app.checkout`")),
    request_body = NewLevel,
    responses((status = 200, body = LevelSet), (status = 400, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem))
)]
pub(super) async fn set(
    State(app): State<App>,
    access: Access,
    PathParams((project, path)): PathParams<(i64, String)>,
    JsonBody(new): JsonBody<NewLevel>,
) -> Result<Json<LevelSet>, ApiError> {
    let NewLevel { level, environment, whose, expires_at, expires_in, comment } = new;
    let author = access.require_role(project, Role::Publisher)?.because(comment);
    let environment = access::optional_environment(&author, environment.as_deref(), "environment")?;
    let level = LogLevel::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(level.trim()));
    let level = level.ok_or_else(|| {
        ApiError::invalid("`level`: expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL".to_owned())
    })?;
    let expires_at = lifetime::end(expires_at, expires_in.as_ref())?;
    let key = log_level_rules::key(path.trim());
    let target = whose.map_or(Ok(Target::Everybody), For::target)?;
    let rule = TimedRule { project: author.project.id, key: key.clone(), environment, target };
    let mut config = standing(&author, &key)?.unwrap_or_else(|| log_level_rules::new(key.clone()));
    if expires_at.is_some() {
        log_level_rules::add(&mut config, environment, &rule.target, level);
    } else {
        log_level_rules::set(&mut config, environment, &rule.target, level);
    }
    let change = change::checked(&app, &author, config).await?;
    let id = expiry::append(&app, &author, change, rule, expires_at).await?;
    Ok(Json(LevelSet { id: id.to_string(), key, expires_at }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The environment by number or name; without, the level of all that have none of their own.
    environment: Option<String>,
    /// The property of those for whom the level is taken away; without, that for everybody is.
    property: Option<String>,
    /// The values of the property, with commas between them.
    values: Option<String>,
    /// The segment for which the level is taken away, in place of a property.
    segment: Option<String>,
    /// Why, for the audit log; some environments take no change without.
    comment: Option<String>,
}

/// Takes the level of a logger away: that for some, or for everybody the one that ends before the one that
/// stays.
#[utoipa::path(
    delete, path = "/projects/{project}/log-levels/{path}", tag = "log levels",
    params(("project" = i64, Path), ("path" = String, Path, description = "The logger: `my_app.checkout`"), Which),
    responses((status = 200, body = Changed), (status = 400, body = Problem),
              (status = 404, description = "There is none", body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn remove(
    State(app): State<App>,
    access: Access,
    PathParams((project, path)): PathParams<(i64, String)>,
    QueryParams(Which { environment, property, values, segment, comment }): QueryParams<Which>,
) -> Result<Json<Changed>, ApiError> {
    let author = access.require_role(project, Role::Publisher)?.because(comment.unwrap_or_default());
    let environment = access::optional_environment(&author, environment.as_deref(), "environment")?;
    let key = log_level_rules::key(path.trim());
    let split = |values: String| values.split(',').map(|value| value.trim().to_owned()).collect();
    let target = if property.is_none() && segment.is_none() {
        Target::Everybody
    } else {
        For { property, values: values.map(split).unwrap_or_default(), segment }.target()?
    };
    let mut config = standing(&author, &key)?.ok_or(ApiError::NotFound)?;
    let taken = log_level_rules::take(&mut config, environment, &target)
        || (target == Target::Everybody && log_level_rules::take_fallback(&mut config, environment));
    if !taken {
        return Err(ApiError::NotFound);
    }
    let id = if config.rows.is_empty() {
        let standing = author.project.config(&key).ok_or(ApiError::NotFound)?;
        change::delete(&app, &author, &standing, Expected::Version(config.id)).await?
    } else {
        change::put(&app, &author, config).await?
    };
    app.hub
        .store()
        .cancel_removal(TimedRule { project: author.project.id, key: key.clone(), environment, target })
        .await?;
    Ok(Json(Changed { id: id.to_string(), key }))
}

/// Returns what stands, if it is a log level.
fn standing(author: &Author, key: &str) -> Result<Option<Config>, ApiError> {
    let config = author.project.config(key).and_then(|version| version.config.clone());
    if config.as_ref().is_some_and(|config| log_level_rules::path(config).is_none()) {
        return Err(Conflict::NotLogLevel(key.to_owned()).into());
    }
    Ok(config)
}
