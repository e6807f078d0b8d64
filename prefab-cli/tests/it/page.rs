//! Browser tests of the page: `prefab serve` in a process of its own, and Chromium.
//!
//! `PREFAB_BROWSER_TESTS` names the folder of the browser driver, which `prefab-page/tests/browser/install.sh` creates.
//! Chromium is `/usr/bin/chromium`, or the path in `PREFAB_CHROMIUM`.

use std::{path::Path, process::Command};

#[test]
fn the_page_works_in_a_browser() {
    let Some(folder) = std::env::var_os("PREFAB_BROWSER_TESTS") else {
        return prefab_testing::skip("PREFAB_BROWSER_TESTS is not set");
    };
    let chromium = std::env::var_os("PREFAB_CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into());
    if !Path::new(&chromium).exists() {
        return prefab_testing::skip(&format!("Chromium not found at {}", chromium.display()));
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../prefab-page/tests/browser/walk.mjs");
    let output = Command::new("node")
        .arg(script)
        .env("PREFAB_BROWSER_TESTS", folder)
        .env("PREFAB_CHROMIUM", chromium)
        .env("PREFAB_BIN", env!("CARGO_BIN_EXE_prefab"))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stdout);
    println!("{log}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{log}");
    assert!(log.trim_end().ends_with("all is well"), "{log}");
}
