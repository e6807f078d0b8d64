//! Counting instructions, which hardly depends on what else the machine does.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

/// Callgrind counts while a function of this name runs.
const REGION: &str = "--toggle-collect=*counted_region*";

/// What a slow call may take without the count taking minutes.
const NANOS_ALL_TOGETHER: f64 = 2e6;

pub(crate) struct Callgrind {
    valgrind: &'static str,
}

impl Callgrind {
    /// Fails where there is no valgrind.
    pub(crate) fn find() -> Result<Self> {
        let valgrind = "valgrind";
        match Command::new(valgrind).arg("--version").output() {
            Ok(output) if output.status.success() => Ok(Self { valgrind }),
            _ => bail!("valgrind is not installed, and nothing else counts instructions"),
        }
    }

    /// Counts the instructions of one call, given roughly how long that takes.
    pub(crate) fn per_call(&self, program: &Path, contestant: &str, item: &str, nanos: f64) -> Result<f64> {
        let calls = (NANOS_ALL_TOGETHER / nanos).clamp(4.0, 2_048.0).round();
        let output = Command::new(self.valgrind)
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", REGION])
            .arg(program)
            .args(["repeat", contestant, item, &calls.to_string()])
            .output()
            .context("starting valgrind")?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("{}", said.lines().last().unwrap_or("it ended and said nothing"));
        }
        let total =
            said.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, total)| total.trim());
        let total: f64 = total.context("callgrind did not tell what it collected")?.parse()?;
        Ok(total / calls)
    }
}
