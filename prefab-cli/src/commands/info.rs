//! `prefab info KEY`

use prefab_management_api::{FlatCriterion, Item, ItemPage, ItemType, ListItemsQuery, Rule};

use super::{environments, moment};
use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
    server::{Connection, Reply, Server, describe_value, item_path, path_segment, suggest_key},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The config key of a config, a flag, a segment or a log level
    key: String,

    /// Do not show evaluation counts
    #[arg(long)]
    exclude_evaluations: bool,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let path = item_path(&args.key);
    let item: Reply<Item> = server.get(&path).map_err(|failure| suggest_key(&server, &args.key, failure))?;
    if args.connection.json {
        return item.print(true, "");
    }
    let kind = item.value_type.map(prefab_management_api::ValueKind::name).unwrap_or_default();
    let item_type = item.purpose.name().replace('_', " ");
    output::line(&format!("{STRONG}{}{STRONG:#}  {FAINT}{kind} {item_type}{FAINT:#}", args.key))?;
    if !item.tags.is_empty() {
        output::line(&format!("  {FAINT}tags{FAINT:#} {}", item.tags.join(", ")))?;
    }
    print_rules("Default", &item.default.rules)?;
    for environment in environments::all(&server)? {
        match item.environments.iter().find(|own| own.id == environment.id) {
            Some(own) => print_rules(&environment.name, &own.rules)?,
            None => output::line(&format!("  {}: {FAINT}default rules{FAINT:#}", environment.name))?,
        }
    }
    let references: Reply<Vec<String>> = server.get(&format!("{path}/used-by"))?;
    if !references.is_empty() {
        output::line(&format!("  {FAINT}referenced by{FAINT:#} {}", references.join(", ")))?;
    }
    if !args.exclude_evaluations {
        print_evaluations(&server, &args.key)?;
    }
    let page = if item.purpose == ItemType::FeatureFlag { "flags" } else { "configs" };
    let (url, project, key) = (&server.url, server.project(), path_segment(&args.key));
    Ok(output::line(&format!("  {FAINT}{url}/account/projects/{project}/{page}/{key}{FAINT:#}"))?)
}

fn print_evaluations(server: &Server, key: &str) -> Result<(), Failure> {
    let query =
        ListItemsQuery { search: Some(key.to_owned()), limit: Some(1_000), ..ListItemsQuery::default() };
    let page: Reply<ItemPage> = server.find("/items", &query)?;
    let summary = page.items.iter().find(|item| item.key == key);
    let count = summary.and_then(|item| item.evaluations_24h).unwrap_or_default();
    let last = summary.and_then(|item| item.last_evaluated_at);
    let last = last.map_or("never".to_owned(), |at| format!("last {}", moment(at)));
    Ok(output::line(&format!("  {FAINT}evaluated{FAINT:#} {count} times within 24 hours, {last}"))?)
}

fn print_rules(name: &str, rules: &[Rule]) -> Result<(), Failure> {
    for (at, rule) in rules.iter().enumerate() {
        let name = if at == 0 { format!("{name}:") } else { " ".repeat(name.chars().count() + 1) };
        let criteria: Vec<_> = rule.criteria.iter().map(describe_criterion).collect();
        let when =
            if criteria.is_empty() { String::new() } else { format!("  if {}", criteria.join(" and ")) };
        output::line(&format!("  {name} {VALUE}{}{VALUE:#}{when}", describe_value(&rule.value)))?;
    }
    Ok(())
}

fn describe_criterion(criterion: &FlatCriterion) -> String {
    if let Some(namespace) = criterion.namespace() {
        return format!("namespace {namespace}");
    }
    let operator = criterion.operator.trim_start_matches("PROP_").to_lowercase().replace('_', " ");
    let property = criterion.property_name.as_deref().unwrap_or_default();
    let value = criterion.value_to_match.as_ref().map(describe_value).unwrap_or_default();
    format!("{property} {operator} {value}").trim().to_owned()
}
