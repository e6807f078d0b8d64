//! `prefab recover`

use std::path::PathBuf;

use anyhow::Context as _;
use prefab_server::Recovered;

use super::serve::with_hint;
use crate::{
    Failure,
    output::{self, STRONG, VALUE},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the server's data, as `prefab serve` takes it
    #[arg(long, value_name = "FOLDER", env = "PREFAB_SERVER_DATA_DIR", default_value = "prefab-data")]
    data_dir: PathBuf,

    /// The server's database file, where it is elsewhere than in the folder
    #[arg(long, value_name = "FILE", env = "PREFAB_SERVER_DATABASE")]
    database: Option<PathBuf>,
}

/// Makes an admin key of each project, in the database itself.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting")?;
    let recovered = prefab_server::recover(&args.data_dir, args.database.as_deref());
    let recovered = runtime.block_on(recovered).map_err(with_hint)?;
    output::line("New admin keys, shown this once:\n")?;
    for Recovered { project, key } in recovered {
        output::line(&format!("  {STRONG}{project}{STRONG:#}  {VALUE}{}{VALUE:#}", key.key))?;
    }
    Ok(output::line("\nUse one with `prefab login`; `prefab key revoke` ends those that were lost.")?)
}
