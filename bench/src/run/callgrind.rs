//! Counts instructions with callgrind. Other programs on the machine do not affect the count.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

/// Callgrind counts instructions while a function with this name runs.
const REGION: &str = "--toggle-collect=*counted_region*";

/// The total time of the counted calls, in nanoseconds, so that counting slow calls does not take minutes.
const NANOS_ALL_TOGETHER: f64 = 2e6;

pub(crate) struct Callgrind {
    valgrind: &'static str,
}

impl Callgrind {
    /// Returns an error if valgrind is not installed.
    pub(crate) fn find() -> Result<Self> {
        let valgrind = "valgrind";
        match Command::new(valgrind).arg("--version").output() {
            Ok(output) if output.status.success() => Ok(Self { valgrind }),
            _ => bail!("valgrind is not installed; it is required to count instructions"),
        }
    }

    /// Counts the instructions of one call. `nanos` is its approximate time.
    pub(crate) fn per_call(&self, program: &Path, contestant: &str, item: &str, nanos: f64) -> Result<f64> {
        let calls = (NANOS_ALL_TOGETHER / nanos).clamp(4.0, 2_048.0).round();
        let output = Command::new(self.valgrind)
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", REGION])
            .arg(program)
            .args(["repeat", contestant, item, &calls.to_string()])
            .output()
            .context("starting valgrind")?;
        let output_text = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("{}", output_text.lines().last().unwrap_or("the program failed without a message"));
        }
        let total = output_text
            .lines()
            .find_map(|line| line.split_once("Collected : "))
            .map(|(_, total)| total.trim());
        let total: f64 = total.context("callgrind printed no count")?.parse()?;
        Ok(total / calls)
    }
}
