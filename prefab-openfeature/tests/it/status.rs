//! The status of the provider, with a server that is slow, stops or rejects the API key.

use std::{
    thread,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use open_feature::{
    EvaluationErrorCode, OpenFeature,
    provider::{FeatureProvider as _, ProviderStatus},
};
use prefab_client::{Client, ClientStatus, OnInitFailure};
use prefab_openfeature::PrefabProvider;
use prefab_testing::{upstream::Upstream, within};

use super::{message, nothing, remote};

const SECOND: Duration = Duration::from_secs(1);

fn server() -> Upstream {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    server
}

/// Runs an async test. The runtime of the server must not be dropped in another one.
fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

#[test]
fn a_client_without_a_server_is_ready() {
    let client = Client::in_memory().build().unwrap();
    let provider = PrefabProvider::new(client.clone());
    assert_eq!(provider.status(), ProviderStatus::Ready);
    assert_eq!(provider.metadata().name, "prefab");
    client.close();
    assert_eq!(provider.status(), ProviderStatus::STALE);
}

#[test]
fn before_the_first_response_evaluations_fail_immediately() {
    let server = server();
    server.delay(SECOND);
    let client = remote(&server).build().unwrap();
    let mut provider = PrefabProvider::new(client);
    run(async {
        let begun = Instant::now();
        assert_eq!(provider.status(), ProviderStatus::NotReady);
        let error = provider.resolve_int_value("max-jobs", &nothing()).await.unwrap_err();
        assert_eq!(error.code, EvaluationErrorCode::ProviderNotReady);
        assert_eq!(message(error), "`max-jobs`: the Prefab client has not received its configs yet");
        assert!(begun.elapsed() < SECOND / 2, "the evaluation waited");
        provider.initialize(&nothing()).await;
        assert_eq!(provider.resolve_int_value("max-jobs", &nothing()).await.unwrap().value, 30);
        assert!(matches!(provider.status(), ProviderStatus::Ready | ProviderStatus::STALE));
    });
}

#[test]
fn the_initialization_ends_after_its_timeout() {
    let server = server();
    server.delay(60 * SECOND);
    let client = remote(&server).init_timeout(SECOND / 5).build().unwrap();
    let mut provider = PrefabProvider::new(client);
    run(async {
        let begun = Instant::now();
        provider.initialize(&nothing()).await;
        assert!(begun.elapsed() < 2 * SECOND);
        assert_eq!(provider.status(), ProviderStatus::Error);
        let error = provider.resolve_int_value("max-jobs", &nothing()).await.unwrap_err();
        assert_eq!(error.code, EvaluationErrorCode::ProviderNotReady);
        let message = message(error);
        assert!(message.contains("no response from") && message.contains("within 0.2 s"), "{message}");
    });
}

#[test]
fn with_local_configs_the_provider_is_stale_after_the_timeout() {
    let server = server();
    server.delay(60 * SECOND);
    let builder = remote(&server).init_timeout(SECOND / 5).on_init_failure(OnInitFailure::Return);
    let mut provider = PrefabProvider::new(builder.value("max-jobs", 1).build().unwrap());
    run(async {
        provider.initialize(&nothing()).await;
        assert_eq!(provider.status(), ProviderStatus::STALE);
        assert_eq!(provider.resolve_int_value("max-jobs", &nothing()).await.unwrap().value, 1);
    });
}

#[test]
fn a_rejected_key_is_an_error() {
    let server = server();
    let client = remote(&server).api_key("123-wrong-key").build().unwrap();
    let mut provider = PrefabProvider::new(client);
    run(async {
        provider.initialize(&nothing()).await;
        assert_eq!(provider.status(), ProviderStatus::Error);
        let error = provider.resolve_int_value("max-jobs", &nothing()).await.unwrap_err();
        assert_eq!(error.code, EvaluationErrorCode::ProviderNotReady);
    });
}

#[test]
fn the_status_follows_the_connection_and_values_stay() {
    let mut server = server();
    let mut provider = PrefabProvider::new(remote(&server).build().unwrap());
    run(provider.initialize(&nothing()));
    assert_eq!(provider.status(), ProviderStatus::Ready);
    within(5 * SECOND, "the stream", || provider.client().state().status == ClientStatus::Live);
    let value = || {
        let details = provider.resolve_int_value("max-jobs", &nothing()).now_or_never();
        details.unwrap().unwrap().value
    };
    server.stop();
    within(5 * SECOND, "the end of the stream", || provider.status() == ProviderStatus::STALE);
    assert_eq!(value(), 30);
    server.set("max-jobs", 50);
    server.resume();
    within(10 * SECOND, "the change", || provider.status() == ProviderStatus::Ready && value() == 50);
}

#[test]
fn a_client_that_was_built_before_delays_no_evaluation() {
    let server = server();
    run(async {
        let prefab = remote(&server).build_async().await.unwrap();
        let begun = Instant::now();
        let mut api = OpenFeature::default();
        api.set_provider(PrefabProvider::new(prefab)).await;
        let client = api.create_client();
        assert_eq!(client.get_int_value("max-jobs", None, None).await, Ok(30));
        assert!(begun.elapsed() < SECOND / 2);
    });
}

#[test]
fn the_initialization_needs_no_runtime_and_blocks_no_thread() {
    let server = server();
    server.delay(SECOND / 2);
    let mut provider = PrefabProvider::new(remote(&server).build().unwrap());
    let context = nothing();
    let mut initialize = provider.initialize(&context);
    let mut is_pending = || {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        initialize.as_mut().poll(&mut context).is_pending()
    };
    assert!(is_pending());
    thread::sleep(SECOND);
    assert!(!is_pending());
    drop(initialize);
    assert_ne!(provider.status(), ProviderStatus::NotReady);
}
