//! `prefab list`

use std::collections::BTreeSet;

use prefab_client::Error;
use prefab_core::{ConfigType, StoredConfig};
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    Failure,
    commands::get::to_redacted_json,
    inputs::{Inputs, OnServer},
    output::{self, FAINT, STRONG, VALUE, cut, one_line, pad},
};

#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "a command line has flags")]
pub(crate) struct Args {
    /// Only config keys that contain this text
    #[arg(default_value = "")]
    filter: String,

    /// Only configs; can be combined with the other type options
    #[arg(long)]
    configs: bool,

    /// Only feature flags
    #[arg(long)]
    feature_flags: bool,

    /// Only log levels
    #[arg(long)]
    log_levels: bool,

    /// Only segments
    #[arg(long)]
    segments: bool,

    /// Only items with this tag; can be repeated. A server requires an admin key for this
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,

    #[command(flatten)]
    on_server: OnServer,

    #[command(flatten)]
    inputs: Inputs,
}

impl Args {
    fn wants(&self, config_type: ConfigType) -> bool {
        let &Self { configs, feature_flags, log_levels, segments, .. } = self;
        if !(configs || feature_flags || log_levels || segments) {
            return true;
        }
        match config_type {
            ConfigType::FeatureFlag => feature_flags,
            ConfigType::LogLevel | ConfigType::LogLevelV2 => log_levels,
            ConfigType::Segment => segments,
            _ => configs,
        }
    }
}

const MAX_WIDTHS: [usize; 4] = [50, 40, 11, 20];

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let reader = args.inputs.read(&args.on_server)?;
    let client = &reader.client;
    let rules = client.ruleset();
    let on_server = tagged_on_server(args)?;
    let has_tags = |config: &StoredConfig| {
        let own = &config.config().tags;
        args.tag.iter().all(|tag| own.contains(tag)) || on_server.contains(config.key())
    };
    let is_wanted = |key: &String| {
        key.contains(&args.filter)
            && rules.entry(key).is_some_and(|entry| {
                let config = entry.stored();
                args.wants(config.config_type()) && (args.tag.is_empty() || has_tags(config))
            })
    };
    let keys = client.keys().into_iter().filter(is_wanted);
    let details: Vec<_> = keys.map(|key| reader.details(&key)).collect();
    if args.inputs.json {
        for details in &details {
            let mut json = to_redacted_json(details);
            if let Some(problem) = reader.redaction(details) {
                json = json!({"key": details.key, "error": {"code": "redacted", "message": problem}});
            }
            output::line(&json.to_string())?;
        }
        return Ok(());
    }
    if details.is_empty() {
        output::warning(&nothing(args));
        return Ok(());
    }
    let mut rows = vec![["KEY", "VALUE", "TYPE", "MATCH", "SOURCE"].map(ToOwned::to_owned)];
    rows.extend(details.iter().map(|details| {
        let is_redacted = reader.redaction(details).is_some();
        let value = match &details.error {
            _ if is_redacted => "(depends on a confidential value)".to_owned(),
            Some(Error::MissingDefault { .. }) => "(no rule matches)".to_owned(),
            Some(error) => format!("({})", error.code()),
            None => one_line(&details.display),
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let is_known = details.error.is_none() && !is_redacted;
        let kind = if is_known { details.kind } else { "" };
        let matched = if is_redacted { String::new() } else { text(&details.matched) };
        let key = one_line(&details.key);
        let cells = [&key, &value, kind, &matched];
        let [key, value, kind, matched] = std::array::from_fn(|at| cut(cells[at], MAX_WIDTHS[at]));
        [key, value, kind, matched, text(&details.source)]
    }));
    let widths: [usize; 4] =
        std::array::from_fn(|at| rows.iter().map(|row| row[at].width()).max().unwrap_or_default());
    for (at, row) in rows.iter().enumerate() {
        let (key_style, value_style) = if at == 0 { (FAINT, FAINT) } else { (STRONG, VALUE) };
        let [key, value, kind, matched] = std::array::from_fn(|at| pad(&row[at], widths[at]));
        output::line(&format!(
            "{key_style}{key}{key_style:#}  {value_style}{value}{value_style:#}  {FAINT}{kind}  {matched}  {}{FAINT:#}",
            row[4]
        ))?;
    }
    Ok(())
}

/// Returns the config keys with the tags on the server. SDKs do not receive tags.
fn tagged_on_server(args: &Args) -> Result<BTreeSet<String>, Failure> {
    if args.tag.is_empty() {
        return Ok(BTreeSet::new());
    }
    let Some(server) = args.inputs.server()? else { return Ok(BTreeSet::new()) };
    server.tagged(&args.tag)
}

fn nothing(args: &Args) -> String {
    let what = if args.filter.is_empty() { String::new() } else { format!(" containing `{}`", args.filter) };
    if args.tag.is_empty() {
        let advice = args.inputs.advice();
        return format!("no keys{what}; add one to .prefab.default.config.yaml{advice}");
    }
    let tags: Vec<_> = args.tag.iter().map(|tag| format!("`{tag}`")).collect();
    let tags = tags.join(" and ");
    format!("no keys{what} with the tag {tags}; only servers and datafiles contain tags")
}
