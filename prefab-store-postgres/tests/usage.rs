//! Reports of several servers, and texts that the database treats in another way than SQLite.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::sync::Arc;

use prefab_core::{
    ChangedBy, Config,
    ids::{EnvironmentId, ProjectId},
};
use prefab_store::{
    AuditFilter, AuditLog as _, AuditNote, Change, ConfigLog as _, EvaluationFilter, Expected, HOUR_MILLIS,
    Projects as _, ReportedEvaluation, RowLimits, StoreError, UnavailableReason, UsageBatch,
    UsageCounts as _,
};
use prefab_store_postgres::{PostgresOptions, PostgresStore};
use prefab_testing::postgres::Postgres;

const LIMITS: RowLimits =
    RowLimits { evaluations: 20_000, loggers: 10_000, properties: 5_000, examples: 100 };

fn change(key: &str, comment: &str) -> Change {
    let note = AuditNote { actor: "ann".to_owned(), comment: comment.to_owned(), ..AuditNote::default() };
    Change {
        key: key.to_owned(),
        config: Some(Config::constant(key, 1)),
        expected: Expected::Anything,
        changed_by: ChangedBy::default(),
        note: Some(note),
    }
}

fn batch(project: ProjectId, environment: EnvironmentId) -> UsageBatch {
    UsageBatch {
        project,
        environment,
        is_public: false,
        limits: LIMITS,
        at_millis: 1_767_225_600_000,
        evaluations: Vec::new(),
        loggers: Vec::new(),
        properties: Vec::new(),
        examples: Vec::new(),
    }
}

fn evaluated(key: String, value: String, count: i64) -> ReportedEvaluation {
    ReportedEvaluation { key, config_id: 0, value, count }
}

/// Each server reports the same rows in another order, for all environments.
#[tokio::test(flavor = "multi_thread")]
async fn reports_of_several_servers_are_added_and_do_not_block_each_other() {
    const SERVERS: usize = 4;
    const REPORTS: usize = 25;
    const KEYS: usize = 40;
    let Some(server) = Postgres::start() else { return };
    let options = PostgresOptions::new(server.url().parse().unwrap());
    let first = Arc::new(PostgresStore::open(options.clone()).await.unwrap());
    let names = vec!["Development".to_owned(), "Production".to_owned()];
    let project = first.create_project("shop".to_owned(), names).await.unwrap();
    first.append(project.id, (0..KEYS).map(|at| change(&format!("key{at}"), "")).collect()).await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..SERVERS {
        let (options, project) = (options.clone(), project.clone());
        tasks.push(tokio::spawn(async move {
            let store = PostgresStore::open(options).await.unwrap();
            for report in 0..REPORTS {
                let order = |at: usize| (at * 7 + number * 13 + report) % KEYS;
                let environments = project.environments.iter().rev().map(|environment| UsageBatch {
                    evaluations: (0..KEYS * 2)
                        .map(|at| evaluated(format!("key{}", order(at)), "1".to_owned(), 1))
                        .collect(),
                    loggers: (0..KEYS).map(|at| (format!("app.{}", order(at)), [1; 6])).collect(),
                    properties: (0..KEYS).map(|at| ("user".to_owned(), order(at).to_string(), 2)).collect(),
                    examples: (0..KEYS).map(|at| (order(at).to_string(), 5)).collect(),
                    ..batch(project.id, environment.id)
                });
                assert_eq!(store.record_usage(environments.collect()).await.unwrap(), 0);
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let filter = EvaluationFilter {
        project: project.id,
        key: None,
        environment: None,
        from_millis: 0,
        to_millis: 1_767_225_600_000 + HOUR_MILLIS,
        hours: 1,
    };
    let counts = first.evaluation_counts(filter).await.unwrap();
    let sum: i64 = counts.iter().map(|count| count.count).sum();
    assert_eq!(sum, i64::try_from(SERVERS * REPORTS * KEYS * 2 * 2).unwrap());
    assert_eq!(first.loggers(project.id, None).await.unwrap().len(), 2 * KEYS);
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    assert!(!log.contains("deadlock"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts_nul_and_the_order_of_keys_are_as_in_sqlite() {
    let Some(server) = Postgres::start() else { return };
    let store = PostgresStore::open(PostgresOptions::new(server.url().parse().unwrap())).await.unwrap();
    let project = store.create_project("shop".to_owned(), vec!["Live".to_owned()]).await.unwrap();
    let (id, environment) = (project.id, project.environments[0].id);
    let keys = ["b-a", "B.c", "a", "_x", "A", "b"];
    store.append(id, keys.map(|key| change(key, "with a\0 inside")).into()).await.unwrap();
    for key in keys {
        store.append(id, vec![Change { config: None, ..change(key, "") }]).await.unwrap();
    }
    let deleted = store.deleted(id).await.unwrap();
    let order: Vec<&str> = deleted.iter().map(|version| &*version.key).collect();
    assert_eq!(order, ["A", "B.c", "_x", "a", "b", "b-a"], "by bytes");
    let filter =
        AuditFilter { text: Some("with a\u{fffd} inside".to_owned()), limit: 10, ..AuditFilter::default() };
    assert_eq!(store.audit(filter).await.unwrap().len(), keys.len());

    // Random, so that compression does not help.
    let long: String = (0..9_000).map(|_| fastrand::alphanumeric()).collect();
    let seen = UsageBatch {
        evaluations: vec![
            evaluated("a".to_owned(), long.clone(), 2),
            evaluated("a".to_owned(), long.clone(), 3),
        ],
        examples: vec![(long.clone(), 5)],
        ..batch(id, environment)
    };
    assert_eq!(store.record_usage(vec![seen]).await.unwrap(), 0);
    assert_eq!(store.examples(id, None).await.unwrap()[0].contexts, long);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_statement_drops_no_counts() {
    let Some(server) = Postgres::start() else { return };
    let store = PostgresStore::open(PostgresOptions::new(server.url().parse().unwrap())).await.unwrap();
    let project = store.create_project("shop".to_owned(), vec!["Live".to_owned()]).await.unwrap();
    let (id, environment) = (project.id, project.environments[0].id);
    store.append(id, vec![change("a", "")]).await.unwrap();
    // The connection for reports does not exist yet.
    server.sql("ALTER DATABASE postgres SET statement_timeout = '300ms'");
    let report = || {
        let evaluations = vec![evaluated("a".to_owned(), "1".to_owned(), 2)];
        store.record_usage(vec![UsageBatch { evaluations, ..batch(id, environment) }])
    };
    let hold = "SET statement_timeout = 0; BEGIN; LOCK TABLE prefab.evaluation; SELECT pg_sleep(2); ROLLBACK";
    let result = std::thread::scope(|scope| {
        scope.spawn(|| server.sql(hold));
        std::thread::sleep(std::time::Duration::from_millis(700));
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(report()))
    });
    let is_busy = matches!(&result, Err(StoreError::Unavailable { reason: UnavailableReason::Busy, .. }));
    assert!(is_busy, "the caller retries: {result:?}");
    assert_eq!(report().await.unwrap(), 0);
    let at_millis = batch(id, environment).at_millis;
    let filter = EvaluationFilter {
        project: id,
        key: None,
        environment: None,
        from_millis: at_millis - HOUR_MILLIS,
        to_millis: at_millis + HOUR_MILLIS,
        hours: 1,
    };
    let counts = store.evaluation_counts(filter).await.unwrap();
    assert_eq!(counts.iter().map(|count| count.count).sum::<i64>(), 2);
}
