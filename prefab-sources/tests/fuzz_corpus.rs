//! The seeds of the fuzz targets, and inputs that once failed, without the fuzzer.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue panics")]

use std::path::Path;

#[test]
fn streams() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus-seeds/stream");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        prefab_sources::fuzzing::stream(&std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 0, "there are no seeds");
}
