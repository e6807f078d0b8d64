//! The management API accepts or rejects any request body, and a parsed item can be written and parsed again.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use prefab_server::fuzzing::Server;

thread_local! {
    static SERVER: LazyLock<Server> = const { LazyLock::new(open) };
}

fn open() -> Server {
    let folder = std::env::temp_dir().join(format!("prefab-fuzz-management-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    Server::open(&folder)
}

fuzz_target!(|text: &str| SERVER.with(|server| server.management(text)));
