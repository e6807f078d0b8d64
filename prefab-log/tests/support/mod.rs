//! A resolver with levels that tests change, and a layer that records lines.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    reason = "shared by tests, each of which uses its part"
)]

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use prefab_core::{LevelSet, LogLevel};
use prefab_log::LevelResolver;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{Layer, layer::Context};

type Tree = HashMap<String, LevelSet>;

/// Possible levels by path. The most verbose one applies.
#[derive(Default)]
pub struct Switch {
    tree: RwLock<Tree>,
    requests: AtomicUsize,
}

impl Switch {
    pub fn new(tree: &[(&str, &[LogLevel])]) -> Arc<Self> {
        let switch = Self::default();
        switch.set(tree);
        Arc::new(switch)
    }

    pub fn set(&self, tree: &[(&str, &[LogLevel])]) {
        let levels = |levels: &[LogLevel]| levels.iter().copied().collect();
        *self.tree.write().unwrap() =
            tree.iter().map(|(path, set)| ((*path).to_owned(), levels(set))).collect();
    }

    pub fn asked(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    fn find(&self, path: &str) -> LevelSet {
        let tree = self.tree.read().unwrap();
        let mut path = path;
        loop {
            if let Some(levels) = tree.get(path) {
                return *levels;
            }
            if path.is_empty() {
                return LevelSet::of(LogLevel::NotSet);
            }
            path = path.rfind('.').map_or("", |dot| &path[..dot]);
        }
    }
}

impl LevelResolver for Switch {
    fn level(&self, path: &str) -> Option<LogLevel> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.find(path).most_verbose()
    }

    fn levels(&self, path: &str) -> LevelSet {
        self.find(path)
    }

    fn levels_of_all(&self) -> LevelSet {
        self.tree.read().unwrap().values().copied().fold(LevelSet::of(LogLevel::NotSet), LevelSet::union)
    }

    fn is_ready(&self) -> bool {
        !self.tree.read().unwrap().is_empty()
    }
}

/// Records messages and the names of spans.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message::default();
        event.record(&mut message);
        self.0.lock().unwrap().push(message.0);
    }

    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.0.lock().unwrap().push(span.metadata().name().to_owned());
    }
}

#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
