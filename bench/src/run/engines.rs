//! Measures one engine after the other, each contestant in a separate process.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use prefab_bench::Outcome;

use crate::{callgrind::Callgrind, cargo, numbers::short, store::Store};

/// The engines. Each is a feature and a binary with the same name.
pub(crate) const ALL: &[&str] = &[
    "floor",
    "prefab",
    "launchdarkly",
    "unleash",
    "eppo",
    "growthbook",
    "configcat",
    "statsig",
    "flagd",
    "openfeature",
    "flagsmith",
    "posthog",
    "featbit",
];

/// Measures the contestants of an engine. Reports and skips those that do not build or return a wrong result.
pub(crate) fn measure(store: &Store, engine: &str) -> Result<()> {
    let program = match cargo::build(engine) {
        Ok(program) => program,
        Err(error) => {
            eprintln!("{engine}: skipped: {error:#}");
            return Ok(());
        }
    };
    let callgrind = Callgrind::find();
    for contestant in names(&program)? {
        store.forget(&contestant)?;
        let file = store.file(&contestant);
        let mut run = Command::new(&program);
        run.args(["measure", &contestant]).arg(&file).stdout(Stdio::null());
        if !run.status().context("starting an engine")?.success() {
            eprintln!("{contestant}: skipped");
            continue;
        }
        if let Ok(callgrind) = &callgrind {
            store.amend(&contestant, |outcome| count(callgrind, &program, outcome))?;
        }
        store.amend(&contestant, |outcome| println!("{}", summary(outcome)))?;
    }
    if let Err(why) = callgrind {
        println!("{engine}: instructions were not counted: {why:#}");
    }
    Ok(())
}

/// Measures the figures that only Prefab has.
pub(crate) fn measure_own(store: &Store) -> Result<()> {
    let program = cargo::build("prefab")?;
    if !Command::new(program).arg("own").arg(store.own_file()).status()?.success() {
        bail!("measuring Prefab's own figures failed");
    }
    Ok(())
}

pub(crate) fn names(program: &Path) -> Result<Vec<String>> {
    let output = Command::new(program).arg("names").output().context("starting an engine")?;
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

fn count(callgrind: &Callgrind, program: &Path, outcome: &mut Outcome) {
    for (item, figure) in &mut outcome.items {
        if item == "static-of-10k" {
            continue;
        }
        match callgrind.per_call(program, &outcome.name, item, figure.nanos.low) {
            Ok(instructions) => figure.instructions = Some(instructions),
            Err(why) => eprintln!("{}: instructions of {item} were not counted: {why:#}", outcome.name),
        }
    }
}

fn summary(outcome: &Outcome) -> String {
    let items = outcome.items.iter().map(|(name, figure)| format!("{name} {} ns", short(figure.nanos.low)));
    format!("{}: {}", outcome.name, items.collect::<Vec<_>>().join(", "))
}
