//! One store under test.

use std::{sync::Arc, time::Duration};

use prefab_core::{
    ChangedBy, Config,
    ids::{EnvironmentId, ProjectId},
};

use crate::{AuditNote, Change, Expected, Project, Store, StoreError, Version, clock::Clock};

/// When the clock of a test starts: 2026-01-01, in milliseconds since 1970.
const START_MILLIS: i64 = 1_767_225_600_000;

/// Opens a handle on one store.
pub(super) type Open = Box<dyn Fn(Clock) -> Arc<dyn Store> + Send + Sync>;

/// One store under test: a project with two environments, and a clock that the test steps.
pub struct Fixture {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Clock,
    pub(super) project: Project,
    open: Open,
    make: Box<dyn Fn() -> Open + Send + Sync>,
}

impl Fixture {
    /// Creates a project in an empty store. `make` prepares a new empty store and returns a function that opens handles on it.
    ///
    /// # Panics
    ///
    /// If the store cannot be opened or the project cannot be created.
    pub async fn new<F>(make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Fn(Clock) -> Arc<dyn Store> + Send + Sync + 'static,
    {
        let make = Box::new(move || Box::new(make()) as Open);
        let open = make();
        let clock = Clock::stepped(START_MILLIS);
        let store = open(clock.clone());
        let environments = vec!["Development".to_owned(), "Production".to_owned()];
        let project = store.create_project("shop".to_owned(), environments).await.unwrap();
        Self { store, clock, project, open, make }
    }

    /// Opens another handle on the same store.
    pub(super) fn other_handle(&self) -> Arc<dyn Store> {
        (self.open)(self.clock.clone())
    }

    /// Returns a function that opens handles on another, empty store. The store exists until the function is dropped.
    pub(super) fn empty(&self) -> Open {
        (self.make)()
    }

    /// Returns the first environment.
    pub(super) fn development(&self) -> EnvironmentId {
        self.project.environments[0].id
    }

    /// Returns the second environment.
    pub(super) fn production(&self) -> EnvironmentId {
        self.project.environments[1].id
    }

    pub(super) fn id(&self) -> ProjectId {
        self.project.id
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now_millis()
    }

    pub(super) fn step(&self, millis: i64) {
        self.clock.step(Duration::from_millis(millis.unsigned_abs()));
    }

    pub(super) async fn append(&self, change: Change) -> Result<i64, StoreError> {
        self.store.append(self.id(), vec![change]).await.map(|appended| appended.versions[0].id)
    }

    /// Sets a key, regardless of its current version.
    pub(super) async fn set(&self, key: &str, value: i64) -> i64 {
        self.append(change(key, Some(value), Expected::Anything)).await.unwrap()
    }

    /// Deletes a key, regardless of its current version.
    pub(super) async fn delete(&self, key: &str) -> i64 {
        self.append(change(key, None, Expected::Anything)).await.unwrap()
    }
}

/// A change that sets a key to a value, or deletes it.
pub(super) fn change(key: &str, value: Option<i64>, expected: Expected) -> Change {
    Change {
        key: key.to_owned(),
        config: value.map(|value| Config::constant(key, value)),
        expected,
        changed_by: ChangedBy { api_key_id: "7".to_owned(), ..ChangedBy::default() },
        note: None,
    }
}

/// A note with a sentence and a comment.
pub(super) fn note(who: &str, sentence: &str, comment: &str) -> AuditNote {
    AuditNote {
        actor: who.to_owned(),
        sentence: sentence.to_owned(),
        comment: comment.to_owned(),
        ..AuditNote::default()
    }
}

/// The keys of versions, and whether each has a config.
pub(super) fn keys(versions: &[Version]) -> Vec<(&str, bool)> {
    versions.iter().map(|version| (&*version.key, version.config.is_some())).collect()
}

/// The ids of versions.
pub(super) fn ids(versions: &[Version]) -> Vec<i64> {
    versions.iter().map(|version| version.id).collect()
}
