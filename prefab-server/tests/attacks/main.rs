//! The table of attacks, run against a real server process with small limits.
//!
//! Each file of `table/` is a group: rows with the caller, the requests, the expected statuses and the expected state
//! afterwards. After each row `/healthz` responds within 200 ms and another project publishes within 500 ms. After
//! each group a termination signal ends the process within the drain time.
//!
//! The process is the example `serve`. Cargo builds it with all tests; before a run of this test alone, run
//! `cargo build -p prefab-server --example serve`.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod attack;
mod connections;
mod payload;
mod run;
mod table;
mod world;

use run::run;
use table::{
    audit, bodies, evaluation, idle, management, patterns, reads, schemas, streams, telemetry, trust,
};
use world::Setup;

/// The connections of the table come from another address than the checks, so that the limit per address applies.
const SMALL: &[&str] =
    &["--max-connections", "60", "--max-connections-per-address", "40", "--body-timeout", "1"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telemetry_counts_and_rows() {
    let limits = r#"{"evaluation_rows_per_hour": 100, "logger_rows": 100}"#;
    let options = &["--max-front-end-telemetry-bytes", "1000000"];
    run(Setup { options, limits }, telemetry::attacks()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_schemas() {
    run(Setup { options: &[], limits: r#"{"job_timeout_millis": 3000}"# }, schemas::attacks()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patterns_of_configs() {
    run(Setup { options: &[], limits: r#"{"job_timeout_millis": 5000}"# }, patterns::attacks()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn front_end_evaluation() {
    let options = &["--max-evaluations-per-second", "20"];
    run(Setup { options, limits: r#"{"job_timeout_millis": 3000}"# }, evaluation::attacks()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_bodies() {
    run(Setup { options: SMALL, limits: r#"{"body_bytes_per_second": 1000}"# }, bodies::attacks()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections() {
    let options = &["--max-connections-per-address", "400", "--header-timeout", "1"];
    run(Setup { options, limits: r#"{"http2_idle_timeout_millis": 1000}"# }, idle::attacks()).await;
}

/// The timeout is longer than the rows, so that it does not close their connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_end_within_the_preface() {
    let options = &["--max-connections-per-address", "400", "--header-timeout", "30"];
    run(Setup { options, limits: "{}" }, idle::closed_prefaces()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_and_their_readers() {
    run(Setup { options: &[], limits: r#"{"stream_write_timeout_millis": 1000}"# }, streams::attacks()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_beside_writes() {
    run(Setup { options: &[], limits: "{}" }, reads::attacks()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_log() {
    run(Setup { options: &[], limits: "{}" }, audit::attacks()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_management_requests() {
    run(Setup { options: &[], limits: r#"{"job_timeout_millis": 3000}"# }, management::attacks()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_of_callers() {
    run(Setup { options: &["--trusted-proxy", "127.0.0.1"], limits: "{}" }, trust::attacks()).await;
}
