//! `prefab init`

use std::{fs::File, io::Write as _, path::PathBuf};

use anyhow::Context as _;

use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
};

const DEFAULTS: &str = "\
# Default values. List them with `prefab list`.

my-first-int-config: 30

my-first-feature-flag:
  feature_flag: true
  value: true
  criterion: {operator: PROP_ENDS_WITH_ONE_OF, property: user.email, values: [\"@example.com\"]}

log-level:
  _: info
";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the file
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

/// Writes a file of defaults and prints the next steps.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let path = args.dir.join(".prefab.default.config.yaml");
    let mut file = File::create_new(&path).with_context(|| format!("cannot create {}", path.display()))?;
    file.write_all(DEFAULTS.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    output::line(&format!("Wrote {STRONG}{}{STRONG:#}\n", path.display()))?;
    for (step, what) in [
        ("prefab list", "list the defaults"),
        (
            "cargo add prefab-client",
            "read one with `Client::from_env()?.get::<i64>(\"my-first-int-config\")`",
        ),
        ("prefab serve", "run a server, to change values while the program runs"),
    ] {
        output::line(&format!("  {VALUE}{step:24}{VALUE:#}{FAINT}{what}{FAINT:#}"))?;
    }
    Ok(())
}
