//! The settings of `prefab serve`: options, environment variables, and a file in TOML.
//!
//! An option wins over a variable, a variable over the file, and the file over the default. The keys of the file are the
//! names of the options. [`load`] reads the file that the command line names and makes its values the defaults of the
//! options, so `clap` parses and merges all of them.

mod file;
mod report;

use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command, parser::ValueSource};

pub(crate) use file::File;
pub(crate) use report::Setting;

/// The file that is read from the working directory if it exists.
const DEFAULT_FILE: &str = "prefab.toml";

/// Parses the command line. For `serve`, the values of the settings file replace the defaults.
///
/// # Errors
///
/// A message that lists every problem of the file with its line.
pub(crate) fn load(command: impl Fn() -> Command) -> anyhow::Result<(ArgMatches, Option<File>)> {
    let matches = command().get_matches();
    let Some(serve) = matches.subcommand_matches("serve") else { return Ok((matches, None)) };
    let named = serve.get_one::<PathBuf>("config");
    let path = named.map_or(Path::new(DEFAULT_FILE), PathBuf::as_path);
    if named.is_none() && !path.exists() {
        return Ok((matches, None));
    }
    let mut command = command();
    command.build();
    let Some(serve) = command.find_subcommand("serve") else { return Ok((matches, None)) };
    let file = File::read(path, serve)?;
    let matches = command.mut_subcommand("serve", |serve| file.as_defaults(serve)).get_matches();
    Ok((matches, Some(file)))
}

/// Returns all settings of `serve` with their values and sources.
pub(crate) fn settings(serve: &Command, matches: &ArgMatches, file: Option<&File>) -> Vec<Setting> {
    let arguments = serve.get_arguments().filter(|argument| file::is_setting(argument));
    let settings = arguments.filter_map(|argument| {
        let id = argument.get_id().as_str();
        let option = argument.get_long()?;
        let variable = argument.get_env()?.to_string_lossy();
        let source = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => format!("--{option}"),
            Some(ValueSource::EnvVariable) => variable.into_owned(),
            _ => file.and_then(|file| file.place(option)).unwrap_or_else(|| "default".to_owned()),
        };
        let values = matches.get_raw(id).into_iter().flatten();
        let values = values.map(|value| value.to_string_lossy().into_owned()).collect();
        Some(Setting::new(option, values, source, argument.is_hide_env_values_set()))
    });
    settings.collect()
}
