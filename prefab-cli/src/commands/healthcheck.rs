//! `prefab healthcheck`

use std::time::Duration;

use anyhow::Context as _;
use reqwest::ClientBuilder;

use crate::{Failure, http, output};

/// Checks that a server is ready for requests.
///
/// It requests /readyz, and prints nothing if the server is ready. It needs no key. Use it as the health check of a
/// container without a shell.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The URL of the server
    #[arg(long, env = "PREFAB_URL", default_value = "http://127.0.0.1:8742")]
    url: String,

    /// How long to wait for the response, in seconds
    #[arg(long, default_value_t = 3, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,

    /// Accept any certificate, for a server on this machine whose certificate is for its public name
    #[arg(long)]
    insecure: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let url = format!("{}/readyz", args.url.trim_end_matches('/'));
    let timeout = Duration::from_secs(args.timeout);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (status, body) = runtime.block_on(async {
        let builder = || {
            ClientBuilder::new().timeout(timeout).tls_danger_accept_invalid_certs(args.insecure).no_proxy()
        };
        let response = http::client(&url, builder)?.get(&url).send().await;
        let mut response = response.with_context(|| format!("no response from {url}"))?;
        let status = response.status();
        // The first part is enough: a proxy may answer with a page of any length.
        let body = response.chunk().await.ok().flatten().unwrap_or_default();
        anyhow::Ok((status, String::from_utf8_lossy(&body).into_owned()))
    })?;
    if status.is_success() {
        return Ok(());
    }
    let reason: String = body.trim().chars().filter(|char| !char.is_control()).take(200).collect();
    output::error(&format!("{url} returned {status}: {reason}"));
    Err(Failure::NoValue)
}
