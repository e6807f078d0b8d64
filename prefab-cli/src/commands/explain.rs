//! `prefab explain KEY`

use serde_json::json;

use crate::{
    Failure,
    commands::get::to_redacted_json,
    inputs::{Inputs, OnServer},
    output,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The config key of a config, a flag or a log level
    key: String,

    #[command(flatten)]
    on_server: OnServer,

    #[command(flatten)]
    inputs: Inputs,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut reader = args.inputs.read(&args.on_server)?;
    if reader.environments.is_empty() {
        reader.environments = args.inputs.environment_names();
    }
    let details = reader.details(&args.key);
    if let Some(problem) = reader.redaction(&details) {
        output::error(&problem);
        return Err(Failure::NoValue);
    }
    let explanation = reader.explain(&args.key);
    if args.inputs.json {
        let steps: Vec<&str> = explanation.lines().collect();
        let mut json = to_redacted_json(&details);
        json["steps"] = json!(steps);
        output::line(&json.to_string())?;
    } else {
        output::line(explanation.trim_end())?;
    }
    match &details.error {
        Some(error) => {
            args.inputs.print_error(error);
            Err(Failure::NoValue)
        }
        None => Ok(()),
    }
}
