//! PostgreSQL fulfils the contract of a store, also behind pgbouncer: `PREFAB_TEST_POOLER=1` runs the suite there.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    sync::{Arc, LazyLock},
    thread,
};

use prefab_store::{Store, clock::Clock};
use prefab_store_postgres::{PostgresOptions, PostgresStore};
use prefab_testing::postgres::{Pgbouncer, Postgres};
use tokio::runtime::Runtime;

prefab_store::contract_tests!(
    || {
        let server = Postgres::start().unwrap();
        let pooler = std::env::var_os("PREFAB_TEST_POOLER").map(|_| Pgbouncer::start(&server, 4).unwrap());
        let url = pooler.as_ref().map_or_else(|| server.url(), |pooler| pooler.url(&server));
        let options = PostgresOptions {
            listen_url: Some(server.url().parse().unwrap()),
            ..PostgresOptions::new(url.parse().unwrap())
        };
        move |clock| {
            let _ = (&server, &pooler);
            open(options.clone(), clock)
        }
    },
    Postgres::find().is_some()
);

/// The runtime of the tasks of stores.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Opens a store on another thread, because a test blocks its runtime for it.
fn open(options: PostgresOptions, clock: Clock) -> Arc<dyn Store> {
    let open = move || RUNTIME.block_on(PostgresStore::open_with_clock(options, clock)).unwrap();
    Arc::new(thread::spawn(open).join().unwrap())
}
