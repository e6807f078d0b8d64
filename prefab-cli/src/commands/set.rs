//! `prefab set KEY VALUE` and `prefab set-default KEY --value VALUE`

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::environments::{self, Environment};
use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
    server::{Connection, Server, flat, kind_of, part, suggest_key, words},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key of a config, a flag or a log level
    key: String,

    /// The new value, in the item's own type; a list with commas or as JSON
    #[arg(value_name = "VALUE", conflicts_with = "value_flag")]
    value: Option<String>,

    /// The same as VALUE
    #[arg(long = "value", value_name = "VALUE", id = "value_flag", conflicts_with = "value_from")]
    value_flag: Option<String>,

    #[command(flatten)]
    value_from: super::secret::FromFile,

    #[arg(
        short,
        long,
        value_name = "ENVIRONMENT",
        help = "The environment by name or number; \"[default]\" or none for all without a value of their own"
    )]
    environment: Option<String>,

    /// Take the value from an environment variable, wherever a client runs
    #[arg(long, value_name = "VARIABLE")]
    env_var: Option<String>,

    /// Keep the value out of logs, telemetry and displays
    #[arg(long)]
    confidential: bool,

    #[command(flatten)]
    secret: super::secret::Encrypt,

    /// Save it as a draft, to be published later, or once somebody else has approved it
    #[arg(long)]
    draft: bool,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let path = format!("/items/{}", part(&args.key));
    let item = server.get(&path).map_err(|failure| suggest_key(&server, &args.key, failure))?;
    let environment = environments::named(&server, args.environment.as_deref())?;
    let value = value(args, &server, kind_of(&item))?;
    let before = standing(&item, environment.as_ref());
    let place = environment.as_ref().map_or("every environment without a value of its own", |it| &it.name);
    let change = format!(
        "{STRONG}{}{STRONG:#} in {place}: {FAINT}{before}{FAINT:#} → {VALUE}{}{VALUE:#}",
        args.key,
        words(&value)
    );
    if args.draft {
        let environment = environment.as_ref().map(|environment| environment.id.as_str());
        return super::draft::save(&server, &args.connection, &item, environment, &value);
    }
    if environment.as_ref().is_some_and(Environment::is_delicate)
        && !args.connection.json
        && !agreed(&args.connection, &change)?
    {
        return Err(Failure::NoValue);
    }
    let body = json!({
        "value": value,
        "environment": environment.map(|environment| environment.id),
        "version": item["id"],
        "comment": args.connection.comment,
    });
    let answer = server.send(Method::PUT, &format!("{path}/value"), &body)?;
    if args.connection.json {
        return Ok(output::line(&answer.to_string())?);
    }
    Ok(output::line(&change)?)
}

/// In production a person is asked; a script has made up its mind.
fn agreed(connection: &Connection, change: &str) -> Result<bool, Failure> {
    use std::io::IsTerminal as _;
    if connection.yes || !std::io::stdin().is_terminal() {
        return Ok(true);
    }
    connection.agrees(&format!("{change}\nPublish it?"))
}

fn value(args: &Args, server: &Server, kind: &str) -> Result<Json, Failure> {
    let read = args.value_from.read()?;
    let text = args.value.as_ref().or(args.value_flag.as_ref()).or(read.as_ref());
    let mut value = match (text, &args.env_var) {
        (Some(text), None) if args.secret.is_wanted() => args.secret.encrypted(server, text)?,
        (Some(text), None) => flat(kind, text)?,
        (None, Some(variable)) => {
            json!({"type": "provided", "value": {"source": "ENV_VAR", "lookup": variable}})
        }
        (None, None) => {
            return Err(Failure::Wrong(anyhow::anyhow!("which value? For example: prefab set max-jobs 50")));
        }
        (Some(_), Some(_)) => {
            return Err(Failure::Wrong(anyhow::anyhow!("expected a value or --env-var, not both")));
        }
    };
    if args.confidential {
        value["confidential"] = true.into();
    }
    Ok(value)
}

/// Says what stands where no rule with criteria holds.
pub(super) fn standing(item: &Json, environment: Option<&Environment>) -> String {
    standing_value(item, environment).map_or_else(|| "nothing".to_owned(), words)
}

/// Finds the value that stands where no rule with criteria holds.
pub(super) fn standing_value<'a>(item: &'a Json, environment: Option<&Environment>) -> Option<&'a Json> {
    let of = |rules: &'a Json| {
        let mut rules = rules.as_array()?.iter();
        let last = rules.find(|rule| rule["criteria"].as_array().is_none_or(Vec::is_empty))?;
        Some(&last["value"])
    };
    let own = environment.and_then(|environment| {
        let all = item["environments"].as_array()?;
        of(&all.iter().find(|own| own["id"] == environment.id)?["rules"])
    });
    own.or_else(|| of(&item["default"]["rules"]))
}
