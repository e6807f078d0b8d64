//! The public client: offline, and with a server that receives telemetry.

use std::{
    sync::{Mutex, PoisonError, mpsc},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use prefab_bench::{Contestant, Part, User, Work};
use prefab_client::{Client, ClientBuilder, ContextSet, Datasources, Subscription, source::MemorySource};
use prefab_core::Update;

use crate::{contexts, letter, read, server::Server, write};

/// A client, and the sender of its source.
pub(crate) struct Fed {
    pub(crate) client: Client,
    sender: Sender,
    changed: Mutex<mpsc::Receiver<()>>,
    _subscription: Subscription,
}

type Sender = Box<dyn Fn(Update) -> bool + Send + Sync>;

const LONGEST: Duration = Duration::from_mins(1);

impl Fed {
    pub(crate) fn new(builder: ClientBuilder, document: &[u8]) -> Result<Self> {
        let (sender, source) = MemorySource::channel("bench");
        let client = builder.source(source).build()?;
        // Waits for the first response of the server: it is a snapshot, which would replace our configs.
        client.enabled("item-static");
        let (sender_of_changes, changed) = mpsc::channel();
        let subscription = client.on_change(move |_| {
            // The receiver may be gone already.
            let _ = sender_of_changes.send(());
        });
        let sender: Sender = Box::new(move |update| sender.send(update));
        let fed = Self { client, sender, changed: Mutex::new(changed), _subscription: subscription };
        fed.take(document)?;
        Ok(fed)
    }

    /// Sends a document and waits until it is in effect.
    pub(crate) fn take(&self, document: &[u8]) -> Result<()> {
        self.apply(Update::Snapshot { set: read(document)?, source: "bench".into() })
    }

    pub(crate) fn apply(&self, update: Update) -> Result<()> {
        ensure!((self.sender)(update), "the client closed its source");
        let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed.recv_timeout(LONGEST).context("the client did not change")
    }

    fn enabled(&self, key: &str, subject: &ContextSet) -> bool {
        self.client.with(subject).enabled(key)
    }

    fn letter(&self, key: &str, subject: &ContextSet) -> u8 {
        self.client.with(subject).evaluate(key, |answer| answer.map_or(0, |answer| letter(&answer.value)))
    }
}

pub(crate) struct Offline(pub(crate) Fed);

/// The client and its server.
pub(crate) struct Counting(Fed, #[expect(dead_code, reason = "keeps the server running")] Server);

fn counting(document: &[u8]) -> Result<Counting> {
    let server = Server::start()?;
    let builder = Client::in_memory()
        .datasources(Datasources::All)
        .api_key("1-bench")
        .api_urls([server.url()])
        .stream_urls([server.url()])
        .telemetry_url(server.url())
        .collect_sync_interval(Duration::from_secs(1))
        .local_cache(false);
    Ok(Counting(Fed::new(builder, document)?, server))
}

macro_rules! contestant {
    ($type:ty, $name:literal, $note:literal, $load:expr) => {
        impl Contestant for $type {
            const NAME: &'static str = $name;
            const CRATE: &'static str = "prefab-client";
            const PART: Part = Part::Client;
            const NOTE: &'static str = $note;
            const RENEWS: bool = true;
            type Subject = ContextSet;

            fn write(work: &Work) -> Result<Vec<u8>> {
                write(work)
            }

            fn load(document: &[u8]) -> Result<Self> {
                $load(document)
            }

            fn renew(&self, document: &[u8]) -> Result<()> {
                self.0.take(document)
            }

            fn subject(user: &User) -> ContextSet {
                contexts(user)
            }

            fn enabled(&self, key: &str, subject: &ContextSet) -> bool {
                self.0.enabled(key, subject)
            }

            fn letter(&self, key: &str, subject: &ContextSet) -> u8 {
                self.0.letter(key, subject)
            }
        }
    };
}

contestant!(
    Offline,
    "prefab-client",
    "`client.with(&contexts).enabled(key)`, for the string `evaluate`, which borrows it; configs from a source in memory",
    |document| Fed::new(Client::in_memory(), document).map(Offline)
);
contestant!(
    Counting,
    "prefab-client-telemetry",
    "the same with telemetry: every call is counted, and a server receives a report once per second",
    counting
);
