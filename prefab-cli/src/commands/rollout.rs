//! `prefab rollout KEY 10%`

use anyhow::Context as _;
use prefab_management_api::{ChangeResponse, FlatValue, Item, SetValueRequest, ValueKind};
use prefab_server::ErrorCode;
use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{
    confidential::is_confidential,
    environments,
    set::{ALL_WITHOUT_OWN, current_value, describe_current},
};
use crate::{
    Failure,
    output::{FAINT, STRONG, VALUE},
    server::{Connection, Reply, describe_value, item_path, kind_of, parse_value, suggest_key},
};

/// The sum of the weights. They are thousandths of a percent, so that shares such as 0.5% are exact.
const TOTAL_WEIGHT: f64 = 100_000.0;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The config key of a flag or a config
    key: String,

    /// The percentage of contexts that receive the value: 10%, 0.5%
    #[arg(value_parser = percentage)]
    percentage: f64,

    /// The value to roll out [default: true for a flag]
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    to: Option<String>,

    /// The value for all other contexts [default: false for a flag, else the current value]
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    otherwise: Option<String>,

    /// The property to roll out by. Contexts with the same value of this property receive the same result
    #[arg(long, value_name = "PROPERTY", default_value = "user.key")]
    by: String,

    /// The name or number of the environment [default: all environments without a value of their own]
    #[arg(short, long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// Save the change as a draft
    #[arg(long)]
    draft: bool,

    #[command(flatten)]
    connection: Connection,
}

fn percentage(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim().parse::<f64>();
    match number {
        Ok(percentage) if (0.0..=100.0).contains(&percentage) => Ok(percentage),
        _ => Err("expected a percentage between 0% and 100%".to_owned()),
    }
}

/// Maximum number of attempts, if other writers change the item in between.
const MAX_ATTEMPTS: usize = 20;

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut attempt = 1;
    loop {
        match roll_out(args) {
            // The value of the rest depends on the current version, so the rollout is computed again.
            Err(Failure::Refused(refusal))
                if refusal.code == ErrorCode::VersionConflict && attempt < MAX_ATTEMPTS =>
            {
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

fn roll_out(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let path = item_path(&args.key);
    let item: Reply<Item> = server.get(&path).map_err(|failure| suggest_key(&server, &args.key, failure))?;
    let environment = environments::named(&server, args.environment.as_deref())?;
    let kind = kind_of(&item);
    let (mut to, mut otherwise) = match (kind, &args.to, &args.otherwise) {
        (_, Some(to), Some(otherwise)) => (parse_value(kind, to)?, parse_value(kind, otherwise)?),
        (ValueKind::Bool, to, otherwise) => {
            let to = to.as_deref().unwrap_or("true");
            let other = if to == "true" { "false" } else { "true" };
            (parse_value(kind, to)?, parse_value(kind, otherwise.as_deref().unwrap_or(other))?)
        }
        (_, Some(to), None) => {
            let to = parse_value(kind, to)?;
            let rest = value_of_the_rest(current_value(&item, environment.as_ref()), &to);
            let rest = rest.context("no value for the rest: set --otherwise VALUE");
            (to, rest.map_err(Failure::Usage)?)
        }
        _ => {
            let kind = kind.name();
            let message =
                format!("no value: an item of type {kind} requires --to VALUE and --otherwise VALUE");
            return Err(Failure::Usage(anyhow::Error::msg(message)));
        }
    };
    let is_confidential = is_confidential(current_value(&item, environment.as_ref()));
    for value in [&mut to, &mut otherwise] {
        value.confidential |= is_confidential;
    }
    // The weights are integers well below the limits of an i64.
    #[expect(clippy::cast_possible_truncation, reason = "the percentage is between 0 and 100")]
    let weight = (args.percentage / 100.0 * TOTAL_WEIGHT).round() as i64;
    #[expect(clippy::cast_possible_truncation, reason = "the percentage is between 0 and 100")]
    let rest = TOTAL_WEIGHT as i64 - weight;
    let choice = |weight: i64, value: FlatValue| json!({"weight": weight, "value": value});
    // The share that grows comes first, so that its contexts keep their value.
    let choices = json!([choice(weight, to), choice(rest, otherwise)]);
    let value = FlatValue {
        hash_by_property_name: Some(args.by.clone()),
        ..FlatValue::new(ValueKind::WeightedValues, choices)
    };
    if args.draft {
        let environment = environment.as_ref().map(|environment| environment.id.as_str());
        let place = super::draft::Place { environment, namespace: None };
        return super::draft::save(&server, &args.connection, &item, place, value);
    }
    let place = environment.as_ref().map_or(ALL_WITHOUT_OWN, |environment| &environment.name);
    let before = describe_current(&item, environment.as_ref());
    let text = format!(
        "{STRONG}{}{STRONG:#} in {place}: {FAINT}{before}{FAINT:#} → {VALUE}{}{VALUE:#} by {}",
        args.key,
        describe_value(&value),
        args.by
    );
    let request = SetValueRequest {
        value,
        environment: environment.map(|environment| environment.id),
        namespace: None,
        version: item.id.clone(),
        comment: args.connection.comment.clone(),
    };
    let reply: Reply<ChangeResponse> = server.send(Method::PUT, &format!("{path}/value"), &request)?;
    reply.print(args.connection.json, &text)
}

/// Returns the value of the rest: the current value, or of two shares the other one.
fn value_of_the_rest(current: Option<&FlatValue>, to: &FlatValue) -> Option<FlatValue> {
    let current = current?;
    if current.kind != ValueKind::WeightedValues {
        return Some(current.clone());
    }
    let values = current.value.as_array()?.iter().map(|choice| &choice["value"]);
    let others: Vec<&Json> = values.filter(|value| value["value"] != to.value).collect();
    match &*others {
        [only] => serde_json::from_value((*only).clone()).ok(),
        _ => None,
    }
}
