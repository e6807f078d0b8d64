//! `prefab generate`

mod python;
mod ruby;
mod rust;
mod typescript;

use std::{collections::BTreeSet, fs, path::PathBuf};

use anyhow::Context as _;
use serde_json::Value as Json;

use crate::{
    Failure,
    output::{self, STRONG},
    server::Connection,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The language and SDK
    #[arg(long, value_enum, default_value = "rust")]
    target: Target,

    /// The folder of the file
    #[arg(long, value_name = "DIR", default_value = "generated-sources")]
    output_dir: PathBuf,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Target {
    /// A module with one method for each key, for `prefab-client`
    Rust,
    /// A class for `@prefab-cloud/prefab-cloud-node`
    NodeTs,
    /// A class for `@prefab-cloud/prefab-cloud-react` and `-js`
    ReactTs,
    /// A class for `prefab-cloud-python`
    #[value(alias = "python")]
    PythonPydantic,
    /// A class for `prefab-cloud-ruby`
    Ruby,
}

impl Target {
    fn file(self) -> &'static str {
        match self {
            Self::Rust => "prefab_configs.rs",
            Self::NodeTs => "prefab-server.ts",
            Self::ReactTs => "prefab-client.ts",
            Self::PythonPydantic => "prefab.py",
            Self::Ruby => "prefab_client.rb",
        }
    }

    fn write(self, entries: &[Entry]) -> String {
        match self {
            Self::Rust => rust::write(entries),
            Self::NodeTs => typescript::node(entries),
            Self::ReactTs => typescript::react(entries),
            Self::PythonPydantic => python::write(entries),
            Self::Ruby => ruby::write(entries),
        }
    }
}

/// A config for which a method is generated.
pub(super) struct Entry {
    key: String,
    kind: Kind,
    is_flag: bool,
}

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Double,
    String,
    StringList,
    Json,
    Duration,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "BOOL" => Self::Bool,
            "INT" => Self::Int,
            "DOUBLE" => Self::Double,
            "STRING" => Self::String,
            "STRING_LIST" => Self::StringList,
            "JSON" => Self::Json,
            "DURATION" => Self::Duration,
            _ => return None,
        })
    }

    fn words(self) -> &'static str {
        match self {
            Self::Bool => "a bool",
            Self::Int => "an int",
            Self::Double => "a double",
            Self::String => "a string",
            Self::StringList => "a list of strings",
            Self::Json => "JSON",
            Self::Duration => "a duration",
        }
    }
}

/// Generates typed code for all configs and flags of the project.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    // Keys and types suffice, so the datafile is read as JSON.
    let export = server.get::<Json>("/export")?.json;
    let configs = export["configs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut entries: Vec<Entry> = configs.iter().filter_map(entry).collect();
    entries.sort_by(|left, right| left.key.cmp(&right.key));
    let file = args.output_dir.join(args.target.file());
    fs::create_dir_all(&args.output_dir)
        .with_context(|| format!("cannot create {}", args.output_dir.display()))?;
    fs::write(&file, args.target.write(&entries))
        .with_context(|| format!("cannot write {}", file.display()))?;
    let text = format!("Wrote {STRONG}{}{STRONG:#}: {} keys", file.display(), entries.len());
    Ok(output::line(&text)?)
}

fn entry(config: &Json) -> Option<Entry> {
    let purpose = config["configType"].as_str().unwrap_or_default();
    let is_flag = purpose == "FEATURE_FLAG";
    if !is_flag && purpose != "CONFIG" {
        return None;
    }
    let kind = Kind::of(config["valueType"].as_str()?)?;
    Some(Entry { key: config["key"].as_str()?.to_owned(), kind, is_flag })
}

/// Splits a config key into lower-case words.
fn words(key: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in key.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        let mut word = String::new();
        let mut before_is_small = false;
        for letter in part.chars() {
            if letter.is_ascii_uppercase() && before_is_small {
                words.push(std::mem::take(&mut word));
            }
            before_is_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
            word.push(letter.to_ascii_lowercase());
        }
        words.push(word);
    }
    words
}

/// Creates identifiers from config keys: unique, not reserved, and without a leading digit.
struct Names {
    used: BTreeSet<String>,
}

impl Names {
    fn new(taken: &[&str]) -> Self {
        Self { used: taken.iter().map(|name| (*name).to_owned()).collect() }
    }

    fn snake(&mut self, key: &str) -> String {
        self.free(&words(key).join("_"), "_")
    }

    fn camel(&mut self, key: &str) -> String {
        let mut name = String::new();
        for (at, word) in words(key).iter().enumerate() {
            let (first, rest) = word.split_at(1);
            name += &if at == 0 { first.to_owned() } else { first.to_uppercase() };
            name += rest;
        }
        self.free(&name, "")
    }

    fn free(&mut self, name: &str, between: &str) -> String {
        let name = match name.chars().next() {
            None => "key".to_owned(),
            Some(first) if first.is_ascii_digit() => format!("key{between}{name}"),
            Some(_) => name.to_owned(),
        };
        let numbered = (2..).map(|number| format!("{name}{between}{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !self.used.contains(name));
        let free = free.unwrap_or(name);
        self.used.insert(free.clone());
        free
    }
}

/// Returns a text as a literal of all supported languages.
fn literal(text: &str) -> String {
    Json::from(text).to_string()
}

#[cfg(test)]
mod tests;
