//! Notifications of other servers.
//!
//! A notification names the part of the store that changed, and is only a hint: it is lost while the connection is down, and
//! behind a pooler. After a lost connection everything is read again.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use prefab_core::ids::ProjectId;
use prefab_store::{Notifier, StoreChange, StoreError};
use tokio::{
    sync::{mpsc, watch},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_postgres::{AsyncMessage, Config};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::{debug, warn};

use crate::{
    database::{Database, channel, quoted},
    options::{PostgresOptions, connect_timeout},
    tls::listen_connector,
};

/// How long the database may take to start the notifications.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(5);

/// How often the connection is checked.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(10);

/// How long a check may take.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(3);

/// The pause before the next attempt to connect, in milliseconds. It is random, so that servers do not connect together.
const RECONNECT_MILLIS: std::ops::Range<u64> = 100..2_000;

/// How long the answer to a commit may arrive after its notification.
const COMMIT_TIME: Duration = Duration::from_secs(1);

/// The state of the listener, for the poll.
pub(crate) struct Status {
    /// Whether the listener has a connection.
    pub(crate) listening: watch::Receiver<bool>,
    /// The number of the last echo.
    pub(crate) echo: watch::Receiver<u32>,
}

/// Receives the notifications of other servers.
pub(crate) struct Listener {
    config: Config,
    tls: MakeRustlsConnect,
    /// `LISTEN` with the channel.
    statement: String,
    /// Its own notifications are skipped, unless it does not know the change.
    database: Arc<Database>,
    notifier: Notifier,
    listening: watch::Sender<bool>,
    echo: watch::Sender<u32>,
}

impl Listener {
    pub(crate) fn new(
        options: &PostgresOptions,
        database: &Arc<Database>,
        notifier: Notifier,
    ) -> Result<(Self, Status), StoreError> {
        let (listening, echo) = (watch::Sender::new(false), watch::Sender::new(0));
        let status = Status { listening: listening.subscribe(), echo: echo.subscribe() };
        let listener = Self {
            config: options.listen_config()?,
            tls: listen_connector(options)?,
            statement: format!("LISTEN {}", quoted(&channel(&options.schema))),
            database: Arc::clone(database),
            notifier,
            listening,
            echo,
        };
        Ok((listener, status))
    }

    /// Listens until the store is dropped, and connects again when the connection is lost.
    pub(crate) async fn run(self) {
        let (mut was_connected, mut is_down) = (false, false);
        loop {
            let error = self.listen(&mut was_connected, &mut is_down).await;
            self.listening.send_replace(false);
            if !is_down {
                is_down = true;
                let cause = std::error::Error::source(&*error);
                warn!(%error, ?cause, "the connection for notifications is lost; connecting again");
            }
            sleep(Duration::from_millis(fastrand::u64(RECONNECT_MILLIS))).await;
        }
    }

    /// Listens until the connection is lost, and returns why.
    async fn listen(
        &self,
        was_connected: &mut bool,
        is_down: &mut bool,
    ) -> Box<dyn std::error::Error + Send + Sync> {
        let connecting = timeout(connect_timeout(&self.config), self.config.connect(self.tls.clone()));
        let (client, mut connection) = match connecting.await {
            Ok(Ok(connected)) => connected,
            Ok(Err(error)) => return error.into(),
            Err(_) => return "the database did not answer in time".into(),
        };
        let (sender, mut messages) = mpsc::unbounded_channel();
        // The task ends when `client` is dropped.
        tokio::spawn(async move {
            let mut messages =
                pin!(futures_util::stream::poll_fn(move |context| connection.poll_message(context)));
            while let Some(message) = messages.next().await {
                let is_error = message.is_err();
                if sender.send(message).is_err() || is_error {
                    return;
                }
            }
        });
        match timeout(LISTEN_TIMEOUT, client.batch_execute(&self.statement)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return error.into(),
            Err(_) => return "the database did not answer in time".into(),
        }
        if std::mem::replace(was_connected, true) {
            // What was sent until now is lost.
            self.notifier.notify(StoreChange::Unknown);
        }
        *is_down = false;
        self.listening.send_replace(true);
        let mut heartbeat = interval(HEARTBEAT_INTERVAL);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Some(Ok(AsyncMessage::Notification(notification))) => self.receive(notification.payload()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return error.into(),
                    None => return "the database closed the connection".into(),
                },
                _ = heartbeat.tick() => match timeout(HEARTBEAT_TIMEOUT, client.batch_execute("SELECT 1")).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return error.into(),
                    Err(_) => return "the database did not answer in time".into(),
                },
            }
        }
    }

    fn receive(&self, payload: &str) {
        let Some((server, text)) = payload.split_once(':') else { return };
        let is_own = server == self.database.server;
        if let Some(number) = text.strip_prefix("e:") {
            if is_own && let Ok(number) = number.parse() {
                self.echo.send_replace(number);
            }
        } else if !is_own {
            debug!(payload, "notification received");
            // A kind that only a newer version sends means that anything may have changed.
            self.notifier.notify(change(text).unwrap_or(StoreChange::Unknown));
        } else if let Some(StoreChange::Configs { project, last_id }) = change(text) {
            self.check_own(project, last_id);
        }
    }

    /// Reports a version of this server that it does not know a moment later. The outcome of its commit was unknown, for
    /// example because the commit waited for a standby.
    fn check_own(&self, project: ProjectId, last_id: i64) {
        let (database, notifier) = (Arc::clone(&self.database), self.notifier.clone());
        tokio::spawn(async move {
            sleep(COMMIT_TIME).await;
            if database.positions.last_id(project).is_some_and(|known| known < last_id) {
                notifier.notify(StoreChange::Configs { project, last_id });
            }
        });
    }
}

/// Decodes what follows the id of the server.
fn change(text: &str) -> Option<StoreChange> {
    let mut parts = text.split(':');
    let kind = parts.next()?;
    let mut number = || parts.next()?.parse::<i64>().ok();
    match kind {
        "c" => Some(StoreChange::Configs { project: ProjectId(number()?), last_id: number()? }),
        "d" => Some(StoreChange::Drafts { project: ProjectId(number()?) }),
        "k" => Some(StoreChange::ApiKeys),
        "r" => Some(StoreChange::Registry),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Notice;

    #[test]
    fn a_notification_survives_a_round_trip() {
        let project = ProjectId(3);
        for (notice, expected) in [
            (Notice::Configs(3, 77), Some(StoreChange::Configs { project, last_id: 77 })),
            (Notice::Drafts(3), Some(StoreChange::Drafts { project })),
            (Notice::ApiKeys, Some(StoreChange::ApiKeys)),
            (Notice::Registry, Some(StoreChange::Registry)),
            (Notice::Unknown, None),
        ] {
            assert_eq!(change(&notice.text()), expected);
        }
        assert_eq!(change("c:3"), None);
        assert_eq!(change("x:3"), None);
    }
}
