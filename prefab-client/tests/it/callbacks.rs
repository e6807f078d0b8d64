//! Callbacks of the program may panic. The client continues, or lists that it does not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use futures_util::stream;
use prefab_client::{
    Client, Layer,
    source::{ConfigSource, MemorySource, UpdateStream},
};
use prefab_testing::eventually;

#[test]
fn a_panic_in_a_listener_affects_neither_changes_nor_other_listeners() {
    let dir = tempfile::tempdir().unwrap();
    let write = |text| std::fs::write(dir.path().join(".prefab.default.config.yaml"), text).unwrap();
    write("a: 1");
    let client = Client::builder().classpath_dir(dir.path()).without_override_dir().build().unwrap();
    let _panics = client.on_change(|_| panic!("a bug in a listener"));
    let calls = Arc::new(Mutex::new(0));
    let count = Arc::clone(&calls);
    let _listens = client.on_change(move |_| *count.lock().unwrap() += 1);
    write("a: 2");
    eventually("the first change", || client.get_or("a", 0) == 2);
    write("a: 3");
    eventually("the second change", || client.get_or("a", 0) == 3);
    eventually("the other listener", || *calls.lock().unwrap() == 2);
    let set = client.override_value("a", 4);
    assert_eq!(client.get_or("a", 0), 4, "on the program's own thread, too");
    drop(set);
    assert_eq!(client.get_or("a", 0), 3);
}

#[test]
fn a_panic_in_on_ready_does_not_stop_updates() {
    let (sender, source) = MemorySource::channel("memory");
    let (called, is_called) = mpsc::channel();
    let on_ready = move || {
        called.send(()).unwrap();
        panic!("a bug in on_ready");
    };
    let client = Client::in_memory().source(source).on_ready(on_ready).build().unwrap();
    is_called.recv_timeout(Duration::from_secs(30)).unwrap();
    sender.send_pairs(Layer::Remote, [("a", 1)]);
    eventually("the change", || client.get_or("a", 0) == 1);
    assert_eq!(client.problems(), [] as [&str; 0]);
}

struct Panics;

impl ConfigSource for Panics {
    fn name(&self) -> &'static str {
        "panics"
    }

    fn updates(self: Box<Self>) -> UpdateStream {
        Box::pin(stream::once(async { panic!("a bug in a source") }))
    }
}

#[test]
fn a_panic_in_a_source_is_a_problem() {
    let client = Client::in_memory().value("a", 1).source(Panics).build().unwrap();
    eventually("the problem", || !client.problems().is_empty());
    assert_eq!(
        client.problems(),
        [
            "client: the thread that updates configs has panicked; values no longer change; see the message of the \
             panic, and build a new client"
        ]
    );
    assert_eq!(client.get_or("a", 0), 1);
    client.close();
}
