//! Limits on what clients and strangers can store.

use rusqlite::params;

use crate::tests::*;
use prefab_store::{
    AuditEntry, AuditLog as _, EvaluationFilter, HOUR_MILLIS, MAX_COUNT, ReportedEvaluation, RowLimits,
    UsageBatch, UsageCounts as _, clock,
};

const LIMITS: RowLimits = RowLimits { evaluations: 5_000, loggers: 10_000, properties: 5_000, examples: 100 };

impl TestStore {
    fn usage_batch(&self, is_public: bool, at_millis: i64) -> UsageBatch {
        UsageBatch {
            project: self.project.id,
            environment: self.project.environments[0].id,
            is_public,
            limits: LIMITS,
            at_millis,
            evaluations: Vec::new(),
            loggers: Vec::new(),
            properties: Vec::new(),
            examples: Vec::new(),
        }
    }

    async fn execute(&self, statements: &'static str) {
        let done = self.store.run(|connection| connection.execute_batch(statements).map_err(failed("")));
        done.await.unwrap();
    }

    async fn count(&self, table: &'static str) -> i64 {
        let query = format!("SELECT count(*) FROM {table}");
        let counted = self
            .store
            .run(move |connection| connection.query_row(&query, [], |row| row.get(0)).map_err(failed("")));
        counted.await.unwrap()
    }

    async fn total(&self, key: &str) -> i64 {
        let filter = EvaluationFilter {
            project: self.project.id,
            key: Some(key.to_owned()),
            environment: None,
            from_millis: 0,
            to_millis: clock::now_millis() + HOUR_MILLIS,
            hours: 1,
        };
        let counts = self.store.evaluation_counts(filter).await.unwrap();
        counts.iter().map(|count| count.count).fold(0, prefab_store::add_counts)
    }
}

fn evaluated(key: &str, value: impl Into<String>, count: i64) -> ReportedEvaluation {
    ReportedEvaluation { key: key.to_owned(), config_id: 0, value: value.into(), count }
}

#[tokio::test]
async fn a_day_of_random_telemetry_needs_less_than_20_mb() {
    let test = test_store().await;
    let keys: Vec<String> = (0..100).map(|at| format!("some.ordinary.key.{at:03}")).collect();
    for key in &keys {
        test.append(change(key, Some(1), Expected::Absent)).await.unwrap();
    }
    let start = clock::now_millis().div_euclid(24 * HOUR_MILLIS) * 24 * HOUR_MILLIS;
    // The maximum that fits: short values of one row each, then values of the maximum length.
    for (days, length) in [(0, 38), (1, 400)] {
        let before = test.store.size().await.unwrap();
        for hour in 0..24 {
            let mut seen = test.usage_batch(true, start + (hour + days * 24) * HOUR_MILLIS);
            seen.evaluations = (0..3_000)
                .map(|at| evaluated(&keys[at % keys.len()], format!("{at:0>length$}"), 1))
                .collect();
            seen.loggers = (0..6_000).map(|at| (format!("{hour}{at:0>254}"), [1; 6])).collect();
            seen.properties =
                (0..3_000).map(|at| (format!("{at:0>256}"), format!("{hour:0>256}"), 2)).collect();
            seen.examples = (0..50).map(|at| (format!("{:0>8192}", hour * 100 + at), start)).collect();
            let dropped = test.store.record_usage(vec![seen]).await.unwrap();
            assert!(dropped >= 2_000, "{dropped}");
        }
        let grown = test.store.size().await.unwrap() - before;
        eprintln!("values of {length} bytes: {grown} bytes");
        assert!(grown < 20_000_000, "values of {length} bytes: {grown} bytes");
    }
}

#[tokio::test]
async fn an_environment_that_cannot_be_written_does_not_affect_others() {
    let test = test_store().await;
    test.append(change("a", Some(1), Expected::Absent)).await.unwrap();
    let environment = test.project.environments[1].id.0;
    test.store
        .run(move |connection| {
            let statement = format!(
                "CREATE TRIGGER refusing BEFORE INSERT ON evaluation WHEN new.environment_id = {environment}
                 BEGIN SELECT raise(ABORT, 'no'); END"
            );
            connection.execute_batch(&statement).map_err(failed(""))
        })
        .await
        .unwrap();
    let mut good = test.usage_batch(false, clock::now_millis());
    good.evaluations = vec![evaluated("a", "1", 3)];
    let mut bad = UsageBatch { environment: test.project.environments[1].id, ..good.clone() };
    bad.loggers = vec![("app".to_owned(), [1; 6])];
    let dropped = test.store.record_usage(vec![bad, good]).await.unwrap();
    assert_eq!((dropped, test.total("a").await, test.count("logger").await), (2, 3, 0));
}

