//! The event stream of a project: changes, drafts, connected clients and new evaluation counts.

mod drafts;

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
use tokio::{
    sync::{broadcast, watch},
    time::{Interval, MissedTickBehavior, interval},
};
use tracing::warn;

use crate::api::management::{
    access::{Access, PathParams},
    stream_authorization::StreamAuthorization,
    views::who,
};
use drafts::DraftWatcher;

use crate::api::{error::ApiError, state::App};
use prefab_core::ids::EnvironmentId;
use prefab_management_api::{ChangeEvent, ClientsEvent, ErrorResponse, EvaluationsEvent, ReceivedVersion};
use prefab_publish::SubscriberCounts;
use prefab_service::{
    change::touched_environments, item, limits::StreamPermit, project::Project, telemetry::UsageUpdate,
};
use prefab_store::AuditedChange;

/// How often the connected clients are compared with the last event.
const CLIENTS_POLL_INTERVAL: Duration = Duration::from_millis(250);
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// The number of changes that are read from the store at a time.
const MAX_CHANGES_PER_READ: u32 = 200;
/// The maximum number of versions in a `clients` event, newest first.
const MAX_VERSIONS: usize = 20;

/// Streams the events `change`, `draft`, `clients` and `evaluations`, with JSON data.
///
/// With `Last-Event-ID`, the stream continues after that change; without it, it starts with the next change. It starts
/// with one `clients` event per environment. Events about drafts are not repeated. The server sends a comment at least
/// every 15 seconds.
#[utoipa::path(
    get, path = "/projects/{project}/events", tag = "operations",
    params(("project" = i64, Path),
           ("Last-Event-ID" = Option<String>, Header, description = "The version of the last received change")),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 404, body = ErrorResponse),
              (status = 429, description = "Too many event streams are open", body = ErrorResponse))
)]
pub(super) async fn stream(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let authorization = access.stream_authorization();
    let actor = access.authorize(project)?;
    let permit = app.limits.event_stream(authorization.principal()).ok_or(ApiError::TooManyStreams)?;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok());
    let events = Events::new(app, actor.project, authorization, last, permit);
    let body = stream::unfold(events, |mut events| async move {
        events.next().await.map(|bytes| (Ok::<_, Infallible>(bytes), events))
    });
    let mut response = Body::from_stream(body).into_response();
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Disables buffering in nginx.
    fields.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

struct Events {
    stop: watch::Receiver<bool>,
    app: App,
    project: Arc<Project>,
    /// Completes when the credential of the stream loses access to the project.
    authorization_ended: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// The last change that was sent.
    sent: i64,
    published: watch::Receiver<i64>,
    drafts: DraftWatcher,
    hints: broadcast::Receiver<Arc<UsageUpdate>>,
    look: Interval,
    keep_alive: Interval,
    /// The clients of this server and of the others, as they were sent last.
    clients: BTreeMap<EnvironmentId, (SubscriberCounts, u64)>,
    waiting: VecDeque<Bytes>,
    _permit: StreamPermit,
}

/// The reason to send something.
enum Event {
    Changes,
    Drafts,
    Counts(Arc<UsageUpdate>),
    PollClients,
    KeepAlive,
    End,
}

