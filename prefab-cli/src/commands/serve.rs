//! `prefab serve`

use anyhow::Context as _;
use prefab_server::{IssuedKey, KeyKind, Running, ServeArgs};
use serde_json::{Value as Json, json};
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    serve: ServeArgs,

    /// The least grave level of the server's own log lines: error, warn, info, debug, trace or off
    #[arg(long, env = "PREFAB_SERVER_LOG_LEVEL", default_value = "warn", value_name = "LEVEL")]
    log_level: LevelFilter,

    /// Print one line of JSON once connections are accepted: {"url": …, "keys": […]}, with the link to sign up while
    /// nobody has
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(args.log_level).with(lines).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting")?;
    runtime.block_on(async {
        let running = prefab_server::serve(args.serve.into()).await?;
        if args.json {
            let keys: Vec<Json> = running.keys.iter().map(key_to_json).collect();
            let mut started = json!({"url": running.url, "keys": keys});
            if let Some(link) = &running.sign_up {
                started["sign_up"] = link.as_str().into();
            }
            output::line(&started.to_string())?;
        } else {
            greet(&running)?;
        }
        running.run_until_signal().await;
        Ok(())
    })
}

fn key_to_json(key: &IssuedKey) -> Json {
    json!({"environment": key.environment, "kind": key.kind.name(), "key": key.key})
}

/// Says where the server is, shows keys that will not be shown again, and what to paste into a client.
fn greet(running: &Running) -> std::io::Result<()> {
    let Running { url, keys, .. } = running;
    output::line(&format!("{STRONG}prefab{STRONG:#} serves at {VALUE}{url}{VALUE:#}"))?;
    if !keys.is_empty() {
        output::line("\nKeys, shown this once:\n")?;
        let width = keys.iter().map(|key| key.environment.len()).max().unwrap_or_default();
        for key in keys {
            let (environment, kind) = (&key.environment, key.kind.name());
            output::line(&format!("  {STRONG}{environment:width$}{STRONG:#}  {kind:8}  {}", key.key))?;
        }
        if let Some(key) = keys.iter().find(|key| key.kind == KeyKind::Backend) {
            output::line(&format!(
                "\nPaste this before a program that uses a Prefab SDK:\n\n  {VALUE}export \
                 PREFAB_API_KEY={} PREFAB_API_URL={url} PREFAB_STREAM_URL={url}{VALUE:#}\n",
                key.key
            ))?;
        }
    }
    if let Some(link) = &running.sign_up {
        output::line(
            "Nobody has signed up yet. Whoever opens this link first becomes admin; it works once:\n",
        )?;
        output::line(&format!("  {VALUE}{link}{VALUE:#}\n"))?;
    }
    output::line(&format!(
        "{FAINT}Manage it with an admin key: prefab login --url {url}. Stop with Ctrl-C.{FAINT:#}"
    ))
}
