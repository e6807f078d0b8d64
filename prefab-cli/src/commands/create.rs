//! `prefab create KEY`

use anyhow::bail;
use prefab_management_api::{
    ChangeResponse, FlatValue, Item, ItemRequest, ItemType, Rule, Rules, ValueKind, Variant,
};
use prefab_server::ErrorCode;
use reqwest::Method;

use crate::{
    Failure,
    output::{self, STRONG, VALUE},
    server::{Connection, Refusal, Reply, Server, describe_value, parse_value, path_segment},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The new config key
    key: String,

    /// The type: boolean-flag, boolean, string, double, int, string-list, json, duration, log-level or segment
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,

    /// The default value [default: false, 0, or empty]
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    value: Option<String>,

    #[command(flatten)]
    value_from: super::secret::FromFile,

    /// Read the value from this environment variable of the client
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["value", "value_from"])]
    env_var: Option<String>,

    /// Redact the value in logs, telemetry and displays
    #[arg(long)]
    confidential: bool,

    /// Send the item to front ends; flags are always sent
    #[arg(long)]
    for_front_ends: bool,

    #[command(flatten)]
    secret: super::secret::Encrypt,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let (item_type, kind) = types(&args.kind).map_err(Failure::Usage)?;
    let server = args.connection.server()?;
    let value = value(args, &server, kind)?;
    let described = describe_value(&value);
    let is_flag = item_type == ItemType::FeatureFlag;
    let variant = |value: bool| Variant {
        value: FlatValue::new(ValueKind::Bool, value),
        name: None,
        description: None,
    };
    let item = Item {
        value_type: Some(kind),
        send_to_client_sdk: args.for_front_ends,
        variants: if is_flag { vec![variant(false), variant(true)] } else { Vec::new() },
        default: Rules { rules: vec![Rule { criteria: Vec::new(), value }] },
        ..Item::new(&args.key, item_type)
    };
    let request = ItemRequest { item, comment: args.connection.comment.clone() };
    let sent = server.send(Method::POST, "/items", &request).map_err(|failure| match failure {
        Failure::Refused(refusal) if refusal.code == ErrorCode::NameTaken => {
            let message = format!("`{0}` already exists; change it with `prefab set {0} VALUE`", args.key);
            Failure::Refused(Refusal { message, ..refusal })
        }
        other => other,
    });
    let reply: Reply<ChangeResponse> = sent?;
    if args.connection.json {
        return reply.print(true, "");
    }
    output::line(&format!("Created {STRONG}{}{STRONG:#} with {VALUE}{described}{VALUE:#}", args.key))?;
    let page = if is_flag { "flags" } else { "configs" };
    let (url, project, key) = (&server.url, server.project(), path_segment(&args.key));
    Ok(output::line(&format!("{url}/account/projects/{project}/{page}/{key}"))?)
}

/// Returns the type of the item and the type of its values.
fn types(name: &str) -> anyhow::Result<(ItemType, ValueKind)> {
    Ok(match name.replace('_', "-").as_str() {
        "boolean-flag" | "flag" => (ItemType::FeatureFlag, ValueKind::Bool),
        "boolean" | "bool" => (ItemType::Config, ValueKind::Bool),
        "string" => (ItemType::Config, ValueKind::String),
        "double" => (ItemType::Config, ValueKind::Double),
        "int" => (ItemType::Config, ValueKind::Int),
        "string-list" => (ItemType::Config, ValueKind::StringList),
        "json" => (ItemType::Config, ValueKind::Json),
        "duration" => (ItemType::Config, ValueKind::Duration),
        "log-level" => (ItemType::LogLevel, ValueKind::LogLevel),
        "segment" => (ItemType::Segment, ValueKind::Bool),
        other => bail!(
            "unknown type \"{other}\": expected boolean-flag, boolean, string, double, int, string-list, json, \
             duration, log-level or segment"
        ),
    })
}

fn value(args: &Args, server: &Server, kind: ValueKind) -> Result<FlatValue, Failure> {
    let empty = match kind {
        ValueKind::Bool => "false",
        ValueKind::Int | ValueKind::Double => "0",
        ValueKind::Json => "{}",
        ValueKind::Duration => "PT0S",
        ValueKind::LogLevel => "INFO",
        _ => "",
    };
    let read = args.value_from.read()?;
    let text = args.value.as_deref().or(read.as_deref()).unwrap_or(empty);
    let mut value = match &args.env_var {
        Some(variable) => super::set::provided_by(variable),
        None if args.secret.is_requested() => args.secret.encrypted(server, text)?,
        None => parse_value(kind, text)?,
    };
    value.confidential |= args.confidential;
    Ok(value)
}
