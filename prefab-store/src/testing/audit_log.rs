use super::bed::{Bed, change, note};
use crate::{
    AuditEntry, AuditFilter, AuditRecord, Change, Expected, HOUR_MILLIS, Note, REFUSALS_PER_PROJECT, Refusal,
};

fn entry(bed: &Bed, subject: &str) -> AuditEntry {
    AuditEntry {
        project: Some(bed.id()),
        action: "config.changed".to_owned(),
        subject: subject.to_owned(),
        ..AuditEntry::of(note("ann@acme.test", "changed it", "why"))
    }
}

fn of_project(bed: &Bed) -> AuditFilter {
    AuditFilter { project: Some(bed.id()), limit: 10_000, ..AuditFilter::default() }
}

async fn read(bed: &Bed, filter: AuditFilter) -> Vec<AuditRecord> {
    bed.store.audit(filter).await.unwrap()
}

/// The subjects of the entries that a filter selects.
async fn subjects(bed: &Bed, filter: AuditFilter) -> Vec<String> {
    read(bed, filter).await.into_iter().map(|record| record.entry.subject).collect()
}

pub(super) async fn entries_are_listed_in_pages_newest_first(bed: Bed) {
    let entries: Vec<_> = ["a", "b", "c"].map(|subject| entry(&bed, subject)).into();
    bed.store.note(entries.clone()).await.unwrap();
    let all = bed.other_handle().audit(of_project(&bed)).await.unwrap();
    assert!(all.windows(2).all(|pair| pair[0].id > pair[1].id), "{all:?}");
    assert!(all.iter().all(|record| (record.at_millis, record.count) == (bed.now(), 1)), "{all:?}");
    assert_eq!(all.iter().rev().map(|record| record.entry.clone()).collect::<Vec<_>>(), entries);
    let page = AuditFilter { limit: 2, ..of_project(&bed) };
    assert_eq!(read(&bed, page.clone()).await, all[..2]);
    assert_eq!(read(&bed, AuditFilter { before: Some(all[1].id), ..page }).await, all[2..]);
}

pub(super) async fn each_filter_selects_entries(bed: Bed) {
    let other = bed.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    let elsewhere = AuditEntry { project: Some(other.id), ..entry(&bed, "elsewhere") };
    let everywhere = AuditEntry { project: None, ..entry(&bed, "everywhere") };
    let by_bob = AuditEntry { note: note("Bob", "changed it", "why"), ..entry(&bed, "by bob") };
    let key = AuditEntry { action: "config_key.issued".to_owned(), ..entry(&bed, "key") };
    let live = AuditEntry { environment: Some(bed.production()), ..entry(&bed, "live") };
    let said = AuditEntry { note: note("ann", "Turned it on", ""), ..entry(&bed, "said") };
    let why = AuditEntry { note: note("ann", "", "TURNED back"), ..entry(&bed, "why") };
    bed.store.note(vec![elsewhere, everywhere, by_bob, key, live, said, why]).await.unwrap();
    let start = bed.now();
    bed.step(1_000);
    bed.store.note(vec![entry(&bed, "late")]).await.unwrap();
    let all = || AuditFilter { limit: 100, ..AuditFilter::default() };
    let text = |text: &str| Some(text.to_owned());
    for (filter, expected) in [
        (AuditFilter { project: Some(other.id), ..all() }, vec!["elsewhere"]),
        (AuditFilter { subject: text("key"), ..all() }, vec!["key"]),
        (AuditFilter { subject: text("ke"), ..all() }, vec![]),
        (AuditFilter { who: text("bOB"), ..all() }, vec!["by bob"]),
        (AuditFilter { action: text("config_key"), ..all() }, vec!["key"]),
        (AuditFilter { action: text("config_key.issued"), ..all() }, vec!["key"]),
        (AuditFilter { action: text("config_key.is"), ..all() }, vec![]),
        (AuditFilter { environment: Some(bed.production()), ..all() }, vec!["live"]),
        (AuditFilter { text: text("turned"), ..all() }, vec!["why", "said"]),
        (AuditFilter { from_millis: Some(start + 1_000), ..all() }, vec!["late"]),
        (AuditFilter { to_millis: Some(start + 1_000), text: text("turned it"), ..all() }, vec!["said"]),
        (AuditFilter { to_millis: Some(start), ..all() }, vec![]),
    ] {
        assert_eq!(subjects(&bed, filter.clone()).await, expected, "{filter:?}");
    }
    assert_eq!(subjects(&bed, of_project(&bed)).await.len(), 6);
}

pub(super) async fn a_change_and_its_entry_are_written_together(bed: Bed) {
    let noted =
        |value, expected| Change { note: Some(note("ann", "did it", "why")), ..change("a", value, expected) };
    let mut ids = Vec::new();
    for value in [Some(1), Some(2), None] {
        ids.push(bed.append(noted(value, Expected::Anything)).await.unwrap());
    }
    bed.append(noted(Some(3), Expected::Version(5))).await.unwrap_err();
    let records = read(&bed, of_project(&bed)).await;
    let written = records.iter().rev().map(|record| (&*record.entry.action, record.entry.version_id));
    let expected =
        ["config.created", "config.changed", "config.deleted"].into_iter().zip(ids.into_iter().map(Some));
    assert_eq!(written.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    assert!(records.iter().all(|record| record.entry.subject == "a"), "{records:?}");
}

pub(super) async fn old_entries_are_deleted_and_newer_ones_stay(bed: Bed) {
    bed.store.note(vec![entry(&bed, "old"); 20]).await.unwrap();
    bed.step(1_000);
    bed.store.note(vec![entry(&bed, "new")]).await.unwrap();
    while bed.store.forget_audit_before(bed.now()).await.unwrap() {}
    assert_eq!(subjects(&bed, of_project(&bed)).await, ["new"]);
}

/// A refusal from an address.
fn refusal(bed: &Bed, origin: usize, count: i64) -> Refusal {
    let note = Note { origin: format!("203.0.{}.{}", origin / 256, origin % 256), ..Note::default() };
    let entry = AuditEntry {
        action: "key.refused".to_owned(),
        is_refused: true,
        ..AuditEntry { note, ..entry(bed, "1") }
    };
    Refusal { entry, count }
}

pub(super) async fn equal_refusals_of_an_hour_are_one_entry(bed: Bed) {
    for refusals in [vec![refusal(&bed, 1, 2), refusal(&bed, 2, 1)], vec![refusal(&bed, 1, 3)]] {
        bed.store.note_refusals(refusals).await.unwrap();
    }
    bed.step(HOUR_MILLIS);
    bed.store.note_refusals(vec![refusal(&bed, 1, 4)]).await.unwrap();
    let counts: Vec<i64> = read(&bed, of_project(&bed)).await.iter().map(|record| record.count).collect();
    assert_eq!(counts, [4, 1, 5]);
}

pub(super) async fn refusals_of_an_hour_have_a_bounded_number_of_entries(bed: Bed) {
    for _ in 0..2 {
        bed.store.note_refusals((0..1_000).map(|at| refusal(&bed, at, 2)).collect()).await.unwrap();
    }
    let records = read(&bed, of_project(&bed)).await;
    let entries = usize::try_from(REFUSALS_PER_PROJECT).unwrap() + 1;
    assert_eq!((records.len(), records.iter().map(|record| record.count).sum::<i64>()), (entries, 4_000));
    let further = Refusal::further(Some(bed.id()), "key.refused", 1).entry;
    assert!(records.iter().any(|record| record.entry == further));
}
