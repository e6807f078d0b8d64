//! The page in a real browser: Chromium and `prefab serve`.
//!
//! `PREFAB_BROWSER_TESTS` names a folder that has what drives the browser; `prefab-page/tests/browser/install.sh`
//! makes one. Chromium is a package of the system, or what `PREFAB_CHROMIUM` names.

use std::{path::Path, process::Command};

#[test]
fn the_browser_tests_of_the_page_pass() {
    let Some(folder) = std::env::var_os("PREFAB_BROWSER_TESTS") else {
        eprintln!(
            "SKIPPED the_browser_tests_of_the_page_pass: PREFAB_BROWSER_TESTS names no folder with a driver"
        );
        return;
    };
    let chromium = std::env::var_os("PREFAB_CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into());
    if !Path::new(&chromium).exists() {
        eprintln!(
            "SKIPPED the_browser_tests_of_the_page_pass: there is no Chromium at {}",
            chromium.display()
        );
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../prefab-page/tests/browser/walk.mjs");
    let walked = Command::new("node")
        .arg(script)
        .env("PREFAB_BROWSER_TESTS", folder)
        .env("PREFAB_CHROMIUM", chromium)
        .env("PREFAB_BIN", env!("CARGO_BIN_EXE_prefab"))
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&walked.stdout);
    println!("{output}{}", String::from_utf8_lossy(&walked.stderr));
    assert!(walked.status.success(), "{output}");
    assert!(output.trim_end().ends_with("all is well"), "{output}");
}
