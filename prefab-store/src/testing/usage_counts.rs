use super::bed::Bed;
use crate::{
    Evaluated, EvaluationCount, EvaluationFilter, HOUR_MILLIS, KeyRange, LevelCounts, MAX_COUNT, Observed,
    RowLimits,
};

const LIMITS: RowLimits = RowLimits { evaluations: 10, loggers: 10, properties: 10, examples: 10 };

fn observed(bed: &Bed) -> Observed {
    Observed {
        project: bed.id(),
        environment: bed.production(),
        is_public: false,
        limits: LIMITS,
        at_millis: bed.now(),
        evaluations: Vec::new(),
        loggers: Vec::new(),
        properties: Vec::new(),
        examples: Vec::new(),
    }
}

fn evaluated(key: &str, value: &str, count: i64) -> Evaluated {
    Evaluated { key: key.to_owned(), config_id: 0, value: value.to_owned(), count }
}

fn filter(bed: &Bed, key: &str) -> EvaluationFilter {
    EvaluationFilter {
        project: bed.id(),
        key: Some(key.to_owned()),
        environment: None,
        from_millis: 0,
        to_millis: bed.now() + HOUR_MILLIS,
        hours: 1,
    }
}

async fn observe(bed: &Bed, evaluations: Vec<Evaluated>) -> u64 {
    bed.store.observe(vec![Observed { evaluations, ..observed(bed) }]).await.unwrap()
}

async fn counts(bed: &Bed, filter: EvaluationFilter) -> Vec<EvaluationCount> {
    bed.other_handle().evaluations(filter).await.unwrap()
}

pub(super) async fn counts_are_added_per_hour_and_value(bed: Bed) {
    let id = bed.set("a", 1).await;
    let start = bed.now();
    let named = |count| Evaluated { config_id: id, ..evaluated("a", "1", count) };
    assert_eq!(observe(&bed, vec![named(2), evaluated("a", "2", 3), named(4)]).await, 0);
    bed.step(HOUR_MILLIS);
    assert_eq!(observe(&bed, vec![named(5)]).await, 0);
    let count = |at_millis, config_id, value: &str, count| EvaluationCount {
        environment: bed.production(),
        at_millis,
        config_id,
        value: value.to_owned(),
        count,
    };
    let expected =
        [count(start, 0, "2", 3), count(start, id, "1", 6), count(start + HOUR_MILLIS, id, "1", 5)];
    assert_eq!(counts(&bed, filter(&bed, "a")).await, expected);
    let first_hour = EvaluationFilter { to_millis: bed.now(), ..filter(&bed, "a") };
    assert_eq!(counts(&bed, first_hour).await, expected[..2]);
    let elsewhere = EvaluationFilter { environment: Some(bed.development()), ..filter(&bed, "a") };
    assert_eq!(counts(&bed, elsewhere).await, []);
    let day = 24 * HOUR_MILLIS;
    let all_keys = EvaluationFilter { key: None, hours: 24, ..filter(&bed, "a") };
    assert_eq!(counts(&bed, all_keys).await, [count(start / day * day, 0, "", 14)]);
    assert_eq!(bed.store.evaluated(bed.id()).await.unwrap(), [("a".to_owned(), bed.now())]);
    let range = KeyRange { first: "a".to_owned(), last: "a".to_owned() };
    let hourly = bed.store.hourly(bed.id(), range, bed.now()).await.unwrap();
    assert_eq!((hourly.len(), &*hourly[0].key, hourly[0].at_millis, hourly[0].count), (1, "a", bed.now(), 5));
}

pub(super) async fn counts_are_clamped_when_they_overflow(bed: Bed) {
    bed.set("a", 1).await;
    let loggers = vec![("app".to_owned(), [i64::MAX, -1, 1, 0, 0, 0])];
    let seen = Observed {
        evaluations: vec![
            evaluated("a", "1", i64::MAX),
            evaluated("a", "2", -5),
            evaluated("a", "3", i64::MAX),
        ],
        loggers,
        ..observed(&bed)
    };
    bed.store.observe(vec![seen.clone(), seen]).await.unwrap();
    let values: Vec<i64> = counts(&bed, filter(&bed, "a")).await.iter().map(|count| count.count).collect();
    assert_eq!(values, [MAX_COUNT, 0, MAX_COUNT]);
    let all = EvaluationFilter { key: None, ..filter(&bed, "a") };
    assert_eq!(counts(&bed, all).await[0].count, MAX_COUNT);
    let loggers = bed.store.loggers(bed.id(), None).await.unwrap();
    assert_eq!(loggers[0].counts, [MAX_COUNT, 0, 2, 0, 0, 0]);
}

