//! The guard against regressions: compares instruction counts with a baseline.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::{callgrind::Callgrind, cargo, machine};

/// Contestant and item.
const ITEMS: [(&str, &str); 15] = [
    ("prefab-client", "static"),
    ("prefab-client", "ends-with"),
    ("prefab-client", "one-of-20"),
    ("prefab-client", "split-3"),
    ("prefab-client", "segment-1000"),
    ("prefab-client", "context"),
    ("prefab-client-prepared", "static"),
    ("prefab-client-prepared", "ends-with"),
    ("prefab-client-prepared", "one-of-20"),
    ("prefab-client-prepared", "split-3"),
    ("prefab-client-prepared", "segment-1000"),
    ("prefab-client-telemetry", "static"),
    ("prefab-eval", "static"),
    ("prefab-eval", "one-of-20"),
    ("prefab-live", "static"),
];

/// The maximum ratio to the baseline.
const ALLOWED: f64 = 1.05;

/// Differences up to this number of instructions are ignored. They come from the position of a key in a hash table.
const NOISE: f64 = 4.0;

/// The approximate time of all items, in nanoseconds.
const QUICK_NANOS: f64 = 100.0;

pub(crate) fn check() -> Result<()> {
    let path = path();
    let text = fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
    let baseline = parse(&text)?;
    let now = count()?;
    let mut slower = Vec::new();
    for (item, instructions) in &now {
        let Some(before) = baseline.get(item) else {
            println!("{item:<32}    (new) -> {instructions:>8.1}");
            slower.push(format!("`{item}` has no baseline"));
            continue;
        };
        let percent = (instructions / before - 1.0) * 100.0;
        println!("{item:<32} {before:>8.1} -> {instructions:>8.1}  {percent:>+6.1} %");
        if *instructions > before * ALLOWED && instructions - before > NOISE {
            slower.push(format!("`{item}` needs {percent:+.1} % instructions"));
        }
    }
    if slower.is_empty() {
        println!("no item needs over 5 % and over 4 instructions more than in baseline.txt");
        return Ok(());
    }
    let compiler = machine::rustc();
    if !text.contains(&compiler) {
        eprintln!("the baseline was counted with another compiler than {compiler}, which can be the cause");
    }
    bail!("{}; to accept this, run `cargo xtask bench --bless`", slower.join(", "))
}

pub(crate) fn bless() -> Result<()> {
    let mut text = format!(
        "# Instructions of one call, counted by callgrind; `cargo xtask bench --bless` writes this file.\n# {}\n",
        machine::rustc()
    );
    for (item, instructions) in count()? {
        println!("{item:<32} {instructions:>8.1}");
        writeln!(text, "{item:<32} {instructions:.1}")?;
    }
    fs::write(path(), text).context("writing baseline.txt")
}

fn path() -> PathBuf {
    cargo::folder().join("baseline.txt")
}

fn count() -> Result<BTreeMap<String, f64>> {
    let callgrind = Callgrind::find()?;
    let program = cargo::build("prefab")?;
    let mut counts = BTreeMap::new();
    for (contestant, item) in ITEMS {
        let instructions = callgrind.per_call(&program, contestant, item, QUICK_NANOS)?;
        counts.insert(format!("{contestant} {item}"), instructions);
    }
    Ok(counts)
}

fn parse(text: &str) -> Result<BTreeMap<String, f64>> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let entry = |line: &str| {
        let (item, instructions) =
            line.rsplit_once(' ').with_context(|| format!("baseline.txt: `{line}`"))?;
        Ok((item.trim().to_owned(), instructions.parse().with_context(|| format!("baseline.txt: `{line}`"))?))
    };
    lines.map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_has_one_item_per_line() {
        let baseline = parse("# one call\n# rustc 1.95.0\nprefab-client static      61.5\n").unwrap();
        assert_eq!(baseline, BTreeMap::from([("prefab-client static".to_owned(), 61.5)]));
        assert!(parse("prefab-client static many").is_err());
    }
}
