//! Measures loading, from a document to the first result.

use std::{fs, hint::black_box, process::Command};

use anyhow::{Context as _, Result};

use crate::{
    Contestant, Edition, Load, Work, alone,
    clock::{self, Spread},
    items::MANY,
};

const TIMES: usize = 7;

/// Measures the time of loading 10,000 flags, and their memory in a separate process.
pub(crate) fn measure<C: Contestant>() -> Result<Load> {
    let document = C::write(&Work::beside(MANY, Edition::First))?;
    drop(C::load(&document)?);
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let start = clock::of_process();
        let loaded = C::load(black_box(&document))?;
        times.push(clock::nanos(clock::of_process().saturating_sub(start)) / 1e6);
        drop(loaded);
    }
    Ok(Load {
        document_bytes: document.len() as u64,
        millis: Spread::of(times),
        resident_bytes: resident::<C>(&document)?,
    })
}

fn resident<C: Contestant>(document: &[u8]) -> Result<u64> {
    let path = alone::scratch_file("document");
    fs::write(&path, document)?;
    let own = std::env::current_exe()?;
    let output = Command::new(own).args(["resident", C::NAME]).arg(&path).output();
    fs::remove_file(&path)?;
    let text = String::from_utf8(output?.stdout)?;
    let number = text.lines().find_map(|line| line.strip_prefix("resident "));
    Ok(number.with_context(|| format!("{} did not print its size", C::NAME))?.parse()?)
}

/// Loads a document in this process, and prints the growth of its memory.
pub(crate) fn print_resident<C: Contestant>(path: &str) -> Result<()> {
    drop(C::load(&C::write(&Work::alone())?)?);
    let document = fs::read(path)?;
    let before = alone::resident_bytes()?;
    let loaded = C::load(&document)?;
    println!("resident {}", alone::resident_bytes()?.saturating_sub(before));
    drop(loaded);
    Ok(())
}
