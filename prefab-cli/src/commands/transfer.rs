//! `prefab export`, `prefab import`, `prefab download`, `prefab backup`, `prefab restore`

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use prefab_management_api::{EnvironmentResponse, ExportQuery, ImportFormat, ImportPlan, ImportQuery};
use prefab_server::{DatabaseArgs, Error, ErrorCode, Overwrite, RestoreError, Restored};

use serde::de::IgnoredAny;

use super::{environments, named_value, serve::with_hint};
use crate::{
    Failure,
    output::{self, STRONG},
    server::{Connection, Refusal, Reply, Server, with_query},
};

#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Only what clients of this environment receive, as a datafile [default: the whole project]
    #[arg(short, long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// Write confidential values in clear; requires the role publisher, and is recorded in the audit log
    #[arg(long)]
    reveal: bool,

    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct DownloadArgs {
    /// The file to write [default: prefab.NAME.ID.config.json, with the name and number of the environment]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The name or number of the environment. Required
    #[arg(short, long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    /// A datafile, an export, a YAML file of defaults, or a change history
    file: PathBuf,

    /// The format: json or yaml [default: from the file name]
    #[arg(long, value_name = "FORMAT", value_parser = named_value::<ImportFormat>)]
    format: Option<ImportFormat>,

    /// The environment for the rules of a datafile
    #[arg(short, long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// The environment of the project for an environment of the file, by name or number: 143=Production; can be repeated
    #[arg(long, value_name = "FROM=TO", value_parser = mapping)]
    map: Vec<(String, String)>,

    /// Create the environments that the project does not have
    #[arg(long)]
    create_environments: bool,

    /// Show the changes without applying them
    #[arg(long)]
    dry_run: bool,

    /// Skip invalid entries instead of importing nothing
    #[arg(long)]
    skip_broken: bool,

    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct BackupArgs {
    /// The file to write. It contains all projects, and the hashes of keys and passwords
    file: PathBuf,

    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct RestoreArgs {
    /// A file that `prefab backup` wrote
    file: PathBuf,

    /// The data folder of the server, as for `prefab serve`. The server must be stopped, unless it uses PostgreSQL
    #[arg(long, value_name = "FOLDER", env = "PREFAB_SERVER_DATA_DIR", default_value = "prefab-data")]
    data_dir: PathBuf,

    #[command(flatten)]
    database: DatabaseArgs,

    /// Replace the existing data. It is kept beside the new database, or as a backup of PostgreSQL in the data folder
    #[arg(long)]
    overwrite: bool,
}

/// Writes an export of the project, or a datafile of one environment.
pub(crate) fn export(args: &ExportArgs) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let environment = environments::named(&server, args.environment.as_deref())?;
    let query = ExportQuery {
        environment: environment.map(|environment| environment.id),
        schemas: None,
        reveal: args.reveal.then_some(true),
        key: None,
    };
    write(args.output.as_deref(), &exported(&server, &query)?)
}

/// Writes a datafile, named as the official command names it.
pub(crate) fn download(args: &DownloadArgs) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let named = environments::named(&server, args.environment.as_deref())?;
    let EnvironmentResponse { id, name, .. } = named.context("no environment: set --environment")?;
    // Only SDKs read this file, so it contains every value and no schemas.
    let query =
        ExportQuery { environment: Some(id.clone()), schemas: Some(false), reveal: Some(true), key: None };
    let text = exported(&server, &query)?;
    let file = args.output.clone().unwrap_or_else(|| format!("prefab.{name}.{id}.config.json").into());
    write(Some(&file), &text)?;
    let json = serde_json::json!({"success": true, "filePath": file.display().to_string()});
    let text = format!("Wrote {STRONG}{}{STRONG:#}", file.display());
    Ok(output::line(&if args.connection.json { json.to_string() } else { text })?)
}

fn exported(server: &Server, query: &ExportQuery) -> Result<String, Failure> {
    let export: Reply<IgnoredAny> = server.find("/export", query)?;
    Ok(format!("{:#}\n", export.json))
}

fn write(file: Option<&Path>, text: &str) -> Result<(), Failure> {
    match file {
        None => Ok(output::line(text.trim_end())?),
        Some(file) => Ok(fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?),
    }
}

