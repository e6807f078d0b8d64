//! Clients in a process with other environment variables.

use std::{env, process::Command};

use super::*;

const CHILD: &str = "PREFAB_TEST_CHILD";

/// Runs the current test again in a process with these variables, because some are read once per process. Returns whether
/// this is the first process.
fn is_run_again(variables: &[(&str, &str)]) -> bool {
    if env::var_os(CHILD).is_some() {
        return false;
    }
    let name = thread::current().name().unwrap().to_owned();
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture"])
        .env(CHILD, "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && output.contains("1 passed"), "{output}");
    true
}

#[cfg(all(unix, not(target_os = "macos"), feature = "rustls"))]
#[test]
fn a_client_can_be_built_without_ca_certificates() {
    if is_run_again(&[("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/nonexistent")]) {
        return;
    }
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let client = of(&server).collect_sync_interval(SECOND / 10).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    within(2 * SECOND, "the report", || !server.posts().is_empty());

    let check = |builder: ClientBuilder| {
        let client = builder.init_timeout(SECOND).value("mine", 7).build().unwrap();
        let error = client.get::<i64>("mine").unwrap_err().to_string();
        assert!(error.contains("`https://127.0.0.1:1` cannot be reached over TLS: "), "{error}");
        let advice =
            "; install the package `ca-certificates`, or set SSL_CERT_FILE to a file with CA certificates";
        assert!(error.ends_with(advice), "{error}");
        assert_eq!(client.get_or("mine", 0), 7);
        assert!(!client.problems().is_empty());
    };
    let secure = || of(&server).api_urls(["https://127.0.0.1:1"]);
    check(secure());
    #[cfg(feature = "grpc")]
    check(secure().grpc_url("https://127.0.0.1:1"));
}

#[test]
fn a_variable_that_is_not_a_proxy_is_ignored_and_a_problem_without_its_value() {
    let ignored = [("HTTP_PROXY", "ftp://user:secret@proxy"), ("ALL_PROXY", ":::bad"), ("NO_PROXY", "")];
    if is_run_again(&ignored) {
        return;
    }
    let server = Upstream::start();
    server.set("max-jobs", 30);
    let client = of(&server).build().unwrap();
    assert_eq!(client.get::<i64>("max-jobs"), Ok(30));
    let advice = "it is not the URL of a proxy; write for example `http://proxy.example.com:3128`";
    let expected =
        ["ALL_PROXY", "HTTP_PROXY"].map(|variable| format!("settings: ignored {variable}: {advice}"));
    assert_eq!(client.problems(), expected);
    assert!(Client::in_memory().build().unwrap().problems().is_empty());
}
