//! `prefab export`, `prefab import`, `prefab download`, `prefab backup`, `prefab restore`

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use prefab_server::{ErrorCode, Overwrite, RestoreError, Restored};

use super::environments;
use crate::{
    Failure,
    output::{self, STRONG},
    server::{Connection, Refusal, part},
};

#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Only what this environment sees, as a datafile; everything without
    #[arg(short, long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct DownloadArgs {
    /// The file to write [default: prefab.NAME.ID.config.json, after the environment]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The environment
    #[arg(short, long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    /// A datafile, an export, a YAML file of defaults, or a change history
    file: PathBuf,

    /// The form: json or yaml [default: what the name of the file ends with]
    #[arg(long, value_name = "FORM")]
    format: Option<String>,

    /// The environment that a datafile's rules are for
    #[arg(short, long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Import what can be taken, and leave out what cannot
    #[arg(long)]
    skip_broken: bool,

    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct BackupArgs {
    /// The file to write; it holds everything, keys' hashes among it
    file: PathBuf,

    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct RestoreArgs {
    /// A file that `prefab backup` wrote
    file: PathBuf,

    /// The folder of the server's data, as `prefab serve` takes it; the server must not run
    #[arg(long, value_name = "FOLDER", env = "PREFAB_SERVER_DATA_DIR", default_value = "prefab-data")]
    data_dir: PathBuf,

    /// The server's database file, where it is elsewhere than in the folder
    #[arg(long, value_name = "FILE", env = "PREFAB_SERVER_DATABASE")]
    database: Option<PathBuf>,

    /// Replace the data that is there; it is kept beside the new
    #[arg(long)]
    overwrite: bool,
}

/// Writes everything, or what one environment sees.
pub(crate) fn export(args: &ExportArgs) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let environment = environments::named(&server, args.environment.as_deref())?;
    let asked = environment.map_or(String::new(), |environment| format!("?environment={}", environment.id));
    let text = format!("{:#}\n", server.get(&format!("/export{asked}"))?);
    write(args.output.as_deref(), &text)
}

/// Writes a datafile under the name that the official tool gives it.
pub(crate) fn download(args: &DownloadArgs) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let named = environments::named(&server, args.environment.as_deref())?;
    let environment = named.context("of which environment? Name it with --environment")?;
    let text = format!("{:#}\n", server.get(&format!("/export?environment={}", environment.id))?);
    let name = format!("prefab.{}.{}.config.json", environment.name, environment.id);
    let file = args.output.clone().unwrap_or_else(|| name.into());
    write(Some(&file), &text)?;
    let json = serde_json::json!({"success": true, "filePath": file.display().to_string()});
    let said = format!("Wrote {STRONG}{}{STRONG:#}", file.display());
    Ok(output::line(&if args.connection.json { json.to_string() } else { said })?)
}

fn write(file: Option<&Path>, text: &str) -> Result<(), Failure> {
    match file {
        None => Ok(output::line(text.trim_end())?),
        Some(file) => Ok(fs::write(file, text).with_context(|| format!("writing {}", file.display()))?),
    }
}

