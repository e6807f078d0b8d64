//! Functions for fuzz targets. Each processes arbitrary bytes and panics if an invariant is violated.
//!
//! Not part of the API. Requires the feature `fuzzing`.

use std::{collections::HashSet, sync::Arc, time::Instant};

use prefab_core::{ChangedBy, Config, datafile};
use prefab_proto::wire;
use prost::Message as _;
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

use crate::setup;
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_service::{
    change::diff,
    item::{self, FlatValue, Item},
    limits::Limits,
    metrics::Metrics,
    project::Project,
    project_cache::{Caller, ProjectCache},
    telemetry::{Settings, Telemetry, json},
    transfer::{self, MappingOptions},
    validate,
    workers::Workers,
};
use prefab_store::{
    Change, EvaluationFilter, Expected, HOUR_MILLIS, Role, Roles, Store,
    clock::{self, Clock},
    key::KeyKind,
};
use prefab_store_sqlite::SqliteStore;

/// A server without a network.
pub struct Server {
    runtime: Runtime,
    store: Arc<dyn Store>,
    project: Arc<Project>,
    caller: Caller,
    telemetry: Telemetry,
    limits: Limits,
}

/// A body of the management API: an item, as in a change or a draft, or a value to validate.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    item: Option<Item>,
    value: Option<FlatValue>,
    schema_key: Option<String>,
}

impl Server {
    /// Opens a server on an empty database in this folder.
    ///
    /// # Panics
    ///
    /// If the database cannot be created.
    #[expect(clippy::expect_used, reason = "without a database nothing can be fuzzed")]
    pub fn open(folder: &std::path::Path) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let database = folder.join("prefab.db");
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&database).expect("a database"));
        let limits = Limits::default();
        let caller = runtime.block_on(async {
            let keys = setup::first_start(&*store, &database, None).await.expect("a first start");
            let change = Change {
                key: "x.y".to_owned(),
                config: Some(Config::constant("x.y", 1)),
                expected: Expected::Absent,
                changed_by: ChangedBy::default(),
                note: None,
            };
            store.append(ProjectId(1), vec![change]).await.expect("a config that reports can name");
            let workers = Workers::new(&limits);
            let project_cache =
                ProjectCache::open(Arc::clone(&store), workers, limits.response_cache_bytes, Clock::system())
                    .await
                    .expect("a project cache");
            let key = keys.iter().find(|key| key.kind == KeyKind::Backend).expect("a backend key");
            project_cache.caller(&key.key).await.expect("the caller with that key")
        });
        let telemetry = Telemetry::new(Settings::new(true, &limits), Metrics::default(), Clock::system());
        Self { runtime, store, project: Arc::clone(&caller.project), caller, telemetry, limits }
    }

    /// Reads the body of a change, a draft, a validation or an import, and checks what it contains.
    ///
    /// An item that is read is the same item after it has been written and read again.
    ///
    /// # Panics
    ///
    /// If the item differs, or on a bug.
    pub fn management(&self, text: &str) {
        let text_of_body = &mut serde_json::Deserializer::from_str(text);
        if let Ok(Body { item, value, schema_key }) = serde_path_to_error::deserialize(text_of_body) {
            if let Some(Ok(config)) = item.map(|item| item::to_config(&item, &self.project.environments())) {
                self.item(&config);
            }
            if let Some(Ok(value)) = value.map(|value| item::to_value(&value, "value")) {
                let _ = validate::check_value(
                    &value,
                    schema_key.as_deref(),
                    &self.project.configs(),
                    &self.limits,
                );
            }
        }
        let most = self.limits.import_configs;
        for read in [transfer::from_json(text, most), transfer::from_yaml(text, most)].into_iter().flatten() {
            let deadline = Instant::now() + self.limits.job_timeout;
            let target = Some(EnvironmentId(1));
            let options = MappingOptions { target, create_missing: true, ..MappingOptions::default() };
            let caller = (&*self.project, &Roles::of(Role::Admin));
            let plan = transfer::plan(read, caller, &options, &self.limits, deadline);
            let _ = plan.map(|plan| plan.text());
        }
    }

    fn item(&self, config: &Config) {
        let environments = self.project.environments();
        let (current, shared) = self.project.configs_and_shared_keys();
        let problems = validate::find_problems(config, (&current, &shared), &environments, &self.limits);
        let _ = diff::describe(None, Some(config), &environments);
        if problems.is_empty() {
            let again = item::to_config(&item::from_config(config), &environments);
            let again = again.map(|again| datafile::config_to_json(&again));
            assert_eq!(again, Ok(datafile::config_to_json(config)), "an item is read as it was written");
        }
    }

    /// Counts a telemetry report in JSON and in protobuf, stores the counts and reads them.
    ///
    /// # Panics
    ///
    /// If the counts cannot be written or read, if one is negative, or on a bug.
    pub fn telemetry(&self, bytes: &[u8]) {
        let mut reports = Vec::new();
        reports.extend(serde_json::from_slice(bytes).ok().map(|report| json::events(&report)));
        reports.extend(wire::TelemetryEvents::decode(bytes).ok());
        if let Ok(loggers) = wire::Loggers::decode(bytes) {
            let wire::Loggers { loggers, start_at, end_at, instance_hash, namespace: _ } = loggers;
            let event = wire::LoggersTelemetryEvent { loggers, start_at, end_at };
            reports.push(report(instance_hash, wire::telemetry_event::Payload::Loggers(event)));
        }
        if let Ok(shapes) = wire::ContextShapes::decode(bytes) {
            reports.push(report(String::new(), wire::telemetry_event::Payload::ContextShapes(shapes)));
        }
        for events in reports.into_iter().filter(|report| !report.events.is_empty()) {
            self.telemetry.record(&self.caller, events.clone());
            self.telemetry.record(&self.caller, events);
            self.runtime.block_on(async {
                self.telemetry.flush(&*self.store).await;
                self.read().await;
            });
        }
    }

    #[expect(clippy::expect_used, reason = "a panic is how a fuzz target reports a finding")]
    async fn read(&self) {
        let now = clock::now_millis();
        let filter = EvaluationFilter {
            project: self.project.id,
            key: None,
            environment: None,
            from_millis: now - HOUR_MILLIS,
            to_millis: now + HOUR_MILLIS,
            hours: 1,
        };
        let evaluations = self.store.evaluation_counts(filter).await.expect("evaluations can be read");
        assert!(evaluations.iter().all(|count| count.count >= 0), "no count is negative");
        let loggers = self.store.loggers(self.project.id, None).await.expect("loggers can be read");
        let names: HashSet<&str> = loggers.iter().map(|logger| logger.name.as_str()).collect();
        assert_eq!(names.len(), loggers.len(), "a logger is listed once");
    }
}

fn report(instance_hash: String, payload: wire::telemetry_event::Payload) -> wire::TelemetryEvents {
    let events = vec![wire::TelemetryEvent { payload: Some(payload) }];
    wire::TelemetryEvents { instance_hash, events }
}
