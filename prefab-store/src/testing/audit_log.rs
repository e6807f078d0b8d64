use super::fixture::{Fixture, change, note};
use crate::{
    AuditEntry, AuditFilter, AuditNote, AuditRecord, Change, Expected, HOUR_MILLIS, REFUSALS_PER_PROJECT,
    Refusal,
};

fn entry(fixture: &Fixture, subject: &str) -> AuditEntry {
    AuditEntry {
        project: Some(fixture.id()),
        action: "config.changed".to_owned(),
        subject: subject.to_owned(),
        ..AuditEntry::of(note("ann@acme.test", "changed it", "why"))
    }
}

fn of_project(fixture: &Fixture) -> AuditFilter {
    AuditFilter { project: Some(fixture.id()), limit: 10_000, ..AuditFilter::default() }
}

async fn read(fixture: &Fixture, filter: AuditFilter) -> Vec<AuditRecord> {
    fixture.store.audit(filter).await.unwrap()
}

/// The subjects of the entries that a filter selects.
async fn subjects(fixture: &Fixture, filter: AuditFilter) -> Vec<String> {
    read(fixture, filter).await.into_iter().map(|record| record.entry.subject).collect()
}

pub(super) async fn entries_are_listed_in_pages_newest_first(fixture: Fixture) {
    let entries: Vec<_> = ["a", "b", "c"].map(|subject| entry(&fixture, subject)).into();
    fixture.store.record_audit(entries.clone()).await.unwrap();
    let all = fixture.other_handle().audit(of_project(&fixture)).await.unwrap();
    assert!(all.windows(2).all(|pair| pair[0].id > pair[1].id), "{all:?}");
    assert!(all.iter().all(|record| (record.at_millis, record.count) == (fixture.now(), 1)), "{all:?}");
    assert_eq!(all.iter().rev().map(|record| record.entry.clone()).collect::<Vec<_>>(), entries);
    let page = AuditFilter { limit: 2, ..of_project(&fixture) };
    assert_eq!(read(&fixture, page.clone()).await, all[..2]);
    assert_eq!(read(&fixture, AuditFilter { before: Some(all[1].id), ..page }).await, all[2..]);
}

pub(super) async fn each_filter_selects_entries(fixture: Fixture) {
    let other = fixture.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    let elsewhere = AuditEntry { project: Some(other.id), ..entry(&fixture, "elsewhere") };
    let everywhere = AuditEntry { project: None, ..entry(&fixture, "everywhere") };
    let by_bob = AuditEntry { note: note("Bob", "changed it", "why"), ..entry(&fixture, "by bob") };
    let by_anne = AuditEntry { note: note("\u{c4}nne", "", ""), ..entry(&fixture, "by anne") };
    let key = AuditEntry { action: "config_key.issued".to_owned(), ..entry(&fixture, "key") };
    let live = AuditEntry { environment: Some(fixture.production()), ..entry(&fixture, "live") };
    let worded = AuditEntry { note: note("ann", "Turned it on", ""), ..entry(&fixture, "worded") };
    let why = AuditEntry { note: note("ann", "", "TURNED back"), ..entry(&fixture, "why") };
    fixture
        .store
        .record_audit(vec![elsewhere, everywhere, by_bob, by_anne, key, live, worded, why])
        .await
        .unwrap();
    let start = fixture.now();
    fixture.step(1_000);
    fixture.store.record_audit(vec![entry(&fixture, "late")]).await.unwrap();
    let all = || AuditFilter { limit: 100, ..AuditFilter::default() };
    let text = |text: &str| Some(text.to_owned());
    for (filter, expected) in [
        (AuditFilter { project: Some(other.id), ..all() }, vec!["elsewhere"]),
        (AuditFilter { subject: text("key"), ..all() }, vec!["key"]),
        (AuditFilter { subject: text("ke"), ..all() }, vec![]),
        (AuditFilter { actor: text("bOB"), ..all() }, vec!["by bob"]),
        (AuditFilter { actor: text("\u{c4}NNE"), ..all() }, vec!["by anne"]),
        (AuditFilter { action: text("config_key"), ..all() }, vec!["key"]),
        (AuditFilter { action: text("config_key.issued"), ..all() }, vec!["key"]),
        (AuditFilter { action: text("config_key.is"), ..all() }, vec![]),
        (AuditFilter { environment: Some(fixture.production()), ..all() }, vec!["live"]),
        (AuditFilter { text: text("turned"), ..all() }, vec!["why", "worded"]),
        (AuditFilter { from_millis: Some(start + 1_000), ..all() }, vec!["late"]),
        (AuditFilter { to_millis: Some(start + 1_000), text: text("turned it"), ..all() }, vec!["worded"]),
        (AuditFilter { to_millis: Some(start), ..all() }, vec![]),
    ] {
        assert_eq!(subjects(&fixture, filter.clone()).await, expected, "{filter:?}");
    }
    assert_eq!(subjects(&fixture, of_project(&fixture)).await.len(), 7);
}

