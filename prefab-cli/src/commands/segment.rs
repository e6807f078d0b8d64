//! `prefab segment`

use prefab_management_api::{
    ChangeResponse, FlatValue, Item, ItemPage, ItemRequest, ItemType, ListItemsQuery, Rule, Rules, ValueKind,
};
use prefab_server::ErrorCode;
use reqwest::Method;

use crate::{
    Failure,
    output::{self, STRONG},
    property_values::PropertyValues,
    server::{Connection, Reply, item_path, suggest_key},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List the segments
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Create a segment, or replace its members: contexts whose property has one of some values
    Set {
        /// The config key of the segment
        key: String,
        /// The property and its values: user.plan=pro,team
        members: PropertyValues,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::List { connection } => {
            let query = ListItemsQuery {
                item_type: Some(ItemType::Segment),
                limit: Some(1_000),
                ..ListItemsQuery::default()
            };
            let page: Reply<ItemPage> = connection.server()?.find("/items", &query)?;
            if connection.json {
                return Ok(output::line(&page.json["items"].to_string())?);
            }
            page.items.iter().try_for_each(|item| Ok(output::line(&item.key)?))
        }
        Verb::Set { key, members, connection } => set(connection, key, members),
    }
}

fn set(connection: &Connection, key: &str, members: &PropertyValues) -> Result<(), Failure> {
    let boolean = |value: bool| FlatValue::new(ValueKind::Bool, value);
    let rules = vec![
        Rule { criteria: vec![members.criterion()], value: boolean(true) },
        Rule { criteria: Vec::new(), value: boolean(false) },
    ];
    let server = connection.server()?;
    let path = item_path(key);
    let current = match server.get::<Item>(&path) {
        Ok(item) => Some(item.body),
        Err(Failure::Refused(refusal)) if refusal.code == ErrorCode::NotFound => None,
        Err(other) => return Err(suggest_key(&server, key, other)),
    };
    let is_new = current.is_none();
    let current = current.unwrap_or_else(|| Item::new(key, ItemType::Segment));
    let item = Item { value_type: Some(ValueKind::Bool), default: Rules { rules }, ..current };
    let request = ItemRequest { item, comment: connection.comment.clone() };
    let reply: Reply<ChangeResponse> = if is_new {
        server.send(Method::POST, "/items", &request)?
    } else {
        server.send(Method::PUT, &path, &request)?
    };
    let PropertyValues { property, values } = members;
    let values = values.join(", ");
    let text = format!("{STRONG}{key}{STRONG:#} contains contexts whose {property} is one of {values}");
    reply.print(connection.json, &text)
}