#[tokio::test]
async fn a_full_disk_drops_nothing_within_the_retry_time() {
    let test = test_store().await;
    test.append(change("a", Some(1), Expected::Absent)).await.unwrap();
    test.execute("PRAGMA max_page_count = 1").await; // SQLite never goes below the current number of pages
    let mut seen = test.usage_batch(false, clock::now_millis());
    seen.evaluations = vec![evaluated("a", "x".repeat(100_000), 3)];
    test.store.record_usage(vec![seen.clone()]).await.unwrap_err();
    test.execute("PRAGMA max_page_count = 1000000").await;
    assert_eq!((test.store.record_usage(vec![seen]).await.unwrap(), test.total("a").await), (0, 3));
}

#[tokio::test]
async fn old_rows_are_deleted_in_batches() {
    let test = test_store().await;
    test.append(change("a", Some(1), Expected::Absent)).await.unwrap();
    let mut seen = test.usage_batch(false, 40 * 24 * HOUR_MILLIS);
    seen.evaluations = (0..2_500).map(|at| evaluated("a", at.to_string(), 1)).collect();
    seen.loggers = (0..1_500).map(|at| (at.to_string(), [1; 6])).collect();
    let mut later = seen.clone();
    later.at_millis += 24 * HOUR_MILLIS;
    later.evaluations.truncate(1);
    later.loggers.truncate(1);
    test.store.record_usage(vec![seen, later]).await.unwrap();
    for left in [1_501, 501, 1] {
        let has_more = test.store.delete_counts_before(41 * 24 * HOUR_MILLIS).await.unwrap();
        assert_eq!((test.count("evaluation").await, has_more), (left, left > 1));
    }
    assert_eq!((test.count("logger").await, test.count("logger_name").await), (1, 1));
}

#[tokio::test]
async fn old_audit_entries_are_deleted_in_batches() {
    let test = test_store().await;
    let entry = AuditEntry { project: Some(test.project.id), ..AuditEntry::default() };
    test.store.record_audit(vec![entry; 2_500]).await.unwrap();
    test.execute("UPDATE audit SET at_millis = 5 WHERE id <= 2400").await;
    let mut rounds = 0;
    while test.store.delete_audit_entries_before(1_000).await.unwrap() {
        rounds += 1;
    }
    assert_eq!((rounds, test.count("audit").await), (3, 100));
}

#[tokio::test]
async fn a_page_of_the_audit_log_reads_only_its_rows() {
    let test = test_store().await;
    let plan = test.store.run(|connection| {
        let query = "EXPLAIN QUERY PLAN SELECT * FROM audit WHERE project_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT 9";
        let plan = connection.query_row(query, [1, 1], |row| row.get::<_, String>(3));
        plan.map_err(failed(""))
    });
    let plan = plan.await.unwrap();
    assert!(plan.contains("audit_by_project"), "{plan}");
}

#[tokio::test]
async fn a_database_with_counts_that_overflow_is_repaired() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("prefab.db");
    let old = Connection::open(&path).unwrap();
    for migration in &schema::MIGRATIONS[..9] {
        old.execute_batch(migration).unwrap();
    }
    old.execute_batch("PRAGMA user_version = 9; INSERT INTO project VALUES (1, 'shop', 100, 101, 0);")
        .unwrap();
    let hour = clock::now_millis().div_euclid(HOUR_MILLIS);
    for (config, count) in [(1, i64::MAX), (2, i64::MAX), (3, i64::MIN), (4, 5)] {
        let row = params![hour, config, count];
        old.execute("INSERT INTO evaluation VALUES (1, 'x.y', 1, ?1, ?2, '', ?3)", row).unwrap();
    }
    let row = params![hour / 24, i64::MAX];
    old.execute("INSERT INTO logger VALUES (1, 1, 'a.b', ?1, 1, ?2, -3, 0, 0, 0, 5)", row).unwrap();
    drop(old);
    let store = SqliteStore::open(&path).unwrap();
    let project = store.registry().await.unwrap().projects.remove(0);
    let test = TestStore { dir, store, project };
    assert_eq!(test.total("x.y").await, MAX_COUNT);
    let loggers = test.store.loggers(test.project.id, None).await.unwrap();
    assert_eq!(loggers[0].counts, [1, MAX_COUNT, 0, 0, 0, 0]);
    let mut more = UsageBatch {
        environment: prefab_core::ids::EnvironmentId(1),
        project: test.project.id,
        is_public: true,
        limits: LIMITS,
        at_millis: clock::now_millis(),
        evaluations: Vec::new(),
        loggers: vec![("a.b".to_owned(), [i64::MAX; 6])],
        properties: Vec::new(),
        examples: Vec::new(),
    };
    assert_eq!(test.store.record_usage(vec![more.clone()]).await.unwrap(), 0);
    more.loggers[0].1 = [1; 6];
    assert_eq!(test.store.record_usage(vec![more]).await.unwrap(), 0);
    let loggers = test.store.loggers(test.project.id, None).await.unwrap();
    assert_eq!(loggers[0].counts, [MAX_COUNT; 6]);
}