pub(super) async fn an_unknown_key_is_dropped_and_an_unknown_version_is_not_named(bed: Bed) {
    bed.set("a", 1).await;
    bed.delete("a").await;
    let unknown = Evaluated { config_id: 5, ..evaluated("a", "1", 2) };
    assert_eq!(observe(&bed, vec![evaluated("invented", "1", 1), unknown]).await, 1);
    let stored = counts(&bed, filter(&bed, "a")).await;
    assert_eq!((stored.len(), stored[0].config_id, stored[0].count), (1, 0, 2), "a deleted key is known");
    assert_eq!(counts(&bed, filter(&bed, "invented")).await, []);
}

fn values(number: usize) -> Vec<Evaluated> {
    (0..number).map(|at| evaluated("a", &at.to_string(), 1)).collect()
}

pub(super) async fn evaluation_rows_are_limited_per_hour(bed: Bed) {
    bed.set("a", 1).await;
    assert_eq!(observe(&bed, values(13)).await, 3);
    assert_eq!(observe(&bed, values(13)).await, 3, "rows that exist are counted on");
    bed.step(HOUR_MILLIS);
    assert_eq!(observe(&bed, values(10)).await, 0);
    assert_eq!(counts(&bed, filter(&bed, "a")).await.len(), 20);
}

pub(super) async fn public_keys_get_half_of_the_rows(bed: Bed) {
    bed.set("a", 1).await;
    let seen = Observed {
        is_public: true,
        evaluations: values(7),
        loggers: (0..7).map(|at| (format!("public{at}"), [1; 6])).collect(),
        properties: (0..7).map(|at| ("user".to_owned(), format!("public{at}"), 2)).collect(),
        ..observed(&bed)
    };
    assert_eq!(bed.store.observe(vec![seen]).await.unwrap(), 6);
    assert_eq!(observe(&bed, values(10)).await, 0);
    assert_eq!(bed.store.loggers(bed.id(), None).await.unwrap().len(), 5);
    assert_eq!(bed.store.properties(bed.id(), None).await.unwrap().len(), 5);
}

pub(super) async fn loggers_are_limited_and_counted_by_level(bed: Bed) {
    let levels: LevelCounts = [1, 2, 3, 4, 5, 6];
    let loggers = (0..12).map(|at| (format!("app.{at:02}"), levels)).collect();
    let seen = Observed { loggers, ..observed(&bed) };
    assert_eq!(bed.store.observe(vec![seen.clone()]).await.unwrap(), 2);
    bed.step(1_000);
    let again = Observed { at_millis: bed.now(), loggers: seen.loggers[..1].to_vec(), ..seen };
    assert_eq!(bed.store.observe(vec![again]).await.unwrap(), 0);
    let stored = bed.other_handle().loggers(bed.id(), Some(bed.production())).await.unwrap();
    assert_eq!((stored.len(), &*stored[0].name, stored[0].last_at_millis), (10, "app.00", bed.now()));
    assert_eq!((stored[0].counts, stored[1].counts), ([2, 4, 6, 8, 10, 12], levels));
    assert_eq!(bed.store.loggers(bed.id(), Some(bed.development())).await.unwrap().len(), 0);
}

pub(super) async fn the_oldest_properties_and_examples_are_replaced(bed: Bed) {
    for at in 0..12 {
        bed.step(1_000);
        let seen = Observed {
            properties: vec![("user".to_owned(), format!("property{at:02}"), 2)],
            examples: vec![(format!("{{\"user\":{at}}}"), bed.now())],
            ..observed(&bed)
        };
        assert_eq!(bed.store.observe(vec![seen]).await.unwrap(), 0);
    }
    let properties = bed.store.properties(bed.id(), None).await.unwrap();
    assert_eq!((properties.len(), &*properties[0].name, properties[0].kind), (10, "property02", 2));
    let examples = bed.store.examples(bed.id(), None).await.unwrap();
    assert_eq!((examples.len(), &*examples[0].contexts), (10, "{\"user\":11}"), "newest first");
    assert_eq!(examples[0].at_millis, bed.now());
}

pub(super) async fn old_counts_are_deleted_and_newer_ones_stay(bed: Bed) {
    bed.set("a", 1).await;
    for _ in 0..2 {
        let seen = Observed {
            evaluations: values(3),
            loggers: vec![(format!("app.{}", bed.now()), [1; 6])],
            properties: vec![("user".to_owned(), bed.now().to_string(), 2)],
            examples: vec![(bed.now().to_string(), bed.now())],
            ..observed(&bed)
        };
        bed.store.observe(vec![seen]).await.unwrap();
        bed.step(24 * HOUR_MILLIS);
    }
    let second_day = bed.now() - 24 * HOUR_MILLIS;
    while bed.store.forget_before(second_day).await.unwrap() {}
    let left = counts(&bed, filter(&bed, "a")).await;
    assert!(left.len() == 3 && left.iter().all(|count| count.at_millis == second_day), "{left:?}");
    assert_eq!(bed.store.loggers(bed.id(), None).await.unwrap().len(), 1);
    assert_eq!(bed.store.properties(bed.id(), None).await.unwrap().len(), 1);
    assert_eq!(bed.store.examples(bed.id(), None).await.unwrap().len(), 1);
}