pub(super) async fn a_change_and_its_entry_are_written_together(fixture: Fixture) {
    let noted =
        |value, expected| Change { note: Some(note("ann", "did it", "why")), ..change("a", value, expected) };
    let mut ids = Vec::new();
    for value in [Some(1), Some(2), None] {
        ids.push(fixture.append(noted(value, Expected::Anything)).await.unwrap());
    }
    fixture.append(noted(Some(3), Expected::Version(5))).await.unwrap_err();
    let records = read(&fixture, of_project(&fixture)).await;
    let written = records.iter().rev().map(|record| (&*record.entry.action, record.entry.version_id));
    let expected =
        ["config.created", "config.changed", "config.deleted"].into_iter().zip(ids.into_iter().map(Some));
    assert_eq!(written.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    assert!(records.iter().all(|record| record.entry.subject == "a"), "{records:?}");
}

pub(super) async fn old_entries_are_deleted_and_newer_ones_stay(fixture: Fixture) {
    fixture.store.record_audit(vec![entry(&fixture, "old"); 20]).await.unwrap();
    fixture.step(1_000);
    fixture.store.record_audit(vec![entry(&fixture, "new")]).await.unwrap();
    while fixture.store.delete_audit_entries_before(fixture.now()).await.unwrap() {}
    assert_eq!(subjects(&fixture, of_project(&fixture)).await, ["new"]);
}

/// A refusal from an address.
fn refusal(fixture: &Fixture, origin: usize, count: i64) -> Refusal {
    let note =
        AuditNote { origin: format!("203.0.{}.{}", origin / 256, origin % 256), ..AuditNote::default() };
    let entry = AuditEntry {
        action: "key.refused".to_owned(),
        is_refused: true,
        ..AuditEntry { note, ..entry(fixture, "1") }
    };
    Refusal { entry, count }
}

pub(super) async fn equal_refusals_of_an_hour_are_one_entry(fixture: Fixture) {
    for refusals in [vec![refusal(&fixture, 1, 2), refusal(&fixture, 2, 1)], vec![refusal(&fixture, 1, 3)]] {
        fixture.store.record_refusals(refusals).await.unwrap();
    }
    fixture.step(HOUR_MILLIS);
    fixture.store.record_refusals(vec![refusal(&fixture, 1, 4)]).await.unwrap();
    let counts: Vec<i64> =
        read(&fixture, of_project(&fixture)).await.iter().map(|record| record.count).collect();
    assert_eq!(counts, [4, 1, 5]);
}

pub(super) async fn refusals_of_an_hour_have_a_bounded_number_of_entries(fixture: Fixture) {
    for _ in 0..2 {
        fixture.store.record_refusals((0..1_000).map(|at| refusal(&fixture, at, 2)).collect()).await.unwrap();
    }
    let records = read(&fixture, of_project(&fixture)).await;
    let entries = usize::try_from(REFUSALS_PER_PROJECT).unwrap() + 1;
    assert_eq!((records.len(), records.iter().map(|record| record.count).sum::<i64>()), (entries, 4_000));
    let further = Refusal::further(Some(fixture.id()), "key.refused", 1).entry;
    assert!(records.iter().any(|record| record.entry == further));
}
