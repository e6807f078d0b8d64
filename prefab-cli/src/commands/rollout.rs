//! `prefab rollout KEY 10%`

use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{
    environments,
    set::{standing, standing_value},
};
use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
    server::{Connection, flat, kind_of, part, suggest_key, words},
};

/// Weights are given in thousandths of a percent, so that shares such as 0.5% are exact.
const WHOLE: f64 = 100_000.0;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key of a flag or a config
    key: String,

    /// How many get the value: 10%, 0.5%
    #[arg(value_parser = share)]
    share: f64,

    /// The value they get; true without
    #[arg(long, value_name = "VALUE")]
    to: Option<String>,

    /// The value that the others get; what stands now without, or false for a flag
    #[arg(long, value_name = "VALUE")]
    otherwise: Option<String>,

    /// The property that decides: whoever has the same one gets the same value
    #[arg(long, value_name = "PROPERTY", default_value = "user.key")]
    by: String,

    /// The environment by name or number; without, all that have no value of their own
    #[arg(short, long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// Save it as a draft, to be published later, or once somebody else has approved it
    #[arg(long)]
    draft: bool,

    #[command(flatten)]
    connection: Connection,
}

fn share(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim().parse::<f64>();
    match number {
        Ok(share) if (0.0..=100.0).contains(&share) => Ok(share),
        _ => Err("expected a share between 0% and 100%".to_owned()),
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let path = format!("/items/{}", part(&args.key));
    let item = server.get(&path).map_err(|failure| suggest_key(&server, &args.key, failure))?;
    let environment = environments::named(&server, args.environment.as_deref())?;
    let kind = kind_of(&item);
    let (to, otherwise) = match (kind, &args.to, &args.otherwise) {
        (_, Some(to), Some(otherwise)) => (flat(kind, to)?, flat(kind, otherwise)?),
        ("bool", to, otherwise) => {
            let to = to.clone().unwrap_or_else(|| "true".to_owned());
            let other = if to == "true" { "false" } else { "true" };
            (flat(kind, &to)?, flat(kind, otherwise.as_deref().unwrap_or(other))?)
        }
        (_, Some(to), None) => {
            let to = flat(kind, to)?;
            let rest = of_the_others(standing_value(&item, environment.as_ref()), &to);
            let rest = rest.context("what do the others get? Say so with --otherwise VALUE");
            (to, rest.map_err(Failure::Wrong)?)
        }
        _ => {
            let message = format!("which value? The type {kind} takes --to VALUE and --otherwise VALUE");
            return Err(Failure::Wrong(anyhow::Error::msg(message)));
        }
    };
    // The weights are whole numbers well within what an integer holds.
    #[expect(clippy::cast_possible_truncation, reason = "the share is between 0 and 100")]
    let weight = (args.share / 100.0 * WHOLE).round() as i64;
    #[expect(clippy::cast_possible_truncation, reason = "the share is between 0 and 100")]
    let rest = WHOLE as i64 - weight;
    let choice = |weight: i64, value: Json| json!({"weight": weight, "value": value});
    // The choice that grows comes first, so that whoever has it keeps it.
    let value = json!({
        "type": "weighted_values",
        "value": [choice(weight, to), choice(rest, otherwise)],
        "hashByPropertyName": args.by,
    });
    let place = environment.as_ref().map_or("every environment without a value of its own", |it| &it.name);
    let before = standing(&item, environment.as_ref());
    let change = format!(
        "{STRONG}{}{STRONG:#} in {place}: {FAINT}{before}{FAINT:#} → {VALUE}{}{VALUE:#} by {}",
        args.key,
        words(&value),
        args.by
    );
    if args.draft {
        let environment = environment.as_ref().map(|environment| environment.id.as_str());
        return super::draft::save(&server, &args.connection, &item, environment, &value);
    }
    let body = json!({
        "value": value,
        "environment": environment.map(|environment| environment.id),
        "version": item["id"],
        "comment": args.connection.comment,
    });
    let answer = server.send(Method::PUT, &format!("{path}/value"), &body)?;
    Ok(output::line(&if args.connection.json { answer.to_string() } else { change })?)
}

/// Finds the value of those who do not get the new one: what stands, or of two shares the other one.
fn of_the_others(standing: Option<&Json>, to: &Json) -> Option<Json> {
    let standing = standing?;
    if standing["type"] != "weighted_values" {
        return Some(standing.clone());
    }
    let choices = standing["value"].as_array()?.iter().map(|choice| &choice["value"]);
    let others: Vec<_> = choices.filter(|value| value["value"] != to["value"]).collect();
    match &*others {
        [only] => Some((*only).clone()),
        _ => None,
    }
}
