//! The `prefab` command: ask for configs, flags and log levels, and see why they are what they are.

mod commands;
mod contexts;
mod inputs;
mod output;
mod server;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use prefab_server::ErrorCode;

const EXIT_CODES: &str = "\
Exit codes:
  0  the answer was printed, the change was made
  1  there is no value, the server refused, or you said no
  2  the command line is wrong
  3  a file could not be read, or the server does not answer
  4  the project has nothing of this name
  5  somebody else was faster, or the name is taken";

const SERVE_EXAMPLES: &str = "\
The first start makes a project with the environments Development, Staging and Production,
and prints their keys. They are stored hashed and cannot be shown again.

Examples:
  prefab serve                                     a server on this machine, data in ./prefab-data
  prefab serve --listen 0.0.0.0:8742               reachable from elsewhere
  prefab serve --seed-from defaults.json           a project that begins with a datafile's configs
  prefab serve --listen 127.0.0.1:0 --json         a free port, told as JSON, for scripts";

/// Configs, feature flags and log levels: ask, change, serve.
#[derive(Parser)]
#[command(name = "prefab", version, after_help = EXIT_CODES)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Prints the value of a key
    Get(commands::get::Args),
    /// Lists every key with its value, type, match and source
    List(commands::list::Args),
    /// Says why a key has its value: every rule that was tried, and what came of it
    Explain(commands::explain::Args),
    /// Prints keys, and prints them again whenever they change
    Watch(commands::watch::Args),
    /// Answers questions given as JSON lines on standard input with JSON lines
    Eval(commands::eval::Args),
    /// Writes a file of defaults to begin with, and says what comes next
    Init(commands::init::Args),
    /// Remembers a server and a key for the verbs below
    Login(commands::login::Args),
    /// Forgets them
    Logout,
    /// Makes a config, a flag, a log level or a segment
    Create(commands::create::Args),
    /// Sets the value that a key has where no rule says otherwise
    #[command(alias = "set-default")]
    Set(commands::set::Args),
    /// Shows a key with its rules in every environment
    Info(commands::info::Args),
    /// Gives a value to some: prefab rollout new-checkout 10%
    Rollout(commands::rollout::Args),
    /// Drafts: list, show, approve, publish, discard; `set` and `rollout` save them with --draft
    Draft(commands::draft::Args),
    /// Sets a logger's level, for everybody or for some, for good or for a time
    LogLevel(commands::log_level::Args),
    /// Gives a value to one person
    Override(commands::overrides::Args),
    /// Lists the versions of a key, the newest first
    History(commands::history::Args),
    /// Says what changed between two versions of a key
    Diff(commands::history::DiffArgs),
    /// Makes an old version stand again
    Revert(commands::history::RevertArgs),
    /// Takes a key away from clients; `revert` brings it back
    Archive(commands::history::Args),
    /// Environments: list, create, rename, protect, compare, copy
    Env(commands::environments::Args),
    /// Keys of SDKs: list, create, revoke, rotate
    Key(commands::keys::Args),
    /// Tokens for scripts that manage: list, create, revoke
    Token(commands::token::Args),
    /// People: list, invite, remove, and links to new passwords
    Person(commands::person::Args),
    /// Segments: list, set
    Segment(commands::segment::Args),
    /// Secrets: make a key, encrypt, rotate
    Secret(commands::secret::Args),
    #[command(hide = true, name = "generate-new-hex-key")]
    GenerateNewHexKey,
    /// Writes everything as JSON
    Export(commands::transfer::ExportArgs),
    /// Writes what one environment sees to a datafile
    Download(commands::transfer::DownloadArgs),
    /// Reads an export, a datafile, YAML defaults or a change history into the project
    Import(commands::transfer::ImportArgs),
    /// Copies the server's database while it runs
    Backup(commands::transfer::BackupArgs),
    /// Brings a backup back
    Restore(commands::transfer::RestoreArgs),
    /// Makes a new admin key in a server's database, where all passwords and keys are lost
    Recover(commands::recover::Args),
    /// Writes typed code for the project's keys
    #[command(alias = "gen")]
    Generate(commands::generate::Args),
    /// Prints changes and evaluations as they happen
    Tail(commands::tail::Args),
    /// Looks at everything between a program and its server, and prints each SDK's options
    Doctor(commands::doctor::Args),
    /// Prints the completions for a shell: source <(prefab completions bash)
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Tells the whole story: starts a server and a program, changes values, shows the program noticing
    Demo,
    /// Serves configs, flags and log levels to SDKs
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Box<commands::serve::Args>),
}

/// Why a command ends without an answer.
pub(crate) enum Failure {
    /// There is no value. What is to say about it was said.
    NoValue,
    /// Something the command was told to use cannot be used.
    Input(anyhow::Error),
    /// The server refused.
    Refused(server::Refusal),
    /// What the command line says cannot be meant.
    Wrong(anyhow::Error),
}

impl Failure {
    /// Makes a bare "Not Found" a sentence that helps.
    fn where_missing(self, say: impl FnOnce() -> String) -> Self {
        match self {
            Self::Refused(refusal) if refusal.code == ErrorCode::NotFound => {
                Self::Refused(server::Refusal { message: say(), ..refusal })
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

/// Returns memory to the system after a burst. The system's allocator keeps it in an arena per thread: with 50,000
/// configs the server needed 800 MiB instead of 490.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Command { verb } = Command::parse();
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
        Verb::Recover(args) => commands::recover::run(&args),
        Verb::Generate(args) => commands::generate::run(&args),
        Verb::Tail(args) => commands::tail::run(&args),
        Verb::Doctor(args) => commands::doctor::run(&args),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Command::command(), "prefab", &mut script);
            output::line(String::from_utf8_lossy(&script).trim_end()).map_err(Failure::from)
        }
        Verb::Demo => commands::demo::run(),
        Verb::Serve(args) => commands::serve::run(*args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::NoValue) => ExitCode::from(1),
        Err(Failure::Wrong(error)) => {
            output::error(&format!("{error:#}"));
            ExitCode::from(2)
        }
        Err(Failure::Refused(refusal)) => {
            output::error(&refusal.message);
            ExitCode::from(refusal.exit_code())
        }
        // Whoever reads the output has seen enough.
        Err(Failure::Input(error)) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(Failure::Input(error)) => {
            output::error(&format!("{error:#}"));
            ExitCode::from(3)
        }
    }
}
