//! `prefab override KEY VALUE`

mod rule;

use anyhow::Context as _;
use prefab_management_api::{
    ChangeResponse, EnvironmentResponse, Item, Lifetime, OverrideQuery, OverrideResponse, SetOverrideRequest,
};
use prefab_server::ErrorCode;
use reqwest::Method;

use super::{confidential::is_confidential, environments, moment, set};
use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE, one_line},
    property_values::PropertyValues,
    server::{
        Connection, Refusal, Reply, Server, describe_value, item_path, kind_of, parse_value, suggest_key,
        with_query,
    },
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The config key [default: list all overrides]
    key: Option<String>,

    /// The value
    #[arg(value_name = "VALUE", conflicts_with = "value_flag", allow_negative_numbers = true)]
    value: Option<String>,

    /// The same as VALUE
    #[arg(long = "value", value_name = "VALUE", id = "value_flag", allow_hyphen_values = true)]
    value_flag: Option<String>,

    /// Remove the override
    #[arg(long)]
    remove: bool,

    /// The owner of the API keys, as given to `prefab key create --user`. For the property user.key of a context, use
    /// --for
    #[arg(long, value_name = "OWNER", env = "PREFAB_USER")]
    user: Option<String>,

    /// Add a rule for contexts with this property instead: user.key=ann, or several values separated by commas
    #[arg(long = "for", value_name = "PROPERTY=VALUE", conflicts_with_all = ["user", "expires"])]
    property: Option<PropertyValues>,

    /// The name or number of the environment [default: Development, else the first environment]
    #[arg(short, long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// How long the override applies: 30m, 2h, 1d [default: permanent]
    #[arg(long, value_name = "DURATION")]
    expires: Option<String>,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let Some(key) = &args.key else { return list(args, &server) };
    if let Some(property) = &args.property {
        return rule::run(args, &server, key, property);
    }
    let environment = environment(args, &server)?;
    let user = args
        .user
        .clone()
        .context("no user: set --user to the owner of an API key, or --for user.key=ann for a rule")
        .map_err(Failure::Usage)?;
    if args.remove {
        return remove(args, &server, key, &environment, &user);
    }
    let path = item_path(key);
    let item: Reply<Item> = server.get(&path).map_err(|failure| suggest_key(&server, key, failure))?;
    let text = args.value.as_ref().or(args.value_flag.as_ref());
    let text = text.context("no value; for example: prefab override new-checkout true --user ann");
    let mut value = parse_value(kind_of(&item), text.map_err(Failure::Usage)?)?;
    value.confidential |= is_confidential(set::current_value(&item, Some(&environment)));
    let described = describe_value(&value);
    let text = format!(
        "{STRONG}{key}{STRONG:#} for API keys of {user} in {}: {VALUE}{described}{VALUE:#}",
        environment.name
    );
    let request = SetOverrideRequest {
        environment: environment.id,
        user,
        value,
        expires_at: None,
        expires_in: args.expires.clone().map(Lifetime::Text),
    };
    let reply: Reply<ChangeResponse> = server.send(Method::PUT, &format!("{path}/override"), &request)?;
    reply.print(args.connection.json, &text)
}

fn remove(
    args: &Args,
    server: &Server,
    key: &str,
    environment: &EnvironmentResponse,
    user: &str,
) -> Result<(), Failure> {
    let path = item_path(key);
    let (id, name) = (&environment.id, &environment.name);
    let text = format!("Removed the override of {STRONG}{key}{STRONG:#} for {user} in {name}");
    let query = OverrideQuery { environment: id.clone(), user: user.to_owned() };
    let route = with_query(&format!("{path}/override"), &query)?;
    let sent = server.send_empty(Method::DELETE, &route).map_err(|failure| match failure {
        Failure::Refused(refusal)
            if refusal.code == ErrorCode::NotFound && server.get::<Item>(&path).is_ok() =>
        {
            let message = format!(
                "`{key}` has no override for {user} in {name}; `prefab override` lists the overrides"
            );
            Failure::Refused(Refusal { message, ..refusal })
        }
        other => suggest_key(server, key, other),
    });
    let reply: Reply<ChangeResponse> = sent?;
    reply.print(args.connection.json, &text)
}

fn environment(args: &Args, server: &Server) -> Result<EnvironmentResponse, Failure> {
    if let Some(environment) = environments::named(server, args.environment.as_deref())? {
        return Ok(environment);
    }
    environments::first_choice(server)
}

fn list(args: &Args, server: &Server) -> Result<(), Failure> {
    let overrides: Reply<Vec<OverrideResponse>> = server.get("/overrides")?;
    if args.connection.json {
        return overrides.print(true, "");
    }
    let all = environments::all(server)?;
    for OverrideResponse { key, environment, user, value, expires_at } in &*overrides {
        let until = expires_at.map_or(String::new(), |at| format!(", until {}", moment(at)));
        let environment = environments::name_of(&all, environment).unwrap_or(environment);
        let (value, user) = (describe_value(value), one_line(user));
        output::line(&format!(
            "{STRONG}{key}{STRONG:#}  {VALUE}{value}{VALUE:#}  {FAINT}for {user} in {environment}{until}{FAINT:#}"
        ))?;
    }
    Ok(())
}
