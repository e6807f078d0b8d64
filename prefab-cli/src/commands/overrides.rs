//! `prefab override KEY VALUE`

use anyhow::Context as _;
use prefab_server::ErrorCode;
use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{environments, moment};
use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE, one_line},
    server::{Connection, Refusal, Server, flat, kind_of, part, suggest_key, words},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key; without, all overrides are listed
    key: Option<String>,

    /// The value
    #[arg(value_name = "VALUE", conflicts_with = "value_flag")]
    value: Option<String>,

    /// The same as VALUE
    #[arg(long = "value", value_name = "VALUE", id = "value_flag")]
    value_flag: Option<String>,

    /// Take the override away
    #[arg(long)]
    remove: bool,

    /// The person it is for, as their SDK key names them
    #[arg(long, value_name = "USER", env = "PREFAB_USER")]
    user: Option<String>,

    /// The environment by name or number [default: Development, or the first]
    #[arg(short, long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// After how long it ends by itself: 30m, 2h, 1d
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let Some(key) = &args.key else { return list(args, &server) };
    let (environment, name) = environment(args, &server)?;
    let user = args.user.as_ref().context("for whom? Name the person with --user or PREFAB_USER");
    let user = user.map_err(Failure::Wrong)?;
    let path = format!("/items/{}", part(key));
    let failed = |failure| suggest_key(&server, key, failure);
    if args.remove {
        let route = format!("{path}/override?environment={environment}&user={}", part(user));
        let answer = server.send(Method::DELETE, &route, &Json::Null).map_err(|failure| match failure {
            Failure::Refused(refusal) if refusal.code == ErrorCode::NotFound && server.get(&path).is_ok() => {
                let message =
                    format!("`{key}` has no override for {user} in {name}; `prefab override` lists them");
                Failure::Refused(Refusal { message, ..refusal })
            }
            other => failed(other),
        })?;
        return said(
            args,
            &answer,
            &format!("{STRONG}{key}{STRONG:#} is for {user} in {name} what it is for all"),
        );
    }
    let item = server.get(&path).map_err(failed)?;
    let text = args.value.as_ref().or(args.value_flag.as_ref());
    let text = text.context("which value? For example: prefab override new-checkout true --user ann");
    let text = text.map_err(Failure::Wrong)?;
    let value = flat(kind_of(&item), text)?;
    let body = json!({
        "environment": environment, "user": user, "value": value, "expiresIn": args.expires,
    });
    let answer = server.send(Method::PUT, &format!("{path}/override"), &body)?;
    said(
        args,
        &answer,
        &format!("{STRONG}{key}{STRONG:#} for {user} in {name}: {VALUE}{}{VALUE:#}", words(&value)),
    )
}

fn environment(args: &Args, server: &Server) -> Result<(String, String), Failure> {
    if let Some(environment) = environments::named(server, args.environment.as_deref())? {
        return Ok((environment.id, environment.name));
    }
    let all = server.get("/environments")?;
    let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
    let own = all.iter().find(|environment| environment["name"] == "Development").or(all.first());
    let own = own.context("the project has no environment")?;
    let text = |field: &str| own[field].as_str().unwrap_or_default().to_owned();
    Ok((text("id"), text("name")))
}

fn said(args: &Args, answer: &Json, text: &str) -> Result<(), Failure> {
    Ok(output::line(&if args.connection.json { answer.to_string() } else { text.to_owned() })?)
}

fn list(args: &Args, server: &Server) -> Result<(), Failure> {
    let all = server.get("/overrides")?;
    if args.connection.json {
        return Ok(output::line(&all.to_string())?);
    }
    let all_environments = server.get("/environments")?;
    let name = |id: &Json| environments::name_of(&all_environments, id).unwrap_or("?").to_owned();
    for one in all.as_array().into_iter().flatten() {
        let text = |field: &str| one[field].as_str().unwrap_or("?");
        let until = one["expiresAt"].as_i64().map_or(String::new(), |at| format!(", until {}", moment(at)));
        output::line(&format!(
            "{STRONG}{}{STRONG:#}  {VALUE}{}{VALUE:#}  {FAINT}for {} in {}{until}{FAINT:#}",
            text("key"),
            words(&one["value"]),
            one_line(text("user")),
            name(&one["environment"])
        ))?;
    }
    Ok(())
}