/// Shows what an import would do, and does it.
pub(crate) fn import(args: &ImportArgs) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let bytes = fs::read(&args.file).with_context(|| format!("reading {}", args.file.display()))?;
    let mut asked = vec![format!("comment={}", part(&args.connection.comment))];
    let by_name = args.file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let format = args.format.as_deref().or(by_name.then_some("yaml"));
    asked.extend(format.map(|format| format!("format={}", part(format))));
    asked.extend(args.environment.as_ref().map(|environment| format!("environment={}", part(environment))));
    asked.extend(args.skip_broken.then(|| "skipBroken=true".to_owned()));
    let asked = asked.join("&");
    let size = HumanBytes(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    let waiting = spinner(&format!("1 of 2: comparing {size} with what is there"));
    let plan = server.upload(&format!("/import?dryRun=true&{asked}"), bytes.clone());
    waiting.finish_and_clear();
    let plan = plan.map_err(|failure| match failure {
        Failure::Refused(refusal) if refusal.code == ErrorCode::Invalid => {
            let message = format!("{}: {}", args.file.display(), refusal.message);
            Failure::Refused(Refusal { message, ..refusal })
        }
        other => other,
    })?;
    let steps = plan["created"].as_u64().unwrap_or_default() + plan["changed"].as_u64().unwrap_or_default();
    if !args.connection.json || args.dry_run {
        let text = plan["text"].as_str().unwrap_or_default().trim_end().to_owned();
        output::line(&if args.connection.json { plan.to_string() } else { text })?;
    }
    let broken = plan["problems"].as_array().map_or(0, Vec::len);
    if broken > 0 && !args.dry_run && !args.skip_broken {
        let message = format!(
            "nothing is imported, since {broken} of the file's entries cannot be taken; --skip-broken leaves them out"
        );
        return Err(anyhow::Error::msg(message).into());
    }
    if args.dry_run || steps == 0 {
        return Ok(());
    }
    if !args.connection.agrees(&format!("Import {steps} keys?"))? {
        return Err(Failure::NoValue);
    }
    let waiting = spinner(&format!("2 of 2: importing {steps} keys, all at once"));
    let done = server.upload(&format!("/import?dryRun=false&{asked}"), bytes);
    waiting.finish_and_clear();
    let done = done?;
    Ok(output::line(&if args.connection.json {
        done.to_string()
    } else {
        let left_out = if broken > 0 { format!(" Left out: {broken}.") } else { String::new() };
        format!("Imported {steps} keys.{left_out}")
    })?)
}

fn spinner(doing: &str) -> ProgressBar {
    // It shows itself on a terminal alone.
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
    let mut out = private(file).with_context(|| format!("writing {}", file.display()))?;
    let bar = ProgressBar::no_length().with_message("backing up");
    let style = ProgressStyle::with_template("{spinner} {msg}  {bytes}  {bytes_per_sec}");
    let bar = style.map_or(bar.clone(), |style| bar.with_style(style));
    let copied = server.stream("/api/manage/v1/backup", |bytes| {
        bar.inc(bytes.len() as u64);
        Ok(out.write_all(bytes).with_context(|| format!("writing {}", file.display()))?)
    });
    bar.finish_and_clear();
    if let Err(failure) = copied.and_then(|()| Ok(out.sync_all()?)) {
        // Half a backup is none.
        let _ = fs::remove_file(file);
        return Err(failure);
    }
    let said = format!("Wrote {STRONG}{}{STRONG:#}; `prefab restore` brings it back", file.display());
    Ok(output::line(&said)?)
}

/// Makes a file that its owner alone reads; refuses one that is there.
fn private(file: &Path) -> std::io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Puts a backup in place of a server's data.
pub(crate) fn restore(args: &RestoreArgs) -> Result<(), Failure> {
    let overwrite = if args.overwrite { Overwrite::Allowed } else { Overwrite::Refused };
    let restored = match &args.database {
        Some(database) => prefab_server::restore_to(&args.file, database, overwrite),
        None => prefab_server::restore(&args.file, &args.data_dir, overwrite),
    };
    let restored = restored.map_err(|error| match error {
        RestoreError::Exists { path } => {
            anyhow::anyhow!(
                "`{}` is there already; --overwrite puts it aside, --data-dir names another folder",
                path.display()
            )
        }
        other => other.into(),
    })?;
    let Restored { database, configs, kept, .. } = restored;
    let mut said = format!("Restored {configs} configs into {STRONG}{}{STRONG:#}", database.display());
    if let Some(kept) = kept {
        said = format!("{said}; what was there is now {}", kept.display());
    }
    Ok(output::line(&format!("{said}. Start it with `prefab serve`"))?)
}
