//! `prefab segment`

use prefab_server::ErrorCode;
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::{
    Failure,
    output::{self, STRONG},
    server::{Connection, part, suggest_key},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Lists the segments
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Makes a segment, or gives it other members: those whose property is one of the values
    Set {
        /// The segment's key
        key: String,
        /// Who is in it: user.plan=pro,team
        members: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::List { connection } => {
            let page = connection.server()?.get("/items?type=segment&limit=1000")?;
            if connection.json {
                return Ok(output::line(&page["items"].to_string())?);
            }
            for item in page["items"].as_array().into_iter().flatten() {
                output::line(item["key"].as_str().unwrap_or("?"))?;
            }
            Ok(())
        }
        Verb::Set { key, members, connection } => set(connection, key, members),
    }
}

fn set(connection: &Connection, key: &str, members: &str) -> Result<(), Failure> {
    let (property, values) = members
        .split_once('=')
        .ok_or_else(|| {
            anyhow::anyhow!("\"{members}\": expected a property and values, as in user.plan=pro,team")
        })
        .map_err(Failure::Wrong)?;
    let values: Vec<_> = values.split(',').map(str::trim).collect();
    let boolean = |value: bool| json!({"type": "bool", "value": value});
    let rules = json!([
        {
            "criteria": [{
                "propertyName": property,
                "operator": "PROP_IS_ONE_OF",
                "valueToMatch": {"type": "string_list", "value": values},
            }],
            "value": boolean(true),
        },
        {"value": boolean(false)},
    ]);
    let server = connection.server()?;
    let path = format!("/items/{}", part(key));
    let standing = match server.get(&path) {
        Ok(item) => Some(item),
        Err(Failure::Refused(refusal)) if refusal.code == ErrorCode::NotFound => None,
        Err(other) => return Err(suggest_key(&server, key, other)),
    };
    let id = standing.as_ref().map_or(Json::Null, |item| item["id"].clone());
    let item =
        json!({"id": id, "key": key, "type": "segment", "valueType": "bool", "default": {"rules": rules}});
    let body = json!({"item": item, "comment": connection.comment});
    let answer = match standing {
        Some(_) => server.send(Method::PUT, &path, &body)?,
        None => server.send(Method::POST, "/items", &body)?,
    };
    let said = format!("{STRONG}{key}{STRONG:#} has those whose {property} is one of {}", values.join(", "));
    Ok(output::line(&if connection.json { answer.to_string() } else { said })?)
}
