//! Configs that a program uses without evaluating them.

use prefab_client::LogLevel;
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};

use super::*;

fn count(server: &Upstream, key: &str) -> i64 {
    received(server).answers.iter().filter(|answer| answer.0 == key).map(|answer| answer.2).sum()
}

#[test]
fn live_handles_log_filters_and_listeners_count_as_use_once_an_interval() {
    let server = Upstream::start();
    server.set("live", 1);
    server.set("listened", 2);
    server.set("not-used", 3);
    server.set("log-level.it.in_use_test", LogLevel::Debug);
    server.set("log-level.other", LogLevel::Debug);
    let client = talkative(&server).build().unwrap();
    let live = client.live::<i64>("live").unwrap();
    within(2 * SECOND, "the live key", || count(&server, "live") == 1);

    // The filter remains connected until the end of the test.
    let filter = client.log_filter();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::sink).with_filter(filter.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
        tracing::debug!(target: "it::in_use_test", "a line");
    });
    within(2 * SECOND, "the log level", || count(&server, "log-level.it.in_use_test") == 1);

    assert_eq!(client.get::<i64>("listened"), Ok(2));
    within(2 * SECOND, "the evaluation", || count(&server, "listened") == 1);
    // Many reports.
    throughout(SECOND / 5, "a filter does not listen to evaluated keys", || count(&server, "listened") == 1);
    let subscription = client.on_change(|_| {});
    within(2 * SECOND, "the listener", || count(&server, "listened") == 2);
    throughout(SECOND / 5, "each is counted once", || {
        (count(&server, "live"), count(&server, "listened")) == (1, 2)
    });
    drop((live, subscription, filter));
    client.close();
    assert_eq!((count(&server, "not-used"), count(&server, "log-level.other")), (0, 0));
}
