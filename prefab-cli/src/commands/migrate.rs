//! `prefab migrate`

use std::path::PathBuf;

use anyhow::Context as _;
use prefab_server::{Database, DatabaseArgs};

use super::serve::with_hint;
use crate::{
    Failure,
    output::{self, STRONG},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Database to copy: a SQLite file, or the URL of a PostgreSQL database
    #[arg(long, value_name = "FILE|URL", required_unless_present = "plan", hide_env_values = true)]
    from: Option<String>,

    /// Empty database to copy to: the URL of a PostgreSQL database, or a file that does not exist
    #[arg(long, value_name = "FILE|URL", hide_env_values = true)]
    to: String,

    /// Schema of the PostgreSQL database
    #[arg(long, value_name = "NAME", default_value = "prefab", env = "PREFAB_SERVER_DATABASE_SCHEMA")]
    database_schema: String,

    /// File with the password of the PostgreSQL database, if the URL has none
    #[arg(long, value_name = "FILE", env = "PREFAB_SERVER_DATABASE_PASSWORD_FILE")]
    database_password_file: Option<PathBuf>,

    /// Print the SQL with which this version creates or upgrades the tables of `--to`, and change nothing
    #[arg(long, conflicts_with = "from")]
    plan: bool,
}

/// Copies a database into one of another kind, or prints how a database is upgraded.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let to = database(&args.to, args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    if args.plan {
        if matches!(to, Database::File(_)) {
            let cause =
                "--plan needs the URL of a PostgreSQL database; a server upgrades a file when it starts";
            return Err(Failure::Usage(anyhow::anyhow!(cause)));
        }
        let plan = runtime.block_on(prefab_server::migration_plan(&to)).map_err(with_hint)?;
        if plan.is_empty() {
            return Ok(output::line("The tables are those of this version; nothing to do.")?);
        }
        return Ok(output::line(&plan.join("\n"))?);
    }
    let from = database(args.from.as_deref().unwrap_or_default(), args)?;
    if matches!((&from, &to), (Database::File(_), Database::File(_))) {
        let cause = "both databases are files; copy the file of a stopped server, or use `prefab backup`";
        return Err(Failure::Usage(anyhow::anyhow!(cause)));
    }
    runtime.block_on(prefab_server::copy_database(from, to)).map_err(with_hint)?;
    Ok(output::line(&format!(
        "{STRONG}Copied everything.{STRONG:#} Start the servers with the new database."
    ))?)
}

fn database(text: &str, args: &Args) -> Result<Database, Failure> {
    let database = DatabaseArgs::of(text, &args.database_schema, args.database_password_file.clone());
    Ok(database.map_err(with_hint)?)
}