/// Shows the changes of an import and applies them.
pub(crate) fn import(args: &ImportArgs) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let bytes = fs::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let is_yaml = args.file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let map: BTreeMap<&str, &str> = args.map.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    let map = (!map.is_empty()).then(|| serde_json::json!(map).to_string());
    let route = |dry_run: bool| {
        let query = ImportQuery {
            dry_run: Some(dry_run),
            format: args.format.or(is_yaml.then_some(ImportFormat::Yaml)),
            environment: args.environment.clone(),
            skip_broken: args.skip_broken.then_some(true),
            map: map.clone(),
            create_environments: args.create_environments.then_some(true),
            comment: Some(args.connection.comment.clone()).filter(|comment| !comment.is_empty()),
        };
        with_query("/import", &query)
    };
    let size = HumanBytes(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    let progress = spinner(&format!("1 of 2: comparing {size} with the project"));
    let plan = server.upload(&route(true)?, bytes.clone());
    progress.finish_and_clear();
    let plan: Reply<ImportPlan> = plan.map_err(|failure| match failure {
        Failure::Refused(refusal) if refusal.code == ErrorCode::Invalid => {
            let message = format!("{}: {}", args.file.display(), refusal.message);
            Failure::Refused(Refusal { message, ..refusal })
        }
        other => other,
    })?;
    if !args.connection.json || args.dry_run {
        plan.print(args.connection.json, plan.text.trim_end())?;
    }
    let (count, invalid) = (plan.created + plan.changed, plan.problems.len());
    if invalid > 0 && !args.skip_broken {
        let mut message =
            format!("nothing was imported: {invalid} entries are invalid; --skip-broken skips them");
        if let Some(unknown) = plan.environments.iter().find(|environment| environment.to.is_none()) {
            let hint = format!(
                "; --map {}=NAME maps an environment, --create-environments creates the missing ones",
                unknown.from
            );
            message.push_str(&hint);
        }
        return Err(anyhow::Error::msg(message).into());
    }
    if args.dry_run || count == 0 {
        return Ok(());
    }
    if !args.connection.confirm(&format!("Import {count} items?"))? {
        return Err(Failure::NoValue);
    }
    let progress = spinner(&format!("2 of 2: importing {count} items in one change"));
    let done = server.upload(&route(false)?, bytes);
    progress.finish_and_clear();
    let done: Reply<ImportPlan> = done?;
    let skipped = if invalid > 0 { format!(" Skipped {invalid} invalid entries.") } else { String::new() };
    done.print(args.connection.json, &format!("Imported {count} items.{skipped}"))
}

fn mapping(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((from, to)) if !from.trim().is_empty() && !to.trim().is_empty() => {
            Ok((from.trim().to_owned(), to.trim().to_owned()))
        }
        _ => Err("expected FROM=TO, for example 143=Production".to_owned()),
    }
}

fn spinner(doing: &str) -> ProgressBar {
    // It is visible only on a terminal.
    let bar = ProgressBar::new_spinner().with_message(doing.to_owned());
    let style = ProgressStyle::with_template("{spinner} {msg}  {elapsed}");
    let bar = style.map_or(bar.clone(), |style| bar.with_style(style));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Writes a copy of the database while the server runs.
pub(crate) fn backup(args: &BackupArgs) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let file = &args.file;
    let mut out = private(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            anyhow::anyhow!("{} already exists; remove it, or write to another file", file.display())
        }
        _ => anyhow::Error::new(error).context(format!("cannot write {}", file.display())),
    })?;
    let bar = ProgressBar::no_length().with_message("backing up");
    let style = ProgressStyle::with_template("{spinner} {msg}  {bytes}  {bytes_per_sec}");
    let bar = style.map_or(bar.clone(), |style| bar.with_style(style));
    let copied = server.stream("/api/manage/v1/backup", |bytes| {
        bar.inc(bytes.len() as u64);
        Ok(out.write_all(bytes).with_context(|| format!("cannot write {}", file.display()))?)
    });
    bar.finish_and_clear();
    if let Err(failure) = copied.and_then(|()| Ok(out.sync_all()?)) {
        // An incomplete backup cannot be restored.
        let _ = fs::remove_file(file);
        return Err(failure);
    }
    let text = format!("Wrote {STRONG}{}{STRONG:#}; restore it with `prefab restore`", file.display());
    Ok(output::line(&text)?)
}

/// Creates a file that only its owner can read. Fails if the file exists.
fn private(file: &Path) -> std::io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Restores a backup into the database of a server.
pub(crate) fn restore(args: &RestoreArgs) -> Result<(), Failure> {
    let overwrite = if args.overwrite { Overwrite::Allowed } else { Overwrite::Refused };
    let database = args.database.clone().open().map_err(with_hint)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let restored = runtime.block_on(prefab_server::restore(&args.file, &args.data_dir, database, overwrite));
    let restored = restored.map_err(|error| match error {
        Error::Restore(RestoreError::Exists { path }) => {
            anyhow::anyhow!(
                "`{}` already exists; --overwrite replaces it and keeps it, --data-dir or --database selects another one",
                path.display()
            )
        }
        other => with_hint(other),
    })?;
    let Restored { database, configs, drafts, kept, .. } = restored;
    let mut text = format!("Restored {configs} configs into {STRONG}{}{STRONG:#}", database.display());
    if let Some(kept) = kept {
        text = format!("{text}; the previous data is now {}", kept.display());
    }
    if drafts > 0 {
        text = format!("{text}; {drafts} changes that the backup does not contain are drafts");
    }
    Ok(output::line(&format!("{text}. Start it with `prefab serve`"))?)
}
