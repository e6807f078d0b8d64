//! `prefab get KEY`

use prefab_client::EvaluationDetails;
use serde_json::{Value as Json, json};

use crate::{Failure, inputs::Inputs, output};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The config key of a config, a flag or a log level
    key: String,

    /// Print a confidential value without redaction
    #[arg(long)]
    reveal: bool,

    #[command(flatten)]
    inputs: Inputs,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let details = args.inputs.client()?.details(&args.key);
    let json = if args.reveal { to_json(&details) } else { to_redacted_json(&details) };
    if args.inputs.json {
        output::line(&json.to_string())?;
    } else if details.error.is_none() {
        let text = match json.get("value") {
            Some(Json::String(text)) => text.clone(),
            // JSON is printed as it is written, with the digits of its numbers.
            Some(_) if matches!(details.kind, "duration" | "json") => details.display.clone(),
            Some(Json::Null) | None => details.display.clone(),
            Some(value) => value.to_string(),
        };
        output::line(&text)?;
    }
    match &details.error {
        Some(error) => {
            args.inputs.print_error(error);
            Err(Failure::NoValue)
        }
        None => Ok(()),
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
