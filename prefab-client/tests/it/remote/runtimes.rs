//! Calls from within a runtime before the server's first word.

use std::time::Duration;

use prefab_client::{Client, Error};

use prefab_testing::{logs, upstream::Upstream};

use super::{SECOND, of};

#[test]
fn async_code_that_is_kept_waiting_is_told_once_what_to_do() {
    let server = Upstream::start();
    server.delay(5 * SECOND);
    let (lines, _logs) = logs::capture_on_this_thread();
    let late = |client: &Client| {
        assert!(matches!(client.get::<i64>("a"), Err(Error::InitializationTimeout { .. })));
        lines.take().matches("build with `build_async`").count()
    };
    let client = || of(&server).init_timeout(Duration::from_millis(700)).build().unwrap();
    assert_eq!(late(&client()), 0, "a thread without a runtime may wait");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = client();
    assert_eq!(runtime.block_on(async { [late(&client), late(&client)] }), [1, 0]);
}
