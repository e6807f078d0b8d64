//! `prefab recover`

use std::path::PathBuf;

use anyhow::Context as _;
use prefab_server::{DatabaseArgs, Recovered};

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

    #[command(flatten)]
    database: DatabaseArgs,

    /// Make this person an owner of the installation, and create a password reset link, instead of admin keys
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
}

/// Issues an admin key for each project, or recovers an owner, in the database itself.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let database = args.database.clone().open().map_err(with_hint)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    if let Some(email) = &args.owner {
        let token = prefab_server::recover_owner(&args.data_dir, database, email);
        let token = runtime.block_on(token).map_err(with_hint)?;
        let token = token.with_context(|| format!("no account has the e-mail address {email}"));
        let token = token.map_err(Failure::Usage)?;
        output::line(&format!(
            "{STRONG}{email}{STRONG:#} is an owner. Set a new password within one day, at:\n"
        ))?;
        return Ok(output::line(&format!("  {VALUE}URL-OF-THE-SERVER/reset#token={token}{VALUE:#}"))?);
    }
    let recovered = prefab_server::recover(&args.data_dir, database);
    let recovered = runtime.block_on(recovered).map_err(with_hint)?;
    output::line("New admin keys, shown only once:\n")?;
    for Recovered { project, key } in recovered {
        output::line(&format!("  {STRONG}{project}{STRONG:#}  {VALUE}{}{VALUE:#}", key.key))?;
    }
    Ok(output::line("\nLog in with `prefab login`, and revoke lost keys with `prefab key revoke`.")?)
}
