//! `prefab history KEY`, `prefab diff KEY`, `prefab revert KEY VERSION`, `prefab archive KEY`

use anyhow::Context as _;
use prefab_management_api::{
    ChangeComment, ChangeResponse, DiffQuery, DiffResponse, ItemVersion, RevertRequest,
};
use reqwest::Method;

use super::moment;
use crate::{
    Failure,
    output::{self, FAINT, STRONG, one_line},
    server::{Connection, Reply, Server, item_path, suggest_key},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The config key
    key: String,

    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct DiffArgs {
    /// The config key
    key: String,

    /// The older version [default: the previous version]
    from: Option<i64>,

    /// The newer version [default: the current version]
    to: Option<i64>,

    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct RevertArgs {
    /// The config key
    key: String,

    /// The version to restore, as `prefab history` lists it [default: the previous version]
    version: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

/// Lists the versions of an item, newest first.
pub(crate) fn history(args: &Args) -> Result<(), Failure> {
    let versions = versions(&args.connection.server()?, &args.key)?;
    if args.connection.json {
        return versions.print(true, "");
    }
    for version in &*versions {
        let at = moment(version.changed_at);
        let text = one_line(version.sentence.as_ref().unwrap_or(&version.changed_by));
        output::line(&format!("{STRONG}{}{STRONG:#}  {FAINT}{at}{FAINT:#}  {text}", version.id))?;
        if let Some(comment) = version.comment.as_ref().filter(|comment| !comment.is_empty()) {
            output::line(&format!("    “{}”", one_line(comment)))?;
        }
    }
    Ok(())
}

fn versions(server: &Server, key: &str) -> Result<Reply<Vec<ItemVersion>>, Failure> {
    let versions = server.get(&format!("{}/versions", item_path(key)));
    versions.map_err(|failure| suggest_key(server, key, failure))
}

/// Shows the differences between two versions.
pub(crate) fn diff(args: &DiffArgs) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let query = DiffQuery { from: args.from, to: args.to, reveal: None };
    let difference = server.find(&format!("{}/diff", item_path(&args.key)), &query);
    let difference: Reply<DiffResponse> =
        difference.map_err(|failure| suggest_key(&server, &args.key, failure))?;
    let lines: Vec<_> = difference.differences.iter().map(|text| one_line(text)).collect();
    let text = if lines.is_empty() { "no differences".to_owned() } else { lines.join("\n") };
    difference.print(args.connection.json, &text)
}

/// Restores an earlier version as a new version.
pub(crate) fn revert(args: &RevertArgs) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let version = if let Some(version) = &args.version {
        version.clone()
    } else {
        let versions = versions(&server, &args.key)?;
        let previous = versions.get(1).map(|version| version.id.clone());
        previous.with_context(|| format!("`{}` has only one version", args.key))?
    };
    if !args.connection.confirm(&format!("Restore version {version} of `{}`?", args.key))? {
        return Err(Failure::NoValue);
    }
    let request = RevertRequest { to: version.clone(), comment: args.connection.comment.clone() };
    let sent = server.send(Method::POST, &format!("{}/revert", item_path(&args.key)), &request);
    let reply: Reply<ChangeResponse> = sent.map_err(|failure| suggest_key(&server, &args.key, failure))?;
    reply.print(args.connection.json, &format!("Restored version {version} of `{}`", args.key))
}

/// Archives an item. `prefab revert` restores it.
pub(crate) fn archive(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let question = format!("Archive `{}`? Clients will use the defaults in their code.", args.key);
    if !args.connection.confirm(&question)? {
        return Err(Failure::NoValue);
    }
    let request = ChangeComment { comment: Some(args.connection.comment.clone()), version: None };
    let sent = server.send(Method::DELETE, &item_path(&args.key), &request);
    let reply: Reply<ChangeResponse> = sent.map_err(|failure| suggest_key(&server, &args.key, failure))?;
    reply.print(args.connection.json, &format!("Archived `{}`", args.key))
}
