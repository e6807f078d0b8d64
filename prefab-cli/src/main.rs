//! The `prefab` command: reads and changes configs, feature flags and log levels, and runs a server.

mod commands;
mod contexts;
mod from_server;
mod http;
mod inputs;
mod output;
mod property_values;
mod redacted;
mod server;
mod settings;
mod text;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use prefab_server::ErrorCode;

const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  no value, an error from the server, or the change was not confirmed
  2  invalid command line
  3  a file or the server cannot be read
  4  not found
  5  conflict: the item has changed, or the name is in use";

const SERVE_EXAMPLES: &str = "\
The first start creates a project with the environments Development, Staging and Production,
and prints their API keys. Keys are stored hashed and cannot be shown again.

Examples:
  prefab serve                                     on 127.0.0.1:8742, with data in ./prefab-data
  prefab serve --listen 0.0.0.0:8742               reachable from other machines
  prefab serve --seed-from defaults.json           with the configs of a datafile in a new project
  prefab serve --config /etc/prefab/prefab.toml    with the settings of a file
  prefab serve --check-config                      print every setting with its source, and exit
  prefab serve --listen 127.0.0.1:0 --json         on a free port, printed as JSON for scripts";

/// Dynamic configuration, feature flags and log levels
#[derive(Parser)]
#[command(name = "prefab", version, after_help = EXIT_CODES)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Print a value
    Get(commands::get::Args),
    /// List all keys with value, type, match and source
    List(commands::list::Args),
    /// Explain a value: every rule that was evaluated, and its result
    Explain(commands::explain::Args),
    /// Print values, and print them again when they change
    Watch(commands::watch::Args),
    Eval(commands::eval::Args),
    /// Prepare a project: default values, an example test, a check for CI
    Init(commands::init::Args),
    /// Save the URL and the key of a server for other commands
    Login(commands::login::Args),
    /// Remove the saved URL and key
    Logout,
    /// Create a config, a flag, a log level or a segment
    Create(commands::create::Args),
    /// Set the value that applies if no rule with criteria matches
    #[command(alias = "set-default")]
    Set(commands::set::Args),
    /// Show an item with its rules in every environment
    Info(commands::info::Args),
    /// Roll out a value to a percentage of contexts: prefab rollout new-checkout 10%
    Rollout(commands::rollout::Args),
    /// Manage drafts, which `set --draft` and `rollout --draft` save
    Draft(commands::draft::Args),
    /// Set the level of a logger, for all contexts or some, permanently or for a limited time
    LogLevel(commands::log_level::Args),
    /// Override a value for the API keys of one owner, or for some contexts with --for
    Override(commands::overrides::Args),
    /// List the versions of an item, newest first
    History(commands::history::Args),
    /// Show the differences between two versions of an item
    Diff(commands::history::DiffArgs),
    /// Restore an earlier version of an item
    Revert(commands::history::RevertArgs),
    /// Archive an item; `revert` restores it
    Archive(commands::history::Args),
    /// Manage environments
    Env(commands::environments::Args),
    /// Manage API keys
    Key(commands::keys::Args),
    /// Manage management tokens, for scripts
    Token(commands::token::Args),
    /// Manage the members of the project
    Person(commands::person::Args),
    /// Manage segments
    Segment(commands::segment::Args),
    /// Encrypt secrets and rotate encryption keys
    Secret(commands::secret::Args),
    #[command(hide = true, name = "generate-new-hex-key")]
    GenerateNewHexKey,
    /// Export the project as JSON
    Export(commands::transfer::ExportArgs),
    /// Write a datafile of one environment, with its confidential values in clear
    Download(commands::transfer::DownloadArgs),
    /// Import an export, a datafile, YAML defaults or a change history
    Import(commands::transfer::ImportArgs),
    /// Back up the database of a running server
    Backup(commands::transfer::BackupArgs),
    /// Restore a backup
    Restore(commands::transfer::RestoreArgs),
    /// Copy a SQLite file into a PostgreSQL database, or back
    Migrate(commands::migrate::Args),
    /// Issue a new admin key in a server's database, if all passwords and keys are lost
    Recover(commands::recover::Args),
    /// Generate typed code for the keys of the project
    #[command(alias = "gen")]
    Generate(commands::generate::Args),
    Verify(commands::verify::Args),
    /// Print the events of the project as they happen
    Tail(commands::tail::Args),
    /// Check the connection to a server, and print the settings of each SDK
    Doctor(commands::doctor::Args),
    /// Check that a server is ready: exit code 0 if it is, 1 if not
    Healthcheck(commands::healthcheck::Args),
    /// Print shell completions: source <(prefab completions bash)
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, for packages
    #[command(hide = true)]
    Man(commands::man::Args),
    /// Run a demo: a server, a program, and changes that reach it
    Demo,
    /// Run a server for SDKs
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Box<commands::serve::Args>),
}

/// The reason why a command fails.
pub(crate) enum Failure {
    /// There is no value, or the user did not confirm. The command has printed a message.
    NoValue,
    /// An input such as a file or a server cannot be used.
    Input(anyhow::Error),
    /// The server returned an error.
    Refused(server::Refusal),
    /// The command line is invalid.
    Usage(anyhow::Error),
}

