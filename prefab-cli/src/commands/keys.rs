//! `prefab key`

use anyhow::Context as _;
use prefab_management_api::{ApiKeyResponse, CreateKeyRequest, CreateKeyResponse, KeyKind, RotateKeyRequest};
use reqwest::Method;

use super::{credential_state, environments, named_value};
use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
    server::{Connection, Reply},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List the API keys
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Issue an API key; it is shown only once
    Create {
        /// The name or number of the environment
        #[arg(required_unless_present = "named", conflicts_with = "named")]
        environment: Option<String>,
        /// The same as ENVIRONMENT
        #[arg(short = 'e', long = "environment", value_name = "ENVIRONMENT", id = "named")]
        named: Option<String>,
        /// The rights: backend (reads rules), frontend (reads values) or admin (changes configs)
        #[arg(long, value_name = "KIND", default_value = "backend", value_parser = named_value::<KeyKind>)]
        kind: KeyKind,
        /// The name of the key [default: its kind]
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        /// The user whose personal overrides apply
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Revoke an API key immediately
    Revoke {
        /// The number of the key
        number: i64,
        #[command(flatten)]
        connection: Connection,
    },
    /// Issue a new API key to replace another one
    Rotate {
        /// The number of the key
        number: i64,
        /// The number of hours until the old key expires: 0 to 2160
        #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(i64).range(0..=2160))]
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
            let environment = environments::named(&server, environment)?;
            let environment = environment.context("no environment: name one").map_err(Failure::Usage)?;
            let request = CreateKeyRequest {
                name: name.clone().unwrap_or_else(|| kind_name(*kind).to_owned()),
                environment: environment.id,
                kind: *kind,
                user: user.clone(),
                expires_at: None,
            };
            show(connection, &server.send(Method::POST, "/keys", &request)?)
        }
        Verb::Revoke { number, connection } => {
            if !connection
                .confirm(&format!("Revoke key {number}? Its clients are disconnected immediately."))?
            {
                return Err(Failure::NoValue);
            }
            let sent = connection.server()?.send_empty(Method::DELETE, &format!("/keys/{number}"));
            let reply: Reply<ApiKeyResponse> = sent.map_err(|failure| unknown(*number, failure))?;
            reply.print(connection.json, &format!("Revoked key {number}"))
        }
        Verb::Rotate { number, overlap, connection } => {
            let request = RotateKeyRequest { overlap_seconds: overlap * 3_600 };
            let sent = connection.server()?.send(Method::POST, &format!("/keys/{number}/rotate"), &request);
            show(connection, &sent.map_err(|failure| unknown(*number, failure))?)
        }
    }
}

const fn kind_name(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Backend => "backend",
        KeyKind::Frontend => "frontend",
        KeyKind::Admin => "admin",
    }
}

fn unknown(number: i64, failure: Failure) -> Failure {
    failure.or_not_found(|| format!("the project has no key {number}; `prefab key list` lists the keys"))
}

fn show(connection: &Connection, reply: &Reply<CreateKeyResponse>) -> Result<(), Failure> {
    let CreateKeyResponse { id, key } = &reply.body;
    reply.print(connection.json, &format!("Key {id}, shown only once:\n\n  {VALUE}{key}{VALUE:#}\n"))
}

fn list(connection: &Connection) -> Result<(), Failure> {
    let server = connection.server()?;
    let keys: Reply<Vec<ApiKeyResponse>> = server.get("/keys")?;
    if connection.json {
        return keys.print(true, "");
    }
    let all_environments = environments::all(&server)?;
    for key in &*keys {
        let environment = environments::name_of(&all_environments, &key.environment);
        let environment = environment.unwrap_or(&key.environment);
        let state = credential_state(key.revoked_at, key.expires_at, key.last_used_at);
        let ApiKeyResponse { id, name, kind, .. } = key;
        let kind = kind_name(*kind);
        output::line(&format!(
            "{id:>4}  {STRONG}{kind:8}{STRONG:#}  {environment}  {name}  {FAINT}{state}{FAINT:#}"
        ))?;
    }
    Ok(())
}
