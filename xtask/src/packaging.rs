//! `cargo xtask packaging`: checks the image, the chart, the service and the workflows.
//!
//! Each check needs a tool. A check whose tool is not installed is skipped, and listed as skipped. `.ci/run` installs them.

mod workflows;

use std::path::Path;

use anyhow::{Result, bail};

use crate::workspace::{self, program, root, works};

/// The largest exposure of the service that `systemd-analyze security` may report: 2.0, times ten.
const MOST_EXPOSED: &str = "20";

/// One check.
struct Check {
    name: &'static str,
    /// Returns whether the tool is installed.
    is_installed: fn() -> bool,
    /// What to print if it is not.
    missing: &'static str,
    run: fn() -> Result<()>,
}

const CHECKS: &[Check] = &[
    Check {
        name: "image",
        is_installed: || works(program("hadolint").arg("--version")),
        missing: "hadolint is not installed",
        run: || workspace::run(program("hadolint").arg("Dockerfile")),
    },
    Check {
        name: "yaml",
        is_installed: || works(program("yamllint").arg("--version")),
        missing: "yamllint is not installed",
        run: || workspace::run(program("yamllint").arg("--strict").args(yaml_files()?)),
    },
    Check {
        name: "scripts",
        is_installed: || works(program("shellcheck").arg("--version")),
        missing: "shellcheck is not installed",
        run: || workspace::run(program("shellcheck").args(["--severity", "warning"]).args(scripts()?)),
    },
    Check {
        name: "chart",
        is_installed: || {
            works(program("python3").args(["-c", "import helm_python, kubernetes_validate, yaml"]))
        },
        missing: "the Python packages helm-python-sdk and kubernetes-validate are not installed",
        run: chart,
    },
    Check {
        name: "service",
        is_installed: || works(program("systemd-analyze").arg("--version")),
        missing: "systemd-analyze is not installed",
        run: service,
    },
    Check { name: "workflows", is_installed: || true, missing: "", run: workflows::check },
];

pub(crate) fn run(rest: &[String]) -> Result<()> {
    crate::report::no_arguments("packaging", rest)?;
    check().map(|_| ())
}

/// Runs all checks and returns why some were skipped.
pub(crate) fn check() -> Result<Vec<&'static str>> {
    let mut failed = Vec::new();
    let mut skipped = Vec::new();
    for check in CHECKS {
        if !(check.is_installed)() {
            println!("{}: skipped: {}", check.name, check.missing);
            skipped.push(check.missing);
            continue;
        }
        match (check.run)() {
            Ok(()) => println!("{}: ok", check.name),
            Err(error) => {
                eprintln!("{}: {error:#}", check.name);
                failed.push(check.name);
            }
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(skipped)
}

/// Returns the YAML files. The templates of the chart are not YAML.
fn yaml_files() -> Result<Vec<String>> {
    let is_yaml = |path: &String| {
        let extension = Path::new(path).extension();
        extension.is_some_and(|extension| extension == "yaml" || extension == "yml")
            && !path.contains("/templates/")
    };
    Ok(workspace::files()?.into_iter().filter(is_yaml).collect())
}

fn scripts() -> Result<Vec<String>> {
    let is_script = |path: &String| {
        Path::new(path).extension().is_some_and(|extension| extension == "sh")
            || path == ".ci/run"
            || path.starts_with("packaging/debian/maintainer/")
    };
    Ok(workspace::files()?.into_iter().filter(is_script).collect())
}

/// Renders and validates the chart. With `PREFAB_BINARY`, that command reads the settings files that the chart contains.
fn chart() -> Result<()> {
    let mut command = program("python3");
    command.arg("packaging/chart/check.py");
    command.args(std::env::var_os("PREFAB_BINARY"));
    workspace::run(&mut command)
}

/// Checks the hardening of the service. The unit starts a program that is not installed here, so `verify` is not run.
fn service() -> Result<()> {
    let unit = root().join("packaging/debian/prefab.service");
    let arguments = ["security", "--offline=yes", "--no-pager", "--threshold", MOST_EXPOSED];
    let output = program("systemd-analyze").args(arguments).arg(unit).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    // The table has a line for each setting; the last one has the sum.
    println!("{}", text.lines().last().unwrap_or_default().trim());
    if !output.status.success() {
        bail!("the service is more exposed than 2.0: {}\n{text}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
