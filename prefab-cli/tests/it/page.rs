//! Browser tests of the page: `prefab serve` in a process of its own, and Chromium.
//!
//! `PREFAB_BROWSER_TESTS` names the folder of the browser driver, which `prefab-page/tests/browser/install.sh` creates.
//! Chromium is `/usr/bin/chromium`, or the path in `PREFAB_CHROMIUM`.

use std::{path::Path, process::Command};

#[test]
fn the_page_works_in_a_browser() {
    let Some(folder) = std::env::var_os("PREFAB_BROWSER_TESTS") else {
        eprintln!("SKIPPED the_page_works_in_a_browser: PREFAB_BROWSER_TESTS is not set");
        return;
    };
    let chromium = std::env::var_os("PREFAB_CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into());
    if !Path::new(&chromium).exists() {
        eprintln!("SKIPPED the_page_works_in_a_browser: Chromium not found at {}", chromium.display());
        return;
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
