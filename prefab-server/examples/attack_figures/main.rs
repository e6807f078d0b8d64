//! Attacks `prefab serve` in seven ways and measures what each costs, for one or two binaries.
//!
//! `cargo run --release -p prefab-server --example attack_figures -- --before OLD --after NEW` prints a Markdown
//! table. Each attack runs against a new process on 127.0.0.1. Until it ends, a thread requests `/healthz` every 20 ms on a
//! new connection. Linux only: memory and processor time come from `/proc`.

mod evaluation;
mod memory;
mod payload;
mod probe;
mod server;
mod stalled;
mod table;
mod telemetry;

use std::path::PathBuf;

use clap::Parser;

use table::{Figures, Table};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Attacks `prefab serve` and prints what each attack costs as a Markdown table.
#[derive(Parser)]
struct Command {
    /// The `prefab` binary to compare with
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// The `prefab` binary to measure
    #[arg(long, value_name = "FILE")]
    after: Option<PathBuf>,
    /// Only these attacks: schema, patterns, backtracking, telemetry, bodies, stalled, evaluation
    #[arg(value_name = "ATTACK")]
    only: Vec<String>,
}

/// The attacks by name.
const ATTACKS: [&str; 7] =
    ["schema", "patterns", "backtracking", "telemetry", "bodies", "stalled", "evaluation"];

#[tokio::main]
async fn main() -> Result<()> {
    let Command { before, after, only } = Command::parse();
    if let Some(unknown) = only.iter().find(|name| !ATTACKS.contains(&&***name)) {
        return Err(format!("unknown attack `{unknown}`: expected one of {}", ATTACKS.join(", ")).into());
    }
    rlimit::increase_nofile_limit(rlimit::INFINITY)?;
    let mut table = Table::default();
    for attack in ATTACKS.into_iter().filter(|name| only.is_empty() || only.iter().any(|one| one == name)) {
        let mut poisoned = None;
        for (column, binary) in [("before", &before), ("after", &after)] {
            let Some(binary) = binary else { continue };
            eprintln!("{attack}, {column} …");
            let figures = match attack {
                "schema" => memory::schema(binary).await,
                "patterns" => memory::patterns(binary, &mut poisoned).await,
                "backtracking" => evaluation::backtracking(binary).await,
                "telemetry" => telemetry::telemetry(binary).await,
                "bodies" => evaluation::bodies(binary).await,
                "stalled" => stalled::stalled(binary).await,
                _ => evaluation::evaluation(binary).await,
            };
            let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
                Figures::default().add("failed", error.to_string())
            };
            table.add(attack, column, figures.unwrap_or_else(failed));
        }
    }
    println!("{table}");
    Ok(())
}
