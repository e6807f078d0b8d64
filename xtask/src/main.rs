//! Development tasks, run as `cargo xtask <command>`.

mod bench;
mod ci;
mod conformance;
mod doc_examples;
mod features;
mod layers;
mod packages;
mod packaging;
mod page_types;
mod proto;
mod public_api;
mod report;
mod screenshots;
mod site;
mod tidy;
mod words;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::report::no_arguments;

/// A command: its name, its line in `help`, and a function that runs it with the remaining arguments.
struct Command {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const COMMANDS: &[Command] = &[
    Command { name: "ci", about: "run every check that a change has to pass", run: ci::run },
    Command {
        name: "layers",
        about: "check that dependencies point down, without circles, and pure crates stay pure (--graph)",
        run: layers::run,
    },
    Command { name: "tidy", about: "check headers, file sizes, links and leftovers", run: tidy::run },
    Command {
        name: "doc-examples",
        about: "count the public items of the libraries that carry an example (--list: those without)",
        run: doc_examples::run,
    },
    Command {
        name: "words",
        about: "refuse the words listed in xtask/words.txt (PATH…: only these; --count)",
        run: words::run,
    },
    Command {
        name: "proto",
        about: "regenerate the wire types (--check: fail if they differ)",
        run: proto::run,
    },
    Command {
        name: "public-api",
        about: "compare the public items of the libraries with the committed lists (--bless)",
        run: public_api::run,
    },
    Command {
        name: "packages",
        about: "check and create the package file of each published crate (--dry-run: ask the registry, too)",
        run: packages::run,
    },
    Command {
        name: "packaging",
        about: "check the image, the chart, the service and the workflows, with the tools that are installed",
        run: packaging::run,
    },
    Command {
        name: "features",
        about: "check the libraries with none, each and all of their features",
        run: features::run,
    },
    Command {
        name: "conformance",
        about: "replay the corpus in $PREFAB_CONFORMANCE_DIR",
        run: conformance::run,
    },
    Command {
        name: "bench",
        about: "compare our speed with other engines (--check: instruction counts against the baseline; --help)",
        run: bench::run,
    },
    Command {
        name: "site",
        about: "build the documentation site into target/site, with mdbook",
        run: site::run,
    },
    Command {
        name: "page-types",
        about: "check the types of the page's scripts, with tsc",
        run: page_types::run,
    },
    Command {
        name: "screenshots",
        about: "take the screenshots of docs/tour.md in a real browser",
        run: screenshots::run,
    },
    Command { name: "help", about: "print this list", run: help },
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[String]) -> Result<()> {
    let Some((name, rest)) = words.split_first() else { return help(&[]) };
    let name = if matches!(name.as_str(), "-h" | "--help") { "help" } else { name };
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(rest),
        None => bail!("no command `{name}`; `cargo xtask help` lists them"),
    }
}

/// Returns the names of all commands.
fn command_names() -> Vec<&'static str> {
    COMMANDS.iter().map(|command| command.name).collect()
}

fn help(rest: &[String]) -> Result<()> {
    no_arguments("help", rest)?;
    println!("cargo xtask <command>\n");
    for Command { name, about, .. } in COMMANDS {
        println!("  {name:<12} {about}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        dispatch(&words).unwrap_err().to_string()
    }

    #[test]
    fn unknown_arguments_are_errors() {
        assert_eq!(refused(&["lairs"]), "no command `lairs`; `cargo xtask help` lists them");
        assert_eq!(refused(&["layers", "--fix"]), "`layers` does not accept `--fix`");
        assert_eq!(refused(&["proto", "--czech"]), "`proto` accepts only `--check`, not `--czech`");
    }
}
