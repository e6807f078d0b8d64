//! `prefab token`

use std::time::{SystemTime, UNIX_EPOCH};

use prefab_management_api::{CreateTokenRequest, CreateTokenResponse, Role, TokenResponse};
use reqwest::Method;

use super::{credential_state, named_value, person::describe_roles};
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
    /// List the management tokens
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Issue a management token; it is shown only once
    Create {
        /// The name of the token
        name: String,
        /// The role: viewer, editor, publisher or admin
        #[arg(long, value_name = "ROLE", value_parser = named_value::<Role>)]
        role: Role,
        /// An environment in which the role applies; can be repeated. In others, the token is a viewer [default: all]
        #[arg(short, long, value_name = "ENVIRONMENT")]
        environment: Vec<String>,
        /// The number of days until the token expires
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        days: Option<u32>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Revoke a management token immediately
    Revoke {
        /// The number of the token
        number: i64,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::List { connection } => list(connection),
        Verb::Create { name, role, environment, days, connection } => {
            let request = CreateTokenRequest {
                name: name.clone(),
                role: *role,
                environments: Some(environment.clone()).filter(|environments| !environments.is_empty()),
                expires_at: days.map(millis_after),
            };
            let reply: Reply<CreateTokenResponse> =
                connection.server()?.send(Method::POST, "/tokens", &request)?;
            let CreateTokenResponse { id, token } = &reply.body;
            let text = format!("Token {id}, shown only once:\n\n  {VALUE}{token}{VALUE:#}\n");
            reply.print(connection.json, &text)
        }
        Verb::Revoke { number, connection } => {
            let question = format!("Revoke token {number}? Its clients lose access immediately.");
            if !connection.confirm(&question)? {
                return Err(Failure::NoValue);
            }
            let sent = connection.server()?.send_empty(Method::DELETE, &format!("/tokens/{number}"));
            let unknown =
                || format!("the project has no token {number}; `prefab token list` lists the tokens");
            let reply: Reply<TokenResponse> = sent.map_err(|failure| failure.or_not_found(unknown))?;
            reply.print(connection.json, &format!("Revoked token {number}"))
        }
    }
}

fn millis_after(days: u32) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX).saturating_add(i64::from(days) * 86_400_000)
}

fn list(connection: &Connection) -> Result<(), Failure> {
    let tokens: Reply<Vec<TokenResponse>> = connection.server()?.get("/tokens")?;
    if connection.json {
        return tokens.print(true, "");
    }
    for token in &*tokens {
        let state = credential_state(token.revoked_at, token.expires_at, token.last_used_at);
        let roles = describe_roles(token.role, &token.environments);
        let TokenResponse { id, name, created_by, .. } = token;
        output::line(&format!(
            "{id:>4}  {STRONG}{name}{STRONG:#}  {roles}  {FAINT}by {created_by}, {state}{FAINT:#}"
        ))?;
    }
    Ok(())
}
