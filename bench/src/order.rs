//! What the processes of a run say to each other.

use std::{env, fs, path::Path};

use anyhow::{Context as _, Result, bail};

use crate::{Contestant, Outcome, check, instructions, items, load, traffic};

/// The further flags while many ask.
const BUSY: usize = 1_000;

/// A contestant of a binary.
pub struct Entry {
    name: &'static str,
    obey: fn(&[String]) -> Result<()>,
}

impl Entry {
    /// Returns an entry.
    pub fn of<C: Contestant>() -> Self {
        Self { name: C::NAME, obey: obey::<C> }
    }
}

/// Is the `main` of an engine's binary. Understands
///
/// - `names`: prints the contestants, each to be run in a process of its own;
/// - `check NAME`: only checks the answers;
/// - `measure NAME FILE`: checks, times and writes the outcome;
/// - `resident NAME FILE`: prints the memory that a document needs;
/// - `repeat NAME ITEM TIMES`: for callgrind.
pub fn host(entries: &[Entry]) -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    if words == ["names"] {
        for entry in entries {
            println!("{}", entry.name);
        }
        return Ok(());
    }
    let name = words.get(1).context("names, check, measure, resident or repeat, and a name")?;
    let entry =
        entries.iter().find(|entry| entry.name == name).with_context(|| format!("no `{name}` here"))?;
    (entry.obey)(&words)
}

fn obey<C: Contestant>(words: &[String]) -> Result<()> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["check", _] => check::check::<C>(),
        ["measure", _, file] => measure::<C>(Path::new(file)),
        ["resident", _, file] => load::print_resident::<C>(file),
        ["repeat", _, item, times] => instructions::repeat::<C>(item, times.parse()?),
        _ => bail!("`{}` is not understood", words.join(" ")),
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

/// Returns the version that a crate is locked at.
fn version(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let marker = format!("name = \"{name}\"\nversion = \"");
    lock.split_once(&marker).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}
