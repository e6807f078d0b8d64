//! Who did what, when, from where, and why?

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    access::{self, Access, Asked, At},
    views::Problem,
};
use crate::{
    api::{ApiError, App},
    author::Author,
    store::{AuditFilter, AuditRecord, Note},
};

/// How many entries one answer has, at most.
const MOST: u32 = 10_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only about this subject: a key, an environment's name, an API key's number.
    subject: Option<String>,
    /// Only by somebody whose name contains this.
    who: Option<String>,
    /// Only of this kind: `config`, `config.changed`, `key.refused`.
    action: Option<String>,
    /// Only about this environment, by number or name.
    environment: Option<String>,
    /// Only with this in the sentence or the comment.
    text: Option<String>,
    /// Not before this moment, in milliseconds since 1970.
    from: Option<i64>,
    /// Before this moment, in milliseconds since 1970.
    to: Option<i64>,
    /// Only entries before this one: the last of the page before.
    before: Option<i64>,
    /// At most so many.
    limit: Option<u32>,
}

/// One entry of the audit log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditView {
    /// Its number, as a text; grows.
    id: String,
    /// When, in milliseconds since 1970.
    at: i64,
    /// Who: `ann@acme.test`, `key 7 (ci)`.
    who: String,
    /// From where: an address.
    from: String,
    /// With which program, as it calls itself.
    via: String,
    /// What kind of deed: `config.changed`.
    action: String,
    /// What it was done to: a config's key, an environment's name, an API key's number.
    subject: String,
    /// The environment's number, as a text.
    environment: Option<String>,
    /// The version that came of it.
    version: Option<String>,
    /// Whether it was refused.
    is_refused: bool,
    /// What was done, for people.
    #[schema(example = "key 7 (ci) changed `http.timeout`: Production: from PT10S to PT1S")]
    sentence: String,
    /// Why.
    comment: Option<String>,
}

impl AuditView {
    fn of(record: AuditRecord) -> Self {
        let AuditRecord { id, at_millis, entry } = record;
        let Note { who, origin, via, sentence, comment } = entry.note;
        Self {
            id: id.to_string(),
            at: at_millis,
            who,
            from: origin,
            via,
            action: entry.action,
            subject: entry.subject,
            environment: entry.environment.map(|id| id.to_string()),
            version: entry.version_id.map(|id| id.to_string()),
            is_refused: entry.is_refused,
            sentence,
            comment: Some(comment).filter(|comment| !comment.is_empty()),
        }
    }
}

/// Lists entries of the audit log, newest first.
#[utoipa::path(
    get, path = "/projects/{project}/audit", tag = "audit", params(("project" = i64, Path), Wanted),
    responses((status = 200, body = Vec<AuditView>), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    At(project): At<i64>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, ApiError> {
    let author = access.to(project)?;
    let entries = find(&app, &author, wanted, 100).await?;
    app.json(author.project.id, move |_| Ok(entries)).await
}

/// Exports entries of the audit log as lines of JSON, newest first.
#[utoipa::path(
    get, path = "/projects/{project}/audit.jsonl", tag = "audit", params(("project" = i64, Path), Wanted),
    responses((status = 200, content_type = "application/x-ndjson", body = String),
              (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn lines(
    State(app): State<App>,
    access: Access,
    At(project): At<i64>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, ApiError> {
    let author = access.to(project)?;
    let entries = find(&app, &author, wanted, MOST).await?;
    let write = move |_| {
        let mut text = String::new();
        for entry in entries {
            // Texts and numbers always can be written.
            text += &serde_json::to_string(&entry).unwrap_or_default();
            text.push('\n');
        }
        Ok(text)
    };
    let text = app.work(author.project.id, write).await?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], text).into_response())
}

async fn find(app: &App, author: &Author, wanted: Wanted, usual: u32) -> Result<Vec<AuditView>, ApiError> {
    let Wanted { subject, who, action, environment, text, from, to, before, limit } = wanted;
    let filter = AuditFilter {
        project: Some(author.project.id),
        subject,
        who,
        action,
        environment: access::optional_environment(author, environment.as_deref(), "environment")?,
        text,
        from_millis: from,
        to_millis: to,
        before,
        limit: limit.unwrap_or(usual).clamp(1, MOST),
    };
    let records = app.hub.store().audit(filter).await?;
    Ok(records.into_iter().map(AuditView::of).collect())
}