impl Events {
    fn new(
        app: App,
        project: Arc<Project>,
        authorization: StreamAuthorization,
        last: Option<i64>,
        permit: StreamPermit,
    ) -> Self {
        let mut published = project.published();
        let newest = *published.borrow_and_update();
        // An unknown version, such as one of another database, is ignored.
        let sent = last.filter(|id| (1..=newest).contains(id));
        if sent.is_some() {
            published.mark_changed();
        }
        let mut look = interval(CLIENTS_POLL_INTERVAL);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            hints: app.telemetry.updates(),
            sent: sent.unwrap_or(newest),
            published,
            drafts: DraftWatcher::of(&project),
            look,
            keep_alive: interval(KEEP_ALIVE_INTERVAL),
            clients: BTreeMap::new(),
            waiting: [Bytes::from_static(b": connected\n\n")].into(),
            authorization_ended: Box::pin(authorization.ended(
                Arc::clone(&app.project_cache),
                Arc::clone(&app.stream_authorizations),
                project.id,
            )),
            stop: app.stop.clone(),
            app,
            project,
            _permit: permit,
        }
    }

    /// Returns the next bytes to send, or `None` at the end of the stream.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.waiting.pop_front() {
                return Some(bytes);
            }
            match self.next_event().await {
                Event::Changes => self.changes().await?,
                Event::Drafts => self.push_draft_events(),
                Event::Counts(hint) => self.count(&hint),
                Event::PollClients => self.push_client_events(),
                Event::KeepAlive => self.waiting.push_back(Bytes::from_static(b": keepalive\n\n")),
                Event::End => return None,
            }
        }
    }

    async fn next_event(&mut self) -> Event {
        // A receiver that lagged behind continues with the next hint, which is sufficient.
        loop {
            tokio::select! {
                _ = self.stop.wait_for(|stop| *stop) => return Event::End,
                changed = self.published.changed() => {
                    return if changed.is_ok() { Event::Changes } else { Event::End };
                }
                changed = self.drafts.changed() => return if changed { Event::Drafts } else { Event::End },
                hint = self.hints.recv() => {
                    if let Ok(hint) = hint { return Event::Counts(hint); }
                }
                () = self.authorization_ended.as_mut() => return Event::End,
                _ = self.look.tick() => return Event::PollClients,
                _ = self.keep_alive.tick() => return Event::KeepAlive,
            }
        }
    }

    /// Reads the next changes. If the store fails, the stream ends and the client reconnects.
    async fn changes(&mut self) -> Option<()> {
        let changes = self
            .app
            .project_cache
            .store()
            .changes_after(self.project.id, self.sent, MAX_CHANGES_PER_READ)
            .await;
        let changes = changes
            .inspect_err(
                |error| warn!(%error, "reading changes for an event stream failed; closing the stream"),
            )
            .ok()?;
        let newest = *self.published.borrow();
        if changes.last().is_some_and(|last| last.version.id < newest) {
            // The rest is read after the client has received these.
            self.published.mark_changed();
        }
        for change_record in changes {
            let id = change_record.version.id;
            self.sent = id;
            self.waiting.push_back(event_bytes("change", Some(id), &change(change_record, &self.project)));
        }
        Some(())
    }

    fn push_draft_events(&mut self) {
        for event in self.drafts.events() {
            self.waiting.push_back(event_bytes("draft", None, &event));
        }
    }

    fn count(&mut self, hint: &UsageUpdate) {
        if hint.project == self.project.id {
            let event =
                EvaluationsEvent { environment: hint.environment.to_string(), keys: hint.keys.clone() };
            self.waiting.push_back(event_bytes("evaluations", None, &event));
        }
    }

    fn push_client_events(&mut self) {
        for environment in &*self.project.environments() {
            let elsewhere: u64 = self.app.presence.clients_elsewhere(environment.id).values().sum();
            let channel = self.project.used_channel(environment.id);
            if channel.is_none() && elsewhere == 0 && !self.clients.contains_key(&environment.id) {
                continue;
            }
            let counts = channel.map(|channel| channel.subscribers.counts()).unwrap_or_default();
            let current = (counts, elsewhere);
            if self.clients.get(&environment.id) == Some(&current) {
                continue;
            }
            let event = clients(environment.id, &current.0, elsewhere);
            self.waiting.push_back(event_bytes("clients", None, &event));
            self.clients.insert(environment.id, current);
        }
    }
}

fn change(audited: AuditedChange, project: &Project) -> ChangeEvent {
    let AuditedChange { version, before, audit } = audited;
    let environments = project.environments();
    let touched = touched_environments(before.as_ref(), version.config.as_ref(), &environments);
    let config = version.config.as_ref().or(before.as_ref());
    let (who, sentence) = match audit {
        Some((who, sentence)) => (who, Some(sentence)),
        None => (who(&version.changed_by), None),
    };
    ChangeEvent {
        item_type: config.map_or("config", |config| item::type_name(config.config_type)).to_owned(),
        version: version.id.to_string(),
        environments: touched.map(|environment| environment.id.to_string()).collect(),
        who,
        at: version.changed_at_millis,
        deleted: version.config.is_none(),
        sentence,
        key: version.key,
    }
}

/// Returns the clients of this server, and the number of those that are connected to others.
pub(super) fn clients(environment: EnvironmentId, counts: &SubscriberCounts, elsewhere: u64) -> ClientsEvent {
    let received = counts.by_version.iter().rev().take(MAX_VERSIONS);
    let elsewhere = usize::try_from(elsewhere).unwrap_or(usize::MAX);
    ClientsEvent {
        environment: environment.to_string(),
        connected: counts.by_version.values().sum::<usize>().saturating_add(elsewhere),
        elsewhere,
        received: received
            .map(|(version, clients)| ReceivedVersion { version: version.to_string(), clients: *clients })
            .collect(),
    }
}

fn event_bytes(name: &str, id: Option<i64>, data: &impl Serialize) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    // Strings and numbers can always be serialized, and their JSON has no line breaks.
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("{id}event: {name}\ndata: {data}\n\n").into()
}
