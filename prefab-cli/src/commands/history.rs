//! `prefab history KEY`, `prefab diff KEY`, `prefab revert KEY VERSION`, `prefab archive KEY`

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::moment;
use crate::{
    Failure,
    output::{self, FAINT, STRONG, one_line},
    server::{Connection, part, suggest_key},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key
    key: String,

    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct DiffArgs {
    /// The key
    key: String,

    /// The older version [default: the one before]
    from: Option<String>,

    /// The newer version [default: the one that stands]
    to: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct RevertArgs {
    /// The key
    key: String,

    /// The version to go back to, of those that `prefab history` lists [default: the one before]
    version: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

/// Lists the versions of a key, the newest first.
pub(crate) fn history(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let versions = server.get(&format!("/items/{}/versions", part(&args.key)));
    let versions = versions.map_err(|failure| suggest_key(&server, &args.key, failure))?;
    if args.connection.json {
        return Ok(output::line(&versions.to_string())?);
    }
    for version in versions.as_array().into_iter().flatten() {
        let text = |field: &str| version[field].as_str().unwrap_or_default();
        let at = moment(version["changedAt"].as_i64().unwrap_or_default());
        let said = if text("sentence").is_empty() { text("changedBy") } else { text("sentence") };
        let said = one_line(said);
        output::line(&format!("{STRONG}{}{STRONG:#}  {FAINT}{at}{FAINT:#}  {said}", text("id")))?;
        if !text("comment").is_empty() {
            output::line(&format!("    “{}”", one_line(text("comment"))))?;
        }
    }
    Ok(())
}

/// Says what changed between two versions.
pub(crate) fn diff(args: &DiffArgs) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let side =
        |name: &str, version: Option<&String>| version.map(|version| format!("{name}={}", part(version)));
    let sides: Vec<_> =
        [side("from", args.from.as_ref()), side("to", args.to.as_ref())].into_iter().flatten().collect();
    let difference = server.get(&format!("/items/{}/diff?{}", part(&args.key), sides.join("&")));
    let difference = difference.map_err(|failure| suggest_key(&server, &args.key, failure))?;
    if args.connection.json {
        return Ok(output::line(&difference.to_string())?);
    }
    let said = difference["differences"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let said: Vec<_> = said.map(one_line).collect();
    if said.is_empty() {
        return Ok(output::line("nothing changed")?);
    }
    Ok(output::line(&said.join("\n"))?)
}

/// Makes an old version stand again, as a new one.
pub(crate) fn revert(args: &RevertArgs) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let path = format!("/items/{}", part(&args.key));
    let failed = |failure| suggest_key(&server, &args.key, failure);
    let version = match &args.version {
        Some(version) => version.clone(),
        None => before(&server.get(&format!("{path}/versions")).map_err(failed)?, &args.key)?,
    };
    if !args.connection.agrees(&format!("Make version {version} of `{}` stand again?", args.key))? {
        return Err(Failure::NoValue);
    }
    let body = json!({"to": version, "comment": args.connection.comment});
    let answer = server.send(Method::POST, &format!("{path}/revert"), &body).map_err(failed)?;
    if args.connection.json {
        return Ok(output::line(&answer.to_string())?);
    }
    Ok(output::line(&format!("`{}` is as it was in version {version}", args.key))?)
}

fn before(versions: &Json, key: &str) -> anyhow::Result<String> {
    let before = versions[1]["id"].as_str().map(ToOwned::to_owned);
    before.ok_or_else(|| anyhow::anyhow!("`{key}` has one version; there is none to go back to"))
}

/// Archives a key: clients have it no more; `prefab revert` brings it back.
pub(crate) fn archive(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    if !args.connection.agrees(&format!("Archive `{}`? Clients will have their defaults.", args.key))? {
        return Err(Failure::NoValue);
    }
    let body = json!({"comment": args.connection.comment});
    let answer = server.send(Method::DELETE, &format!("/items/{}", part(&args.key)), &body);
    let answer = answer.map_err(|failure| suggest_key(&server, &args.key, failure))?;
    if args.connection.json {
        return Ok(output::line(&answer.to_string())?);
    }
    Ok(output::line(&format!("`{}` is archived", args.key))?)
}
