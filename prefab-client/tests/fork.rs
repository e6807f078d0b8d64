//! A process that was forked from one with a client: it has the values, does not block, and can build a client of its
//! own.
#![cfg(all(unix, feature = "http"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    process, thread,
    time::{Duration, Instant},
};

use fork::{Fork, fork, waitpid};
use prefab_client::{Client, ClientBuilder, Context, ContextSet, Datasources};
use prefab_testing::{
    upstream::{KEY, Upstream},
    within,
};

const LIMIT: Duration = Duration::from_secs(20);

fn of(url: &str) -> ClientBuilder {
    Client::in_memory().datasources(Datasources::All).api_key(KEY).api_urls([url]).local_cache(false)
}

fn user(nth: usize) -> ContextSet {
    Context::new("user").with("key", format!("u-{nth}")).into()
}

/// Runs in the child. Returns the number of the failed step.
fn child(client: Client, unheard: Client, url: &str) -> i32 {
    // Distinguishes a child that blocks from one that succeeds.
    thread::spawn(|| {
        thread::sleep(LIMIT);
        process::abort();
    });
    for nth in 0..1_000 {
        if client.with(&user(nth % 10)).get::<i64>("max-jobs") != Ok(30) {
            return 1;
        }
    }
    let _mine = client.override_value("max-jobs", 31);
    if client.live::<i64>("max-jobs").is_ok_and(|live| live.get() != 31) {
        return 2;
    }
    let started = Instant::now();
    client.close();
    drop(client);
    // A client without a response before the fork never receives one; its calls wait until the timeout.
    if unheard.get_or("max-jobs", 7) != 7 {
        return 3;
    }
    drop(unheard);
    if started.elapsed() > LIMIT / 2 {
        return 4;
    }
    let own = of(url).build().unwrap();
    if own.get::<i64>("max-jobs") != Ok(30) {
        return 5;
    }
    own.close();
    0
}

#[test]
fn a_forked_process_evaluates_closes_and_builds_a_new_client() {
    let (server, silent) = (Upstream::start(), Upstream::start());
    server.set("max-jobs", 30);
    silent.delay(10 * LIMIT);
    let client = of(&server.url()).build().unwrap();
    assert_eq!(client.with(&user(0)).get::<i64>("max-jobs"), Ok(30));
    let unheard = of(&silent.url()).init_timeout(Duration::from_secs(1)).build().unwrap();

    let mut children = Vec::new();
    for _ in 0..2 {
        match fork().unwrap() {
            Fork::Child => {
                let url = server.url();
                let outcome = child(client, unheard, &url);
                // The rest of the process is a copy of the parent.
                std::mem::forget((server, silent));
                process::exit(outcome);
            }
            Fork::Parent(child) => children.push(child),
        }
    }
    for child in children {
        assert_eq!(waitpid(child).unwrap(), 0, "the child's verdict");
    }

    // The client of the parent still works.
    server.set("max-jobs", 50);
    within(LIMIT, "the change in the parent's client", || client.get_or("max-jobs", 0) == 50);
    client.close();

    // The server can distinguish all three.
    #[cfg(feature = "telemetry")]
    {
        use prost::Message as _;
        let posts = server.posts().into_iter().map(|post| post.body);
        let instances =
            posts.map(|body| prefab_proto::wire::TelemetryEvents::decode(body).unwrap().instance_hash);
        let instances: std::collections::BTreeSet<String> = instances.collect();
        assert_eq!(instances.len(), 3, "{instances:?}");
        assert!(instances.iter().all(|instance| instance.len() == 36 && instance.as_bytes()[14] == b'4'));
    }
}
