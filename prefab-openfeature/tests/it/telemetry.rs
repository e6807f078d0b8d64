//! The client counts the evaluations of the provider.

use std::time::Duration;

use open_feature::{OpenFeature, provider::FeatureProvider as _};
use prefab_openfeature::PrefabProvider;
use prefab_proto::wire::{self, telemetry_event::Payload};
use prefab_testing::{upstream::Upstream, within};
use prost::Message as _;

use super::{message, nothing, remote};

const SECOND: Duration = Duration::from_secs(1);

fn payloads(server: &Upstream) -> Vec<Payload> {
    let events =
        server.posts().into_iter().flat_map(|post| wire::TelemetryEvents::decode(post.body).unwrap().events);
    events.filter_map(|event| event.payload).collect()
}

/// Returns the number of reported evaluations of a key.
fn count(server: &Upstream, key: &str) -> i64 {
    let summaries = payloads(server).into_iter().filter_map(|payload| match payload {
        Payload::Summaries(summaries) => Some(summaries.summaries),
        _ => None,
    });
    let of_key = summaries.flatten().filter(|summary| summary.key == key);
    of_key.flat_map(|summary| summary.counters).map(|counter| counter.count).sum()
}

#[test]
fn every_evaluation_is_counted_with_its_contexts() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let prefab = remote(&server).collect_sync_interval(Duration::from_millis(30)).build().unwrap();
    runtime.block_on(async {
        let mut api = OpenFeature::default();
        api.set_provider(PrefabProvider::new(prefab.clone())).await;
        let client = api.create_client();
        let user = nothing().with_targeting_key("u-1").with_custom_field("user.age", 36);
        for _ in 0..100 {
            assert_eq!(client.get_int_value("max-jobs", Some(&user), None).await, Ok(30));
        }
        // A value of another type is an evaluation of the config, too.
        let error = client.get_bool_value("max-jobs", Some(&user), None).await.unwrap_err();
        assert!(message(error).contains("found int"));
        api.shutdown().await;
    });
    runtime.block_on(prefab.close_async());
    within(SECOND, "the report", || count(&server, "max-jobs") == 101);
    let shapes = payloads(&server).into_iter().filter_map(|payload| match payload {
        Payload::ContextShapes(shapes) => Some(shapes.shapes),
        _ => None,
    });
    let shapes: Vec<_> = shapes.flatten().filter(|shape| shape.name == "user").collect();
    assert!(shapes.iter().any(|shape| shape.field_types.contains_key("age")), "{shapes:?}");
}

#[tokio::test]
async fn without_a_server_nothing_is_counted() {
    let provider = super::provider(&serde_json::json!([]));
    assert!(provider.resolve_bool_value("flag", &nothing()).await.is_err());
}
