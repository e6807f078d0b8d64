use super::fixture::Fixture;
use crate::{
    EvaluationCount, EvaluationFilter, HOUR_MILLIS, KeyRange, LevelCounts, MAX_COUNT, ReportedEvaluation,
    RowLimits, UsageBatch,
};

const LIMITS: RowLimits = RowLimits { evaluations: 10, loggers: 10, properties: 10, examples: 10 };

fn usage_batch(fixture: &Fixture) -> UsageBatch {
    UsageBatch {
        project: fixture.id(),
        environment: fixture.production(),
        is_public: false,
        limits: LIMITS,
        at_millis: fixture.now(),
        evaluations: Vec::new(),
        loggers: Vec::new(),
        properties: Vec::new(),
        examples: Vec::new(),
    }
}

fn evaluated(key: &str, value: &str, count: i64) -> ReportedEvaluation {
    ReportedEvaluation { key: key.to_owned(), config_id: 0, value: value.to_owned(), count }
}

fn filter(fixture: &Fixture, key: &str) -> EvaluationFilter {
    EvaluationFilter {
        project: fixture.id(),
        key: Some(key.to_owned()),
        environment: None,
        from_millis: 0,
        to_millis: fixture.now() + HOUR_MILLIS,
        hours: 1,
    }
}

async fn record(fixture: &Fixture, evaluations: Vec<ReportedEvaluation>) -> u64 {
    fixture.store.record_usage(vec![UsageBatch { evaluations, ..usage_batch(fixture) }]).await.unwrap()
}

async fn counts(fixture: &Fixture, filter: EvaluationFilter) -> Vec<EvaluationCount> {
    fixture.other_handle().evaluation_counts(filter).await.unwrap()
}

pub(super) async fn counts_are_added_per_hour_and_value(fixture: Fixture) {
    let id = fixture.set("a", 1).await;
    let start = fixture.now();
    let named = |count| ReportedEvaluation { config_id: id, ..evaluated("a", "1", count) };
    assert_eq!(record(&fixture, vec![named(2), evaluated("a", "2", 3), named(4)]).await, 0);
    fixture.step(HOUR_MILLIS);
    assert_eq!(record(&fixture, vec![named(5)]).await, 0);
    let count = |at_millis, config_id, value: &str, count| EvaluationCount {
        environment: fixture.production(),
        at_millis,
        config_id,
        value: value.to_owned(),
        count,
    };
    let expected =
        [count(start, 0, "2", 3), count(start, id, "1", 6), count(start + HOUR_MILLIS, id, "1", 5)];
    assert_eq!(counts(&fixture, filter(&fixture, "a")).await, expected);
    let first_hour = EvaluationFilter { to_millis: fixture.now(), ..filter(&fixture, "a") };
    assert_eq!(counts(&fixture, first_hour).await, expected[..2]);
    let elsewhere = EvaluationFilter { environment: Some(fixture.development()), ..filter(&fixture, "a") };
    assert_eq!(counts(&fixture, elsewhere).await, []);
    let day = 24 * HOUR_MILLIS;
    let all_keys = EvaluationFilter { key: None, hours: 24, ..filter(&fixture, "a") };
    assert_eq!(counts(&fixture, all_keys).await, [count(start / day * day, 0, "", 14)]);
    assert_eq!(
        fixture.store.last_evaluations(fixture.id()).await.unwrap(),
        [("a".to_owned(), fixture.now())]
    );
    let range = KeyRange { first: "a".to_owned(), last: "a".to_owned() };
    let hourly = fixture.store.hourly_counts(fixture.id(), range, fixture.now()).await.unwrap();
    assert_eq!(
        (hourly.len(), &*hourly[0].key, hourly[0].at_millis, hourly[0].count),
        (1, "a", fixture.now(), 5)
    );
}

pub(super) async fn counts_are_clamped_when_they_overflow(fixture: Fixture) {
    fixture.set("a", 1).await;
    let loggers = vec![("app".to_owned(), [i64::MAX, -1, 1, 0, 0, 0])];
    let seen = UsageBatch {
        evaluations: vec![
            evaluated("a", "1", i64::MAX),
            evaluated("a", "2", -5),
            evaluated("a", "3", i64::MAX),
        ],
        loggers,
        ..usage_batch(&fixture)
    };
    fixture.store.record_usage(vec![seen.clone(), seen]).await.unwrap();
    let values: Vec<i64> =
        counts(&fixture, filter(&fixture, "a")).await.iter().map(|count| count.count).collect();
    assert_eq!(values, [MAX_COUNT, 0, MAX_COUNT]);
    let all = EvaluationFilter { key: None, ..filter(&fixture, "a") };
    assert_eq!(counts(&fixture, all).await[0].count, MAX_COUNT);
    let loggers = fixture.store.loggers(fixture.id(), None).await.unwrap();
    assert_eq!(loggers[0].counts, [MAX_COUNT, 0, 2, 0, 0, 0]);
}

