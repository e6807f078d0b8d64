//! The settings file: a flat table in TOML, whose keys are the names of options.

use std::{
    fmt::Write as _,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::{Arg, ArgAction, Command, builder::OsStr, error::ErrorKind};
use toml::de::{DeTable, DeValue};

/// The maximum size of the file.
const MAX_BYTES: u64 = 1024 * 1024;

/// The settings of a file.
pub(crate) struct File {
    path: PathBuf,
    entries: Vec<Entry>,
}

/// A line of the file.
struct Entry {
    /// The name of the option, without `--`.
    key: String,
    line: usize,
    values: Vec<String>,
}

/// Returns whether an option of `serve` can be set in the file: every option that has a variable, except the file itself.
pub(super) fn is_setting(argument: &Arg) -> bool {
    argument.get_env().is_some() && argument.get_id() != "config"
}

impl File {
    /// Reads a file. `serve` is the definition of the command whose options are the keys.
    ///
    /// # Errors
    ///
    /// A message with every unknown key and every invalid value.
    pub(super) fn read(path: &Path, serve: &Command) -> anyhow::Result<Self> {
        let shown = path.display();
        let mut text = String::new();
        fs::File::open(path)
            .and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text))
            .with_context(|| format!("cannot read the settings file `{shown}`"))?;
        if text.len() as u64 > MAX_BYTES {
            bail!("the settings file `{shown}` is larger than {MAX_BYTES} bytes");
        }
        let (entries, problems) = parse(&text, serve);
        if problems.is_empty() {
            return Ok(Self { path: path.to_owned(), entries });
        }
        let lines: Vec<String> =
            problems.into_iter().map(|(line, problem)| format!("{shown}:{line}: {problem}")).collect();
        bail!("invalid settings\n{}", lines.join("\n"))
    }

    /// Returns the definition of the command with the values of the file as defaults.
    pub(super) fn as_defaults(&self, serve: Command) -> Command {
        self.entries.iter().fold(serve, |serve, entry| {
            let values: Vec<OsStr> = entry.values.iter().map(|value| value.clone().into()).collect();
            serve.mut_args(|argument| {
                let is_it = argument.get_long() == Some(&*entry.key);
                if is_it { argument.default_values(values.clone()) } else { argument }
            })
        })
    }

    /// Returns the file and the line of a setting.
    pub(super) fn place(&self, key: &str) -> Option<String> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(format!("{}:{}", self.path.display(), entry.line))
    }
}

/// Returns the entries, and the problems with their lines.
fn parse(text: &str, serve: &Command) -> (Vec<Entry>, Vec<(usize, String)>) {
    let line_of = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(span.start));
            return (Vec::new(), vec![(line, error.message().to_owned())]);
        }
    };
    let mut entries = Vec::new();
    let mut problems = Vec::new();
    for (key, value) in &table {
        let line = line_of(key.span().start);
        let key = key.get_ref().as_ref();
        match entry(key, value.get_ref(), serve) {
            Ok(values) => entries.push(Entry { key: key.to_owned(), line, values }),
            Err(problem) => problems.push((line, problem)),
        }
    }
    problems.sort();
    (entries, problems)
}

/// Returns the values of a key as `clap` reads them.
fn entry(key: &str, value: &DeValue<'_>, serve: &Command) -> Result<Vec<String>, String> {
    let known = || serve.get_arguments().filter(|argument| is_setting(argument));
    let Some(argument) = known().find(|argument| argument.get_long() == Some(key)) else {
        let names = known().filter_map(Arg::get_long);
        let near = names.map(|name| (strsim::damerau_levenshtein(key, name), name)).min();
        let hint = near.filter(|(distance, name)| *distance <= 2.max(name.len() / 3));
        let mut message = format!("unknown setting `{key}`");
        if let Some((_, name)) = hint {
            let _ = write!(message, "; did you mean `{name}`?");
        }
        return Err(message);
    };
    let values = match value {
        DeValue::Array(values) if argument.get_value_delimiter().is_some() => {
            values.iter().map(|value| scalar(value.get_ref())).collect::<Option<Vec<_>>>()
        }
        other => scalar(other).map(|value| vec![value]),
    };
    let values = values.ok_or_else(|| format!("`{key}` does not accept {}", kind(value)))?;
    if matches!(argument.get_action(), ArgAction::SetTrue) && !matches!(value, DeValue::Boolean(_)) {
        return Err(format!("`{key}` is true or false"));
    }
    match problem_of(argument, &values, serve) {
        Some(problem) => Err(problem),
        None => Ok(values),
    }
}

