//! The official OFREP provider for browsers in Chromium, against `prefab serve` in a process of its own.
//!
//! `PREFAB_OFFICIAL_CLIENTS` names the folder with the provider, which `prefab-server/tests/official/install.sh` creates, and
//! `PREFAB_BROWSER_TESTS` that of the browser driver.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

#[test]
fn the_web_provider_works_in_a_browser() {
    let (Some(clients), Some(driver)) =
        (env::var_os("PREFAB_OFFICIAL_CLIENTS"), env::var_os("PREFAB_BROWSER_TESTS"))
    else {
        return prefab_testing::skip("PREFAB_OFFICIAL_CLIENTS or PREFAB_BROWSER_TESTS is not set");
    };
    if !PathBuf::from(&clients).join("openfeature/node_modules/esbuild").exists() {
        return prefab_testing::skip("esbuild is not in the folder of the OpenFeature clients");
    }
    let chromium = env::var_os("PREFAB_CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into());
    if !Path::new(&chromium).exists() {
        return prefab_testing::skip(&format!("Chromium not found at {}", chromium.display()));
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../prefab-server/tests/official/ofrep-browser.mjs");
    let output = Command::new("node")
        .arg(script)
        .env("PREFAB_OFFICIAL_CLIENTS", clients)
        .env("PREFAB_BROWSER_TESTS", driver)
        .env("PREFAB_CHROMIUM", chromium)
        .env("PREFAB_BIN", env!("CARGO_BIN_EXE_prefab"))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    println!("{log}");
    assert!(output.status.success() && log.contains("all is well"), "{log}");
}
