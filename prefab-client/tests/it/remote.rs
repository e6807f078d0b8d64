//! Guarantees of a client with a server: initialization, changes, outages, the cache, closing.
#![allow(clippy::unwrap_used, reason = "a test and its helpers")]

mod process_env;
mod runtimes;
mod state;
#[cfg(feature = "telemetry")]
mod telemetry;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use prefab_client::{Client, ClientBuilder, Datasources, Error, OnInitFailure};
use prefab_testing::{
    throughout,
    upstream::{KEY, Upstream},
    within,
};
use tempfile::TempDir;

const SECOND: Duration = Duration::from_secs(1);

/// A client without files.
fn of(server: &Upstream) -> ClientBuilder {
    Client::in_memory().datasources(Datasources::All).api_key(KEY).api_urls([server.url()]).local_cache(false)
}

#[test]
fn the_first_get_waits_for_the_server_and_later_ones_see_changes() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let client = of(&server).value("max-jobs", 1).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    let live = client.live::<i64>("max-jobs").unwrap();
    within(SECOND, "the stream", || server.streams() == 1);
    server.set("max-jobs", 50);
    let took = within(SECOND, "the change", || client.get_or("max-jobs", 0) == 50);
    assert_eq!(live.get(), 50);
    assert_eq!(client.details("max-jobs").source.as_deref(), Some("streaming"));
    println!("a change was seen after {took:?}");
}

#[test]
fn values_remain_during_an_outage_and_converge_afterwards() {
    let mut server = Upstream::start();
    server.set("max-jobs", 30);
    let client = of(&server).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    within(SECOND, "the stream", || server.streams() == 1);
    server.stop();
    server.set("max-jobs", 50);
    within(2 * SECOND, "the problem", || !client.problems().is_empty());
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    throughout(SECOND / 2, "the last value stays", || client.get::<i64>("max-jobs") == Ok(30));
    server.resume();
    within(8 * SECOND, "the change", || client.get_or("max-jobs", 0) == 50);
    within(SECOND, "that all is well", || client.problems().is_empty());
}

#[test]
fn the_cache_is_used_at_startup_while_the_server_is_down() {
    let dir = TempDir::new().unwrap();
    let mut server = Upstream::start();
    server.set("max-jobs", 30);
    let builder = |server: &Upstream| of(server).local_cache_dir(dir.path());
    {
        let client = builder(&server).build().unwrap();
        assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
        // Not the temporary file, which is still being written.
        let is_whole = |file: std::fs::DirEntry| file.path().extension() != Some("tmp".as_ref());
        within(8 * SECOND, "the file", || dir.path().read_dir().unwrap().flatten().any(is_whole));
    }
    server.stop();
    let client = builder(&server).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    assert_eq!(client.details("max-jobs").source.as_deref(), Some("cache"));
    server.resume();
    server.set("max-jobs", 50);
    within(8 * SECOND, "the change", || client.get_or("max-jobs", 0) == 50);
}

#[test]
fn a_slow_server_is_an_error_or_ignored_as_configured() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    server.delay(3 * SECOND);
    let timeout = Duration::from_millis(300);
    let started = Instant::now();
    let client = of(&server).init_timeout(timeout).value("mine", 7).build().unwrap();
    let error = client.get::<i64>("mine").unwrap_err();
    let url = server.url();
    assert_eq!(
        error.to_string(),
        format!("config `mine`: no response from {url} within 0.3 s; check PREFAB_API_URL")
    );
    let expected = Error::InitializationTimeout { key: Some("mine".into()), url, timeout, cause: None };
    assert_eq!(error, expected);
    let waited = started.elapsed();
    assert!(waited >= timeout && waited < SECOND, "waited {waited:?}");

    // Later calls do not wait. Calls without an error evaluate the local configs.
    assert_eq!(client.get_or("mine", 0), 7);
    assert_eq!(client.get_or("max-jobs", 1), 1);
    assert!(!client.enabled("max-jobs"));
    assert!(started.elapsed() < waited + SECOND / 10);

    let forgiving = of(&server)
        .init_timeout(timeout)
        .on_init_failure(OnInitFailure::Return)
        .value("mine", 7)
        .build()
        .unwrap();
    assert_eq!(forgiving.get::<i64>("mine"), Ok(7));
    assert!(matches!(forgiving.get::<i64>("max-jobs"), Err(Error::MissingDefault { .. })));

    within(8 * SECOND, "the late response", || client.get::<i64>("max-jobs") == Ok(30));
    within(8 * SECOND, "the late response", || forgiving.get::<i64>("max-jobs") == Ok(30));
}

