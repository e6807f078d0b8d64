//! Calls in an async runtime before the first response of the server.

use std::time::Duration;

use prefab_client::{Client, Error};

use prefab_testing::{logs, upstream::Upstream};

use super::{SECOND, of};

#[test]
fn a_blocked_async_runtime_is_logged_once_with_advice() {
    let server = Upstream::start();
    server.delay(5 * SECOND);
    let (lines, _logs) = logs::capture_on_this_thread();
    let late = |client: &Client| {
        assert!(matches!(client.get::<i64>("a"), Err(Error::InitializationTimeout { .. })));
        lines.take().matches("build the client with build_async").count()
    };
    let client = || of(&server).init_timeout(Duration::from_millis(700)).build().unwrap();
    assert_eq!(late(&client()), 0, "a thread without a runtime may wait");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = client();
    assert_eq!(runtime.block_on(async { [late(&client), late(&client)] }), [1, 0]);
}
