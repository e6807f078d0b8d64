//! `prefab watch KEY`

use std::{sync::mpsc, time::Duration};

use prefab_client::EvaluationDetails;

use crate::{
    Failure,
    commands::get::to_redacted_json,
    inputs::Inputs,
    output::{self, FAINT, STRONG, VALUE},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The config keys of configs, flags or log levels
    #[arg(required = true)]
    keys: Vec<String>,

    #[command(flatten)]
    inputs: Inputs,
}

/// The time limit of a single wait for a change.
const WAIT_LIMIT: Duration = Duration::from_secs(3600);

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let client = args.inputs.watching_client()?;
    let (sender, changed) = mpsc::channel();
    let _subscription = client.on_change(move |_| {
        // The receiver is gone when the command ends.
        let _ = sender.send(());
    });
    let mut shown: Vec<Option<EvaluationDetails>> = vec![None; args.keys.len()];
    loop {
        for (key, before) in args.keys.iter().zip(&mut shown) {
            let details = client.details(key);
            if before.as_ref() != Some(&details) {
                show(&details, args.inputs.json)?;
                *before = Some(details);
            }
        }
        let _ = changed.recv_timeout(WAIT_LIMIT);
        // Changes that arrive together are printed once.
        while changed.try_recv().is_ok() {}
    }
}

fn show(details: &EvaluationDetails, json: bool) -> std::io::Result<()> {
    if json {
        return output::line(&to_redacted_json(details).to_string());
    }
    let key = &details.key;
    if let Some(error) = &details.error {
        return output::line(&format!("{STRONG}{key}{STRONG:#}  {FAINT}{error}{FAINT:#}"));
    }
    let (shown, source) = (&details.display, details.source.as_deref().unwrap_or_default());
    output::line(&format!("{STRONG}{key}{STRONG:#}  {VALUE}{shown}{VALUE:#}  {FAINT}{source}{FAINT:#}"))
}
