//! `prefab token`

use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::moment;
use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
    server::Connection,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Lists the tokens
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Makes a token for a script; it is shown this once
    Create {
        /// What people call it
        name: String,
        /// What it may do: viewer, editor, publisher or admin
        #[arg(long, value_name = "ROLE")]
        role: String,
        /// An environment in which it may; may be given again. Elsewhere it looks only. All without
        #[arg(short, long, value_name = "ENVIRONMENT")]
        environment: Vec<String>,
        /// After how many days it ends by itself
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        days: Option<u32>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Ends a token at once
    Revoke {
        /// The token's number
        number: i64,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::List { connection } => list(connection),
        Verb::Create { name, role, environment, days, connection } => {
            let mut wish = json!({"name": name, "role": role, "expiresAt": days.map(millis_after)});
            if !environment.is_empty() {
                wish["environments"] = json!(environment);
            }
            let made = connection.server()?.send(Method::POST, "/tokens", &wish)?;
            if connection.json {
                return Ok(output::line(&made.to_string())?);
            }
            let text = |field: &str| made[field].as_str().unwrap_or("?");
            let said =
                format!("Token {}, shown this once:\n\n  {VALUE}{}{VALUE:#}\n", text("id"), text("token"));
            Ok(output::line(&said)?)
        }
        Verb::Revoke { number, connection } => {
            if !connection.agrees(&format!("Revoke token {number}? Whoever uses it is cut off at once."))? {
                return Err(Failure::NoValue);
            }
            let sent = connection.server()?.send(Method::DELETE, &format!("/tokens/{number}"), &Json::Null);
            let missing = || format!("the project has no token {number}; `prefab token list` lists them");
            let answer = sent.map_err(|failure| failure.where_missing(missing))?;
            let said = format!("Token {number} is revoked");
            Ok(output::line(&if connection.json { answer.to_string() } else { said })?)
        }
    }
}

fn millis_after(days: u32) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX).saturating_add(u64::from(days) * 86_400_000)
}

fn list(connection: &Connection) -> Result<(), Failure> {
    let tokens = connection.server()?.get("/tokens")?;
    if connection.json {
        return Ok(output::line(&tokens.to_string())?);
    }
    for token in tokens.as_array().into_iter().flatten() {
        let text = |field: &str| token[field].as_str().unwrap_or_default();
        let time = |field: &str| token[field].as_i64().map(moment);
        let state = match (time("revokedAt"), time("expiresAt"), time("lastUsedAt")) {
            (Some(at), ..) => format!("revoked {at}"),
            (_, Some(at), _) => format!("ends {at}"),
            (_, _, Some(at)) => format!("used {at}"),
            _ => "not used yet".to_owned(),
        };
        output::line(&format!(
            "{:>4}  {STRONG}{}{STRONG:#}  {}  {FAINT}by {}, {state}{FAINT:#}",
            text("id"),
            text("name"),
            super::person::roles(token),
            text("createdBy")
        ))?;
    }
    Ok(())
}
