//! The events of `TracingHook`.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use open_feature::{EvaluationContext, EvaluationOptions, HookHints, HookWrapper, OpenFeature};
use prefab_openfeature::{PrefabProvider, TracingHook};
use serde_json::json;
use tracing_core::{Event, Field, Subscriber, field::Visit};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

use super::{client, constant, nothing};

type Fields = BTreeMap<String, String>;

/// Collects the events with their name, level and fields.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<(String, Fields)>>>);

impl<S: Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target() != "prefab_openfeature" {
            return;
        }
        let mut fields = Visited::default();
        event.record(&mut fields);
        self.0.lock().unwrap().push((format!("{} {}", metadata.level(), metadata.name()), fields.0));
    }
}

#[derive(Default)]
struct Visited(Fields);

impl Visit for Visited {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

fn fields<const N: usize>(expected: [(&str, &str); N]) -> Fields {
    expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Evaluates a string flag with the hook, and returns the events.
async fn events(hook: TracingHook, key: &str, context: &EvaluationContext) -> Vec<(String, Fields)> {
    let configs = json!([
        constant("color", &json!({"string": "red"})),
        constant("secret", &json!({"string": "s3cr3t", "confidential": true})),
        constant("on", &json!({"bool": true})),
    ]);
    let mut api = OpenFeature::default();
    api.set_provider(PrefabProvider::new(client(&configs))).await;
    let client = api.create_client();
    let events = Events::default();
    let _guard = tracing_subscriber::registry().with(events.clone()).set_default();
    let options = EvaluationOptions { hints: HookHints::default(), hooks: vec![HookWrapper::new(hook)] };
    let _ = client.get_string_value(key, Some(context), Some(&options)).await;
    let collected = events.0.lock().unwrap();
    collected.clone()
}

#[tokio::test]
async fn an_evaluation_is_one_event_with_the_attributes_of_opentelemetry() {
    let user = nothing().with_targeting_key("u-1");
    let expected = fields([
        ("feature_flag.key", "color"),
        ("feature_flag.provider.name", "Prefab"),
        ("feature_flag.result.variant", "red"),
        ("feature_flag.result.reason", "static"),
        ("feature_flag.set.id", "3/143"),
        ("feature_flag.version", "7"),
    ]);
    let name = "INFO feature_flag.evaluation".to_owned();
    assert_eq!(events(TracingHook::new(), "color", &user).await, [(name.clone(), expected.clone())]);
    let mut more = expected;
    more.extend(fields([("feature_flag.result.value", "red"), ("feature_flag.context.id", "u-1")]));
    let hook = TracingHook::new().with_value(true).with_context_id(true);
    assert_eq!(events(hook, "color", &user).await, [(name, more)]);
}

#[tokio::test]
async fn a_failed_evaluation_is_one_event_with_the_error() {
    let expected = fields([
        ("feature_flag.key", "on"),
        ("feature_flag.provider.name", "Prefab"),
        ("feature_flag.result.reason", "error"),
        ("error.type", "type_mismatch"),
        ("feature_flag.error.message", "`on`: expected a string, found bool"),
    ]);
    let name = "INFO feature_flag.evaluation".to_owned();
    assert_eq!(events(TracingHook::new(), "on", &nothing()).await, [(name, expected)]);
    let missing = events(TracingHook::new(), "colour", &nothing()).await;
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].1["error.type"], "flag_not_found");
}

#[tokio::test]
async fn a_confidential_value_is_in_no_event() {
    let hook = TracingHook::new().with_value(true);
    let events = events(hook, "secret", &nothing()).await;
    assert_eq!(events.len(), 1);
    assert!(!format!("{events:?}").contains("s3cr3t"), "{events:?}");
}

#[tokio::test]
async fn equal_evaluations_are_one_event_per_span() {
    let configs = json!([constant("color", &json!({"string": "red"}))]);
    let mut api = OpenFeature::default();
    api.set_provider(PrefabProvider::new(client(&configs))).await;
    let client = api.create_client();
    let events = Events::default();
    let _guard = tracing_subscriber::registry().with(events.clone()).set_default();
    let options =
        EvaluationOptions { hints: HookHints::default(), hooks: vec![HookWrapper::new(TracingHook::new())] };
    let count = || events.0.lock().unwrap().len();
    for spans in 1..=3 {
        let _span = tracing::info_span!("request").entered();
        for _ in 0..5 {
            for key in ["color", "colour"] {
                let _ = client.get_string_value(key, None, Some(&options)).await;
            }
        }
        assert_eq!(count(), 2 * spans, "a success and an error");
    }
    for _ in 0..5 {
        let _ = client.get_string_value("color", None, Some(&options)).await;
    }
    assert_eq!(count(), 7, "one event outside the spans");
}
