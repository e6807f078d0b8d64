//! What happens in a project, as it happens: changes, who has them, new counts.

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
use drafts::Drawer;

use crate::api::{error::ApiError, state::App};
use prefab_core::ids::EnvironmentId;
use prefab_management_api::{ChangeEvent, ClientsEvent, ErrorResponse, EvaluationsEvent, ReceivedVersion};
use prefab_publish::Counts;
use prefab_service::{change::policy, item, limits::StreamPermit, project::Project, telemetry::Hint};
use prefab_store::Told;

/// How often it is looked whether clients came, went or were handed something.
const CLIENTS_POLL_INTERVAL: Duration = Duration::from_millis(250);
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// How many changes are read at once.
const MAX_CHANGES_PER_READ: u32 = 200;
/// How many versions a `clients` event tells apart, newest first.
const MAX_VERSIONS: usize = 20;

/// Streams what happens: events `change`, `draft`, `clients` and `evaluations` with JSON in them.
///
/// `Last-Event-ID` continues after a change; without it the stream begins with the next one. `clients` comes
/// once for each environment at the beginning, and what happened to drafts meanwhile is not told. A comment comes at least every 15 seconds.
#[utoipa::path(
    get, path = "/projects/{project}/events", tag = "operations",
    params(("project" = i64, Path),
           ("Last-Event-ID" = Option<String>, Header, description = "The version of the last change that was read")),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 404, body = ErrorResponse),
              (status = 429, description = "Too many event streams are open", body = ErrorResponse))
)]
pub(super) async fn stream(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let lease = access.lease();
    let author = access.authorize(project)?;
    let permit = app.limits.event_stream(lease.principal()).ok_or(ApiError::TooManyStreams)?;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok());
    let events = Events::new(app, author.project, lease, last, permit);
    let body = stream::unfold(events, |mut events| async move {
        events.next().await.map(|bytes| (Ok::<_, Infallible>(bytes), events))
    });
    let mut response = Body::from_stream(body).into_response();
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    // Keeps nginx from collecting the stream.
    fields.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

struct Events {
    stop: watch::Receiver<bool>,
    app: App,
    project: Arc<Project>,
    /// Ends when whoever reads may not any more.
    authorization_ended: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// The change up to which everything has been told.
    told: i64,
    published: watch::Receiver<i64>,
    drafts: Drawer,
    hints: broadcast::Receiver<Arc<Hint>>,
    look: Interval,
    keep_alive: Interval,
    clients: BTreeMap<EnvironmentId, Counts>,
    waiting: VecDeque<Bytes>,
    _permit: StreamPermit,
}

/// What there is to say.
enum News {
    Changes,
    Drafts,
    Counts(Arc<Hint>),
    Look,
    KeepAlive,
    End,
}

impl Events {
    fn new(
        app: App,
        project: Arc<Project>,
        lease: StreamAuthorization,
        last: Option<i64>,
        permit: StreamPermit,
    ) -> Self {
        let mut published = project.published();
        let newest = *published.borrow_and_update();
        // A version from elsewhere says nothing here.
        let told = last.filter(|id| (1..=newest).contains(id));
        if told.is_some() {
            published.mark_changed();
        }
        let mut look = interval(CLIENTS_POLL_INTERVAL);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            hints: app.telemetry.hints(),
            told: told.unwrap_or(newest),
            published,
            drafts: Drawer::of(&project),
            look,
            keep_alive: interval(KEEP_ALIVE_INTERVAL),
            clients: BTreeMap::new(),
            waiting: [Bytes::from_static(b": connected\n\n")].into(),
            authorization_ended: Box::pin(lease.ended(
                Arc::clone(&app.hub),
                Arc::clone(&app.stream_authorizations),
                project.id,
            )),
            stop: app.stop.clone(),
            app,
            project,
            _permit: permit,
        }
    }

    /// Returns the next bytes to send, or nothing when the stream is to end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.waiting.pop_front() {
                return Some(bytes);
            }
            match self.news().await {
                News::Changes => self.changes().await?,
                News::Drafts => self.look_at_drafts(),
                News::Counts(hint) => self.count(&hint),
                News::Look => self.look_for_clients(),
                News::KeepAlive => self.waiting.push_back(Bytes::from_static(b": keepalive\n\n")),
                News::End => return None,
            }
        }
    }

    async fn news(&mut self) -> News {
        // Whoever missed hints gets the next one, which says as much.
        loop {
            tokio::select! {
                _ = self.stop.wait_for(|stop| *stop) => return News::End,
                changed = self.published.changed() => {
                    return if changed.is_ok() { News::Changes } else { News::End };
                }
                changed = self.drafts.changed() => return if changed { News::Drafts } else { News::End },
                hint = self.hints.recv() => {
                    if let Ok(hint) = hint { return News::Counts(hint); }
                }
                () = self.authorization_ended.as_mut() => return News::End,
                _ = self.look.tick() => return News::Look,
                _ = self.keep_alive.tick() => return News::KeepAlive,
            }
        }
    }

    /// Reads what is new, as much as is read at once; the client comes back where the database does not answer.
    async fn changes(&mut self) -> Option<()> {
        let changes =
            self.app.hub.store().changes_after(self.project.id, self.told, MAX_CHANGES_PER_READ).await;
        let changes = changes.inspect_err(|error| warn!(%error, "an event stream ends early")).ok()?;
        let newest = *self.published.borrow();
        if changes.last().is_some_and(|last| last.version.id < newest) {
            // The rest is read once the client has read this.
            self.published.mark_changed();
        }
        for told in changes {
            let id = told.version.id;
            self.told = id;
            self.waiting.push_back(event_bytes("change", Some(id), &change(told, &self.project)));
        }
        Some(())
    }

    fn look_at_drafts(&mut self) {
        for event in self.drafts.events() {
            self.waiting.push_back(event_bytes("draft", None, &event));
        }
    }

    fn count(&mut self, hint: &Hint) {
        if hint.project == self.project.id {
            let event =
                EvaluationsEvent { environment: hint.environment.to_string(), keys: hint.keys.clone() };
            self.waiting.push_back(event_bytes("evaluations", None, &event));
        }
    }

    fn look_for_clients(&mut self) {
        for environment in &*self.project.environments() {
            let Some(channel) = self.project.channel(environment.id) else { continue };
            let counts = channel.listeners.counts();
            if self.clients.get(&environment.id) == Some(&counts) {
                continue;
            }
            let event = clients(environment.id, &counts);
            self.waiting.push_back(event_bytes("clients", None, &event));
            self.clients.insert(environment.id, counts);
        }
    }
}

fn change(told: Told, project: &Project) -> ChangeEvent {
    let Told { version, before, said } = told;
    let environments = project.environments();
    let touched = policy::touched(before.as_ref(), version.config.as_ref(), &environments);
    let config = version.config.as_ref().or(before.as_ref());
    let (who, sentence) = match said {
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

pub(super) fn clients(environment: EnvironmentId, counts: &Counts) -> ClientsEvent {
    let received = counts.by_version.iter().rev().take(MAX_VERSIONS);
    ClientsEvent {
        environment: environment.to_string(),
        connected: counts.by_version.values().sum(),
        received: received
            .map(|(version, clients)| ReceivedVersion { version: version.to_string(), clients: *clients })
            .collect(),
    }
}

fn event_bytes(name: &str, id: Option<i64>, data: &impl Serialize) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    // Texts and numbers always can be written, and their JSON has no line breaks.
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("{id}event: {name}\ndata: {data}\n\n").into()
}
