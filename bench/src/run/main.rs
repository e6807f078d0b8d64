//! Builds every engine, checks and times it in a process of its own, and writes the tables.

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
cargo run --release [-- WORDS]

  (nothing)      everything: RESULTS.md and results.svg are written anew
  NAME...        only these engines, into the table of the last run; `own` and `official`, too
  --sizes        only the sizes of programs and what it takes to compile them
  --table        only write the tables of the last run again
  --check        count instructions and fail where an item needs over 5 % more than in baseline.txt
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
                    other => bail!("no engine `{other}`; `--help` lists the words"),
                }
            }
        }
    }
    let store = Store::open()?;
    markdown::write(&store)?;
    chart::write(&store)
}
