//! Builds every engine, checks and measures it in a separate process, and writes the tables.

mod callgrind;
mod cargo;
mod chart;
mod engines;
mod guard;
mod machine;
mod markdown;
mod numbers;
mod official;
mod sizes;
mod store;

use std::process::ExitCode;

use anyhow::{Result, bail};

use store::Store;

const HELP: &str = "\
cargo run --release [-- ARGUMENTS]

  (nothing)      measure everything and write RESULTS.md and results.svg
  NAME...        measure only these engines, or `own` or `official`, and update the tables
  --sizes        measure only the sizes of programs and their compile times
  --table        write the tables of the last run again
  --check        count instructions and fail if an item needs more than 5 % over baseline.txt
  --bless        count instructions and write baseline.txt";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    match words {
        ["--help" | "-h"] => println!("{HELP}"),
        ["--check"] => return guard::check(),
        ["--bless"] => return guard::bless(),
        ["--table"] => {}
        ["--sizes"] => sizes::measure(&Store::open()?)?,
        [] => {
            let store = Store::open()?;
            store.clear()?;
            for name in engines::ALL {
                engines::measure(&store, name)?;
            }
            engines::measure_own(&store)?;
            official::measure(&store)?;
            sizes::measure(&store)?;
        }
        names => {
            let store = Store::open()?;
            for name in names {
                match *name {
                    "own" => engines::measure_own(&store)?,
                    "official" => official::measure(&store)?,
                    name if engines::ALL.contains(&name) => engines::measure(&store, name)?,
                    other => bail!("unknown engine `{other}`; run with `--help`"),
                }
            }
        }
    }
    let store = Store::open()?;
    markdown::write(&store)?;
    chart::write(&store)
}
