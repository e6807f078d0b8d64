//! `prefab set KEY VALUE` and `prefab set-default KEY --value VALUE`

use prefab_management_api::{
    ChangeResponse, EnvironmentResponse, FlatValue, Item, Rule, SetValueRequest, ValueKind, namespace_problem,
};
use reqwest::Method;
use serde_json::json;

use super::{confidential::is_confidential, environments};
use crate::{
    Failure,
    output::{FAINT, STRONG, VALUE},
    server::{Connection, Reply, Server, describe_value, item_path, kind_of, parse_value, suggest_key},
};

#[derive(clap::Args)]
#[expect(clippy::doc_markdown, reason = "the help is read on a terminal")]
pub(crate) struct Args {
    /// The config key of a config, a flag or a log level
    key: String,

    /// The new value, in the type of the item. A list is separated by commas or written as JSON
    #[arg(value_name = "VALUE", conflicts_with = "value_flag", allow_negative_numbers = true)]
    value: Option<String>,

    /// The same as VALUE
    #[arg(
        long = "value",
        value_name = "VALUE",
        id = "value_flag",
        conflicts_with = "value_from",
        allow_hyphen_values = true
    )]
    value_flag: Option<String>,

    #[command(flatten)]
    value_from: super::secret::FromFile,

    #[arg(
        short,
        long,
        value_name = "ENVIRONMENT",
        help = "The name or number of the environment [default: all environments without a value of their own, as \
                with \"[default]\"]"
    )]
    environment: Option<String>,

    /// Only for clients whose namespace is this one or below it: services.user_service. The closest namespace applies
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,

    /// Read the value from this environment variable of the client
    #[arg(long, value_name = "VARIABLE")]
    env_var: Option<String>,

    /// Redact the value in logs, telemetry and displays
    #[arg(long)]
    confidential: bool,

    #[command(flatten)]
    secret: super::secret::Encrypt,

    /// Save the change as a draft
    #[arg(long)]
    draft: bool,

    #[command(flatten)]
    connection: Connection,
}

/// The place of a value that is not set for a single environment.
pub(super) const ALL_WITHOUT_OWN: &str = "all environments without a value of their own";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let path = item_path(&args.key);
    let item: Reply<Item> = server.get(&path).map_err(|failure| suggest_key(&server, &args.key, failure))?;
    let environment = environments::named(&server, args.environment.as_deref())?;
    let mut value = value(args, &server, kind_of(&item))?;
    value.confidential |= is_confidential(current_value(&item, environment.as_ref()));
    if let Some(problem) = args.namespace.as_deref().and_then(namespace_problem) {
        return Err(Failure::Usage(anyhow::Error::msg(problem)));
    }
    if args.draft {
        let place = super::draft::Place {
            environment: environment.as_ref().map(|environment| environment.id.as_str()),
            namespace: args.namespace.as_deref(),
        };
        return super::draft::save(&server, &args.connection, &item, place, value);
    }
    let mut before = describe_current(&item, environment.as_ref());
    let mut place = environment.as_ref().map_or(ALL_WITHOUT_OWN, |environment| &environment.name).to_owned();
    if let Some(namespace) = &args.namespace {
        let own = current_of_namespace(&item, environment.as_ref(), namespace);
        before = own.map_or_else(|| "no value".to_owned(), describe_value);
        place = format!("{place} for namespace {namespace}");
    }
    let text = format!(
        "{STRONG}{}{STRONG:#} in {place}: {FAINT}{before}{FAINT:#} → {VALUE}{}{VALUE:#}",
        args.key,
        describe_value(&value)
    );
    let is_asked = environment.as_ref().is_some_and(environments::needs_confirmation)
        && !args.connection.json
        && can_ask(&args.connection);
    if is_asked && !args.connection.confirm(&format!("{text}\nPublish it?"))? {
        return Err(Failure::NoValue);
    }
    let request = SetValueRequest {
        value,
        environment: environment.map(|environment| environment.id),
        namespace: args.namespace.clone(),
        // Only a person who was asked has seen this version.
        version: item.id.clone().filter(|_| is_asked),
        comment: args.connection.comment.clone(),
    };
    let reply: Reply<ChangeResponse> = server.send(Method::PUT, &format!("{path}/value"), &request)?;
    reply.print(args.connection.json, &text)
}

/// Returns whether a person can confirm a change. Scripts do not need to confirm.
fn can_ask(connection: &Connection) -> bool {
    use std::io::IsTerminal as _;
    !connection.yes && std::io::stdin().is_terminal()
}

/// Asks for confirmation of a change in production, on a terminal only.
pub(super) fn is_confirmed(connection: &Connection, change: &str) -> Result<bool, Failure> {
    if !can_ask(connection) {
        return Ok(true);
    }
    connection.confirm(&format!("{change}\nPublish it?"))
}

fn value(args: &Args, server: &Server, kind: ValueKind) -> Result<FlatValue, Failure> {
    let read = args.value_from.read()?;
    let text = args.value.as_ref().or(args.value_flag.as_ref()).or(read.as_ref());
    let mut value = match (text, &args.env_var) {
        (Some(text), None) if args.secret.is_requested() => args.secret.encrypted(server, text)?,
        (Some(text), None) => parse_value(kind, text)?,
        (None, Some(variable)) => provided_by(variable),
        (None, None) => {
            return Err(Failure::Usage(anyhow::anyhow!("no value; for example: prefab set max-jobs 50")));
        }
        (Some(_), Some(_)) => {
            return Err(Failure::Usage(anyhow::anyhow!("expected a value or --env-var, not both")));
        }
    };
    value.confidential |= args.confidential;
    Ok(value)
}

/// Returns the value of an environment variable of the client.
pub(super) fn provided_by(variable: &str) -> FlatValue {
    FlatValue::new(ValueKind::Provided, json!({"source": "ENV_VAR", "lookup": variable}))
}

/// Returns the value that a rule for this namespace has in an environment, or in the default rules.
fn current_of_namespace<'a>(
    item: &'a Item,
    environment: Option<&EnvironmentResponse>,
    namespace: &str,
) -> Option<&'a FlatValue> {
    let rules = match environment {
        Some(environment) => &item.environments.iter().find(|own| own.id == environment.id)?.rules,
        None => &item.default.rules,
    };
    rules.iter().find(|rule| rule.namespace() == Some(namespace)).map(|rule| &rule.value)
}

/// Describes the value that applies if no rule with criteria matches.
pub(super) fn describe_current(item: &Item, environment: Option<&EnvironmentResponse>) -> String {
    current_value(item, environment).map_or_else(|| "no value".to_owned(), describe_value)
}

/// Returns the value that applies if no rule with criteria matches.
pub(super) fn current_value<'a>(
    item: &'a Item,
    environment: Option<&EnvironmentResponse>,
) -> Option<&'a FlatValue> {
    let default =
        |rules: &'a [Rule]| rules.iter().find(|rule| rule.criteria.is_empty()).map(|rule| &rule.value);
    let own = environment.and_then(|environment| {
        let own = item.environments.iter().find(|own| own.id == environment.id)?;
        default(&own.rules)
    });
    own.or_else(|| default(&item.default.rules))
}