#[test]
fn the_timeout_error_names_the_unreachable_server() {
    let mut server = Upstream::start();
    server.stop();
    let client = of(&server).init_timeout(SECOND / 2).build().unwrap();
    let message = client.get::<i64>("max-jobs").unwrap_err().to_string();
    let expected = format!(
        "config `max-jobs`: no response from {0} within 0.5 s; remote_api: `{0}` could not be reached: \
         Connection refused",
        server.url()
    );
    assert!(message.starts_with(&expected), "{message}");
}

#[test]
fn a_wrong_api_key_is_an_error_within_a_second() {
    let server = Upstream::start();
    let started = Instant::now();
    let client = of(&server).api_key("123-wrong-key").build().unwrap();
    let error = client.get::<i64>("max-jobs").unwrap_err();
    assert!(started.elapsed() < SECOND);
    assert_eq!(error.code(), "unauthorized");
    assert_eq!(
        error.to_string(),
        format!(
            "remote_api: `{}` rejected the API key: 401 Unauthorized; set PREFAB_API_KEY to a backend API key of \
             this server",
            server.url()
        )
    );
    assert_eq!(client.get_or("max-jobs", 3), 3);
}

#[test]
fn a_server_without_an_api_key_is_an_error() {
    let client = Client::builder().api_urls(["http://localhost:1"]).build();
    assert_eq!(client.unwrap_err(), Error::MissingApiKey);
    let client = Client::builder().datasources(Datasources::All).api_key("  ").build();
    assert_eq!(
        client.unwrap_err().to_string(),
        "no API key: set PREFAB_API_KEY, or set PREFAB_DATASOURCES=LOCAL_ONLY to run without a server"
    );
    let dir = TempDir::new().unwrap();
    let local = Client::builder().classpath_dir(dir.path()).without_override_dir().build().unwrap();
    assert!(!local.enabled("any"));
    let only = Client::builder().api_key(KEY).datasources(Datasources::LocalOnly).without_override_dir();
    assert!(!only.classpath_dir(dir.path()).build().unwrap().enabled("any"));
    let wrong = Client::builder().api_key(KEY).api_urls(["localhost"]).build().unwrap_err();
    assert!(wrong.to_string().starts_with("remote_api: `localhost` is not a URL"), "{wrong}");
}

#[test]
fn async_code_waits_without_blocking_a_thread() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    server.delay(SECOND / 2);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let ticks = AtomicUsize::new(0);
        let ticking = async {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                ticks.fetch_add(1, Ordering::Relaxed);
            }
        };
        let client = tokio::select! {
            client = of(&server).build_async() => client.unwrap(),
            () = ticking => unreachable!(),
        };
        assert!(ticks.load(Ordering::Relaxed) > 20, "the thread was kept");
        assert_eq!(client.get::<i64>("max-jobs"), Ok(30));

        let late = of(&server).init_timeout(SECOND / 10).build_async().await.unwrap_err();
        assert_eq!(late.code(), "initialization_timeout");
        let wrong = of(&server).api_key("123-wrong").build_async().await.unwrap_err();
        assert_eq!(wrong.code(), "unauthorized");
        Client::in_memory().build().unwrap().ready().await.unwrap();
    });
}

