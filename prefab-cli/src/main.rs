//! The `prefab` command: ask for configs, flags and log levels, and see why they are what they are.

mod commands;
mod contexts;
mod inputs;
mod output;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

const EXIT_CODES: &str = "\
Exit codes:
  0  the answer was printed
  1  there is no value, or it could not be made
  2  the command line is wrong
  3  a file or a datafile could not be read";

const SERVE_EXAMPLES: &str = "\
The first start makes a project with the environments Development, Staging and Production,
and prints their keys. They are stored hashed and cannot be shown again.

Examples:
  prefab serve                                     a server on this machine, data in ./prefab-data
  prefab serve --listen 0.0.0.0:8742               reachable from elsewhere
  prefab serve --seed-from defaults.json           a project that begins with a datafile's configs
  prefab serve --listen 127.0.0.1:0 --json         a free port, told as JSON, for scripts";

/// Configs, feature flags and log levels: ask, list, explain.
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
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Input(error.into())
    }
}

fn main() -> ExitCode {
    let Command { verb } = Command::parse();
    let done = match verb {
        Verb::Get(args) => commands::get::run(&args),
        Verb::List(args) => commands::list::run(&args),
        Verb::Explain(args) => commands::explain::run(&args),
        Verb::Watch(args) => commands::watch::run(&args),
        Verb::Eval(args) => commands::eval::run(&args),
        Verb::Demo => commands::demo::run(),
        Verb::Serve(args) => commands::serve::run(*args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::NoValue) => ExitCode::from(1),
        // Whoever reads the output has seen enough.
        Err(Failure::Input(error)) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(Failure::Input(error)) => {
            output::error(&format!("{error:#}"));
            ExitCode::from(3)
        }
    }
}
