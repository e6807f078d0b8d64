//! `prefab tail`

use serde_json::Value as Json;

use super::moment;
use crate::{
    Failure,
    output::{self, FAINT, STRONG, one_line},
    server::Connection,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these: change, draft, clients, evaluations
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

/// Prints changes and evaluations as they happen, until it is stopped.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let mut waiting = Vec::new();
    server.stream(&server.events(), |bytes| {
        waiting.extend_from_slice(bytes);
        // An event ends with an empty line.
        while let Some(end) = waiting.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = waiting.drain(..end + 2).collect();
            tell(args, &String::from_utf8_lossy(&event))?;
        }
        Ok(())
    })?;
    Err(anyhow::anyhow!("the server has ended the stream; run it again").into())
}

fn tell(args: &Args, event: &str) -> Result<(), Failure> {
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
    let text = |field: &str| json[field].as_str().unwrap_or_default();
    let said = match kind.as_str() {
        "change" if text("sentence").is_empty() => {
            let verb = if json["deleted"] == true { "archived" } else { "changed" };
            format!("{} {verb} {STRONG}{}{STRONG:#}", text("who"), text("key"))
        }
        "change" => one_line(text("sentence")),
        "draft" => match (json["savedBy"].as_str(), json["approvedBy"].as_str()) {
            (_, Some(approver)) => {
                format!("{approver} approved the draft of {STRONG}{}{STRONG:#}", text("key"))
            }
            (Some(author), None) => format!("{author} saved a draft of {STRONG}{}{STRONG:#}", text("key")),
            (None, None) => format!("there is no draft of {STRONG}{}{STRONG:#} any more", text("key")),
        },
        "clients" => format!("{} clients of environment {}", json["connected"], text("environment")),
        "evaluations" => {
            let keys: Vec<_> =
                json["keys"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
            format!("evaluated: {}", keys.join(", "))
        }
        _ => data,
    };
    let at = json["at"].as_i64().map_or(String::new(), moment);
    Ok(output::line(&format!("{STRONG}{kind:11}{STRONG:#}  {said}  {FAINT}{at}{FAINT:#}"))?)
}
