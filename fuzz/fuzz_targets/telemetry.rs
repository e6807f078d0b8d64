//! The server accepts or rejects any telemetry report, and accepted counts can be stored and read.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use prefab_server::fuzzing::Server;

thread_local! {
    static SERVER: LazyLock<Server> = const { LazyLock::new(open) };
}

fn open() -> Server {
    let folder = std::env::temp_dir().join(format!("prefab-fuzz-telemetry-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    Server::open(&folder)
}

fuzz_target!(|bytes: &[u8]| SERVER.with(|server| server.telemetry(bytes)));