pub(super) async fn an_unknown_key_is_dropped_and_an_unknown_version_is_not_named(fixture: Fixture) {
    fixture.set("a", 1).await;
    fixture.delete("a").await;
    let unknown = ReportedEvaluation { config_id: 5, ..evaluated("a", "1", 2) };
    assert_eq!(record(&fixture, vec![evaluated("invented", "1", 1), unknown]).await, 1);
    let stored = counts(&fixture, filter(&fixture, "a")).await;
    assert_eq!(
        (stored.len(), stored[0].config_id, stored[0].count),
        (1, 0, 2),
        "counts of a deleted key are stored"
    );
    assert_eq!(counts(&fixture, filter(&fixture, "invented")).await, []);
}

fn values(number: usize) -> Vec<ReportedEvaluation> {
    (0..number).map(|at| evaluated("a", &at.to_string(), 1)).collect()
}

pub(super) async fn evaluation_rows_are_limited_per_hour(fixture: Fixture) {
    fixture.set("a", 1).await;
    assert_eq!(record(&fixture, values(13)).await, 3);
    assert_eq!(record(&fixture, values(13)).await, 3, "existing rows can be increased");
    fixture.step(HOUR_MILLIS);
    assert_eq!(record(&fixture, values(10)).await, 0);
    assert_eq!(counts(&fixture, filter(&fixture, "a")).await.len(), 20);
}

pub(super) async fn public_keys_get_half_of_the_rows(fixture: Fixture) {
    fixture.set("a", 1).await;
    let seen = UsageBatch {
        is_public: true,
        evaluations: values(7),
        loggers: (0..7).map(|at| (format!("public{at}"), [1; 6])).collect(),
        properties: (0..7).map(|at| ("user".to_owned(), format!("public{at}"), 2)).collect(),
        ..usage_batch(&fixture)
    };
    assert_eq!(fixture.store.record_usage(vec![seen]).await.unwrap(), 6);
    assert_eq!(record(&fixture, values(10)).await, 0);
    assert_eq!(fixture.store.loggers(fixture.id(), None).await.unwrap().len(), 5);
    assert_eq!(fixture.store.properties(fixture.id(), None).await.unwrap().len(), 5);
}

pub(super) async fn loggers_are_limited_and_counted_by_level(fixture: Fixture) {
    let levels: LevelCounts = [1, 2, 3, 4, 5, 6];
    let loggers = (0..12).map(|at| (format!("app.{at:02}"), levels)).collect();
    let seen = UsageBatch { loggers, ..usage_batch(&fixture) };
    assert_eq!(fixture.store.record_usage(vec![seen.clone()]).await.unwrap(), 2);
    fixture.step(1_000);
    let again = UsageBatch { at_millis: fixture.now(), loggers: seen.loggers[..1].to_vec(), ..seen };
    assert_eq!(fixture.store.record_usage(vec![again]).await.unwrap(), 0);
    let stored = fixture.other_handle().loggers(fixture.id(), Some(fixture.production())).await.unwrap();
    assert_eq!((stored.len(), &*stored[0].name, stored[0].last_at_millis), (10, "app.00", fixture.now()));
    assert_eq!((stored[0].counts, stored[1].counts), ([2, 4, 6, 8, 10, 12], levels));
    assert_eq!(fixture.store.loggers(fixture.id(), Some(fixture.development())).await.unwrap().len(), 0);
}

pub(super) async fn the_oldest_properties_and_examples_are_replaced(fixture: Fixture) {
    for at in 0..12 {
        fixture.step(1_000);
        let seen = UsageBatch {
            properties: vec![("user".to_owned(), format!("property{at:02}"), 2)],
            examples: vec![(format!("{{\"user\":{at}}}"), fixture.now())],
            ..usage_batch(&fixture)
        };
        assert_eq!(fixture.store.record_usage(vec![seen]).await.unwrap(), 0);
    }
    let properties = fixture.store.properties(fixture.id(), None).await.unwrap();
    assert_eq!((properties.len(), &*properties[0].name, properties[0].kind), (10, "property02", 2));
    let examples = fixture.store.examples(fixture.id(), None).await.unwrap();
    assert_eq!((examples.len(), &*examples[0].contexts), (10, "{\"user\":11}"), "newest first");
    assert_eq!(examples[0].at_millis, fixture.now());
}

pub(super) async fn old_counts_are_deleted_and_newer_ones_stay(fixture: Fixture) {
    fixture.set("a", 1).await;
    for _ in 0..2 {
        let seen = UsageBatch {
            evaluations: values(3),
            loggers: vec![(format!("app.{}", fixture.now()), [1; 6])],
            properties: vec![("user".to_owned(), fixture.now().to_string(), 2)],
            examples: vec![(fixture.now().to_string(), fixture.now())],
            ..usage_batch(&fixture)
        };
        fixture.store.record_usage(vec![seen]).await.unwrap();
        fixture.step(24 * HOUR_MILLIS);
    }
    let second_day = fixture.now() - 24 * HOUR_MILLIS;
    while fixture.store.delete_counts_before(second_day).await.unwrap() {}
    let left = counts(&fixture, filter(&fixture, "a")).await;
    assert!(left.len() == 3 && left.iter().all(|count| count.at_millis == second_day), "{left:?}");
    assert_eq!(fixture.store.loggers(fixture.id(), None).await.unwrap().len(), 1);
    assert_eq!(fixture.store.properties(fixture.id(), None).await.unwrap().len(), 1);
    assert_eq!(fixture.store.examples(fixture.id(), None).await.unwrap().len(), 1);
}
