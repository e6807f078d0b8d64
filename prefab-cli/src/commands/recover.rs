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
    /// The data folder of the server, as for `prefab serve`
    #[arg(long, value_name = "FOLDER", env = "PREFAB_SERVER_DATA_DIR", default_value = "prefab-data")]
    data_dir: PathBuf,

    /// The database file of the server [default: prefab.db in the data folder]
    #[arg(long, value_name = "FILE", env = "PREFAB_SERVER_DATABASE")]
    database: Option<PathBuf>,
}

/// Issues an admin key for each project, in the database itself.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let recovered = prefab_server::recover(&args.data_dir, args.database.as_deref());
    let recovered = runtime.block_on(recovered).map_err(with_hint)?;
    output::line("New admin keys, shown only once:\n")?;
    for Recovered { project, key } in recovered {
        output::line(&format!("  {STRONG}{project}{STRONG:#}  {VALUE}{}{VALUE:#}", key.key))?;
    }
    Ok(output::line("\nLog in with `prefab login`, and revoke lost keys with `prefab key revoke`.")?)
}
