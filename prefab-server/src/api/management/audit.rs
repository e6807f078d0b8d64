//! The audit log.

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::header;

use crate::api::management::access::{self, Access, PathParams, QueryParams};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{AuditLogEntry, AuditQuery, ErrorResponse};
use prefab_service::actor::Actor;
use prefab_store::{AuditFilter, AuditNote, AuditRecord, StoreError};

/// The maximum number of entries in a list.
const MAX_ENTRIES: u32 = 10_000;
/// The number of entries that an export reads at a time.
const EXPORT_PAGE_ENTRIES: u32 = 1_000;

fn audit_log_entry(record: AuditRecord) -> AuditLogEntry {
    let AuditRecord { id, at_millis, count, entry } = record;
    let AuditNote { actor: who, origin, via, sentence, comment } = entry.note;
    AuditLogEntry {
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
        count,
        sentence,
        comment: Some(comment).filter(|comment| !comment.is_empty()),
    }
}

/// Lists entries of the audit log, newest first.
#[utoipa::path(
    get, path = "/projects/{project}/audit", tag = "audit", params(("project" = i64, Path), AuditQuery),
    responses((status = 200, body = Vec<AuditLogEntry>), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(query): QueryParams<AuditQuery>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let limit = query.limit.unwrap_or(100).clamp(1, MAX_ENTRIES);
    let records = app.project_cache.store().audit(filter(query, &actor, limit)?).await?;
    app.json(actor.project.id, move |_| Ok(records.into_iter().map(audit_log_entry).collect::<Vec<_>>()))
        .await
}

/// Exports entries of the audit log as JSON lines, newest first. By default, all entries.
#[utoipa::path(
    get, path = "/projects/{project}/audit.jsonl", tag = "audit", params(("project" = i64, Path), AuditQuery),
    responses((status = 200, content_type = "application/x-ndjson", body = String),
              (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn lines(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(query): QueryParams<AuditQuery>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let left = query.limit.unwrap_or(u32::MAX).max(1);
    let pages = Pages { filter: Some(filter(query, &actor, EXPORT_PAGE_ENTRIES)?), left, app };
    // A page is read after the client has received the previous pages.
    let pages = stream::try_unfold(pages, Pages::next);
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(pages)).into_response())
}

/// The remaining pages of an export.
struct Pages {
    app: App,
    /// `None` after the last page.
    filter: Option<AuditFilter>,
    left: u32,
}

impl Pages {
    /// Returns the next page. New entries have higher numbers, so they do not move the remaining ones.
    async fn next(mut self) -> Result<Option<(String, Self)>, StoreError> {
        let Some(mut filter) = self.filter.take().filter(|_| self.left > 0) else { return Ok(None) };
        filter.limit = self.left.min(EXPORT_PAGE_ENTRIES);
        let records = self.app.project_cache.store().audit(filter.clone()).await?;
        let Some(last) = records.last() else { return Ok(None) };
        filter.before = Some(last.id);
        let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
        self.left = self.left.saturating_sub(count);
        self.filter = Some(filter).filter(|filter| count == filter.limit);
        let mut text = String::new();
        for record in records {
            // Strings and numbers can always be serialized.
            text += &serde_json::to_string(&audit_log_entry(record)).unwrap_or_default();
            text.push('\n');
        }
        Ok(Some((text, self)))
    }
}

fn filter(query: AuditQuery, actor: &Actor, limit: u32) -> Result<AuditFilter, ApiError> {
    let AuditQuery { subject, who, action, environment, text, from, to, before, limit: _ } = query;
    Ok(AuditFilter {
        project: Some(actor.project.id),
        subject,
        actor: who,
        action,
        environment: access::optional_environment(actor, environment.as_deref(), "environment")?,
        text,
        from_millis: from,
        to_millis: to,
        before,
        limit,
    })
}
