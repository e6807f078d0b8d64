//! The state of a client and its problems, with a real server that restarts.

use std::{
    sync::mpsc,
    time::{Instant, SystemTime},
};

use prefab_client::ClientStatus;

use super::*;

#[test]
fn the_state_follows_the_server_and_listeners_are_called() {
    let mut server = Upstream::start();
    server.set("max-jobs", 30);
    let client = of(&server).build().unwrap();
    let (sender, states) = mpsc::channel();
    let _subscription = client.on_state_change(move |state| drop(sender.send(state.clone())));
    within(2 * SECOND, "the stream", || client.state().status == ClientStatus::Live);
    let state = client.state();
    assert_eq!(state.source.as_deref(), Some("streaming"));
    assert!(state.last_contact.unwrap().elapsed().unwrap() < 2 * SECOND);
    assert!(client.problems().is_empty());

    server.stop();
    within(SECOND, "the end of the stream", || matches!(client.state().status, ClientStatus::Stale { .. }));
    assert!(!client.problems().is_empty());
    server.resume();
    within(8 * SECOND, "the stream", || client.state().status == ClientStatus::Live);
    assert!(client.problems().is_empty());
    client.close();
    assert_eq!(client.state().status, ClientStatus::Closed);
    let seen: Vec<_> = states.try_iter().map(|state| state.status).collect();
    assert!(seen.iter().any(|status| matches!(status, ClientStatus::Stale { .. })), "{seen:?}");
    assert_eq!(seen.last(), Some(&ClientStatus::Closed), "{seen:?}");
}

#[test]
fn a_rejected_key_is_a_refused_state() {
    let server = Upstream::start();
    let client = of(&server).api_key("123-wrong-key").build().unwrap();
    assert_eq!(client.state().status, ClientStatus::Starting);
    within(2 * SECOND, "the rejection", || client.state().status == ClientStatus::Refused);
}

#[test]
fn while_a_server_restarts_again_and_again_a_missing_change_is_always_a_problem() {
    let mut server = Upstream::start();
    server.set("number", 0);
    let client = of(&server).build().unwrap();
    assert_eq!(client.get::<i64>("number"), Ok(0));
    let mut stale = 0;
    for number in 1..=5 {
        server.stop();
        server.set("number", number);
        server.resume();
        let restarted = Instant::now();
        while restarted.elapsed() < 3 * SECOND {
            // A change reaches a live client within milliseconds.
            let is_behind = || client.get::<i64>("number") != Ok(number);
            let has_no_problem =
                || client.problems().is_empty() && client.state().status == ClientStatus::Live;
            let is_wrong = || is_behind() && has_no_problem();
            if is_wrong() {
                thread::sleep(SECOND / 5);
                assert!(
                    !is_wrong(),
                    "{number} is missing after {:?}: {:?}",
                    restarted.elapsed(),
                    client.state()
                );
            }
            if let ClientStatus::Stale { since } = client.state().status {
                stale += 1;
                assert!(since <= SystemTime::now());
            }
            thread::sleep(SECOND / 100);
        }
    }
    assert!(stale > 50, "the client waits between attempts: {stale} observations");
}

#[test]
fn an_api_key_without_an_address_is_an_error_that_names_the_variable() {
    let builder = || Client::in_memory().datasources(Datasources::All).api_key(KEY).local_cache(false);
    let error = builder().build().unwrap_err();
    assert_eq!(error, Error::MissingApiUrl);
    assert!(error.to_string().starts_with("no server address: set PREFAB_API_URL to "), "{error}");
    let error = builder().stream_urls(["http://127.0.0.1:1"]).build().unwrap_err();
    assert_eq!(error, Error::MissingApiUrl);
}

#[test]
fn with_on_init_failure_return_every_failure_of_the_build_is_a_problem() {
    let dir = TempDir::new().unwrap();
    let builder = || {
        Client::in_memory()
            .datasources(Datasources::All)
            .local_cache(false)
            .on_init_failure(OnInitFailure::Return)
            .value("mine", 7)
    };
    let check = |builder: ClientBuilder, problem: &str, is_closed: bool| {
        let client = builder.build().unwrap();
        assert_eq!(client.state().status == ClientStatus::Closed, is_closed, "{problem}");
        assert_eq!(client.get::<i64>("mine"), Ok(7));
        let problems = client.problems();
        assert!(problems.iter().any(|found| found.contains(problem)), "{problems:?}");
    };
    check(builder(), "settings: no API key: set PREFAB_API_KEY", true);
    check(builder().api_key(KEY), "settings: no server address: set PREFAB_API_URL", true);
    check(
        builder().api_key(KEY).api_urls(["localhost"]),
        "settings: remote_api: `localhost` is not a URL",
        true,
    );
    check(builder().datafile(dir.path().join("absent.json")), "absent.json: datafile not found", false);
    #[cfg(feature = "telemetry")]
    check(
        builder().api_key(KEY).api_urls(["http://127.0.0.1:1"]).telemetry_url("localhost"),
        "settings: telemetry: `localhost` is not a URL",
        false,
    );
}
