//! `prefab verify`

mod scan;
mod tree;

use std::{collections::BTreeSet, fs, path::PathBuf};

use anyhow::Context as _;
use prefab_client::ClientStatus;
use serde_json::{Value as Json, json};

use crate::{
    Failure,
    inputs::{Inputs, OnServer},
    output::{self, FAINT, STRONG},
};

/// Check that all config keys in source code exist: exit code 1 if one does not.
///
/// It searches Rust, Python, JavaScript, TypeScript, Ruby, Go and Java files that mention Prefab for calls such as
/// `client.get("max-jobs")`, and looks for their keys in the files, the datafile or the server of this command line. A line
/// with the comment `prefab:ignore` is skipped, and so are keys that are not literals.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files and directories with source code
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,

    /// A file with further keys, one per line, such as those that a program prints; can be repeated
    #[arg(long, value_name = "FILE")]
    keys_from: Vec<PathBuf>,

    /// The name of a variable that contains a client, for calls of `get`; can be repeated
    #[arg(long, value_name = "NAME")]
    receiver: Vec<String>,

    #[command(flatten)]
    on_server: OnServer,

    #[command(flatten)]
    inputs: Inputs,
}

/// A key that code uses, and its place.
struct Usage {
    key: String,
    file: String,
    line: usize,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut usages = Vec::new();
    for file in tree::files(&args.paths)? {
        let Some(text) = tree::text(&file)? else { continue };
        let shown = file.strip_prefix(".").unwrap_or(&file).display().to_string();
        let found = scan::keys(&text, &args.receiver).into_iter();
        usages.extend(found.map(|(line, key)| Usage { key: key.to_owned(), file: shown.clone(), line }));
    }
    for list in &args.keys_from {
        let file = list.display().to_string();
        let text = fs::read_to_string(list).with_context(|| format!("cannot read `{file}`"))?;
        let lines = (1..).zip(text.lines()).map(|(line, key)| (line, key.trim()));
        let keys = lines.filter(|(_, key)| !key.is_empty() && !key.starts_with('#'));
        usages.extend(keys.map(|(line, key)| Usage { key: key.to_owned(), file: file.clone(), line }));
    }
    let reader = args.inputs.read(&args.on_server)?;
    if !matches!(reader.client.state().status, ClientStatus::Live | ClientStatus::Polling) {
        // A check against half of the configs would fail for the wrong reason, or pass.
        return Err(Failure::Input(anyhow::anyhow!("the server cannot be read; nothing was checked")));
    }
    let known: BTreeSet<String> = reader.client.keys().into_iter().collect();
    let unknown: Vec<&Usage> = usages.iter().filter(|usage| !known.contains(&usage.key)).collect();
    if args.inputs.json {
        let list = usages.iter().map(|usage| {
            let Usage { key, file, line } = usage;
            json!({"key": key, "file": file, "line": line, "known": known.contains(key)})
        });
        output::line(&list.collect::<Json>().to_string())?;
    } else {
        for Usage { key, file, line } in &unknown {
            let near = reader.client.similar_key(key);
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            output::error(&format!("{file}:{line}: there is no config `{key}`{hint}"));
        }
        let keys = usages.iter().map(|usage| &usage.key).collect::<BTreeSet<_>>().len();
        let missing = unknown.iter().map(|usage| &usage.key).collect::<BTreeSet<_>>().len();
        output::line(&format!(
            "{STRONG}{keys}{STRONG:#} keys in code, {STRONG}{missing}{STRONG:#} of them unknown{FAINT}; there are {} \
             configs{FAINT:#}",
            known.len()
        ))?;
    }
    if unknown.is_empty() { Ok(()) } else { Err(Failure::NoValue) }
}
