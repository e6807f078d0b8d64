//! `prefab tail`

use prefab_management_api::{ChangeEvent, ClientsEvent, DraftEvent, EnvironmentResponse, EvaluationsEvent};
use serde::Deserialize as _;
use serde_json::Value as Json;

use super::{environments, moment};
use crate::{
    Failure,
    output::{self, FAINT, STRONG, one_line},
    server::Connection,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these events: change, draft, clients, evaluations
    #[arg(
        long,
        value_name = "KIND",
        value_delimiter = ',',
        hide_possible_values = true,
        value_parser = ["change", "draft", "clients", "evaluations"]
    )]
    only: Vec<String>,

    #[command(flatten)]
    connection: Connection,
}

/// Prints the events of the project until the command is stopped.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let environments = environments::all(&server)?;
    let mut buffer = Vec::new();
    server.stream(&server.events_path(), |bytes| {
        buffer.extend_from_slice(bytes);
        // An event ends with an empty line.
        while let Some(end) = buffer.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = buffer.drain(..end + 2).collect();
            print(args, &environments, &String::from_utf8_lossy(&event))?;
        }
        Ok(())
    })?;
    Err(anyhow::anyhow!("the server closed the event stream; run the command again").into())
}

fn print(args: &Args, environments: &[EnvironmentResponse], event: &str) -> Result<(), Failure> {
    let field = |name: &str| {
        let of = |line: &str| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim().to_owned());
        event.lines().filter_map(of).collect::<Vec<_>>().join("\n")
    };
    let (kind, data) = (field("event"), field("data"));
    if data.is_empty() || (!args.only.is_empty() && !args.only.contains(&kind)) {
        return Ok(());
    }
    let Ok(json) = serde_json::from_str::<Json>(&data) else { return Ok(()) };
    if args.connection.json {
        return Ok(output::line(&serde_json::json!({"event": kind, "data": json}).to_string())?);
    }
    let text = describe(&kind, &json, environments).unwrap_or(data);
    let at = json["at"].as_i64().map_or(String::new(), moment);
    Ok(output::line(&format!("{STRONG}{kind:11}{STRONG:#}  {text}  {FAINT}{at}{FAINT:#}"))?)
}

/// Describes an event for people. Returns `None` for events that this version does not support.
fn describe(kind: &str, json: &Json, environments: &[EnvironmentResponse]) -> Option<String> {
    Some(match kind {
        "change" => {
            let ChangeEvent { key, who, deleted, sentence, .. } = ChangeEvent::deserialize(json).ok()?;
            let verb = if deleted { "archived" } else { "changed" };
            match sentence.filter(|sentence| !sentence.is_empty()) {
                Some(sentence) => one_line(&sentence),
                None => format!("{who} {verb} {STRONG}{key}{STRONG:#}"),
            }
        }
        "draft" => {
            let DraftEvent { key, saved_by, approved_by, .. } = DraftEvent::deserialize(json).ok()?;
            match (saved_by, approved_by) {
                (_, Some(approver)) => format!("{approver} approved the draft of {STRONG}{key}{STRONG:#}"),
                (Some(author), None) => format!("{author} saved a draft of {STRONG}{key}{STRONG:#}"),
                (None, None) => format!("{STRONG}{key}{STRONG:#} has no draft any more"),
            }
        }
        "clients" => {
            let ClientsEvent { environment, connected, .. } = ClientsEvent::deserialize(json).ok()?;
            // An environment that was created since has no name here.
            let name = environments::name_of(environments, &environment).unwrap_or(&environment);
            format!("{connected} clients of environment {name}")
        }
        "evaluations" => {
            let EvaluationsEvent { keys, .. } = EvaluationsEvent::deserialize(json).ok()?;
            format!("evaluated: {}", keys.join(", "))
        }
        _ => return None,
    })
}
