//! `prefab get KEY`

use prefab_client::Details;
use serde_json::{Value as Json, json};

use crate::{Failure, inputs::Inputs, output};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key of a config, a flag or a log level
    key: String,

    #[command(flatten)]
    inputs: Inputs,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let details = args.inputs.client()?.details(&args.key);
    if args.inputs.json {
        output::line(&to_json(&details).to_string())?;
    } else if details.error.is_none() {
        // The value itself, for scripts; `list` and `explain` show redacted ones.
        let text = match &details.value {
            Some(Json::String(text)) => text.clone(),
            Some(_) if details.kind == "duration" => details.shown.clone(),
            Some(value) => value.to_string(),
            None => details.shown.clone(),
        };
        output::line(&text)?;
    }
    match &details.error {
        Some(error) => {
            output::error(&error.to_string());
            Err(Failure::NoValue)
        }
        None => Ok(()),
    }
}

/// The answer with all that is known about it; a confidential value is shown redacted.
pub(crate) fn to_json(details: &Details) -> Json {
    let value = if details.confidential { Some(details.shown.clone().into()) } else { details.value.clone() };
    json!({
        "key": details.key,
        "value": value,
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
