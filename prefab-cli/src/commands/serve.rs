//! `prefab serve`

use std::{io::IsTerminal as _, path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::{ArgMatches, CommandFactory as _};
use prefab_server::{IssuedKey, KeyKind, Options, Running, ServeArgs};
use serde_json::{Value as Json, json};
use tracing_subscriber::{
    Layer as _, filter::LevelFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{
    Command, Failure,
    output::{self, FAINT, STRONG, VALUE},
    settings::{self, File, Setting},
};

/// The time limit for work that is still running after the drain.
const WORK_TIMEOUT: Duration = Duration::from_millis(500);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Settings file in TOML; options and variables win over it [default: prefab.toml, if it exists]
    #[arg(long, env = "PREFAB_SERVER_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// Check all settings, print each with its source, and exit; with --json, print one JSON array
    #[arg(long)]
    check_config: bool,

    #[command(flatten)]
    serve: ServeArgs,

    /// The minimum level of the server's log lines: error, warn, info, debug, trace or off
    #[arg(long, env = "PREFAB_SERVER_LOG_LEVEL", default_value = "warn", value_name = "LEVEL")]
    log_level: LevelFilter,

    /// The format of the server's log lines: text or json
    #[arg(long, env = "PREFAB_SERVER_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    log_format: LogFormat,

    /// Print a line of JSON when the server accepts connections: {"url": …, "keys": […]}, with the sign-up link until an
    /// account exists
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// Adds the hint of an error on a separate line.
pub(super) fn with_hint(error: prefab_server::Error) -> anyhow::Error {
    let hint = error.hint();
    let error = anyhow::Error::from(error);
    match hint {
        Some(hint) => anyhow::anyhow!("{error:#}\n       {hint}"),
        None => error,
    }
}

/// Runs a server. `file` contains the settings that are already the defaults of `args`.
pub(crate) fn run(args: Args, matches: &ArgMatches, file: Option<&File>) -> Result<(), Failure> {
    let options: Options = args.serve.try_into().map_err(with_hint)?;
    if args.check_config {
        prefab_server::check(&options).map_err(with_hint)?;
        let command = Command::command();
        let serve = command.find_subcommand("serve").zip(matches.subcommand_matches("serve"));
        let settings = serve.map(|(serve, matches)| settings::settings(serve, matches, file));
        return Ok(print_settings(&settings.unwrap_or_default(), args.json)?);
    }
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match args.log_format {
        // Journals and files do not display colors.
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(args.log_level).with(lines).init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let served = runtime.block_on(async {
        let running = prefab_server::serve(options).await.map_err(with_hint)?;
        if args.json {
            let keys: Vec<Json> = running.keys.iter().map(key_to_json).collect();
            let mut started = json!({"url": running.url, "keys": keys});
            if let Some(url) = &running.public_url {
                started["public_url"] = url.as_str().into();
            }
            if let Some(link) = &running.sign_up {
                started["sign_up"] = link.as_str().into();
            }
            output::line(&started.to_string())?;
        } else {
            print_start(&running)?;
        }
        running.run_until_signal().await;
        Ok(())
    });
    // Remaining work must not keep the process alive.
    runtime.shutdown_timeout(WORK_TIMEOUT);
    served
}

/// Prints every setting with its value and source.
fn print_settings(settings: &[Setting], as_json: bool) -> std::io::Result<()> {
    if as_json {
        return output::line(&settings.iter().map(Setting::to_json).collect::<Json>().to_string());
    }
    let width =
        |text: fn(&Setting) -> &str| settings.iter().map(|setting| text(setting).chars().count()).max();
    let name = width(|setting| &setting.name).unwrap_or_default();
    let value = width(|setting| &setting.value).unwrap_or_default();
    for setting in settings {
        let source = &setting.source;
        output::line(&format!(
            "{STRONG}{:name$}{STRONG:#}  {VALUE}{:value$}{VALUE:#}  {FAINT}{source}{FAINT:#}",
            setting.name, setting.value
        ))?;
    }
    Ok(())
}

fn key_to_json(key: &IssuedKey) -> Json {
    json!({"environment": key.environment, "kind": key.kind.name(), "key": key.key})
}

/// Prints the URL, the new API keys and the variables for a client.
fn print_start(running: &Running) -> std::io::Result<()> {
    let Running { url: local, keys, .. } = running;
    output::line(&format!("{STRONG}prefab{STRONG:#} is serving at {VALUE}{local}{VALUE:#}"))?;
    let url = running.public_url.as_ref().unwrap_or(local);
    if url != local {
        output::line(&format!("Public URL: {VALUE}{url}{VALUE:#}"))?;
    } else if running.address.ip().is_unspecified() {
        output::line("and at all other addresses of this machine; set its public URL with --public-url")?;
    }
    if !keys.is_empty() {
        output::line("\nAPI keys, shown only once:\n")?;
        let width = keys.iter().map(|key| key.environment.len()).max().unwrap_or_default();
        // The admin key, which manages the whole project, comes last.
        let is_admin = |key: &&IssuedKey| key.kind == KeyKind::Admin;
        for key in keys.iter().filter(|key| !is_admin(key)).chain(keys.iter().filter(is_admin)) {
            let (environment, kind) =
                (if is_admin(&key) { "(all)" } else { &key.environment }, key.kind.name());
            output::line(&format!("  {STRONG}{environment:width$}{STRONG:#}  {kind:8}  {}", key.key))?;
        }
        if let Some(key) = keys.iter().find(|key| key.kind == KeyKind::Backend) {
            output::line(&format!(
                "\nTo connect a program with a Prefab SDK, set these variables:\n\n  {VALUE}export \
                 PREFAB_API_KEY={} PREFAB_API_URL={url} PREFAB_STREAM_URL={url}{VALUE:#}\n",
                key.key
            ))?;
        }
    }
    if let Some(link) = &running.sign_up {
        output::line("Sign up as the first admin with this link, which works once:\n")?;
        output::line(&format!("  {VALUE}{link}{VALUE:#}\n"))?;
    }
    output::line(&format!(
        "{FAINT}Log in with an admin key: prefab login --url {url}. Stop the server with Ctrl-C.{FAINT:#}"
    ))
}
