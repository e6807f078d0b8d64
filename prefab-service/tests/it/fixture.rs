//! A service on an empty `SQLite` store.

use std::sync::Arc;

use prefab_core::{Config, ids::EnvironmentId};
use prefab_service::{
    Error, Origin, Service,
    actor::Actor,
    change::{ChangeRequest, Edit},
    limits::{Limits, Usage},
    metrics::Metrics,
    presence::Presence,
    project::Project,
    project_cache::ProjectCache,
    server_id::ServerId,
    telemetry::{Settings, Telemetry},
    workers::Workers,
};
use prefab_store::{
    ApiKeys as _, Environment, KeyRequest, Projects as _, Protection, Role, Roles,
    accounts::Person,
    clock::Clock,
    key::{IssuedKey, KeyKind},
};
use prefab_store_sqlite::SqliteStore;
use tempfile::TempDir;
use tokio::sync::watch;

/// The time at which the clock starts: 2026-01-01, in milliseconds since 1970.
pub(crate) const START_MILLIS: i64 = 1_767_225_600_000;

pub(crate) struct Fixture {
    pub(crate) dir: TempDir,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Clock,
    pub(crate) service: Arc<Service>,
    pub(crate) project: Arc<Project>,
    pub(crate) stop: watch::Sender<bool>,
}

impl Fixture {
    /// Creates a service with the project `shop`, whose environments are Development and Production.
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::stepped(START_MILLIS);
        let store = SqliteStore::open_with_clock(&dir.path().join("prefab.db"), clock.clone()).unwrap();
        let store = Arc::new(store);
        let environments = vec!["Development".to_owned(), "Production".to_owned()];
        let id = store.create_project("shop".to_owned(), environments).await.unwrap().id;
        let (stop, stopping) = watch::channel(false);
        let service = service_on(&store, &clock, "first", stopping).await;
        let project = service.project_cache.project(id).unwrap();
        Self { dir, store, clock, service, project, stop }
    }

    /// Creates another service on the same store.
    pub(crate) async fn other_service(&self, name: &str) -> Arc<Service> {
        service_on(&self.store, &self.clock, name, self.stop.subscribe()).await
    }

    pub(crate) fn environment(&self, name: &str) -> EnvironmentId {
        let environments = self.project.environments();
        environments.iter().find(|environment| environment.name == name).unwrap().id
    }

    /// Sets what changes to Production need.
    pub(crate) async fn protect_production(&self, protection: Protection) {
        let id = self.environment("Production");
        let production = Environment { protection, ..Environment::new(id, "Production") };
        assert!(self.store.update_environment(self.project.id, production).await.unwrap());
        self.service.project_cache.refresh().await.unwrap();
    }

    /// Returns a person with this role in the whole project.
    pub(crate) fn person(&self, role: Role) -> Actor {
        let person = Person { id: 7, email: "ann@acme.test".to_owned(), name: "Ann".to_owned() };
        Actor::of_person(&person, Roles::of(role), Arc::clone(&self.project), Origin::default())
    }

    pub(crate) async fn issue_key(&self) -> IssuedKey {
        let environment = self.environment("Production");
        let request =
            KeyRequest { project: self.project.id, environment, kind: KeyKind::Backend, user_id: None };
        let key = self.store.issue_key(request).await.unwrap();
        self.service.project_cache.refresh().await.unwrap();
        key
    }

    /// Writes a config as an admin and returns its id.
    pub(crate) async fn put(&self, config: Config) -> Result<i64, Error> {
        let request = ChangeRequest::new(Edit::put(config));
        self.service.apply(&self.person(Role::Admin), request).await?.id()
    }

    /// Returns the current config with this key.
    pub(crate) fn config(&self, key: &str) -> Option<Config> {
        self.project.config(key).and_then(|version| version.config.clone())
    }
}

async fn service_on(
    store: &Arc<SqliteStore>,
    clock: &Clock,
    name: &str,
    stop: watch::Receiver<bool>,
) -> Arc<Service> {
    let (limits, metrics) = (Limits::default(), Metrics::default());
    let workers = Workers::new(&limits);
    let cache = ProjectCache::open(Arc::<SqliteStore>::clone(store), workers.clone(), 1 << 20, clock.clone());
    let telemetry = Telemetry::new(Settings::new(true, &limits), metrics.clone(), clock.clone());
    Arc::new(Service {
        project_cache: Arc::new(cache.await.unwrap()),
        limits: Usage::new(limits),
        workers,
        metrics,
        telemetry: Arc::new(telemetry),
        presence: Presence::new(ServerId::new(name).unwrap(), clock.clone()),
        clock: clock.clone(),
        started_millis: START_MILLIS,
        stop,
    })
}
