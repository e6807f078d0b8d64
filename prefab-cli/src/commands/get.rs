//! `prefab get KEY`

use prefab_client::{Client, EvaluationDetails};
use prefab_core::Value;
use serde_json::{Value as Json, json};

use crate::{
    Failure,
    inputs::{Inputs, OnServer},
    output,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The config key of a config, a flag or a log level
    key: String,

    /// Print the value in clear if it is confidential. With -e or a management token, this requires the role publisher,
    /// and is recorded in the audit log
    #[arg(long)]
    reveal: bool,

    #[command(flatten)]
    on_server: OnServer,

    #[command(flatten)]
    inputs: Inputs,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let reader = args.inputs.read_with(&args.on_server, args.reveal.then_some(&args.key))?;
    let details = reader.details(&args.key);
    if let Some(problem) = reader.redaction(&details) {
        output::error(&problem);
        return Err(Failure::NoValue);
    }
    let json = if args.reveal { to_json(&details) } else { to_redacted_json(&details) };
    if args.inputs.json {
        output::line(&json.to_string())?;
    } else if details.error.is_none() {
        let text = match json.get("value") {
            Some(Json::String(text)) => text.clone(),
            Some(_) if details.kind == "duration" => details.display.clone(),
            // The text keeps long integers, fractions such as 1.10 and the order of fields.
            Some(value) if details.kind == "json" && (args.reveal || !details.confidential) => {
                stored_json(&reader.client, &details).unwrap_or_else(|| value.to_string())
            }
            Some(Json::Null) | None => details.display.clone(),
            Some(value) => value.to_string(),
        };
        output::line(&text)?;
        if details.confidential && !args.reveal {
            output::warning("the value is confidential and was printed redacted; --reveal prints it");
        }
    }
    match &details.error {
        Some(error) => {
            args.inputs.print_error(error);
            Err(Failure::NoValue)
        }
        None => Ok(()),
    }
}

/// Returns a JSON value as it was written, unless it is computed.
fn stored_json(client: &Client, details: &EvaluationDetails) -> Option<String> {
    let (row, rule, choice) = details.indices?;
    let rules = client.ruleset();
    let stored = rules.entry(&details.key)?.stored();
    let config = stored.config();
    let row = config.rows.get(usize::try_from(row).ok()?)?;
    let mut value = row.values.get(usize::try_from(rule).ok()?)?.value.as_ref()?;
    if let (Some(choice), Value::Weighted(weighted)) = (choice, &value.value) {
        value = &weighted.values.get(usize::try_from(choice).ok()?)?.value;
    }
    match &value.value {
        Value::Json(text) if value.decrypt_with.is_none() => Some(text.clone()),
        _ => None,
    }
}

/// Returns the value and all its details as JSON.
pub(crate) fn to_json(details: &EvaluationDetails) -> Json {
    json!({
        "key": details.key,
        "value": details.value,
        "type": details.kind,
        "reason": details.reason.name(),
        "variant": details.variant,
        "match": details.matched,
        "source": details.source,
        "confidential": details.confidential,
        "error": details.error.as_ref().map(|error| json!({
            "code": error.code(),
            "message": error.to_string(),
        })),
    })
}

/// Returns the details with a redacted confidential value.
pub(crate) fn to_redacted_json(details: &EvaluationDetails) -> Json {
    let mut json = to_json(details);
    if details.confidential {
        json["value"] = details.display.as_str().into();
    }
    json
}
