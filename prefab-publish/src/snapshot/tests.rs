//! Responses by cursor.

use prefab_core::{Config, ConfigSet};
use prefab_proto::convert;

use crate::{items::ItemIds, snapshot::*};

/// A snapshot with the ids of its items.
struct Current {
    item_ids: ItemIds,
    snapshot: Snapshot,
}

impl Current {
    fn with(&self, configs: &[Config], last_id: i64) -> Self {
        let mut item_ids = self.item_ids.clone();
        let replacement = item_ids.replacement(configs);
        let snapshot = self.snapshot.with(configs, &replacement.replaced, last_id);
        item_ids.record(replacement);
        Self { item_ids, snapshot }
    }
}

impl std::ops::Deref for Current {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.snapshot
    }
}

fn snapshot() -> Current {
    let snapshot = Snapshot::empty(ProjectId(1), EnvironmentId(5), 100, 1 << 20);
    Current { item_ids: ItemIds::default(), snapshot }
}

fn config(key: &str, id: i64) -> Config {
    Config { id, ..Config::constant(key, id) }
}

fn sent(snapshot: &Snapshot, id: i64, audience: &Audience) -> ConfigSet {
    convert::decode(&snapshot.response(id, audience, Encoding::Protobuf).plain).unwrap().set
}

#[track_caller]
fn check(snapshot: &Snapshot, id: i64, expected: &[(&str, i64)]) {
    let set = sent(snapshot, id, &Audience::default());
    let configs: Vec<_> = set.configs.iter().map(|config| (config.key.as_str(), config.id)).collect();
    assert_eq!(configs, expected);
    let pointer = set.pointer.unwrap();
    assert_eq!((pointer.project_id, pointer.project_env_id), (1, 5));
}

#[test]
fn an_empty_project_has_an_id() {
    check(&snapshot(), 0, &[(EMPTY_PROJECT_KEY, 100)]);
    check(&snapshot(), 100, &[]);
}

#[test]
fn a_cursor_receives_newer_configs_and_zero_receives_live_ones() {
    let first = snapshot().with(&[config("a", 101), config("b", 102)], 102);
    check(&first, 0, &[("a", 101), ("b", 102)]);
    let second = first.with(&[config("a", 103), tombstone(104, 1, "b")], 104);
    check(&second, 0, &[("a", 103)]);
    check(&second, 102, &[("a", 103), ("b", 104)]);
    check(&second, 103, &[("b", 104)]);
    check(&second, 104, &[]);
}

#[test]
fn a_cursor_of_another_server_receives_everything() {
    let snapshot = snapshot().with(&[config("a", 101)], 101);
    check(&snapshot, 9_999, &[("a", 101)]);
    check(&snapshot, -1, &[("a", 101)]);
}

#[test]
fn deleting_the_last_config_leaves_its_tombstone() {
    let snapshot = snapshot().with(&[config("a", 101)], 101).with(&[tombstone(102, 1, "a")], 102);
    check(&snapshot, 0, &[("a", 102)]);
}

#[test]
fn a_user_receives_their_default_context_and_their_own_etag() {
    let snapshot = snapshot().with(&[config("a", 101)], 101);
    let (anonymous, ada) = (Audience::default(), Audience::of(3, Some("ada")));
    let set = sent(&snapshot, 0, &ada);
    assert_eq!(set.default_context.property("prefab-api-key", "user-id"), Some(&"ada".into()));
    assert!(sent(&snapshot, 0, &anonymous).default_context.is_empty());
    let tag = |id, audience, encoding| snapshot.response(id, audience, encoding).etag.clone();
    let tags = [
        tag(0, &anonymous, Encoding::Protobuf),
        tag(0, &ada, Encoding::Protobuf),
        tag(0, &anonymous, Encoding::Json),
        tag(101, &anonymous, Encoding::Protobuf),
    ];
    for (at, one) in tags.iter().enumerate() {
        assert!(!tags[at + 1..].contains(one), "{tags:?}");
    }
}

#[test]
fn all_content_codings_have_the_same_content() {
    let snapshot = snapshot().with(&[config("a", 101)], 101);
    let answer = snapshot.response(0, &Audience::default(), Encoding::Protobuf);
    let mut gunzipped = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&answer.gzip()[..]), &mut gunzipped)
        .unwrap();
    assert_eq!(gunzipped, answer.plain);
    assert_eq!(zstd::decode_all(&answer.zstd()[..]).unwrap(), answer.plain);
}

#[test]
fn the_newer_of_two_versions_in_one_change_is_sent() {
    let snapshot = snapshot().with(&[config("a", 101), config("b", 102), config("a", 103)], 103);
    check(&snapshot, 0, &[("b", 102), ("a", 103)]);
    check(&snapshot.with(&[config("b", 104)], 104), 0, &[("a", 103), ("b", 104)]);
}

#[test]
fn a_stream_receives_everything_in_batches() {
    let configs: Vec<_> = (101..111)
        .map(|id| Config { id, ..Config::constant(format!("key.{id}"), "x".repeat(20_000)) })
        .collect();
    let snapshot = snapshot().with(&configs, 110);
    let (mut id, mut sizes) = (0, Vec::new());
    while id < snapshot.last_id {
        let batch = snapshot.batch(id, &Audience::default(), Encoding::Protobuf);
        assert!(batch.up_to > id);
        id = batch.up_to;
        sizes.push(batch.events.len());
    }
    assert_eq!(sizes.len(), 5, "{sizes:?}");
    assert!(snapshot.batch(id, &Audience::default(), Encoding::Protobuf).events.is_empty());
}

#[test]
fn front_ends_learn_of_a_config_that_is_no_longer_for_them() {
    let config = |id, is_public| Config { send_to_client_sdk: is_public, ..config("a", id) };
    let public = snapshot().with(&[config(101, true)], 101);
    let hidden = public.with(&[config(102, false)], 102);
    assert!(hidden.has_front_end_change(101));
    let hidden = snapshot().with(&[config(101, false)], 101).with(&[config(102, false)], 102);
    assert!(!hidden.has_front_end_change(101));
}
