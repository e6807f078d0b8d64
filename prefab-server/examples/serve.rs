//! Serves until it is told to stop, and prints where and with which keys.

use clap::Parser;
use prefab_server::{Options, ServeArgs, serve};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    serve: ServeArgs,
}

#[tokio::main]
async fn main() -> Result<(), prefab_server::Error> {
    let running = serve(Options::from(Command::parse().serve)).await?;
    let keys = running.keys.iter().map(|issued| {
        let (environment, kind, key) = (&issued.environment, issued.kind.name(), &issued.key);
        serde_json::json!({ "environment": environment, "kind": kind, "key": key })
    });
    println!("{}", serde_json::json!({ "url": running.url, "keys": keys.collect::<Vec<_>>() }));
    running.run_until_signal().await;
    Ok(())
}
