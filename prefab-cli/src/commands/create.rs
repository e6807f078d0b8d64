//! `prefab create KEY`

use anyhow::bail;
use prefab_server::ErrorCode;
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::{
    Failure,
    output::{self, STRONG, VALUE},
    server::{Connection, Refusal, Server, flat, part, words},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The new key
    key: String,

    /// What it is: boolean-flag, boolean, string, double, int, string-list, json, duration, log-level or segment
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,

    /// The value by default; false, 0, or empty without
    #[arg(long, value_name = "VALUE")]
    value: Option<String>,

    #[command(flatten)]
    value_from: super::secret::FromFile,

    /// Take the value from an environment variable, wherever a client runs
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["value", "value_from"])]
    env_var: Option<String>,

    /// Keep the value out of logs, telemetry and displays
    #[arg(long)]
    confidential: bool,

    /// Let front ends see it; they always see flags
    #[arg(long)]
    for_front_ends: bool,

    #[command(flatten)]
    secret: super::secret::Encrypt,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let (purpose, kind) = kinds(&args.kind).map_err(Failure::Wrong)?;
    let server = args.connection.server()?;
    let value = value(args, &server, kind)?;
    let mut item = json!({
        "key": args.key,
        "type": purpose,
        "valueType": kind,
        "sendToClientSdk": args.for_front_ends,
        "default": {"rules": [{"value": value}]},
    });
    if purpose == "feature_flag" {
        item["variants"] = json!([{"value": flat("bool", "false")?}, {"value": flat("bool", "true")?}]);
    }
    let body = json!({"item": item, "comment": args.connection.comment});
    let answer = server.send(Method::POST, "/items", &body).map_err(|failure| match failure {
        Failure::Refused(refusal) if refusal.code == ErrorCode::NameTaken => {
            let message = format!("`{0}` is there already; `prefab set {0} VALUE` changes it", args.key);
            Failure::Refused(Refusal { message, ..refusal })
        }
        other => other,
    })?;
    if args.connection.json {
        return Ok(output::line(&answer.to_string())?);
    }
    let (key, words) = (&args.key, words(&value));
    output::line(&format!("Created {STRONG}{key}{STRONG:#} with {VALUE}{words}{VALUE:#}"))?;
    Ok(output::line(&format!(
        "{}/account/projects/{}/{}/{}",
        server.url,
        server.project(),
        page(purpose),
        part(key)
    ))?)
}

fn page(purpose: &str) -> &'static str {
    if purpose == "feature_flag" { "flags" } else { "configs" }
}

/// Returns what the item is used for and what kind of value it has.
fn kinds(name: &str) -> anyhow::Result<(&'static str, &'static str)> {
    Ok(match name.replace('_', "-").as_str() {
        "boolean-flag" | "flag" => ("feature_flag", "bool"),
        "boolean" | "bool" => ("config", "bool"),
        "string" => ("config", "string"),
        "double" => ("config", "double"),
        "int" => ("config", "int"),
        "string-list" => ("config", "string_list"),
        "json" => ("config", "json"),
        "duration" => ("config", "duration"),
        "log-level" => ("log_level", "log_level"),
        "segment" => ("segment", "bool"),
        other => bail!(
            "there is no type \"{other}\"; there are boolean-flag, boolean, string, double, int, string-list, json, \
             duration, log-level and segment"
        ),
    })
}

fn value(args: &Args, server: &Server, kind: &str) -> Result<Json, Failure> {
    let nothing = match kind {
        "bool" => "false",
        "int" | "double" => "0",
        "json" => "{}",
        "duration" => "PT0S",
        "log_level" => "INFO",
        _ => "",
    };
    let read = args.value_from.read()?;
    let text = args.value.as_deref().or(read.as_deref()).unwrap_or(nothing);
    let mut value = match &args.env_var {
        Some(variable) => json!({"type": "provided", "value": {"source": "ENV_VAR", "lookup": variable}}),
        None if args.secret.is_wanted() => args.secret.encrypted(server, text)?,
        None => flat(kind, text)?,
    };
    if args.confidential {
        value["confidential"] = true.into();
    }
    Ok(value)
}