/// Returns the problem that `clap` has with the values of one option.
fn problem_of(argument: &Arg, values: &[String], serve: &Command) -> Option<String> {
    let long = argument.get_long()?;
    if matches!(argument.get_action(), ArgAction::SetTrue) {
        return None;
    }
    let line = values.iter().map(|value| format!("--{long}={value}"));
    let without_variables = serve.clone().mut_args(|argument| argument.env(None::<&str>));
    let error =
        without_variables.try_get_matches_from(std::iter::once("serve".to_owned()).chain(line)).err()?;
    // `clap` ends the message with a hint about the command line.
    let message = error.to_string();
    let first = message.lines().next().unwrap_or_default();
    let problem = first.strip_prefix("error: ").unwrap_or(first);
    (error.kind() != ErrorKind::MissingRequiredArgument).then(|| {
        let option = argument.to_string();
        problem.replace(&format!("'{option}'"), &format!("`{long}`")).replace(&option, &format!("`{long}`"))
    })
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Boolean(bool) => Some(bool.to_string()),
        _ => None,
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::Array(_) => "an array of these values",
        DeValue::Table(_) => "a table",
        DeValue::Datetime(_) => "a date",
        DeValue::Float(_) => "a number with a fraction",
        _ => "a value of this type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve() -> Command {
        let mut command = crate::command_line();
        command.build();
        command.find_subcommand("serve").unwrap().clone()
    }

    #[track_caller]
    fn refused(text: &str, expected: &[(usize, &str)]) {
        let (_, problems) = parse(text, &serve());
        let problems: Vec<_> = problems.iter().map(|(line, problem)| (*line, problem.as_str())).collect();
        assert_eq!(problems, expected);
    }

    #[test]
    fn every_option_with_a_variable_is_a_key() {
        let text = "listen = \"0.0.0.0:80\"\nallow-damaged = true\ntrusted-proxy = [\"10.0.0.0/8\", \"::1\"]\n\
                    drain-timeout = 5\n# a comment\nlog-level = \"info\"\ncollect-contexts = false\n";
        let (entries, problems) = parse(text, &serve());
        assert_eq!(problems, []);
        let mut lines: Vec<_> =
            entries.iter().map(|entry| (entry.line, &*entry.key, entry.values.join(" "))).collect();
        lines.sort();
        let expected = [
            (1, "listen", "0.0.0.0:80"),
            (2, "allow-damaged", "true"),
            (3, "trusted-proxy", "10.0.0.0/8 ::1"),
            (4, "drain-timeout", "5"),
            (6, "log-level", "info"),
            (7, "collect-contexts", "false"),
        ];
        assert_eq!(lines, expected.map(|(line, key, values)| (line, key, values.to_owned())));
    }

    #[test]
    fn a_problem_has_its_line_and_the_nearest_key() {
        refused("\nlistn = \"127.0.0.1:1\"\n", &[(2, "unknown setting `listn`; did you mean `listen`?")]);
        refused("data_dir = \"x\"", &[(1, "unknown setting `data_dir`; did you mean `data-dir`?")]);
        refused("colour = 1", &[(1, "unknown setting `colour`")]);
        refused("[server]\nlisten = \"x\"", &[(1, "unknown setting `server`")]);
        refused("config = \"other.toml\"", &[(1, "unknown setting `config`")]);
    }

    #[test]
    fn a_wrong_value_has_its_line() {
        refused(
            "drain-timeout = 3\nlisten = \"here\"\nmax-connections = \"many\"",
            &[
                (
                    2,
                    "invalid value 'here' for `listen`: expected an address and a port, as in 127.0.0.1:8742 or [::1]:8742",
                ),
                (3, "invalid value 'many' for `max-connections`: invalid digit found in string"),
            ],
        );
        refused("allow-damaged = \"yes\"", &[(1, "`allow-damaged` is true or false")]);
        refused("listen = [\"127.0.0.1:1\"]", &[(1, "`listen` does not accept an array of these values")]);
        refused("drain-timeout = 1.5", &[(1, "`drain-timeout` does not accept a number with a fraction")]);
    }

    #[test]
    fn a_syntax_error_has_its_line() {
        let (_, problems) = parse("listen = \"a\"\nlisten = \"b\"", &serve());
        assert_eq!((problems.len(), problems[0].0), (1, 2), "{problems:?}");
        let (_, problems) = parse("a = 1\n= 2\n", &serve());
        assert_eq!((problems.len(), problems[0].0), (1, 2), "{problems:?}");
    }
}
