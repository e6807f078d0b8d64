//! The machine of a run.

use std::{fs, process::Command};

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) rustc: String,
    /// The measured commit.
    pub(crate) commit: String,
    /// The date.
    pub(crate) date: String,
}

impl Machine {
    pub(crate) fn this() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Self {
            processor: model.map_or("an unknown processor", |(_, name)| name).trim().to_owned(),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            rustc: output_of("rustc", &["--version"]),
            commit: output_of("git", &["rev-parse", "--short", "HEAD"]),
            date: output_of("date", &["-u", "+%F"]),
        }
    }
}

/// Returns the version of the compiler, on which instruction counts depend.
pub(crate) fn rustc() -> String {
    output_of("rustc", &["--version"])
}

fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(crate::cargo::folder()).output();
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
