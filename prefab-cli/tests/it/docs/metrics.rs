//! `docs/reference/metrics.md` is generated from the `/metrics` of a server.

use std::fmt::Write as _;

use prefab_server::Options;
use tempfile::TempDir;

#[tokio::test]
async fn the_metrics_reference_is_current() {
    let dir = TempDir::new().unwrap();
    let server = prefab_server::serve(Options::local(dir.path().join("data"))).await.unwrap();
    // A metric with labels is listed after its first sample.
    reqwest::get(format!("{}/healthz", server.url)).await.unwrap();
    let flags = format!("{}/ofrep/v1/evaluate/flags", server.url);
    reqwest::Client::new().post(flags).send().await.unwrap();
    let metrics = reqwest::get(format!("{}/metrics", server.url)).await.unwrap().text().await.unwrap();
    let mut page = String::from(
        "# Metrics\n\nThis page is generated from `/metrics` of `prefab serve`, which Prometheus can read. \
         The path needs no credentials, so do not expose it. The labels of `prefab_requests_total` are `method` \
         and `status`, those of `prefab_ofrep_requests_total` are `endpoint` and `status`.\n\n| metric | type | meaning |\n| --- | --- | --- |\n",
    );
    let mut help = "";
    for line in metrics.lines() {
        if let Some(text) = line.strip_prefix("# HELP ") {
            help = text.split_once(' ').unwrap().1;
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.rsplit_once(' '))
        {
            let suffix = match kind {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            writeln!(page, "| `{name}{suffix}` | {kind} | {help} |").unwrap();
        }
    }
    super::check_generated("reference/metrics.md", &page);
}
