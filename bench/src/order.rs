//! The command line of an engine's binary.

use std::{env, fs, path::Path};

use anyhow::{Context as _, Result, bail};

use crate::{Contestant, Outcome, check, instructions, items, load, traffic};

/// The number of other flags in the measurement with several threads.
const BUSY: usize = 1_000;

/// A contestant of a binary.
pub struct Entry {
    name: &'static str,
    run: fn(&[String]) -> Result<()>,
}

impl Entry {
    /// Creates an entry.
    pub fn of<C: Contestant>() -> Self {
        Self { name: C::NAME, run: run::<C> }
    }
}

/// The `main` function of an engine's binary. The commands are:
///
/// - `names`: prints the contestants, each of which runs in a separate process;
/// - `check NAME`: only checks the results;
/// - `measure NAME FILE`: checks, measures and writes the outcome;
/// - `resident NAME FILE`: prints the memory that a document needs;
/// - `repeat NAME ITEM TIMES`: makes calls under callgrind.
pub fn host(entries: &[Entry]) -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    if words == ["names"] {
        for entry in entries {
            println!("{}", entry.name);
        }
        return Ok(());
    }
    let name = words.get(1).context("expected names, check, measure, resident or repeat, and a name")?;
    let entry = entries
        .iter()
        .find(|entry| entry.name == name)
        .with_context(|| format!("unknown contestant `{name}`"))?;
    (entry.run)(&words)
}

fn run<C: Contestant>(words: &[String]) -> Result<()> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["check", _] => check::check::<C>(),
        ["measure", _, file] => measure::<C>(Path::new(file)),
        ["resident", _, file] => load::print_resident::<C>(file),
        ["repeat", _, item, times] => instructions::repeat::<C>(item, times.parse()?),
        _ => bail!("unknown command `{}`", words.join(" ")),
    }
}

fn measure<C: Contestant>(file: &Path) -> Result<()> {
    check::check::<C>()?;
    let outcome = Outcome {
        name: C::NAME.to_owned(),
        version: version(C::CRATE).to_owned(),
        part: C::PART.name().to_owned(),
        note: C::NOTE.to_owned(),
        items: items::measure::<C>()?,
        load: Some(load::measure::<C>()?),
        traffic: Some(traffic::measure::<C>(BUSY)?),
    };
    fs::write(file, serde_json::to_vec_pretty(&outcome)?)?;
    Ok(())
}

/// Returns the version of a crate in the lock file.
fn version(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let marker = format!("name = \"{name}\"\nversion = \"");
    lock.split_once(&marker).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}
