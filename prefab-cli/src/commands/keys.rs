//! `prefab key`

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{environments, moment};
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
    /// Lists the keys of SDKs and of people who manage
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Makes a key; it is shown this once
    Create {
        /// The environment by name or number
        #[arg(required_unless_present = "named", conflicts_with = "named")]
        environment: Option<String>,
        /// The same as ENVIRONMENT
        #[arg(short = 'e', long = "environment", value_name = "ENVIRONMENT", id = "named")]
        named: Option<String>,
        /// What it may do: backend (read with rules), frontend (read answers) or admin (change)
        #[arg(long, value_name = "KIND", default_value = "backend")]
        kind: String,
        /// What people call it [default: its kind]
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        /// The person whose overrides it sees
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Ends a key at once
    Revoke {
        /// The key's number
        number: i64,
        #[command(flatten)]
        connection: Connection,
    },
    /// Makes a key in place of another, which goes on for a while
    Rotate {
        /// The key's number
        number: i64,
        /// For how many hours the old one goes on
        #[arg(long, value_name = "HOURS", default_value_t = 24)]
        overlap: i64,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::List { connection } => list(connection),
        Verb::Create { environment, named, kind, name, user, connection } => {
            let server = connection.server()?;
            let environment = environment.as_deref().or(named.as_deref());
            let environment = environments::named(&server, environment)?.map(|environment| environment.id);
            let name = name.as_ref().unwrap_or(kind);
            let wish = json!({"environment": environment, "kind": kind, "name": name, "user": user});
            show(connection, &server.send(Method::POST, "/keys", &wish)?)
        }
        Verb::Revoke { number, connection } => {
            if !connection.agrees(&format!("Revoke key {number}? Whoever uses it is cut off at once."))? {
                return Err(Failure::NoValue);
            }
            let sent = connection.server()?.send(Method::DELETE, &format!("/keys/{number}"), &Json::Null);
            let answer = sent.map_err(|failure| unknown(*number, failure))?;
            let said = format!("Key {number} is revoked");
            Ok(output::line(&if connection.json { answer.to_string() } else { said })?)
        }
        Verb::Rotate { number, overlap, connection } => {
            let wish = json!({"overlapSeconds": overlap * 3_600});
            let sent = connection.server()?.send(Method::POST, &format!("/keys/{number}/rotate"), &wish);
            show(connection, &sent.map_err(|failure| unknown(*number, failure))?)
        }
    }
}

fn unknown(number: i64, failure: Failure) -> Failure {
    failure.where_missing(|| format!("the project has no key {number}; `prefab key list` lists them"))
}

fn show(connection: &Connection, made: &Json) -> Result<(), Failure> {
    if connection.json {
        return Ok(output::line(&made.to_string())?);
    }
    let text = |field: &str| made[field].as_str().unwrap_or("?");
    output::line(&format!("Key {}, shown this once:\n\n  {VALUE}{}{VALUE:#}\n", text("id"), text("key")))?;
    Ok(())
}

fn list(connection: &Connection) -> Result<(), Failure> {
    let server = connection.server()?;
    let keys = server.get("/keys")?;
    if connection.json {
        return Ok(output::line(&keys.to_string())?);
    }
    let all_environments = server.get("/environments")?;
    for key in keys.as_array().into_iter().flatten() {
        let text = |field: &str| key[field].as_str().unwrap_or_default();
        let environment =
            environments::name_of(&all_environments, &key["environment"]).unwrap_or(text("environment"));
        let state = match (key["revokedAt"].as_i64(), key["expiresAt"].as_i64(), key["lastUsedAt"].as_i64()) {
            (Some(at), ..) => format!("revoked {}", moment(at)),
            (_, Some(at), _) => format!("ends {}", moment(at)),
            (_, _, Some(at)) => format!("used {}", moment(at)),
            _ => "not used yet".to_owned(),
        };
        output::line(&format!(
            "{:>4}  {STRONG}{:8}{STRONG:#}  {environment}  {}  {FAINT}{state}{FAINT:#}",
            text("id"),
            text("kind"),
            text("name")
        ))?;
    }
    Ok(())
}