impl Failure {
    /// Replaces a bare "Not Found" by a message.
    fn or_not_found(self, message: impl FnOnce() -> String) -> Self {
        match self {
            Self::Refused(refusal) if refusal.code == ErrorCode::NotFound => {
                Self::Refused(server::Refusal { message: message(), ..refusal })
            }
            other => other,
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Input(error.into())
    }
}

/// The verbs that change nothing.
const READ_ONLY: &[&[&str]] = &[
    &["info"],
    &["history"],
    &["diff"],
    &["draft", "list"],
    &["draft", "show"],
    &["env", "list"],
    &["env", "compare"],
    &["key", "list"],
    &["token", "list"],
    &["person", "list"],
    &["segment", "list"],
    &["secret", "encrypt"],
    &["export"],
    &["download"],
    &["backup"],
    &["generate"],
    &["tail"],
];

/// Returns the definition of the command line. The help of verbs that change nothing hides the options for changes.
fn command_line() -> clap::Command {
    fn hide(command: clap::Command, verb: &[&str]) -> clap::Command {
        match verb {
            [] => command.mut_args(|arg| {
                let is_for_changes = matches!(arg.get_id().as_str(), "comment" | "yes");
                if is_for_changes { arg.hide(true) } else { arg }
            }),
            [name, rest @ ..] => command.mut_subcommand(name, |inner| hide(inner, rest)),
        }
    }
    READ_ONLY.iter().fold(Command::command(), |command, verb| hide(command, verb))
}

/// Returns memory to the system after a burst. The system's allocator keeps it in an arena per thread: with 50,000
/// configs the server needed 800 MiB instead of 490.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let (matches, file) = match settings::load(command_line) {
        Ok(loaded) => loaded,
        Err(error) => {
            output::error(&format!("{error:#}"));
            return ExitCode::from(3);
        }
    };
    let Command { verb } = Command::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let done = match verb {
        Verb::Get(args) => commands::get::run(&args),
        Verb::List(args) => commands::list::run(&args),
        Verb::Explain(args) => commands::explain::run(&args),
        Verb::Watch(args) => commands::watch::run(&args),
        Verb::Eval(args) => commands::eval::run(&args),
        Verb::Init(args) => commands::init::run(&args),
        Verb::Login(args) => commands::login::login(&args),
        Verb::Logout => commands::login::logout(),
        Verb::Create(args) => commands::create::run(&args),
        Verb::Set(args) => commands::set::run(&args),
        Verb::Info(args) => commands::info::run(&args),
        Verb::Rollout(args) => commands::rollout::run(&args),
        Verb::Draft(args) => commands::draft::run(&args),
        Verb::LogLevel(args) => commands::log_level::run(&args),
        Verb::Override(args) => commands::overrides::run(&args),
        Verb::History(args) => commands::history::history(&args),
        Verb::Diff(args) => commands::history::diff(&args),
        Verb::Revert(args) => commands::history::revert(&args),
        Verb::Archive(args) => commands::history::archive(&args),
        Verb::Env(args) => commands::environments::run(&args),
        Verb::Key(args) => commands::keys::run(&args),
        Verb::Token(args) => commands::token::run(&args),
        Verb::Person(args) => commands::person::run(&args),
        Verb::Segment(args) => commands::segment::run(&args),
        Verb::Secret(args) => commands::secret::run(&args),
        Verb::GenerateNewHexKey => commands::secret::generate_key(),
        Verb::Export(args) => commands::transfer::export(&args),
        Verb::Download(args) => commands::transfer::download(&args),
        Verb::Import(args) => commands::transfer::import(&args),
        Verb::Backup(args) => commands::transfer::backup(&args),
        Verb::Restore(args) => commands::transfer::restore(&args),
        Verb::Migrate(args) => commands::migrate::run(&args),
        Verb::Recover(args) => commands::recover::run(&args),
        Verb::Generate(args) => commands::generate::run(&args),
        Verb::Verify(args) => commands::verify::run(&args),
        Verb::Tail(args) => commands::tail::run(&args),
        Verb::Doctor(args) => commands::doctor::run(&args),
        Verb::Healthcheck(args) => commands::healthcheck::run(&args),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command_line(), "prefab", &mut script);
            output::line(String::from_utf8_lossy(&script).trim_end()).map_err(Failure::from)
        }
        Verb::Man(args) => commands::man::run(&args, command_line()),
        Verb::Demo => commands::demo::run(),
        Verb::Serve(args) => commands::serve::run(*args, &matches, file.as_ref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::NoValue) => ExitCode::from(1),
        Err(Failure::Usage(error)) => {
            output::error(&format!("{error:#}"));
            ExitCode::from(2)
        }
        Err(Failure::Refused(refusal)) => {
            output::error(&refusal.message);
            ExitCode::from(refusal.exit_code())
        }
        // The reader closed the pipe.
        Err(Failure::Input(error)) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(Failure::Input(error)) => {
            output::error(&format!("{error:#}"));
            ExitCode::from(3)
        }
    }
}
