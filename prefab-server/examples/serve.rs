//! Serves until it receives a termination signal, and prints its address, its keys and the sign-up link.
//!
//! `PREFAB_EXAMPLE_LIMITS` sets limits that have no option, as JSON: `{"stream_write_timeout_millis": 500}`.

use std::{error::Error, io::Read as _, time::Duration};

use clap::Parser;
use prefab_server::{Limits, Options, ServeArgs, serve};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    serve: ServeArgs,
    /// Exit when standard input closes, so that the process does not outlive the one that started it.
    #[arg(long)]
    exit_with_stdin: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Command { serve: arguments, exit_with_stdin } = Command::parse();
    if exit_with_stdin {
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(1);
        });
    }
    let mut options = Options::try_from(arguments)?;
    if let Ok(json) = std::env::var("PREFAB_EXAMPLE_LIMITS") {
        limit(&mut options.limits, &serde_json::from_str(&json)?)?;
    }
    let running = serve(options).await?;
    let keys = running.keys.iter().map(|issued| {
        let (environment, kind, key) = (&issued.environment, issued.kind.name(), &issued.key);
        serde_json::json!({ "environment": environment, "kind": kind, "key": key })
    });
    let keys: Vec<_> = keys.collect();
    println!("{}", serde_json::json!({ "url": running.url, "keys": keys, "signUp": running.sign_up }));
    running.run_until_signal().await;
    Ok(())
}

fn limit(limits: &mut Limits, wanted: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
    for (name, value) in wanted {
        let number = value.as_u64().ok_or_else(|| format!("`{name}`: expected a number"))?;
        let count = usize::try_from(number).map_err(|error| format!("`{name}`: {error}"))?;
        let millis = Duration::from_millis(number);
        match &**name {
            "body_bytes_per_second" => limits.body_bytes_per_second = count,
            "http2_idle_timeout_millis" => limits.http2_idle_timeout = millis,
            "stream_write_timeout_millis" => limits.stream_write_timeout = millis,
            "event_streams_per_principal" => limits.event_streams_per_principal = count,
            "queued_jobs" => limits.queued_jobs = count,
            "job_timeout_millis" => limits.job_timeout = millis,
            "evaluation_rows_per_hour" => limits.evaluation_rows_per_hour = count,
            "logger_rows" => limits.logger_rows = count,
            "patterns_per_config" => limits.patterns_per_config = count,
            "pattern_bytes_per_config" => limits.pattern_bytes_per_config = count,
            "schema_nodes" => limits.schema_nodes = count,
            _ => return Err(format!("`{name}` is not a limit without an option")),
        }
    }
    Ok(())
}
