//! `prefab segment`

use prefab_management_api::{
    ChangeResponse, FlatCriterion, FlatValue, Item, ItemPage, ItemRequest, ItemType, ListItemsQuery, Rule,
    Rules, ValueKind,
};
use prefab_server::ErrorCode;
use reqwest::Method;

use crate::{
    Failure,
    output::{self, STRONG},
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
        members: String,
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

fn set(connection: &Connection, key: &str, members: &str) -> Result<(), Failure> {
    let parts = members.split_once('=').ok_or_else(|| {
        anyhow::anyhow!(
            "invalid members \"{members}\": expected a property and values, as in user.plan=pro,team"
        )
    });
    let (property, values) = parts.map_err(Failure::Usage)?;
    let values: Vec<_> = values.split(',').map(str::trim).collect();
    let boolean = |value: bool| FlatValue::new(ValueKind::Bool, value);
    let criterion = FlatCriterion {
        property_name: Some(property.to_owned()),
        operator: "PROP_IS_ONE_OF".to_owned(),
        value_to_match: Some(FlatValue::new(ValueKind::StringList, values.clone())),
    };
    let rules = vec![
        Rule { criteria: vec![criterion], value: boolean(true) },
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
    let item = Item {
        id: current.and_then(|item| item.id),
        value_type: Some(ValueKind::Bool),
        default: Rules { rules },
        ..Item::new(key, ItemType::Segment)
    };
    let request = ItemRequest { item, comment: connection.comment.clone() };
    let reply: Reply<ChangeResponse> = if is_new {
        server.send(Method::POST, "/items", &request)?
    } else {
        server.send(Method::PUT, &path, &request)?
    };
    let values = values.join(", ");
    let text = format!("{STRONG}{key}{STRONG:#} contains contexts whose {property} is one of {values}");
    reply.print(connection.json, &text)
}