#[test]
fn async_code_closes_without_blocking_a_thread() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let client = of(&server).build_async().await.unwrap();
        assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
        #[cfg(feature = "telemetry")]
        server.delay(SECOND / 2);
        let ticks = AtomicUsize::new(0);
        let ticking = async {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                ticks.fetch_add(1, Ordering::Relaxed);
            }
        };
        tokio::select! {
            () = client.close_async() => {}
            () = ticking => unreachable!(),
        }
        #[cfg(feature = "telemetry")]
        assert!(ticks.load(Ordering::Relaxed) > 20 && !server.posts().is_empty());
        assert_eq!(client.get::<i64>("max-jobs"), Ok(30), "values stay");
        client.close_async().await;
        client.close();
    });
}

#[test]
fn listeners_may_use_the_client_before_the_first_response() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    server.delay(SECOND / 5);
    let ready = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ready);
    let on_ready = move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let client = of(&server).on_ready(on_ready).build().unwrap();
    let seen = Arc::new(AtomicUsize::new(0));
    let (inside, value) = (client.clone(), Arc::clone(&seen));
    let _listening = client.on_change(move |_| {
        value.store(inside.get_or("max-jobs", 0), Ordering::Relaxed);
    });
    assert_eq!(ready.load(Ordering::Relaxed), 0);
    let started = Instant::now();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    assert!(started.elapsed() < SECOND);
    within(SECOND, "on_ready", || ready.load(Ordering::Relaxed) == 1);
    assert_eq!(seen.load(Ordering::Relaxed), 30);

    let count = Arc::clone(&ready);
    let on_ready = move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let _local = Client::in_memory().on_ready(on_ready).build();
    within(SECOND, "on_ready without a server", || ready.load(Ordering::Relaxed) == 2);
}

#[test]
fn a_skipped_key_is_a_problem_until_it_is_fixed() {
    let server = Upstream::start();
    server.set_unreadable("broken");
    server.set("max-jobs", 30);
    let client = of(&server).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    within(SECOND, "the stream", || server.streams() == 1);
    let problems = client.problems();
    assert!(problems.len() == 1 && problems[0].contains("`broken`"), "{problems:?}");
    server.set("max-jobs", 50);
    within(SECOND, "the change", || client.get_or("max-jobs", 0) == 50);
    assert_eq!(client.problems(), problems, "it is as broken as before");
    server.set("broken", 1);
    within(SECOND, "the fixed config", || client.get_or("broken", 0) == 1);
    assert_eq!(client.problems(), [] as [&str; 0]);
}

/// The threads of clients in this process, which runs one test.
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().filter_map(Result::ok);
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.trim() == "prefab").count()
}

#[test]
fn many_clients_are_independent_and_leak_nothing() {
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let clients: Vec<Client> = (0..20).map(|_| of(&server).build().unwrap()).collect();
    for client in &clients {
        assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    }
    within(5 * SECOND, "every stream", || server.streams() == 20);
    let alone = std::env::var_os("NEXTEST").is_some() && cfg!(target_os = "linux");
    assert!(!alone || threads() == 20, "{} threads", threads());
    let copy = clients[0].clone();
    let _override = clients[1].override_value("max-jobs", 1);
    assert_eq!(copy.get::<i64>("max-jobs"), Ok(30));

    copy.close();
    within(SECOND, "the closed one's end", || server.streams() == 19);
    assert_eq!(clients[0].get::<i64>("max-jobs"), Ok(30), "values stay");
    assert!(!alone || threads() == 19, "{} threads", threads());
    drop((clients, copy));
    within(SECOND, "the end of all streams", || server.streams() == 0);
    if alone {
        within(5 * SECOND, "the last thread's end", || threads() == 0);
    }
    let requests = server.requests();
    throughout(SECOND, "a client that is gone asks for nothing", || server.requests() == requests);
}

#[test]
fn a_closed_client_does_not_block_calls() {
    let server = Upstream::start();
    server.delay(20 * SECOND);
    let client = of(&server).build().unwrap();
    let waiting = client.clone();
    let waiting = thread::spawn(move || waiting.get_or("max-jobs", 3));
    within(5 * SECOND, "the request", || server.requests() > 0);
    let started = Instant::now();
    client.close();
    assert_eq!(waiting.join().unwrap(), 3);
    assert!(started.elapsed() < SECOND);
}
