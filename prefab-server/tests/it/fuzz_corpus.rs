//! The seeds of the fuzz targets, and inputs that once failed, without the fuzzer.

use std::path::Path;

use prefab_server::fuzzing::Server;

fn replay(target: &str, run: impl Fn(&Server, &[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus-seeds").join(target);
    let database = tempfile::tempdir().unwrap();
    let server = Server::open(database.path());
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        run(&server, &std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 0, "there are no seeds for {target}");
}

#[test]
fn management_bodies() {
    replay("management", |server, bytes| server.management(&String::from_utf8_lossy(bytes)));
}

#[test]
fn telemetry_reports() {
    replay("telemetry", Server::telemetry);
}
